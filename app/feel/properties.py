"""Properties that values have of themselves: `date.year`, `duration.hours`, `range.start` …"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from app.feel.temporal.durations import DayTimeDuration
from app.feel.temporal.fields import epoch_days, offset_seconds, time_offset, zone_of
from app.feel.values import Range, Value, kind

Property = Callable[[Any], Value]


def weekday(value: Value) -> int:
    """1 for Monday to 7 for Sunday."""
    return (epoch_days(value.year, value.month, value.day) + 3) % 7 + 1


def _zone_name(value: Value) -> str | None:
    zone = zone_of(value)
    return zone if isinstance(zone, str) else None


def _duration(seconds: int | None) -> DayTimeDuration | None:
    return None if seconds is None else DayTimeDuration.of(seconds=seconds)


def _number(read: Callable[[Any], int]) -> Property:
    return lambda value: Decimal(read(value))


_DATE: Mapping[str, Property] = {
    "year": _number(lambda v: v.year),
    "month": _number(lambda v: v.month),
    "day": _number(lambda v: v.day),
    "weekday": _number(weekday),
}
_CLOCK: Mapping[str, Property] = {
    "hour": _number(lambda v: v.hour),
    "minute": _number(lambda v: v.minute),
    "second": _number(lambda v: v.second),
    "timezone": _zone_name,
}
PROPERTIES: Mapping[str, Mapping[str, Property]] = {
    "date": _DATE,
    "time": {**_CLOCK, "time offset": lambda v: _duration(time_offset(v))},
    "date and time": {**_DATE, **_CLOCK, "time offset": lambda v: _duration(offset_seconds(v))},
    "days and time duration": {
        "days": _number(lambda v: v.parts()[0]),
        "hours": _number(lambda v: v.parts()[1]),
        "minutes": _number(lambda v: v.parts()[2]),
        "seconds": _number(lambda v: v.parts()[3]),
    },
    "years and months duration": {
        "years": _number(lambda v: v.parts()[0]),
        "months": _number(lambda v: v.parts()[1]),
    },
    "range": {
        "start": lambda v: v.start,
        "end": lambda v: v.end,
        "start included": lambda v: v.start_included,
        "end included": lambda v: v.end_included,
    },
}


def read_property(value: Value, name: str) -> tuple[bool, Value]:
    """Whether the value has such a property, and what it is."""
    reader = PROPERTIES.get(kind(value), {}).get(name)
    if reader is None or (kind(value) == "range" and not isinstance(value, Range)):
        return False, None
    return True, reader(value)
