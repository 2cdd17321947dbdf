"""Dates, times and date-times beyond Python's own: years outside 1..9999 and nanoseconds.

FEEL knows years to ±999,999,999 and fractions of a second without end. A value that fits is a `datetime.date`, `time`
or `datetime`; only one that does not is an instance of these.
"""

from dataclasses import dataclass

Zone = int | str | None
"""None: local. An int: seconds east of UTC. A string: a zone's name, `Asia/Shanghai`."""


@dataclass(frozen=True, slots=True)
class WideDate:
    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class WideTime:
    hour: int
    minute: int
    second: int
    nano: int
    zone: Zone


@dataclass(frozen=True, slots=True)
class WideDateTime:
    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nano: int
    zone: Zone
