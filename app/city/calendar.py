"""Working calendars: add, subtract and measure working time, exact to the microsecond."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from app.city.daytable import SECOND, DayTable, OutsideTable, from_micros, to_micros
from app.city.deadline import Basis, Deadline, Unit
from app.city.rules import CalendarRules

HOUR = 3600 * SECOND
DAY = 24 * HOUR
MOST_DAYS = 3_000
MOST_HOURS = 24_000
"""No limit of a case is longer; an expression gone wrong must not lay out a thousand years."""
_FIRST_YEAR, _LAST_YEAR = 1990, 2150

_WORKING = frozenset({Unit.WORKING_DAY, Unit.WORKING_HOUR})
_HOURS = frozenset({Unit.WORKING_HOUR, Unit.EMERGENCY_HOUR})
_UNITS: Mapping[str, Unit] = {unit.value: unit for unit in Unit}

Amount = int | float | str | Decimal
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Calendar:
    """One version of one working calendar. Immutable and safe to share between threads.

    All instants are aware datetimes; results are in the city's zone. Units:

    - `EMERGENCY_HOUR`: elapsed hours, round the clock.
    - `CALENDAR_DAY`: the same local time so many days later, whether people work then or not.
    - `WORKING_HOUR`: so much time within shifts. One hour from 11:30 is 14:00, if shifts are 9-12 and 13:30-17:30.
      What ends exactly with a shift is due at that end, not at the next shift's start.
    - `WORKING_DAY`: the same local time of day so many working days later. A start outside working time (before
      a shift, in the lunch break, at the very end of a shift, on a free day) counts from the next working moment:
      two working days from Friday 10:15 are due on Tuesday 10:15, and from Saturday on Wednesday 09:00.

    Hours may be fractions, down to a second; days are whole (ValueError otherwise).
    """

    id: UUID
    version: int
    rules: CalendarRules
    _laid_out: list[DayTable] = field(default_factory=list, init=False, repr=False, compare=False)

    def deadline(self, start: datetime, value: Amount, unit: Unit | str) -> Deadline:
        """When so much time from `start` is over, with its basis. Zero of a working unit is the next working moment.

        Raises ValueError for a naive start, an unknown unit, a negative, unreadable or excessive value.
        """
        _require_aware(start)
        amount, unit = _limit(value, unit)
        due = self._moved(start, amount, unit, back=False)
        provisional = unit in _WORKING and self.is_provisional(start, due)
        return Deadline.of(due, Basis(start, amount, unit, self.id, self.version, provisional))

    def add(self, start: datetime, value: Amount, unit: Unit | str) -> datetime:
        """The same instant as `deadline`, without its basis."""
        _require_aware(start)
        amount, unit = _limit(value, unit)
        return self._moved(start, amount, unit, back=False)

    def subtract(self, end: datetime, value: Amount, unit: Unit | str) -> datetime:
        """The latest instant from which so much time leads to `end`: the mirror image of `add`."""
        _require_aware(end)
        amount, unit = _limit(value, unit)
        return self._moved(end, amount, unit, back=True)

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Time within shifts between two instants; negative when `end` lies before `start`."""
        _require_aware(start)
        _require_aware(end)
        first, last = sorted((to_micros(start), to_micros(end)))
        table = self._table(min(start.year, end.year), max(start.year, end.year))
        worked = timedelta(microseconds=table.elapsed(last) - table.elapsed(first))
        return worked if start <= end else -worked

    def add_working_time(self, start: datetime, worked: timedelta) -> datetime:
        """The earliest instant after which `worked` has passed within shifts (what an extension adds, or a pause
        left over). Raises ValueError for a negative time."""
        _require_aware(start)
        amount = worked // timedelta(microseconds=1)
        if not 0 <= amount <= MOST_HOURS * HOUR:
            raise ValueError(f"working time must be from 0 to {MOST_HOURS} hours, not {worked}")
        return self._worked(start, amount, back=False)

    def part_of(self, start: datetime, due: datetime, unit: Unit | str, share: Amount) -> datetime:
        """The instant at which `share` of a limit has passed: 0.8 for its warning, 1.5 for its escalation.

        Shares are of working time for working units, else of elapsed time.
        """
        portion = _number(share)
        if Unit(unit) in _WORKING:
            micros = self.working_time_between(start, due) // timedelta(microseconds=1)
            return self.add_working_time(start, timedelta(microseconds=int(micros * portion)))
        micros = to_micros(due) - to_micros(start)
        return self._local(to_micros(start) + int(micros * portion))

    def is_working_moment(self, instant: datetime) -> bool:
        """Is somebody at work? A shift's end is not."""
        _require_aware(instant)
        micros = to_micros(instant)
        return self._solve(instant, lambda table: table.next_moment(micros)[0]) == micros

    def is_provisional(self, first: datetime, last: datetime) -> bool:
        """Does a year without a published calendar lie between?"""
        if not self.rules.observes_holidays:
            return False
        zone, published = self.rules.zone, self.rules.published
        start, end = first.astimezone(zone).year, last.astimezone(zone).year
        if start == end:
            return start not in published
        return not all(year in published for year in range(min(start, end), max(start, end) + 1))

    def _moved(self, start: datetime, amount: Decimal, unit: Unit, *, back: bool) -> datetime:
        if unit is Unit.WORKING_HOUR:
            return self._worked(start, int(amount * HOUR), back=back)
        if unit is Unit.WORKING_DAY:
            return self._working_days(start, int(amount), back=back)
        sign = -1 if back else 1
        if unit is Unit.EMERGENCY_HOUR:
            return self._local(to_micros(start) + sign * int(amount * HOUR))
        return _existing(start.astimezone(self.rules.zone) + timedelta(days=sign * int(amount)))

    def _working_days(self, start: datetime, count: int, *, back: bool) -> datetime:
        micros = to_micros(start)

        def move(table: DayTable) -> datetime:
            moment, day = table.last_moment(micros) if back else table.next_moment(micros)
            days = table.days_between(day, day - count if back else day + count)
            if table.origin is not None:
                return table.local(moment + days * DAY)
            return _existing(table.local(moment) + timedelta(days=days))

        return self._solve(start, move)

    def _worked(self, start: datetime, amount: int, *, back: bool) -> datetime:
        micros = to_micros(start)

        def move(table: DayTable) -> datetime:
            if amount == 0:
                return table.local((table.last_moment if back else table.next_moment)(micros)[0])
            passed = table.elapsed(micros)
            return table.local(table.reach_back(passed - amount) if back else table.reach(passed + amount))

        return self._solve(start, move)

    def _local(self, micros: int) -> datetime:
        return from_micros(micros).astimezone(self.rules.zone)

    def _solve(self, start: datetime, ask: Callable[[DayTable], Answer]) -> Answer:
        """Ask the table; where it ends too early, lay out more years and ask again."""
        first, last = start.year, start.year
        while True:
            try:
                return ask(self._table(first, last))
            except OutsideTable:
                first, last = first - 8, last + 8

    def _table(self, first: int, last: int) -> DayTable:
        """A table that holds these years and one more on each side. Replacing it is atomic: two threads may both
        lay out the same years, which is harmless."""
        present = self._laid_out[0] if self._laid_out else None
        if present and present.first_year < first and last < present.last_year:
            return present
        if first < _FIRST_YEAR or last > _LAST_YEAR:
            raise ValueError(f"working time is known from {_FIRST_YEAR} to {_LAST_YEAR} only")
        if present:
            first, last = min(first, present.first_year + 1), max(last, present.last_year - 1)
        table = DayTable(self.rules, first - 1, last + 2)
        self._laid_out[:] = [table]
        return table


def _existing(local: datetime) -> datetime:
    """A local time that the clock skips becomes the one it shows instead."""
    return local.astimezone(UTC).astimezone(local.tzinfo)


@lru_cache(maxsize=1024)
def _limit(value: Amount, unit: Unit | str) -> tuple[Decimal, Unit]:
    """Checked. Diagrams ask for the same few limits again and again."""
    known = _UNITS.get(unit)
    if known is None:
        raise ValueError(f"unknown unit {unit!r}: it must be one of {', '.join(Unit)}")
    amount = _number(value)
    most = MOST_HOURS if known in _HOURS else MOST_DAYS
    if not 0 <= amount <= most:
        raise ValueError(f"a limit must be from 0 to {most} {known}, not {value}")
    if known not in _HOURS and amount != int(amount):
        raise ValueError(f"a limit in {known} must be a whole number, not {value}; use hours for parts of a day")
    return amount, known


def _number(value: Amount) -> Decimal:
    try:
        amount = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is no number") from None
    if not amount.is_finite():
        raise ValueError(f"{value!r} is no number")
    return amount


def _require_aware(instant: datetime) -> None:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone")
