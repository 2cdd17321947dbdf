"""FEEL's two kinds of duration. They never mix: a month has no fixed number of days."""

import datetime as dt
from dataclasses import dataclass

from app.feel.temporal.fields import DAY_NANOS, NANOS


@dataclass(frozen=True, slots=True, order=True)
class DayTimeDuration:
    """Days, hours, minutes and seconds, as whole nanoseconds."""

    nanos: int

    @classmethod
    def of(cls, *, days: int = 0, hours: int = 0, minutes: int = 0, seconds: float = 0) -> "DayTimeDuration":
        return cls(((days * 24 + hours) * 60 + minutes) * 60 * NANOS + round(seconds * NANOS))

    @classmethod
    def from_timedelta(cls, value: dt.timedelta) -> "DayTimeDuration":
        return cls((value.days * 86_400 + value.seconds) * NANOS + value.microseconds * 1000)

    def timedelta(self) -> dt.timedelta:
        """Python's own, to the microsecond; OverflowError beyond 999,999,999 days."""
        return dt.timedelta(microseconds=self.nanos // 1000)

    def total_seconds(self) -> float:
        return self.nanos / NANOS

    def parts(self) -> tuple[int, int, int, int, int]:
        """Days, hours, minutes, seconds, nanoseconds, each with the duration's sign."""
        sign = -1 if self.nanos < 0 else 1
        days, rest = divmod(abs(self.nanos), DAY_NANOS)
        seconds, nano = divmod(rest, NANOS)
        hours, seconds = divmod(seconds, 3600)
        return sign * days, sign * hours, sign * (seconds // 60), sign * (seconds % 60), sign * nano

    def __str__(self) -> str:
        """ISO 8601: `P1DT2H`, `-PT0.5S`, `PT0S`."""
        days, hours, minutes, seconds, nano = (abs(part) for part in self.parts())
        clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
        if seconds or nano:
            fraction = f".{nano:09d}".rstrip("0") if nano else ""
            clock += f"{seconds}{fraction}S"
        day = f"{days}D" if days else ""
        sign = "-" if self.nanos < 0 else ""
        return f"{sign}P{day}" + (f"T{clock}" if clock else "") if day or clock else "PT0S"

    isoformat = __str__


@dataclass(frozen=True, slots=True, order=True)
class YearMonthDuration:
    """Years and months, as whole months."""

    months: int

    def parts(self) -> tuple[int, int]:
        """Years and months, each with the duration's sign."""
        sign = -1 if self.months < 0 else 1
        years, months = divmod(abs(self.months), 12)
        return sign * years, sign * months

    def __str__(self) -> str:
        """ISO 8601: `P1Y2M`, `-P3M`, `P0M`."""
        years, months = (abs(part) for part in self.parts())
        sign = "-" if self.months < 0 else ""
        return sign + "P" + (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")

    isoformat = __str__


Duration = DayTimeDuration | YearMonthDuration
