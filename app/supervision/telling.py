"""Who hears of a demand, and by which way: at once in the house and by SMS (V06, V07)."""

from collections.abc import Iterable
from datetime import tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import workflow
from app.cases.models import CaseFile, WorkOrder
from app.identity import Role, UserRef, users_with
from app.lifecycle.subject import CASE, ORDER, reason_key
from app.messaging import Channel, Message, person, send
from app.supervision.models import Supervision
from app.workflow import OutboxRow, Runtime

KIND = "SUPERVISED"


def tell_of_demand(runtime: Runtime, row: OutboxRow) -> None:
    """Outbox handler. Idempotent: the demand's id is the occasion."""
    with runtime.sessions.begin() as session:
        demand = session.get(Supervision, UUID(row.body["supervision_id"]))
        if demand is None:
            return
        case = session.get_one(CaseFile, demand.case_id)
        params = _params(case, demand, runtime.zone)
        for order in _orders(session, demand):
            people = _at_work(session, order) + _heads(session, order)
            about = Message(KIND, ORDER, order.id, _key(demand), params | {"number": order.order_no})
            _send(session, about, people, row)
        if demand.level == "CIRCULAR" or not demand.departments:
            watching = [user for role in (Role.LEADER, Role.SHIFT_SUPERVISOR)
                        for user in users_with(session, role=role, district=case.district)]  # fmt: skip
            about = Message(KIND, CASE, case.id, _key(demand), params | {"number": case.case_no})
            _send(session, about, [user for user in watching if not demand.by_person or user.id != demand.actor], row)


def _send(session: Session, message: Message, people: Iterable[UserRef], row: OutboxRow) -> None:
    to = {user.id: person(user) for user in people}
    send(session, message, to.values(), (Channel.LIVE, Channel.SMS), occasion=row.dedupe, now=row.created_at)


def _orders(session: Session, demand: Supervision) -> list[WorkOrder]:
    """The order demanded of; else the newest of each department that was asked."""
    if demand.order_id:
        return [session.get_one(WorkOrder, demand.order_id)]
    query = select(WorkOrder).where(WorkOrder.case_id == demand.case_id).order_by(WorkOrder.dispatched_at)
    newest = {order.department: order for order in session.scalars(query)}
    return [newest[code] for code in demand.departments if code in newest]


def _at_work(session: Session, order: WorkOrder) -> list[UserRef]:
    """Whoever has claimed a task of the order; as long as nobody has, every handler of the department."""
    handlers = users_with(session, Role.DEPARTMENT_HANDLER, order.department, order.district)
    claimed = {task.assignee for task in workflow.tasks_of(session, order.id) if task.assignee}
    return [user for user in handlers if str(user.id) in claimed] or handlers


def _heads(session: Session, order: WorkOrder) -> list[UserRef]:
    return users_with(session, Role.DEPARTMENT_HEAD, order.department, order.district)


def _key(demand: Supervision) -> str:
    return "supervision.notice.due" if demand.answer_due_at else "supervision.notice"


def _params(case: CaseFile, demand: Supervision, zone: tzinfo) -> dict[str, Any]:
    """The words of a confidential case's demand stay in the house's pages."""
    hidden = "supervision.notice.confidential"
    reason = reason_key(demand.reason) if demand.reason else hidden if case.confidential else demand.text
    due = demand.answer_due_at
    return {
        "case_no": case.case_no, "level": f"enum.SupervisionLevel.{demand.level}", "reason": reason,
        "due": f"{due.astimezone(zone):%m-%d %H:%M}" if due else "",
    }  # fmt: skip
