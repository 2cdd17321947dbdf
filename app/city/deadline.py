"""A due time that remembers how it was computed."""

from datetime import datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, Self
from uuid import UUID


class Unit(StrEnum):
    """Units of time limits."""

    WORKING_DAY = "WORKING_DAY"
    WORKING_HOUR = "WORKING_HOUR"
    EMERGENCY_HOUR = "EMERGENCY_HOUR"
    """Round the clock."""
    CALENDAR_DAY = "CALENDAR_DAY"


class Basis(NamedTuple):
    """How a due time came about."""

    started_at: datetime
    value: Decimal
    unit: Unit
    calendar_id: UUID
    calendar_version: int
    provisional: bool
    """A year without a published calendar had a part in it: weekends were the only free days assumed."""


class Deadline(datetime):
    """The due instant, in the city's zone, with its basis: what a `TimeLimit` stores beside it.

    It is an ordinary aware datetime to everyone else. Computing with it (`+`, `replace`) gives a plain datetime,
    because a moved instant no longer rests on that basis; `astimezone` is the same instant and keeps it.
    """

    __slots__ = ("basis",)

    basis: Basis

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """What `datetime`'s own arithmetic calls: gives a plain datetime."""
        return datetime(*args, **kwargs)  # type: ignore[return-value]

    @classmethod
    def of(cls, due: datetime, basis: Basis) -> Self:
        self = datetime.__new__(
            cls,
            due.year,
            due.month,
            due.day,
            due.hour,
            due.minute,
            due.second,
            due.microsecond,
            due.tzinfo,
            fold=due.fold,
        )
        self.basis = basis
        return self

    @property
    def started_at(self) -> datetime:
        return self.basis.started_at

    @property
    def value(self) -> Decimal:
        return self.basis.value

    @property
    def unit(self) -> Unit:
        return self.basis.unit

    @property
    def calendar_id(self) -> UUID:
        return self.basis.calendar_id

    @property
    def calendar_version(self) -> int:
        return self.basis.calendar_version

    @property
    def provisional(self) -> bool:
        return self.basis.provisional

    def astimezone(self, tz: tzinfo | None = None) -> Self:
        return self.of(self.plain().astimezone(tz), self.basis)

    def replace(self, *args: Any, **kwargs: Any) -> datetime:  # type: ignore[override]
        return self.plain().replace(*args, **kwargs)

    def plain(self) -> datetime:
        """The instant alone."""
        return datetime.combine(self.date(), self.timetz())

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self).of, (self.plain(), self.basis)
