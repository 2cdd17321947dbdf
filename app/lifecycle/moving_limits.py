"""A running limit is extended, stands still, goes on: the row says why, and timers and due dates that read it follow
(Q01, Q02; docs/adr/013)."""

from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy.orm import Session

from app.cases.enums import LimitKind
from app.cases.limits import STANDS_STILL
from app.cases.models import TimeLimit
from app.city import Calendar, Unit
from app.lifecycle.dossier import case_of, dossier_of, order_of
from app.lifecycle.limit_story import calendar_of, go_on, recount, stands_still, story_of
from app.lifecycle.limits import running_limit
from app.lifecycle.subject import said
from app.workflow import OnInstance
from app.workflow.engine.types import Call, Variables


def extend_limit(session: Session, call: Call, on: OnInstance) -> Variables:
    """Lengthen the running limit by `value` of its own unit, or of `unit`; a limit that was told as a plain duration by
    hours. Raises ValueError where none runs."""
    limit = _running(session, call, on)
    unit = Unit(call.inputs.get("unit") or limit.unit or Unit.EMERGENCY_HOUR)
    value = _amount(call.inputs["value"])
    entry = {"at": on.now.isoformat(), "value": str(value), "unit": unit.value, **_why(limit, call, on)}
    limit.extensions = [*limit.extensions, entry]
    return _moved(session, limit, on)


def pause_limit(session: Session, call: Call, on: OnInstance) -> Variables:
    """From now on no time passes. A limit that stands still already goes on standing."""
    limit = _running(session, call, on)
    if not stands_still(limit):
        limit.pauses = [*limit.pauses, {"since": on.now.isoformat(), "until": None, **_why(limit, call, on)}]
    return _moved(session, limit, on)


def resume_limit(session: Session, call: Call, on: OnInstance) -> Variables:
    """Time passes again: what was left when it stopped is left now."""
    limit = _running(session, call, on)
    go_on(session, limit, case_of(session, on).district, on.now)
    return _moved(session, limit, on)


def reckon_by(limit: TimeLimit, calendar: Calendar, on: OnInstance) -> None:
    """From its beginning by another version of its calendar. One that stands still is told when it goes on."""
    before = limit.due_at
    limit.calendar_id, limit.calendar_version = calendar.id, calendar.version
    recount(limit, calendar)
    limit.provisional = is_provisional(limit, calendar)
    if limit.due_at != before:
        new = {"due_at": limit.due_at.isoformat(), "calendar_version": calendar.version}
        on.change(f"limit.{limit.kind}", {"due_at": before.isoformat()}, new)
    on.moved_limits[str(limit.id)] = variables_of(limit)


def is_provisional(limit: TimeLimit, calendar: Calendar) -> bool:
    """Is it due in a year whose holidays are not known yet?"""
    return not stands_still(limit) and calendar.is_provisional(limit.started_at, limit.due_at)


def variables_of(limit: TimeLimit) -> Variables:
    """The limit as diagrams know it; while it stands still, its rungs are null."""
    rungs: dict[str, Any] = {"warn_at": limit.warn_at, "due_at": limit.due_at, "escalate_at": limit.escalate_at}
    known = dict.fromkeys(rungs) if stands_still(limit) else rungs
    return {"id": str(limit.id), "started_at": limit.started_at, **known}


def _moved(session: Session, limit: TimeLimit, on: OnInstance) -> Variables:
    before = None if limit.due_at == STANDS_STILL else {"due_at": limit.due_at.isoformat()}
    recount(limit, calendar_of(session, limit, case_of(session, on).district))
    now = "PAUSED" if stands_still(limit) else {"due_at": limit.due_at.isoformat()}
    on.change(f"limit.{limit.kind}", before, now)
    on.moved_limits[str(limit.id)] = known = variables_of(limit)
    return known


def _running(session: Session, call: Call, on: OnInstance) -> TimeLimit:
    kind = LimitKind(call.inputs["kind"] or LimitKind.HANDLE)  # null: asked when requests did not name their limit yet
    limit = running_limit(dossier_of(session, on), order_of(session, on), kind)
    if limit is None:
        raise ValueError(f"no limit {kind} runs here")
    return limit


def _why(limit: TimeLimit, call: Call, on: OnInstance) -> dict[str, Any]:
    before = story_of(limit).ordered if limit.due_at == STANDS_STILL else limit.due_at
    return {
        "by": str(on.actor.id), "by_name": on.actor.name, "reason": said(call.inputs.get("reason")) or "",
        "due_before": before.isoformat(),
    }  # fmt: skip


def _amount(value: object) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"an extension is a number, not {value!r}") from None
    if not amount.is_finite() or amount <= 0:
        raise ValueError(f"an extension is more than nothing, not {value!r}")
    return amount
