"""Adding and subtracting dates, times and durations. Usable from Python: `add(datetime, DayTimeDuration)`.

Errors are ValueError (no such date, local against zoned). Local and zoned values do not mix; a date counts as UTC
midnight against a zoned value. A day-time duration moves the instant, a year-month duration the calendar date.
"""

import datetime as dt

from app.feel.temporal.durations import DayTimeDuration, Duration, YearMonthDuration
from app.feel.temporal.fields import (
    DAY_NANOS,
    NANOS,
    Date,
    DateTime,
    Time,
    date_fields,
    date_from_days,
    day_nanos,
    days_in_month,
    epoch_days,
    from_instant,
    instant,
    new_date,
    new_date_time,
    offset_seconds,
    time_from_nanos,
    time_offset,
    zone_of,
)
from app.feel.temporal.wide import WideDate, WideDateTime, WideTime

DATE_TIME_TYPES = (dt.datetime, WideDateTime)
TIME_TYPES = (dt.time, WideTime)
DATE_TYPES = (dt.date, WideDate)
"""`datetime` is a subclass of `date`: look for DATE_TIME_TYPES first."""


def _add_months(value: Date | DateTime, months: int) -> Date:
    year, month, day = date_fields(value)
    year, month = divmod(year * 12 + month - 1 + months, 12)
    return new_date(year, month + 1, min(day, days_in_month(year, month + 1)))


def add(value: Date | Time | DateTime, duration: Duration) -> Date | Time | DateTime:
    """The value, moved. A date stays a date (hours below a day are cut), a date-time keeps its zone."""
    if isinstance(value, TIME_TYPES):
        if isinstance(duration, YearMonthDuration):
            raise ValueError("a time has no months")
        return time_from_nanos(day_nanos(value) + duration.nanos, zone_of(value))
    if isinstance(value, DATE_TIME_TYPES):
        if isinstance(duration, YearMonthDuration):
            return new_date_time(_add_months(value, duration.months), value, zone_of(value))
        return from_instant(instant(value) + duration.nanos, zone_of(value))
    if isinstance(duration, YearMonthDuration):
        return _add_months(value, duration.months)
    nanos = epoch_days(*date_fields(value)) * DAY_NANOS + duration.nanos
    return date_from_days(nanos // DAY_NANOS)


def negate(duration: Duration) -> Duration:
    if isinstance(duration, DayTimeDuration):
        return DayTimeDuration(-duration.nanos)
    return YearMonthDuration(-duration.months)


def _zoned_instant(value: Date | DateTime) -> int:
    if isinstance(value, DATE_TIME_TYPES):
        if offset_seconds(value) is None:
            raise ValueError("local and zoned values do not mix")
        return instant(value)
    return epoch_days(*date_fields(value)) * DAY_NANOS


def _is_local(value: DateTime) -> bool:
    return offset_seconds(value) is None


def difference(left: Date | DateTime, right: Date | DateTime) -> DayTimeDuration:
    """How long from `right` to `left`."""
    if (
        isinstance(left, DATE_TIME_TYPES)
        and isinstance(right, DATE_TIME_TYPES)
        and _is_local(left)
        and _is_local(right)
    ):
        return DayTimeDuration(instant(left) - instant(right))
    return DayTimeDuration(_zoned_instant(left) - _zoned_instant(right))


def time_difference(left: Time, right: Time) -> DayTimeDuration:
    """How long from `right` to `left` on one day."""
    ours, theirs = time_offset(left), time_offset(right)
    if (ours is None) != (theirs is None):
        raise ValueError("local and zoned values do not mix")
    shift = ((ours or 0) - (theirs or 0)) * NANOS
    return DayTimeDuration(day_nanos(left) - day_nanos(right) - shift)


def months_between(start: Date | DateTime, end: Date | DateTime) -> YearMonthDuration:
    """Whole months from `start` to `end`, negative when `end` is earlier."""
    (year, month, day), (end_year, end_month, end_day) = date_fields(start), date_fields(end)
    months = (end_year - year) * 12 + end_month - month
    if months > 0 and end_day < day:
        months -= 1
    elif months < 0 and end_day > day:
        months += 1
    return YearMonthDuration(months)
