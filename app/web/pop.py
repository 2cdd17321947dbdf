"""What a call brings to the registration form: the caller, what came from their number before, values that it tells."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from app import audit
from app.cases.models import CaseFile
from app.citizens import masked_phone
from app.contacts import earlier_calls, link_case
from app.contacts.models import Call
from app.core.db import transaction
from app.core.errors import Invalid
from app.core.http import site
from app.identity.guard import actor
from app.reports.contacts import Contact, earlier_contacts
from app.web.telephone import about, half_filled, other_party, outcome_words, own_call

CALLS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Pop:
    """A call at the head of the form. `case_no`: what was registered from it already."""

    call: Call
    phone: str | None
    about: str
    values: dict[str, Any]
    contacts: list[Contact]
    earlier: list[tuple[Call, str]]
    case_no: str | None


def asked_call() -> Call | None:
    """The call that the address names, for whoever it rang at. Raises NotFound, Forbidden, Invalid."""
    text = request.args.get("call")
    if not text:
        return None
    try:
        call_id = UUID(text)
    except ValueError:
        raise Invalid("web.form.unreadable") from None
    return own_call(site().sessions, call_id, actor())


def draft_key(usual: str, call: Call | None) -> str:
    """Each call's form is kept apart: a call that comes while somebody writes takes nothing away."""
    return usual if call is None else f"{usual}:{call.id}"


def pop_of(session: Session, call: Call) -> Pop:
    number = other_party(call)
    contacts = earlier_contacts(session, number, actor()) if number else []
    earlier = [each for each in earlier_calls(session, number, CALLS_SHOWN + 1) if each.id != call.id] if number else []
    case = session.get(CaseFile, call.case_id) if call.case_id else None
    return Pop(
        call, masked_phone(number), about(call), dict(half_filled(session, call)), contacts,
        [(each, outcome_words(each)) for each in earlier[:CALLS_SHOWN]], case.case_no if case else None,
    )  # fmt: skip


def log_look(call: Call) -> None:
    """The form shows the caller's number in full."""
    with transaction(site().sessions) as session:
        audit.log_access(session, actor(), "call.caller", call.id, site().clock.now())


def with_time(call: Call | None, values: dict[str, Any]) -> dict[str, Any]:
    """A time that was left empty is the call's."""
    if call is None or values.get("reported_at"):
        return values
    zone = site().settings.city_zone
    return values | {"reported_at": call.began_at.astimezone(zone).isoformat(timespec="seconds")}


def tie(call: Call | None, case_id: UUID) -> None:
    """The case came of this call: record and recordings show there. Again is the same as once."""
    if call is not None:
        with transaction(site().sessions) as session:
            link_case(session, call.id, case_id)
