"""date, time, date and time, duration, years and months duration, number, string."""

import re
from decimal import Decimal

from app.feel.arithmetic import whole
from app.feel.builtins.registry import builtin
from app.feel.errors import Failure
from app.feel.limits import Run
from app.feel.temporal.arithmetic import months_between
from app.feel.temporal.durations import DayTimeDuration, YearMonthDuration
from app.feel.temporal.fields import (
    NANOS,
    date_fields,
    from_instant,
    instant,
    new_date,
    new_date_time,
    new_time,
    time_fields,
    zone_of,
)
from app.feel.temporal.literals import parse_date, parse_date_time, parse_duration, parse_time, parse_zone
from app.feel.temporal.wide import Zone
from app.feel.text import value_text
from app.feel.values import Value, kind, number

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SEPARATORS = frozenset({" ", ",", "."})


def _integer(value: Decimal) -> int:
    return whole(value)


@builtin("date(from: string)")
def date_from_text(text: str) -> Value:
    return parse_date(text)


@builtin("date(from: date|date and time)")
def date_of(value: Value) -> Value:
    return new_date(*date_fields(value))


@builtin("date(year: number, month: number, day: number)")
def date_of_parts(year: Decimal, month: Decimal, day: Decimal) -> Value:
    return new_date(_integer(year), _integer(month), _integer(day))


@builtin("date and time(from: string)")
def date_time_from_text(text: str) -> Value:
    return parse_date_time(text)


@builtin("date and time(from: date and time)")
def date_time_itself(value: Value) -> Value:
    return value


@builtin("date and time(from: date)")
def date_time_of_date(value: Value) -> Value:
    return new_date_time(value, new_time(0, 0, 0), 0)


@builtin("date and time(date: date|date and time, time: time)")
def date_time_of_both(date: Value, time: Value) -> Value:
    return new_date_time(date, time, zone_of(time))


@builtin("date and time(date: date and time, timezone: string)")
def date_time_in_zone(value: Value, zone: str) -> Value:
    return from_instant(instant(value), _zone(zone))


@builtin(
    "date and time(year: number, month: number, day: number, hour: number, minute: number, second: number,"
    "offset?: days and time duration|string|null)"
)
def date_time_of_parts(
    year: Decimal, month: Decimal, day: Decimal, hour: Decimal, minute: Decimal, second: Decimal, offset: Value = None
) -> Value:
    date = new_date(_integer(year), _integer(month), _integer(day))
    return new_date_time(date, time_of_parts(hour, minute, second), _zone(offset))


@builtin("time(from: string)")
def time_from_text(text: str) -> Value:
    return parse_time(text)


@builtin("time(from: time|date and time)")
def time_of(value: Value) -> Value:
    return new_time(*time_fields(value), zone_of(value))


@builtin("time(from: date)")
def time_of_date(_value: Value) -> Value:
    return new_time(0, 0, 0, 0, 0)


@builtin("time(hour: number, minute: number, second: number, offset?: days and time duration|null)")
def time_of_parts(hour: Decimal, minute: Decimal, second: Decimal, offset: DayTimeDuration | None = None) -> Value:
    full = whole(second)
    nano = whole((second - full) * NANOS)
    return new_time(_integer(hour), _integer(minute), full, nano, _zone(offset))


def _zone(offset: DayTimeDuration | str | None) -> Zone:
    if isinstance(offset, str):
        return parse_zone(offset if offset[:1] in ("Z", "+", "-") else f"@{offset}")
    return None if offset is None else int(offset.nanos / NANOS)


@builtin("duration(from: string)")
def duration_from_text(text: str) -> Value:
    return parse_duration(text)


@builtin("duration(from: days and time duration|years and months duration)")
def duration_itself(value: Value) -> Value:
    return value


@builtin("years and months duration(from: date|date and time, to: date|date and time)")
def years_and_months(start: Value, end: Value) -> Value:
    return months_between(start, end)


@builtin("years and months duration(from: string)")
def years_and_months_from_text(text: str) -> Value:
    duration = parse_duration(text)
    return duration if isinstance(duration, YearMonthDuration) else None


@builtin("number(from: number)")
def number_itself(value: Decimal) -> Value:
    return value


@builtin("number(from: string, grouping separator?: string|null, decimal separator?: string|null)")
def number_from_text(text: str, grouping: str | None = None, decimal: str | None = None) -> Value:
    if (grouping is not None and grouping not in _SEPARATORS) or (decimal is not None and decimal not in (".", ",")):
        raise Failure("feel.argument_value")
    if grouping is not None and grouping == (decimal or "."):
        raise Failure("feel.argument_value")
    if grouping is not None:
        text = text.replace(grouping, "")
    if decimal is not None and decimal != ".":
        if "." in text:
            raise Failure("feel.argument_value")
        text = text.replace(decimal, ".")
    if not _NUMBER.fullmatch(text):
        raise Failure("feel.argument_value")
    return number(text)


@builtin("string(from)", run=True)
def string(run: Run, value: Value) -> Value:
    return None if value is None or kind(value) == "unknown" else run.made(value_text(value))
