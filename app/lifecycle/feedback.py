"""Stage 6, Feedback: verification, rework, and the reply to the citizen (D06, F06, Q02)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.actions import first_registration, record_fact
from app.cases.enums import FactKind, OrderOutcome, OrderState, ReplyWish
from app.cases.models import CaseFile, WorkOrder
from app.lifecycle.subject import case_of, said
from app.workflow import OnInstance
from app.workflow.engine.types import Call, Variables


def _words(session: Session, case: CaseFile, reason: str) -> str | None:
    """What was written by whoever wants the rework."""
    if reason == "VERIFICATION":
        return said(case.custom.get("verification_note"))
    return first_registration(session, case.id).opinion if reason == "RETURN_VISIT" else None


def start_rework(session: Session, call: Call, on: OnInstance) -> Variables:
    """What the departments reported was not enough, or the citizen says so: another round begins."""
    case = case_of(session, on)
    reason = said(call.inputs.get("reason"))
    on.change("rework_count", case.rework_count, case.rework_count + 1)
    case.rework_count += 1
    for order in session.scalars(
        select(WorkOrder).where(WorkOrder.case_id == case.id, WorkOrder.outcome == OrderOutcome.REPORTED_BACK)
    ):
        order.state = OrderState.REWORK
    words = _words(session, case, reason)
    record_fact(session, case, FactKind.REWORK, actor=on.actor, now=on.now, reason=reason, text=words)
    on.change("rework_reason", None, reason)
    return {"rework_count": case.rework_count}


def reply_sent(session: Session, call: Call, on: OnInstance) -> Variables:
    """The citizen was told by the way they chose; the text stays in the registration, for queries by number."""
    case = case_of(session, on)
    registration = first_registration(session, case.id)
    way = ReplyWish(call.inputs.get("way") or registration.reply_way or registration.reply_wish)
    registration.reply_way, registration.replied_at = way, on.now
    record_fact(session, case, FactKind.REPLIED, actor=on.actor, now=on.now, body={"way": way})
    on.change("replied", None, way.value)
    return {}
