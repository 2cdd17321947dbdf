"""Stage 6, Feedback: verification, rework, and the reply to the citizen (D06, F06, Q02)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.enums import FactKind, OrderOutcome, OrderState, ReplyWish
from app.cases.models import Registration
from app.lifecycle.dossier import Dossier, dossier_of
from app.lifecycle.subject import CASE, said
from app.messaging import Channel, Message, citizen, send
from app.workflow import OnInstance, OutboxRow, Runtime
from app.workflow.engine.types import Call, Variables

OUTBOX_KIND = "reply"
BY_MESSAGE = (ReplyWish.SMS, ReplyWish.EMAIL)
"""Ways of replying that need no person to speak."""


def _words(dossier: Dossier, reason: str) -> str | None:
    """What was written by whoever wants the rework."""
    if reason == "VERIFICATION":
        return said(dossier.case.custom.get("verification_note"))
    opinions = [visit.opinion for visit in dossier.visits if visit.opinion]
    return opinions[-1] if reason == "RETURN_VISIT" and opinions else None


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
    """The citizen is told by the way they chose; the text stays in the registration, for queries by number. Who joined
    the case gets the same answer, each by the way they wished. Texts and mails go out by themselves."""
    dossier = dossier_of(session, on)
    first = dossier.registration
    way = ReplyWish(call.inputs.get("way") or first.reply_way or first.reply_wish)
    first.reply_way, first.replied_at = way, on.now
    for joined in dossier.registrations[1:]:
        joined.reply_way, joined.reply_text, joined.replied_at = joined.reply_wish, first.reply_text, on.now
    for report in dossier.registrations:
        if report.reply_way in BY_MESSAGE:
            body = {"registration_id": str(report.id), "case_no": dossier.case.case_no, "way": str(report.reply_way)}
            on.emit(OUTBOX_KIND, body, f"{on.instance_id}:{on.no}:{report.id}")
    dossier.fact(FactKind.REPLIED, on, body={"way": way})
    on.change("replied", None, way.value)
    return {}


def _email(session: Session, report: Registration) -> str | None:
    """Where this caller reads mail: as they said, or as they said when they reported before, under the same number and
    name (a number alone says who may be calling, not who is)."""
    if report.caller_email or not report.caller_phone or not report.caller_name:
        return report.caller_email
    earlier = select(Registration.caller_email).where(
        Registration.caller_phone == report.caller_phone, Registration.caller_name == report.caller_name,
        Registration.caller_email.is_not(None),
    )  # fmt: skip
    return session.scalar(earlier.order_by(Registration.created_at.desc()).limit(1))


def deliver_reply(runtime: Runtime, row: OutboxRow) -> None:
    """Outbox handler: the answer goes to whoever reported, in their quiet hours later. Idempotent by the row's key."""
    with runtime.sessions.begin() as session:
        report = session.get(Registration, UUID(row.body["registration_id"]))
        if report is None or not report.reply_text:
            return
        params = {"case_no": row.body["case_no"], "acceptance_no": report.acceptance_no, "text": report.reply_text}
        message = Message("REPLY", CASE, report.case_id, "message.REPLY", params)
        caller = citizen(report.citizen_id, phone=report.caller_phone, email=_email(session, report))
        send(session, message, [caller], [Channel(row.body["way"])], occasion=row.dedupe, now=row.created_at)
