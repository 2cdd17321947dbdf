"""What follows from where the tokens are: stage and status of a case, state of an order, the time each stage took.

Diagrams say it by element properties: `stage` on the lifecycle's sub-processes; `orderState` (when the element is
entered) and `orderStateAfter` (when it is completed) in departments' diagrams; AS_BEFORE is where the work on the order
stands by itself: to be signed, or in handling (D13, D14, W11)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.cases.enums import CaseStage, CaseStatus, OrderState
from app.cases.models import CaseFile, StageTime, WorkOrder
from app.lifecycle.dossier import dossier_of, order_of
from app.lifecycle.handling import set_order_state
from app.lifecycle.subject import CASE, ORDER
from app.workflow import OnInstance
from app.workflow.engine.types import Element, Step

LEFT = ("completed", "cancelled")
AS_BEFORE = "AS_BEFORE"
VERIFYING = (CaseStage.FEEDBACK, CaseStage.RETURN_VISIT_EVALUATION)


def follow(session: Session, on: OnInstance, steps: Sequence[Step], elements: Mapping[str, Element]) -> None:
    """Listener on every step of every instance."""
    if on.subject_kind == CASE:
        _follow_case(session, on, steps, elements)
    elif on.subject_kind == ORDER:
        _follow_order(session, on, steps, elements)


def _follow_case(session: Session, on: OnInstance, steps: Sequence[Step], elements: Mapping[str, Element]) -> None:
    dossier = dossier_of(session, on)
    case = dossier.case
    moves = [
        (CaseStage(element.properties["stage"]), step.state)
        for step in steps
        if (element := elements.get(step.element)) is not None and "stage" in element.properties
    ]
    for stage, state in moves:
        if state == "entered":
            _leave(dossier.stays, stage, on.now)
            no = len(dossier.stays) + 1
            dossier.add(StageTime(case_id=case.id, no=no, stage=stage, entered_at=on.now, left_at=None))
            if case.stage != stage:
                on.change("stage", case.stage, stage.value)
                case.stage = stage
        elif state in LEFT:
            _leave(dossier.stays, stage, on.now)
    status = status_of(case)
    if status != case.status:
        on.change("status", case.status, status.value)
        case.status = status


def _follow_order(session: Session, on: OnInstance, steps: Sequence[Step], elements: Mapping[str, Element]) -> None:
    said = {"entered": "orderState", "completed": "orderStateAfter"}
    found = (
        element.properties.get(said[step.state])
        for step in steps
        if step.state in said and (element := elements.get(step.element)) is not None
    )
    states = [state for state in found if state]
    order = order_of(session, on) if states else None
    for state in states:
        if order is not None and order.ended_at is None:
            set_order_state(order, _work_on(order) if state == AS_BEFORE else OrderState(state), on)


def _work_on(order: WorkOrder) -> OrderState:
    """An objection that is under review meanwhile stays so."""
    if order.state == OrderState.RETURN_PENDING:
        return OrderState.RETURN_PENDING
    return OrderState.DISPATCHED if order.signed_at is None else OrderState.IN_HANDLING


def status_of(case: CaseFile) -> CaseStatus:
    """NOT_PROCESSED until filed; UNDER_VERIFICATION in stages 6 and 7; the end was set by closing or voiding."""
    if case.ended_at is not None:
        return CaseStatus(case.status)
    if case.stage in VERIFYING:
        return CaseStatus.UNDER_VERIFICATION
    return CaseStatus.IN_PROCESSING if case.filed_at else CaseStatus.NOT_PROCESSED


def _leave(stays: Iterable[StageTime], stage: CaseStage, now: datetime) -> None:
    """The stay in this stage that is still open ends now."""
    for stay in stays:
        if stay.stage == stage and stay.left_at is None:
            stay.left_at = now
