"""Dates and times as text: what `string()` prints and the literals read back."""

import datetime as dt

from app.feel.temporal.fields import Date, DateTime, Time, date_fields, time_fields, zone_of
from app.feel.temporal.wide import WideDateTime, WideTime, Zone


def zone_text(zone: Zone) -> str:
    """``, `Z`, `+08:00` or `@Asia/Shanghai`."""
    if zone is None:
        return ""
    if isinstance(zone, str):
        return f"@{zone}"
    if zone == 0:
        return "Z"
    hours, rest = divmod(abs(zone), 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{'-' if zone < 0 else '+'}{hours:02d}:{minutes:02d}" + (f":{seconds:02d}" if seconds else "")


def _date_text(value: Date | DateTime) -> str:
    year, month, day = date_fields(value)
    return f"{'-' if year < 0 else ''}{abs(year):04d}-{month:02d}-{day:02d}"


def _clock_text(value: Time | DateTime) -> str:
    hour, minute, second, nano = time_fields(value)
    fraction = f".{nano:09d}".rstrip("0") if nano else ""
    return f"{hour:02d}:{minute:02d}:{second:02d}{fraction}{zone_text(zone_of(value))}"


def temporal_text(value: Date | Time | DateTime) -> str:
    """`2026-11-21`, `08:30:00+08:00`, `2026-11-21T08:30:00@Asia/Shanghai`."""
    if isinstance(value, dt.datetime | WideDateTime):
        return f"{_date_text(value)}T{_clock_text(value)}"
    if isinstance(value, dt.time | WideTime):
        return _clock_text(value)
    return _date_text(value)
