"""Work orders across cases: one by its number, and lists by department and state, the oldest first (keyset)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, false, or_, select, true, tuple_
from sqlalchemy.orm import Session

from app.cases.limits import LimitView, limit_view
from app.cases.listing import OF_DEPARTMENTS, TRUSTED, lies_in
from app.cases.models import CaseFile, ProcessingForm, TimeLimit, WorkOrder
from app.core.errors import NotFound
from app.identity import ACTIONS, Actor, Grant, Scope, require

After = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order with what a list shows of its case."""

    order: WorkOrder
    case_no: str
    incident_summary: str
    address: str
    supervision_level: str | None
    confidential: bool
    method: str
    processing_no: str
    rework_count: int
    limits: Sequence[LimitView]

    def key(self) -> After:
        return self.order.dispatched_at, self.order.id

    def scope(self) -> Scope:
        """An order belongs to its department; those who see the whole case see it too."""
        return Scope(self.order.district, frozenset({self.order.department}), confidential=self.confidential)


def order_by_number(session: Session, number: str, actor: Actor) -> OrderLine:
    """Raises NotFound, Forbidden."""
    found = session.execute(_lines().where(WorkOrder.order_no == number.strip())).one_or_none()
    if found is None:
        raise NotFound("cases.order_unknown")
    line = _with_limits(session, [found])[0]
    require(actor, "case.read", line.scope())
    return line


def list_orders(
    session: Session,
    actor: Actor,
    *,
    department: str | None = None,
    states: Sequence[str] = (),
    open_only: bool = True,
    after: After | None = None,
    limit: int = 50,
) -> list[OrderLine]:
    """Orders this person may read. A department's people see their own department's only, though the case may have
    others."""
    query = _lines().where(readable_orders(actor))
    if department is not None:
        query = query.where(WorkOrder.department == department)
    if states:
        query = query.where(WorkOrder.state.in_(list(states)))
    if open_only:
        query = query.where(WorkOrder.ended_at.is_(None))
    if after is not None:
        query = query.where(tuple_(WorkOrder.dispatched_at, WorkOrder.id) > tuple_(*after))
    rows = session.execute(query.order_by(WorkOrder.dispatched_at, WorkOrder.id).limit(limit)).all()
    return _with_limits(session, rows)


def order_lines(session: Session, ids: Sequence[UUID]) -> list[OrderLine]:
    """These orders, in this order; who may read them is the caller's business."""
    rows = session.execute(_lines().where(WorkOrder.id.in_(ids))).all() if ids else []
    place = {order_id: at for at, order_id in enumerate(ids)}
    return sorted(_with_limits(session, rows), key=lambda line: place[line.order.id])


def _lines() -> Select[WorkOrder, str | None, str, str, str | None, bool, str, str | None, int]:
    return (
        select(
            WorkOrder, CaseFile.case_no, CaseFile.incident_summary, CaseFile.address, CaseFile.supervision_level,
            CaseFile.confidential, ProcessingForm.method, ProcessingForm.processing_no, CaseFile.rework_count,
        )
        .join(CaseFile, CaseFile.id == WorkOrder.case_id)
        .join(ProcessingForm, ProcessingForm.id == WorkOrder.processing_form_id)
    )  # fmt: skip


def readable_orders(actor: Actor) -> ColumnElement[bool]:
    """The same rule as `identity.can(actor, "case.read", line.scope())`, as a condition on orders alone: what of it
    lies in the case, the order knows itself. Grant by grant: what one lets a person see is not widened by what another
    lets them see elsewhere."""
    if actor.system:
        return true()
    reach = [_reach(grant) for grant in actor.grants if grant.role in ACTIONS["case.read"]]
    return or_(*reach) if reach else false()


def _reach(grant: Grant) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if grant.district is not None:
        conditions.append(lies_in(grant.district, WorkOrder.district))
    if grant.role in OF_DEPARTMENTS or grant.department is not None:
        conditions.append(WorkOrder.department == (grant.department or ""))
    if grant.role not in TRUSTED | OF_DEPARTMENTS:
        conditions.append(WorkOrder.confidential.is_(False))
    return and_(true(), *conditions)


def _with_limits(
    session: Session, rows: Sequence[Row[WorkOrder, str | None, str, str, str | None, bool, str, str | None, int]]
) -> list[OrderLine]:
    ids = [row[0].id for row in rows]
    query = select(TimeLimit).where(TimeLimit.order_id.in_(ids)).order_by(TimeLimit.started_at, TimeLimit.id)
    limits: dict[UUID | None, list[LimitView]] = defaultdict(list)
    for limit in session.scalars(query) if ids else ():
        limits[limit.order_id].append(limit_view(limit))
    return [
        OrderLine(
            order, case_no or "", summary, address, level, confidential, method, processing_no or "", rework_count,
            limits[order.id],
        )
        for order, case_no, summary, address, level, confidential, method, processing_no, rework_count in rows
    ]  # fmt: skip
