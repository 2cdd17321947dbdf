"""A working calendar's rules: the immutable snapshot that is stored and from which every limit is computed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.core.errors import Invalid

Shift = tuple[int, int]
"""Minutes after local midnight, [start, end): (540, 720) is 09:00-12:00; 1440 is midnight at the day's end."""

OFFICE_HOURS: tuple[Shift, ...] = ((9 * 60, 12 * 60), (13 * 60 + 30, 17 * 60 + 30))
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """When people work. `week` holds the shifts of Monday to Sunday; `off` and `make_up` are the exceptions of
    the published years. A year outside `published` follows the week alone, and what is computed from it is
    provisional."""

    zone: ZoneInfo
    week: tuple[tuple[Shift, ...], ...]
    make_up_shifts: tuple[Shift, ...] = OFFICE_HOURS
    off: Mapping[date, str] = field(default_factory=dict)
    """Days without work in spite of the week, with the reason."""
    make_up: Mapping[date, str] = field(default_factory=dict)
    """Working days on what the week calls free (调休), with the reason."""
    published: frozenset[int] = frozenset()
    observes_holidays: bool = True
    """False where people work by the week alone: then no year is provisional."""

    def __post_init__(self) -> None:
        if len(self.week) != 7 or not any(self.week):
            raise Invalid("city.calendar.week")
        for shifts in (*self.week, self.make_up_shifts):
            _check_shifts(shifts)

    def shifts_on(self, day: date) -> tuple[Shift, ...]:
        """The shifts of one local day."""
        if day in self.make_up:
            return self.make_up_shifts
        return () if day in self.off else self.week[day.weekday()]

    def to_json(self) -> dict[str, Any]:
        """As stored in `calendar_version.snapshot`."""
        return {
            "zone": self.zone.key,
            "week": [[_written(shift) for shift in shifts] for shifts in self.week],
            "make_up_shifts": [_written(shift) for shift in self.make_up_shifts],
            "off": {day.isoformat(): name for day, name in sorted(self.off.items())},
            "make_up": {day.isoformat(): name for day, name in sorted(self.make_up.items())},
            "published": sorted(self.published),
            "observes_holidays": self.observes_holidays,
        }

    @classmethod
    def from_json(cls, snapshot: Mapping[str, Any]) -> "CalendarRules":
        """The inverse of `to_json`. Raises Invalid where the zone, a date or a shift cannot be read."""
        try:
            return cls(
                zone=ZoneInfo(snapshot["zone"]),
                week=tuple(tuple(_read(shift) for shift in shifts) for shifts in snapshot["week"]),
                make_up_shifts=tuple(_read(shift) for shift in snapshot["make_up_shifts"]),
                off={date.fromisoformat(day): name for day, name in snapshot["off"].items()},
                make_up={date.fromisoformat(day): name for day, name in snapshot["make_up"].items()},
                published=frozenset(snapshot["published"]),
                observes_holidays=snapshot["observes_holidays"],
            )
        except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
            raise Invalid("city.calendar.unreadable", problem=str(error)) from None


def five_day_week(shifts: tuple[Shift, ...] = OFFICE_HOURS) -> tuple[tuple[Shift, ...], ...]:
    """Monday to Friday with these shifts."""
    return (shifts,) * 5 + ((),) * 2


def _check_shifts(shifts: tuple[Shift, ...]) -> None:
    """In order, not overlapping, within the day: a night shift is written as two."""
    last = 0
    for start, end in shifts:
        if not last <= start < end <= _DAY:
            raise Invalid("city.calendar.shifts", shifts=", ".join("-".join(_written(shift)) for shift in shifts))
        last = end


def _written(shift: Shift) -> list[str]:
    return [f"{minute // 60:02}:{minute % 60:02}" for minute in shift]


def _read(shift: list[str]) -> Shift:
    start, end = (int(hours) * 60 + int(minutes) for hours, minutes in (clock.split(":") for clock in shift))
    return start, end
