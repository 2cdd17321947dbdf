"""Messages that left the house or should: by channel and state, why, and once more by hand."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import flash, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import identity
from app.citizens.masking import masked_email, masked_phone
from app.core.db import transaction
from app.core.errors import CitydeskError
from app.core.http import key_of, keyset, language, site
from app.core.i18n import has_text
from app.identity import can, user_names
from app.identity.guard import actor, permits
from app.messaging import (
    Channel,
    MessageState,
    OutgoingView,
    outgoing,
    outgoing_message,
    resend,
    reveal_address,
    troubled,
)
from app.messaging.channels import OUTSIDE, RecipientKind, person
from app.messaging.providers import LocalOutbox
from app.web.pages.admin_frame import admin_page
from app.web.pages.frame import blueprint
from app.web.problems import sentence
from app.web.templating import t

MOST = 50
LOOKS = {
    MessageState.QUEUED: "", MessageState.SENDING: "accent", MessageState.SENT: "green", MessageState.FAILED: "red",
    MessageState.UNKNOWN: "amber", MessageState.SUPPRESSED: "",
}  # fmt: skip


@blueprint.get("/admin/messages")
@permits("message.read")
def messages() -> str:
    return _messages()


@blueprint.post("/admin/messages/<uuid:message_id>/resending")
@permits("message.resend")
def resend_message(message_id: UUID) -> Response:
    """To the number or address this person has by now."""
    try:
        with transaction(site().sessions) as session:
            address = _address_now(session, outgoing_message(session, message_id))
            resend(session, message_id, address=address, actor=actor(), now=site().clock.now())
        flash(t("web.messages.resent"))
    except CitydeskError as error:
        flash(sentence(error), "error")
    return redirect("/admin/messages?" + urlencode(_asked(request.form)), 303)


@blueprint.post("/admin/messages/<uuid:message_id>/look")
@permits("message.read")
def look_at_address(message_id: UUID) -> str:
    """The number or address in full; the look is written down."""
    with transaction(site().sessions) as session:
        found = reveal_address(session, message_id, actor(), site().clock.now())
    return _messages({message_id: found})


def _messages(revealed: dict[UUID, str] | None = None) -> str:
    given = request.form if request.method == "POST" else request.args
    asked = _asked(given)
    with site().sessions() as session:
        found = outgoing(
            session, channel=asked.get("channel"), state=asked.get("state"), after=keyset(given.get("after") or None),
            limit=MOST,
        )  # fmt: skip
        people = user_names(session, [row.recipient_id for row in found if row.recipient_id])
        trouble = troubled(session)
    following = asked | {"after": key_of(found[-1].created_at, found[-1].id)} if len(found) == MOST else None
    return admin_page(
        "messages.html", "messages", rows=[_row(each, people, revealed or {}) for each in found], asked=asked,
        after=given.get("after") or "", trouble=trouble, channels=OUTSIDE, states=list(MessageState),
        following="/admin/messages?" + urlencode(following) if following else None,
        reads_cases=can(actor(), "case.read"),
    )  # fmt: skip


def _row(message: OutgoingView, people: dict[UUID, str], revealed: dict[UUID, str]) -> dict[str, Any]:
    to_citizen, kind = message.recipient_kind == RecipientKind.CITIZEN, f"web.messages.kind.{message.kind}"
    masked = masked_email if message.channel == Channel.EMAIL else masked_phone
    return {
        "message": message,
        "who": t("web.messages.citizen") if to_citizen else people.get(message.recipient_id, "—"),  # type: ignore[arg-type]
        "address": revealed.get(message.id) or masked(message.address),
        "may_look": bool(message.address) and message.id not in revealed
        and can(actor(), "citizen.read" if to_citizen else "message.read"),
        "what": t(kind) if has_text(kind) else message.kind,
        "look": LOOKS[MessageState(message.state)],
        "why": message.why(language()),
        "provider": t("messaging.provider.local") if message.provider == LocalOutbox.name else message.provider,
    }  # fmt: skip


def _asked(given: Any) -> dict[str, str]:
    known: dict[str, Collection[str]] = {"channel": set(OUTSIDE), "state": set(MessageState)}
    return {name: given[name] for name, values in known.items() if given.get(name) in values}


def _address_now(session: Session, message: OutgoingView) -> str | None:
    """What administration has written down for a person since; a citizen's stays as it was."""
    if message.recipient_kind != RecipientKind.USER:
        return None
    user = next((each for each in identity.all_users(session) if each.id == message.recipient_id), None)
    return person(user).address(Channel(message.channel)) if user else None
