"""What diagrams and decision tables may ask of a working calendar. Wiring registers these by name."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from app.city.calendar import Calendar
from app.city.deadline import Deadline

FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "deadline": ("value", "unit"),
    "working time between": ("start", "end"),
    "add working time": ("start", "value", "unit"),
    "subtract working time": ("end", "value", "unit"),
}
"""FEEL name → parameter names: the part of `Registry.functions` that the city gives."""

Source = Calendar | Callable[[], Calendar]
"""A calendar, or how to get it: then nothing is read unless an expression asks."""


def deadline_function(calendar: Source, now: datetime) -> Callable[[Decimal, str], Deadline]:
    """FEEL `deadline(value, unit)`: when so much time from this command on is over, e.g. `deadline(2, "WORKING_DAY")`.

    Gives a `Deadline`: a datetime that carries its basis. Raises ValueError on a wrong value or unit.
    """

    def deadline(value: Decimal, unit: str) -> Deadline:
        if not isinstance(value, Decimal | int | float) or not isinstance(unit, str):
            raise ValueError(f"deadline(value, unit) takes a number and a unit, not {value!r} and {unit!r}")
        return _calendar(calendar).deadline(now, value, unit)

    return deadline


def working_time_between_function(calendar: Source) -> Callable[[datetime, datetime], timedelta]:
    """FEEL `working time between(start, end)`: time within shifts, as `datetime.timedelta` (the expression language
    lies above the city and makes its own duration of it); negative when `end` lies before `start`."""

    def working_time_between(start: datetime, end: datetime) -> timedelta:
        for instant in (start, end):
            if not isinstance(instant, datetime):
                raise ValueError(f"working time between(start, end) takes dates with times, not {instant!r}")
        return _calendar(calendar).working_time_between(start, end)

    return working_time_between


def moved_function(calendar: Source, *, back: bool) -> Callable[[datetime, Decimal, str], datetime]:
    """FEEL `add working time(start, value, unit)`: when so much time after `start` is over; and its mirror image
    `subtract working time(end, value, unit)`: from when so much time leads to `end`. Units as in `deadline`."""

    def moved(instant: datetime, value: Decimal, unit: str) -> datetime:
        known = isinstance(instant, datetime) and isinstance(value, Decimal | int | float) and isinstance(unit, str)
        if not known:
            name = "subtract working time(end, value, unit)" if back else "add working time(start, value, unit)"
            raise ValueError(f"{name} takes a date with time, a number and a unit: {instant!r}, {value!r}, {unit!r}")
        of = _calendar(calendar)
        return (of.subtract if back else of.add)(instant, value, unit)

    return moved


def functions(calendar: Source, now: datetime) -> dict[str, Callable[..., object]]:
    """All of `FUNCTIONS`, bound to one command: for a FEEL evaluation."""
    return {
        "deadline": deadline_function(calendar, now),
        "working time between": working_time_between_function(calendar),
        "add working time": moved_function(calendar, back=False),
        "subtract working time": moved_function(calendar, back=True),
    }


def _calendar(source: Source) -> Calendar:
    return source if isinstance(source, Calendar) else source()
