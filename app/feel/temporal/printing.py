"""Dates and times as text: what `string()` prints and the literals read back."""

import datetime as dt

from app.feel.temporal.fields import Date, DateTime, Time, date_fields, time_fields, zone_of
from app.feel.temporal.wide import WideDate, WideDateTime, WideTime, clock_text, date_text


def temporal_text(value: Date | Time | DateTime) -> str:
    """`2026-11-21`, `08:30:00+08:00`, `2026-11-21T08:30:00@Asia/Shanghai`."""
    if isinstance(value, WideDate | WideTime | WideDateTime):
        return str(value)
    if isinstance(value, dt.datetime):
        return f"{date_text(*date_fields(value))}T{clock_text(*time_fields(value), zone_of(value))}"
    if isinstance(value, dt.time):
        return clock_text(*time_fields(value), zone_of(value))
    return date_text(*date_fields(value))
