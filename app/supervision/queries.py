"""Reading supervision: of a case, of an order, and what stands in the whole city."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.cases.listing import of_readable_case, readable
from app.cases.models import CaseFile, WorkOrder
from app.core.errors import NotFound
from app.identity import Actor
from app.supervision.models import Supervision, SupervisionAnswer

View = Literal["awaited", "overdue", "answered", "standing", "closed"]
"""Awaited: an answer is due. Overdue: it should be here by now. Answered: to be looked at. Standing: not closed."""
After = tuple[datetime, UUID]
MOST_COUNTED = 1000
"""A count stops here: nobody reads on beyond “999+”."""


@dataclass(frozen=True, slots=True)
class DemandLine:
    demand: Supervision
    case_no: str
    summary: str
    district: str
    confidential: bool
    order_no: str | None

    def key(self, view: View) -> After:
        """What the next page begins behind."""
        due = self.demand.answer_due_at
        return (due if view in _BY_DUE and due else self.demand.at), self.demand.id


_BY_DUE = ("awaited", "overdue")


def supervisions_of(session: Session, case_id: UUID) -> list[Supervision]:
    """The oldest first."""
    return list(session.scalars(select(Supervision).where(Supervision.case_id == case_id).order_by(Supervision.at)))


def answers_of(session: Session, case_id: UUID) -> dict[UUID, list[SupervisionAnswer]]:
    """By demand, the oldest first."""
    found: dict[UUID, list[SupervisionAnswer]] = {}
    query = select(SupervisionAnswer).where(SupervisionAnswer.case_id == case_id).order_by(SupervisionAnswer.at)
    for answer in session.scalars(query):
        found.setdefault(answer.supervision_id, []).append(answer)
    return found


def demands_on(session: Session, order: WorkOrder) -> list[Supervision]:
    """What stands against this order: demanded of it, or of its department in the whole case; the newest first."""
    of_order = or_(Supervision.order_id == order.id, Supervision.order_id.is_(None))
    query = select(Supervision).where(
        Supervision.case_id == order.case_id, Supervision.state != "CLOSED", of_order,
        Supervision.departments.contains([order.department]),
    )  # fmt: skip
    return list(session.scalars(query.order_by(Supervision.at.desc())))


def supervision_by_id(session: Session, supervision_id: UUID) -> Supervision:
    """Raises NotFound."""
    found = session.get(Supervision, supervision_id)
    if found is None:
        raise NotFound("supervision.unknown")
    return found


def list_demands(
    session: Session, actor: Actor, view: View, *, now: datetime, department: str | None = None,
    after: After | None = None, limit: int = 50,
) -> list[DemandLine]:  # fmt: skip
    """A page of the demands in cases this person may read; those that await an answer by its due time, the earliest
    first, others the newest first."""
    at = Supervision.answer_due_at if view in _BY_DUE else Supervision.at
    query = (
        select(Supervision, CaseFile.case_no, CaseFile.incident_summary, CaseFile.district, CaseFile.confidential,
               WorkOrder.order_no)
        .join(CaseFile, CaseFile.id == Supervision.case_id)
        .outerjoin(WorkOrder, WorkOrder.id == Supervision.order_id)
        .where(_in_view(view, now), readable(actor), _concerns(actor, department))
    )  # fmt: skip
    key = tuple_(at, Supervision.id)
    if after is not None:
        query = query.where(key > tuple_(*after) if view in _BY_DUE else key < tuple_(*after))
    order = (at, Supervision.id) if view in _BY_DUE else (at.desc(), Supervision.id.desc())
    rows = session.execute(query.order_by(*order).limit(limit))
    return [DemandLine(demand, no or "", summary, district, confidential, order_no)
            for demand, no, summary, district, confidential, order_no in rows]  # fmt: skip


def counts(session: Session, actor: Actor, now: datetime) -> dict[View, int]:
    """How many stand in each view, of those that this person may read, up to `MOST_COUNTED`; by one statement."""
    mine = of_readable_case(actor, Supervision.case_id), _concerns(actor, None)
    found = [select(Supervision.id).where(_in_view(view, now), *mine).limit(MOST_COUNTED) for view in _COUNTED]
    numbers = [select(func.count()).select_from(each.subquery()).scalar_subquery() for each in found]
    return dict(zip(_COUNTED, session.execute(select(*numbers)).one(), strict=True))


_COUNTED: Sequence[View] = ("overdue", "awaited", "answered", "standing")


def _in_view(view: View, now: datetime) -> ColumnElement[bool]:
    awaited = and_(Supervision.state == "OPEN", Supervision.answer_due_at.is_not(None))
    match view:
        case "awaited":
            return awaited
        case "overdue":
            return and_(awaited, Supervision.answer_due_at < now)
        case "answered":
            return Supervision.state == "ANSWERED"
        case "standing":
            return Supervision.state != "CLOSED"
        case "closed":
            return Supervision.state == "CLOSED"


def _concerns(actor: Actor, department: str | None) -> ColumnElement[bool]:
    """A department's people see what is demanded of them, whoever else works on the case."""
    asked = [Supervision.departments.contains([code]) for code in sorted(actor.departments())]
    wanted = [Supervision.departments.contains([department])] if department else []
    return and_(or_(*asked) if asked else Supervision.id.is_not(None), *wanted)
