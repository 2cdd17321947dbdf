"""What is asked of an order: more time, a pause, going on, of the limit to handle it or, before, to sign for it. Its
diagram says who grants it (Q02)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app import workflow
from app.cases.enums import LimitKind, OrderState
from app.cases.limits import LimitView, limit_view, open_limit
from app.cases.models import TimeLimit, WorkOrder
from app.cases.queries import order_by_id
from app.city import Unit, calendar_for
from app.core.errors import Conflict, Invalid
from app.identity import Actor, Scope, require
from app.lifecycle.asking import ask
from app.lifecycle.limit_story import stands_still
from app.workflow import Runtime
from app.workflow.peek import elements

LONGEST_PAUSE = timedelta(days=366)
ALWAYS_HANDLE = '="HANDLE"'
"""The input `kind` of what moves a limit, where a diagram does not ask which one."""


class PauseKind(StrEnum):
    SHELVE = "SHELVE"
    """挂账: the department asks, the duty monitor grants."""
    SUSPEND = "SUSPEND"
    """中止: the duty monitor's own word."""


@dataclass(frozen=True, slots=True)
class Askable:
    """What may be asked of an order now."""

    limit: LimitView
    unit: Unit
    """An extension is counted in it."""
    most: Decimal | None
    """The most that the duty monitor grants; None: the leader decides, whatever is asked."""
    stands_still: bool
    pending: bool
    """An extension was asked for and is not decided."""


def askable(session: Session, order: WorkOrder) -> Askable | None:
    """None where nothing can be asked: neither limit runs, or the department wants to return the order."""
    if order.ended_at is not None or order.state == OrderState.RETURN_PENDING:
        return None
    found = (open_limit(session, order.case_id, order.id, kind) for kind in (LimitKind.HANDLE, LimitKind.SIGN))
    limit = next((each for each in found if each is not None), None)
    if limit is None:
        return None
    unit = _unit(limit)
    first = None if limit.extensions else _ordered(limit, unit)
    pending = order.state == OrderState.EXTENSION_PENDING
    return Askable(limit_view(limit), unit, first, stands_still(limit), pending)


def ask_extension(
    runtime: Runtime, order_id: UUID, *, value: Decimal, reason: str, actor: Actor, command_id: UUID | None = None
) -> None:
    """The department asks for `value` more of the limit's unit, before the limit is over: the duty monitor decides on
    the first that is no longer than the limit itself, the leader on every other.

    Raises NotFound, Forbidden, Invalid, Conflict (nobody handles it, too late, stands still, one is pending, an earlier
    diagram)."""
    with runtime.sessions() as session:
        order = order_by_id(session, order_id)
        require(actor, "order.extend", _scope(order))
        known = _known(session, order)
        if known.pending:
            raise Conflict("lifecycle.extension_pending", order_no=order.order_no)
        if known.stands_still:
            raise Conflict("lifecycle.stands_still", order_no=order.order_no)
        if runtime.clock.now() > known.limit.due_at:
            raise Conflict("lifecycle.extension_too_late", order_no=order.order_no)
        _check_diagram(runtime, session, order, known, "extend_limit")
        _check_amount(session, order, value, known.unit, runtime.clock.now())
        instance_id = order.instance_id
    extension = {
        "limit": known.limit.kind, "value": value, "unit": known.unit.value, "reason": reason,
        "no": len(known.limit.extensions) + 1, "within": known.most is not None and value <= known.most,
    }  # fmt: skip
    ask(runtime, instance_id, "extension_asked", order_id, {"extension": extension}, actor, command_id)


def ask_pause(
    runtime: Runtime, order_id: UUID, kind: PauseKind, *, until: datetime, reason: str, actor: Actor,
    command_id: UUID | None = None,
) -> None:  # fmt: skip
    """Let the limit stand still till `until` at the latest: shelving is asked for by the department and granted by the
    duty monitor, who suspends at once.

    Raises NotFound, Forbidden, Invalid (no day to come within a year), Conflict."""
    now = runtime.clock.now()
    with runtime.sessions() as session:
        order = order_by_id(session, order_id)
        require(actor, "order.shelve" if kind is PauseKind.SHELVE else "order.suspend", _scope(order))
        known = _known(session, order)
        if known.stands_still:
            raise Conflict("lifecycle.stands_still", order_no=order.order_no)
        if not now < until <= now + LONGEST_PAUSE:
            raise Invalid("lifecycle.pause_until")
        _check_diagram(runtime, session, order, known, "pause_limit")
        instance_id = order.instance_id
    pause = {"limit": known.limit.kind, "kind": kind.value, "until": until, "reason": reason}
    ask(runtime, instance_id, "pause_asked", order_id, {"pause": pause}, actor, command_id)


def resume_order(
    runtime: Runtime, order_id: UUID, *, reason: str, actor: Actor, command_id: UUID | None = None
) -> None:
    """The limit goes on. Raises NotFound, Forbidden, Conflict when it does not stand still."""
    with runtime.sessions() as session:
        order = order_by_id(session, order_id)
        require(actor, "order.resume", _scope(order))
        instance_id = order.instance_id
    ask(runtime, instance_id, "resume_order", order_id, {"reason": reason}, actor, command_id, "lifecycle.no_pause")


def _known(session: Session, order: WorkOrder) -> Askable:
    known = askable(session, order)
    if known is None:
        raise Conflict("lifecycle.not_handled", order_no=order.order_no)
    return known


def _check_diagram(runtime: Runtime, session: Session, order: WorkOrder, known: Askable, operation: str) -> None:
    """Diagrams of earlier versions move the limit to handle alone, whatever is asked."""
    if known.limit.kind == LimitKind.HANDLE:
        return
    running = workflow.instance(session, order.instance_id)
    known_there = {} if running is None else elements(runtime, session, running.bundle_id)
    every = (each for process in known_there.values() for each in process.values())
    if all(each.inputs.get("kind") == ALWAYS_HANDLE for each in every if each.operation == operation):
        raise Conflict("lifecycle.earlier_diagram", order_no=order.order_no)


def _unit(limit: TimeLimit) -> Unit:
    return Unit(limit.unit) if limit.unit else Unit.EMERGENCY_HOUR


def _ordered(limit: TimeLimit, unit: Unit) -> Decimal:
    """The limit as it was ordered, in its unit."""
    if limit.value is not None:
        return limit.value
    return Decimal((limit.due_at - limit.started_at) // timedelta(seconds=36)) / 100


def _check_amount(session: Session, order: WorkOrder, value: Decimal, unit: Unit, now: datetime) -> None:
    if value <= 0:
        raise Invalid("lifecycle.extension_amount")
    try:
        calendar_for(session, order.department, order.district).add(now, value, unit)
    except ValueError:
        raise Invalid("lifecycle.extension_amount") from None


def _scope(order: WorkOrder) -> Scope:
    return Scope(order.district, frozenset({order.department}))
