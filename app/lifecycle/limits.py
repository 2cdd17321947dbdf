"""Time limits: the row is the truth, the diagram's timers read it. Breach compares completion with due, never with
the firing of a timer (D11, D12, D15, Q01)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.cases.enums import LimitKind, LimitState
from app.cases.models import TimeLimit, WorkOrder
from app.city import ESCALATE_AT, WARN_AT, Deadline, Rungs, calendar_version
from app.core.ids import new_id
from app.lifecycle.dossier import Dossier, dossier_of, order_of
from app.lifecycle.limit_story import go_on
from app.workflow import OnInstance
from app.workflow.engine.types import Call, Variables


def start_limit(session: Session, call: Call, on: OnInstance) -> Variables:
    """Begin a limit of the order (or of the case, kind STAGE). `due` is a `deadline(…)`, an instant or a duration.

    A running limit of the same kind ends first: a limit begun again replaces it."""
    dossier, order = dossier_of(session, on), order_of(session, on)
    kind = LimitKind(call.inputs["kind"])
    if (running := running_limit(dossier, order, kind)) is not None:
        _end(dossier, running, on.now)
    due = _instant(call.inputs["due"], on.now)
    rungs = _rungs(session, due, on.now)
    limit = TimeLimit(
        id=new_id(), case_id=dossier.case.id, order_id=order.id if order else None, kind=kind, element=call.element,
        started_at=on.now, warn_at=rungs.warn_at, due_at=rungs.due_at, escalate_at=rungs.escalate_at, **_basis(due),
    )  # fmt: skip
    dossier.add(limit)
    on.change(f"limit.{kind}", None, {"due_at": rungs.due_at.isoformat(), **_told(due)})
    return {
        "id": str(limit.id),
        "started_at": on.now,
        "warn_at": rungs.warn_at,
        "due_at": rungs.due_at,
        "escalate_at": rungs.escalate_at,
    }


def end_limit(session: Session, call: Call, on: OnInstance) -> Variables:
    """The work is done: MET when that was not after due. A limit that never began was MET."""
    kind = LimitKind(call.inputs["kind"])
    dossier = dossier_of(session, on)
    limit = running_limit(dossier, order_of(session, on), kind)
    if limit is None:
        return {"state": LimitState.MET.value}
    state = _end(dossier, limit, on.now)
    on.change(f"limit.{kind}", LimitState.RUNNING, state.value)
    return {"state": state.value}


def end_running_limits(dossier: Dossier, order: WorkOrder | None, now: datetime) -> None:
    """An order that ends otherwise than by reporting back takes its limits along; None: a case, those of its own."""
    for limit in dossier.running_limits(order):
        _end(dossier, limit, now)


def running_limit(dossier: Dossier, order: WorkOrder | None, kind: LimitKind) -> TimeLimit | None:
    """The running limit of this kind, the youngest if there are several."""
    return next((limit for limit in reversed(dossier.running_limits(order)) if limit.kind == kind), None)


def _end(dossier: Dossier, limit: TimeLimit, now: datetime) -> LimitState:
    go_on(dossier.session, limit, dossier.case.district, now)
    state = LimitState.MET if now <= limit.due_at else LimitState.BREACHED
    limit.ended_at, limit.state = now, state
    return state


def _instant(due: Any, now: datetime) -> datetime:
    if isinstance(due, datetime):
        if due.tzinfo is None:
            raise ValueError("due is a local time without a zone; use deadline(…) or a duration")
        return due
    span = due if isinstance(due, timedelta) else getattr(due, "timedelta", None)
    if callable(span):
        span = span()
    if not isinstance(span, timedelta):
        raise ValueError(f"due is {due!r}: it must be deadline(…), a date and time, or a duration")
    return now + span


def _rungs(session: Session, due: datetime, now: datetime) -> Rungs:
    if due <= now:
        return Rungs(now, now, now)
    if not isinstance(due, Deadline):
        whole = due - now
        return Rungs(now + whole * float(WARN_AT), due, now + whole * float(ESCALATE_AT))
    basis = due.basis
    calendar = calendar_version(session, basis.calendar_id, basis.calendar_version)
    warn, escalate = (calendar.part_of(now, due, basis.unit, share) for share in (WARN_AT, ESCALATE_AT))
    return Rungs(min(warn, due.plain()), due.plain(), max(escalate, due.plain()))


def _basis(due: datetime) -> dict[str, Any]:
    if not isinstance(due, Deadline):
        return {}
    basis = due.basis
    return {
        "value": basis.value,
        "unit": basis.unit.value,
        "calendar_id": basis.calendar_id,
        "calendar_version": basis.calendar_version,
        "provisional": basis.provisional,
    }


def _told(due: datetime) -> dict[str, Any]:
    """The basis as the history tells it."""
    known = _basis(due)
    return {name: value if isinstance(value, bool | int) else str(value) for name, value in known.items()}
