"""A demand is raised: by a diagram, by rule, or by a person. The case is marked, its departments are asked, and whoever
works on it hears of it (V02, V05-V08, Q07). Runs inside one command of the case's or an order's instance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from app import city
from app.cases.enums import SupervisionLevel
from app.cases.models import CaseFile, WorkOrder
from app.core.ids import new_id
from app.lifecycle.dossier import Dossier
from app.supervision.models import Supervision
from app.workflow import OnInstance, Post, post_awaited
from app.workflow.peek import decide

OUTBOX_KIND = "supervision"
"""Outbox rows of this kind tell people of a demand; they have its id."""
MESSAGE, SETTLED = "supervision_raised", "supervision_settled"
"""What diagrams of the case and of its orders may wait for; settled: nobody need answer it any more, with the key
`<demand>:<department>`."""
ANSWERS = "supervision_answer"
"""The decision that says how soon a level wants its answer."""
LEVELS = list(SupervisionLevel)


@dataclass(frozen=True, slots=True)
class Within:
    """How soon an answer is wanted: so much working time from now."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Demand:
    """What is demanded. Without `order` of every open order; `answer` None: as the table says for this level."""

    level: SupervisionLevel
    reason: str = ""
    text: str = ""
    order: WorkOrder | None = None
    answer: Within | None = None
    raised_from: Supervision | None = None
    rule: Mapping[str, Any] | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)


def raise_demand(
    session: Session, on: OnInstance, dossier: Dossier, demand: Demand, supervision_id: UUID | None = None
) -> Supervision:
    """Write it down with this command; people are told after the commit, once."""
    case, order = dossier.case, demand.order
    departments = _asked(dossier, order)
    within = demand.answer or _within(session, on, demand.level)
    due = _due(session, case, order, within, on.now) if within and departments else None
    row = Supervision(
        id=supervision_id or new_id(), command_id=on.command.id if supervision_id else None, case_id=case.id,
        order_id=order.id if order else None, level=demand.level, reason=demand.reason, text=demand.text,
        departments=departments, at=on.now, actor=on.actor.id, actor_name=on.actor.name, rule=_json(demand.rule),
        custom=dict(demand.custom), raised_from=demand.raised_from.id if demand.raised_from else None, state="OPEN",
        answer_value=within.value if due and within else None, answer_unit=within.unit if due and within else None,
        answer_due_at=due,
    )  # fmt: skip
    dossier.add(row)
    mark(session, case, demand.level, on)
    _record(row, order, on)
    on.emit(OUTBOX_KIND, {"supervision_id": str(row.id)}, f"supervision:{row.id}")
    _tell_diagrams(session, dossier, row, on)
    return row


def mark(session: Session, case: CaseFile, level: SupervisionLevel, on: OnInstance) -> None:
    """The case's own level, which every list shows, never falls: it is read again under a lock, since the case's and
    its orders' instances move side by side."""
    if inspect(case).persistent:
        with session.no_autoflush:
            session.refresh(case, ["supervision_level"], with_for_update=True)
    old = case.supervision_level
    if old is None or rank(level) > rank(old):
        case.supervision_level = level
    on.change("supervision", old, level.value)


def settle(session: Session, row: Supervision, departments: Sequence[str], now: datetime) -> None:
    """These need not answer any more: whatever task a diagram gave them ends."""
    keys = [f"{row.id}:{code}" for code in departments]
    posts = [Post(SETTLED, key, {}, f"{SETTLED}:{key}") for key in keys]
    with session.no_autoflush:
        post_awaited(session, posts, now=now)


def rank(level: str | None) -> int:
    """0: none; 4: CIRCULAR."""
    return 0 if level is None else LEVELS.index(SupervisionLevel(level)) + 1


def _asked(dossier: Dossier, order: WorkOrder | None) -> list[str]:
    """Departments that have to answer: of this order, of the open ones; when none is open, of the last round's."""
    if order is not None:
        return [order.department]
    last_round = [each for each in dossier.orders if each.round == dossier.case.round]
    return sorted({each.department for each in dossier.open_orders() or last_round})


def _within(session: Session, on: OnInstance, level: SupervisionLevel) -> Within | None:
    """None where the table wants no answer, or this bundle has no such table."""
    found = decide(on.runtime, session, on.bundle_id, ANSWERS, {"level": level.value}, on.now)
    said = found.value if found else None
    if not isinstance(said, Mapping) or said.get("value") is None:
        return None
    return Within(Decimal(str(said["value"])), str(said["unit"]))


def _due(session: Session, case: CaseFile, order: WorkOrder | None, within: Within, now: datetime) -> datetime:
    department = order.department if order else None
    calendar = city.calendar_for(session, department, order.district if order else case.district)
    return calendar.deadline(now, within.value, within.unit).plain()


def _record(row: Supervision, order: WorkOrder | None, on: OnInstance) -> None:
    if row.reason:
        on.change("supervision_reason", None, row.reason)
    if row.text:
        on.change("supervision_text", None, row.text, personal=True)
    if order is not None and on.instance_id != order.instance_id:
        on.change("supervision_order", None, order.order_no)
    if row.answer_due_at is not None:
        on.change("supervision_due", None, row.answer_due_at.isoformat())
    if row.rule:
        on.change("supervision_rule", None, row.rule)


def _json(rule: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if rule is None else dict(rule)


def _tell_diagrams(session: Session, dossier: Dossier, row: Supervision, on: OnInstance) -> None:
    """The case's diagram, and each order's that is concerned, may react by a message event."""
    concerned: Sequence[UUID] = [row.order_id] if row.order_id else [each.id for each in dossier.open_orders()]
    payload = {
        "level": row.level, "reason": row.reason, "supervision_id": str(row.id), "answer_due_at": row.answer_due_at,
    }  # fmt: skip
    keys = [dossier.case.id, *concerned]
    posts = [Post(MESSAGE, str(key), payload, f"{MESSAGE}:{row.id}:{key}") for key in keys]
    with session.no_autoflush:
        post_awaited(session, posts, now=on.now)
