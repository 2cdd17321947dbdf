"""When a limit that was paused and extended is due: always reckoned from its beginning, so that every change of its
story or of the calendar leads to the same answer whenever it is asked (Q01, Q02)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from app.city.calendar import Amount, Calendar
from app.city.deadline import Unit

WARN_AT = "0.8"
ESCALATE_AT = "1.5"
"""Shares of the limit: of its working time where it is counted in working time, else of elapsed time."""
_WORKING = (Unit.WORKING_DAY, Unit.WORKING_HOUR)


class Rungs(NamedTuple):
    """The three moments at which somebody is told."""

    warn_at: datetime
    due_at: datetime
    escalate_at: datetime


class Pause(NamedTuple):
    """The limit stood still from … until; None: it still does."""

    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Story:
    """A limit as ordered and what became of it. `ordered` is due as it was first told, for a limit that is a plain
    duration or instant (no value and unit)."""

    started_at: datetime
    ordered: datetime
    value: Amount | None = None
    unit: Unit | None = None
    extensions: Sequence[tuple[Amount, Unit]] = ()
    pauses: Sequence[Pause] = ()


def reckon(calendar: Calendar, story: Story) -> Rungs:
    """The rungs of a limit. Extensions lengthen it one after the other, each in its own unit. A pause that began
    before a rung moves that rung by as much time (working time, for working units) as it lasted: what was left when
    it began is left when it ends. One that still lasts moves nothing yet."""
    unit = story.unit or Unit.EMERGENCY_HOUR
    due = story.ordered
    if story.value is not None:
        due = calendar.add(story.started_at, story.value, unit)
    for value, of_unit in story.extensions:
        due = calendar.add(due, value, of_unit)
    if due <= story.started_at:
        return Rungs(due, due, due)
    warn, escalate = (calendar.part_of(story.started_at, due, unit, share) for share in (WARN_AT, ESCALATE_AT))
    pauses = [
        (max(pause.since, story.started_at), pause.until)
        for pause in sorted(story.pauses)
        if pause.until is not None and pause.until > story.started_at
    ]
    warn, due, escalate = (_moved(calendar, at, unit, pauses) for at in (min(warn, due), due, max(escalate, due)))
    return Rungs(warn, due, escalate)


def _moved(
    calendar: Calendar, instant: datetime, unit: Unit, pauses: Sequence[tuple[datetime, datetime]]
) -> datetime:  # fmt: skip
    for since, until in pauses:
        if since >= instant:
            continue
        if unit in _WORKING:
            lost = calendar.working_time_between(since, until)
            instant = calendar.add_working_time(instant, lost) if lost > timedelta() else instant
        else:
            # by the clock that never jumps: a sum with a local time is a sum of what clocks on the wall show
            instant = (instant.astimezone(UTC) + (until - since)).astimezone(instant.tzinfo)
    return instant
