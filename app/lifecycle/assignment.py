"""Stage 4, Task Assignment: processing form, work orders, and their departments' own diagrams (D04, P05-P07, Q03)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.cases import numbers
from app.cases.enums import OrderRole, OrderState, ProcessingMethod, Urgency
from app.cases.models import CaseFile, ProcessingForm, WorkOrder
from app.city import department_processes
from app.core.ids import derived_id, new_id
from app.lifecycle.dossier import Dossier, dossier_of
from app.lifecycle.forms import current_bundle_id
from app.lifecycle.numbering import number_now
from app.lifecycle.subject import ORDER, said
from app.workflow import OnInstance, start
from app.workflow.engine.types import BpmnError, Call, Variables

NO_DEPARTMENT = "NO_DEPARTMENT"


@dataclass(frozen=True, slots=True)
class Share:
    """One department's part of a dispatch."""

    department: str
    role: OrderRole


def dispatch_orders(session: Session, call: Call, on: OnInstance, *, zone: tzinfo) -> Variables:
    """One processing form, and one order for each department, each running its department's diagram.

    A department that still works on an open order of this case gets no second one. Throws NO_DEPARTMENT when
    nobody is named."""
    dossier = dossier_of(session, on)
    case, busy = dossier.case, dossier.open_orders()
    shares = _shares(call.inputs, {order.department for order in busy})
    if not shares and not busy:
        raise BpmnError(NO_DEPARTMENT)
    number_now(dossier, on, zone)
    case.round += 1
    set_departments(case, shares, on)
    if urgency := call.inputs.get("urgency"):
        case.urgency = Urgency(urgency)
    form = processing_form(dossier, call.inputs, on)
    made = [make_order(dossier, form, share, on) for share in shares]
    diagrams = department_processes(session, [order.department for order in made])
    bundle_id = current_bundle_id(session)
    for order in made:
        start_order(session, case, order, diagrams[order.department], bundle_id, on)
    on.change("dispatched", None, [{"order_no": o.order_no, "department": o.department, "role": o.role} for o in made])
    return {
        "order_ids": [str(order.id) for order in made],
        "open_orders": len(made) + len(busy),
        "round": case.round,
    }


def _shares(inputs: Variables, busy: set[str]) -> list[Share]:
    assist: Any = inputs.get("assist_departments") or []
    lead = inputs.get("lead_department")
    named = ([Share(str(lead), OrderRole.LEAD)] if lead else []) + [Share(str(a), OrderRole.ASSIST) for a in assist]
    shares: dict[str, Share] = {}
    for share in named:
        if share.department not in busy:
            shares.setdefault(share.department, share)
    return list(shares.values())


def set_departments(case: CaseFile, shares: Iterable[Share], on: OnInstance) -> None:
    """Who leads, and who may see the case from now on."""
    for share in shares:
        if share.role is OrderRole.LEAD and case.lead_department != share.department:
            on.change("lead_department", case.lead_department, share.department)
            case.lead_department = share.department
    codes = list(dict.fromkeys([*case.departments, *(share.department for share in shares)]))
    if codes != case.departments:
        case.departments = codes
        on.set_scope(departments=codes)


def processing_form(dossier: Dossier, inputs: Variables, on: OnInstance) -> ProcessingForm:
    """Its number is given last, with the case's (`numbering`)."""
    case = dossier.case
    method = ProcessingMethod(inputs.get("method") or ProcessingMethod.FILE_CASE)
    content = inputs.get("processing_content") or case.custom.get("processing_content")
    form = ProcessingForm(
        id=new_id(), case_id=case.id, round=case.round, method=method, content=said(content), made_at=on.now,
        made_by=on.actor.id, made_by_name=on.actor.name,
    )  # fmt: skip
    dossier.add(form)
    return form


def make_order(dossier: Dossier, form: ProcessingForm, share: Share, on: OnInstance) -> WorkOrder:
    """The case must have its number."""
    case = dossier.case
    assert case.case_no is not None
    order_id, place = new_id(), len(dossier.orders) + 1
    order = WorkOrder(
        id=order_id, instance_id=order_id, order_no=numbers.order_no(case.case_no, place), case_id=case.id,
        processing_form_id=form.id, department=share.department, role=share.role, state=OrderState.DISPATCHED,
        round=case.round, district=case.district, urgency=case.urgency, dispatched_at=on.now,
        custom={},
    )  # fmt: skip
    dossier.add(order)
    return order


def start_order(
    session: Session, case: CaseFile, order: WorkOrder, process_id: str, bundle_id: UUID, on: OnInstance
) -> None:
    """The order's own instance, in the same transaction."""
    start(
        on.runtime, session, process_id, _variables(case, order),
        actor=on.actor, now=on.now, command_id=derived_id("order", order.id), instance_id=order.instance_id,
        subject_kind=ORDER, subject_id=order.id, district=order.district, departments=(order.department,),
        confidential=case.confidential, bundle_id=bundle_id,
    )  # fmt: skip


def _variables(case: CaseFile, order: WorkOrder) -> dict[str, Any]:
    """What a department's diagram knows of its order."""
    return {
        "order_id": str(order.id),
        "case_id": str(case.id),
        "order_no": order.order_no,
        "department": order.department,
        "role": order.role,
        "category": case.category,
        "sub_category": case.sub_category,
        "district": case.district,
        "urgency": order.urgency,
        "kind": case.kind,
        "service_type": case.service_type,
        "round": order.round,
        "emergency": order.urgency == Urgency.EMERGENCY,
    }
