"""A limit's row as a story: as ordered, extended, paused; and its rungs reckoned from it."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.cases.limits import STANDS_STILL
from app.cases.models import TimeLimit
from app.city import Calendar, Pause, Rungs, Story, Unit, calendar_for, calendar_version, reckon


def stands_still(limit: TimeLimit) -> bool:
    """Is it paused now?"""
    return bool(limit.pauses) and limit.pauses[-1]["until"] is None


def story_of(limit: TimeLimit) -> Story:
    """What `reckon` asks for. A plain limit's first due time stands in the first entry that changed it."""
    changes = sorted([*limit.pauses, *limit.extensions], key=lambda entry: entry.get("since") or entry["at"])
    ordered = datetime.fromisoformat(changes[0]["due_before"]) if changes else limit.due_at
    return Story(
        limit.started_at, ordered, limit.value, Unit(limit.unit) if limit.unit else None,
        [(entry["value"], Unit(entry["unit"])) for entry in limit.extensions],
        [Pause(datetime.fromisoformat(entry["since"]), _moment(entry["until"])) for entry in limit.pauses],
    )  # fmt: skip


def calendar_of(session: Session, limit: TimeLimit, district: str | None) -> Calendar:
    """The version the limit was reckoned by; for a plain one, the place's present calendar."""
    if limit.calendar_id is not None and limit.calendar_version is not None:
        return calendar_version(session, limit.calendar_id, limit.calendar_version)
    return calendar_for(session, None, district)


def recount(limit: TimeLimit, calendar: Calendar) -> None:
    """Set the rungs anew, from the limit's beginning."""
    limit.warn_at, limit.due_at, limit.escalate_at = rungs_by(limit, calendar)


def rungs_by(limit: TimeLimit, calendar: Calendar) -> Rungs:
    """What the rungs are by a calendar. A limit that stands still is due after every other."""
    return Rungs(STANDS_STILL, STANDS_STILL, STANDS_STILL) if stands_still(limit) else reckon(calendar, story_of(limit))


def go_on(session: Session, limit: TimeLimit, district: str | None, now: datetime) -> None:
    """End its pause, if there is one."""
    if stands_still(limit):
        *before, last = limit.pauses
        limit.pauses = [*before, {**last, "until": now.isoformat()}]
        recount(limit, calendar_of(session, limit, district))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
