"""A further department while others work: one more assists, or takes an order over, which keeps its past (Q02, Q03)."""

from collections.abc import Mapping
from datetime import tzinfo
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.cases.enums import CaseStage, OrderRole, ProcessingMethod
from app.cases.models import CaseFile, WorkOrder
from app.cases.queries import open_orders_of, order_by_id
from app.city import department_processes, departments
from app.core.errors import Conflict, Invalid
from app.identity import Actor, Scope, can, require
from app.lifecycle.asking import ask
from app.lifecycle.assignment import Share, make_order, processing_form, set_departments, start_order
from app.lifecycle.dossier import dossier_of
from app.lifecycle.forms import current_bundle_id
from app.lifecycle.numbering import number_now
from app.lifecycle.subject import said
from app.lifecycle.withdrawal import WITHDRAW_ORDER
from app.workflow import OnInstance, Runtime, send
from app.workflow.engine.types import BpmnError, Call, Variables

NOT_POSSIBLE = "NOT_POSSIBLE"
REASSIGNED_FROM = "reassigned_from"
"""In a work order's `custom`: the number of the order whose place it took."""


class FurtherKind(StrEnum):
    ASSIST = "ASSIST"
    """协办: beside the order."""
    REASSIGN = "REASSIGN"
    """改派: in the order's place."""


_ACTIONS = {FurtherKind.ASSIST: "order.assist", FurtherKind.REASSIGN: "order.reassign"}
_METHODS = {FurtherKind.ASSIST: ProcessingMethod.ASSIST, FurtherKind.REASSIGN: ProcessingMethod.TRANSFER}


def ask_department(
    runtime: Runtime, order_id: UUID, kind: FurtherKind, *, department: str, reason: str, actor: Actor,
    command_id: UUID | None = None,
) -> None:  # fmt: skip
    """Ask that `department` assists with an order or takes it over. The duty monitor's own word needs nobody's
    consent; a department's goes to the duty monitor, as the diagram `order_department` says.

    Raises NotFound, Forbidden, Invalid (no such department), Conflict (the order has ended, the department has one of
    this case already, the case is not in handling)."""
    with runtime.sessions() as session:
        order = order_by_id(session, order_id)
        place = Scope(order.district, frozenset({order.department}))
        require(actor, _ACTIONS[kind], place)
        case = session.get_one(CaseFile, order.case_id)
        names = _check(session, order, case, department)
        instance_id = case.instance_id
        further = {
            "kind": kind.value, "department": department, "order_id": str(order.id), "order_no": order.order_no,
            "name": names["en"], "name_zh": names["zh-CN"], "reason": reason,
            "decided": can(actor, "order.withdraw", place),
        }  # fmt: skip
    refusal = "lifecycle.not_in_handling"
    ask(runtime, instance_id, "department_asked", order.case_id, {"further": further}, actor, command_id, refusal)


def choosable(session: Session, order: WorkOrder) -> list[str]:
    """Codes of the departments that may be asked for; none where nobody works on the order."""
    case = session.get_one(CaseFile, order.case_id)
    if order.ended_at is not None or case.stage != CaseStage.HANDLING:
        return []
    busy = {one.department for one in open_orders_of(session, case.id)}
    return [known.code for known in departments(session) if known.active and known.code not in busy]


def dispatch_further(session: Session, call: Call, on: OnInstance, *, zone: tzinfo) -> Variables:
    """One more order in the present round, with a processing form of its own. To REASSIGN also tells the order before
    to end. Throws NOT_POSSIBLE when that order has ended by itself, or the department has one of this case."""
    dossier, kind = dossier_of(session, on), FurtherKind(call.inputs["kind"])
    case, department = dossier.case, str(call.inputs["department"])
    open_orders = dossier.open_orders()
    before = next((order for order in open_orders if str(order.id) == call.inputs["order"]), None)
    if before is None or department in {order.department for order in open_orders}:
        raise BpmnError(NOT_POSSIBLE)
    number_now(dossier, on, zone)
    share = Share(department, OrderRole(before.role) if kind is FurtherKind.REASSIGN else OrderRole.ASSIST)
    set_departments(case, [share], on)
    content = said(call.inputs.get("reason"))
    form = processing_form(dossier, {"method": _METHODS[kind], "processing_content": content}, on)
    order = make_order(dossier, form, share, on)
    if kind is FurtherKind.REASSIGN:
        order.custom = {REASSIGNED_FROM: before.order_no}
        send(on, WITHDRAW_ORDER, str(before.id), {"reason": content})
    diagram = department_processes(session, [department])[department]
    start_order(session, case, order, diagram, current_bundle_id(session), on)
    dispatched = {"order_no": order.order_no, "department": department, "role": order.role}
    on.change("dispatched", None, [dispatched])
    if kind is FurtherKind.REASSIGN:
        on.change("reassigned", before.order_no, order.order_no)
    return {"order_ids": [str(order.id)]}


def _check(session: Session, order: WorkOrder, case: CaseFile, department: str) -> Mapping[str, str]:
    """The department's names."""
    if order.ended_at is not None:
        raise Conflict("lifecycle.order_ended", order_no=order.order_no)
    if case.stage != CaseStage.HANDLING:
        raise Conflict("lifecycle.not_in_handling")
    names = next((known.names for known in departments(session) if known.code == department and known.active), None)
    if names is None:
        raise Invalid("lifecycle.other_department", {"department": ("lifecycle.other_department", {})})
    if department in {one.department for one in open_orders_of(session, case.id)}:
        raise Conflict("lifecycle.department_at_work")
    return names
