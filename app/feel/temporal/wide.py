"""Dates, times and date-times beyond Python's own: years outside 1..9999 and nanoseconds.

FEEL knows years to ±999,999,999 and fractions of a second without end. A value that fits is a `datetime.date`, `time`
or `datetime`; only one that does not is an instance of these.
"""

from dataclasses import dataclass

Zone = int | str | None
"""None: local. An int: seconds east of UTC. A string: a zone's name, `Asia/Shanghai`."""


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


def date_text(year: int, month: int, day: int) -> str:
    return f"{'-' if year < 0 else ''}{abs(year):04d}-{month:02d}-{day:02d}"


def clock_text(hour: int, minute: int, second: int, nano: int, zone: Zone) -> str:
    fraction = f".{nano:09d}".rstrip("0") if nano else ""
    return f"{hour:02d}:{minute:02d}:{second:02d}{fraction}{zone_text(zone)}"


@dataclass(frozen=True, slots=True)
class WideDate:
    year: int
    month: int
    day: int

    def __str__(self) -> str:
        return date_text(self.year, self.month, self.day)

    isoformat = __str__


@dataclass(frozen=True, slots=True)
class WideTime:
    hour: int
    minute: int
    second: int
    nano: int
    zone: Zone

    def __str__(self) -> str:
        return clock_text(self.hour, self.minute, self.second, self.nano, self.zone)

    isoformat = __str__


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

    def __str__(self) -> str:
        clock = clock_text(self.hour, self.minute, self.second, self.nano, self.zone)
        return f"{date_text(self.year, self.month, self.day)}T{clock}"

    isoformat = __str__
