"""Where "now" comes from. Nothing else in the application reads the system's clock for business time."""

from datetime import UTC, datetime
from typing import Protocol

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""An instant after every other: it sorts last, and nobody is late. For what has no due time, or stands still."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class SimulatedClock:
    """A clock that stands still until it is moved: seeding, scenarios, tests."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Time never runs backwards: an earlier instant is ignored."""
        self._now = max(self._now, instant.astimezone(UTC))
