"""What a caller reported before: here, and before this system (W19)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app import audit
from app.cases.listing import identifiable, readable
from app.cases.models import CaseFile, Registration
from app.citizens import normalise_phone
from app.identity import Actor, require
from app.reports.models import ImportedRegistration

LEAST_DIGITS = 7
ONE_LOOK = timedelta(minutes=30)
"""A pane that is drawn again and again while somebody writes is looked at once."""


@dataclass(frozen=True, slots=True)
class Contact:
    """An earlier report. `case_no` is None for one from before this system."""

    id: UUID
    """Of its registration."""
    reported_at: datetime
    number: str
    case_no: str | None
    caller_name: str
    category: str
    summary: str
    result: str
    status: str | None


def look_at_contacts(session: Session, phone: str, actor: Actor, now: datetime) -> list[Contact]:
    """The same for somebody's eyes: the look is written down, once a while for each caller. Raises Forbidden."""
    found = earlier_contacts(session, phone, actor)
    if found:
        audit.log_access(session, actor, "citizen.contacts", found[0].id, now, unless_since=now - ONE_LOOK)
    return found


def earlier_contacts(session: Session, phone: str, actor: Actor, limit: int = 20) -> list[Contact]:
    """What came from this number, the newest first: cases this person may read and whose caller they may know, and
    imported registrations. Raises Forbidden."""
    require(actor, "citizen.read")
    digits = normalise_phone(phone).lstrip("+")
    if len(digits) < LEAST_DIGITS:
        return []
    tail = f"{digits[::-1]}%"
    reports = (
        select(Registration, CaseFile)
        .join(CaseFile, CaseFile.id == Registration.case_id)
        .where(func.phone_tail(Registration.caller_phone).like(tail), and_(readable(actor), identifiable(actor)))
        .order_by(Registration.created_at.desc())
        .limit(limit)
    )
    found = [
        Contact(
            report.id, report.reported_at, report.acceptance_no or "", case.case_no, report.caller_name or "",
            case.category, case.incident_summary, report.reply_text or "", case.status,
        )
        for report, case in session.execute(reports)
    ]  # fmt: skip
    imported = select(ImportedRegistration).where(
        ImportedRegistration.caller_phone != "", func.phone_tail(ImportedRegistration.caller_phone).like(tail)
    )
    found += [
        Contact(old.id, old.reported_at, old.former_no, None, old.caller_name, old.category,
                old.summary or old.content[:80], old.result, None)
        for old in session.scalars(imported.order_by(ImportedRegistration.reported_at.desc()).limit(limit))
    ]  # fmt: skip
    return sorted(found, key=lambda contact: contact.reported_at, reverse=True)[:limit]
