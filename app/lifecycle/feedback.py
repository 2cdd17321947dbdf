"""Stage 6, Feedback: verification, rework, and the reply to the citizen (D06, F06, Q02)."""

from sqlalchemy.orm import Session

from app.cases.enums import FactKind, OrderOutcome, OrderState, ReplyWish
from app.lifecycle.dossier import Dossier, dossier_of
from app.lifecycle.subject import said
from app.workflow import OnInstance
from app.workflow.engine.types import Call, Variables


def _words(dossier: Dossier, reason: str) -> str | None:
    """What was written by whoever wants the rework."""
    if reason == "VERIFICATION":
        return said(dossier.case.custom.get("verification_note"))
    return dossier.registration.opinion if reason == "RETURN_VISIT" else None


def start_rework(session: Session, call: Call, on: OnInstance) -> Variables:
    """What the departments reported was not enough, or the citizen says so: another round begins."""
    dossier = dossier_of(session, on)
    case = dossier.case
    reason = said(call.inputs.get("reason"))
    on.change("rework_count", case.rework_count, case.rework_count + 1)
    case.rework_count += 1
    for order in dossier.orders:
        if order.outcome == OrderOutcome.REPORTED_BACK:
            order.state = OrderState.REWORK
    dossier.fact(FactKind.REWORK, on, reason=reason, text=_words(dossier, reason))
    on.change("rework_reason", None, reason)
    return {"rework_count": case.rework_count}


def reply_sent(session: Session, call: Call, on: OnInstance) -> Variables:
    """The citizen was told by the way they chose; the text stays in the registration, for queries by number. Who joined
    the case gets the same answer, each by the way they wished."""
    dossier = dossier_of(session, on)
    first = dossier.registration
    way = ReplyWish(call.inputs.get("way") or first.reply_way or first.reply_wish)
    first.reply_way, first.replied_at = way, on.now
    for joined in dossier.registrations[1:]:
        joined.reply_way, joined.reply_text, joined.replied_at = joined.reply_wish, first.reply_text, on.now
    dossier.fact(FactKind.REPLIED, on, body={"way": way})
    on.change("replied", None, way.value)
    return {}
