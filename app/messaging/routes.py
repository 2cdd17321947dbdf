"""REST: one's own notices; for administrators the messages that left the house."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from app.citizens.masking import masked_email, masked_phone
from app.core.db import transaction
from app.core.http import ApiBlueprint, key_of, keyset, language, site
from app.identity import can
from app.identity.guard import actor, permits, signed_in
from app.messaging.actions import mark_read, resend
from app.messaging.channels import Channel
from app.messaging.queries import NoticeView, OutgoingView, notices, outgoing, outgoing_message, unread_count
from app.messaging.schemas import (
    NoticeQuery,
    NoticesSchema,
    OutgoingMessagesSchema,
    OutgoingQuery,
    OutgoingSchema,
    ReadSchema,
)

blueprint = ApiBlueprint("notices", __name__, url_prefix="/notices", description="In-app notices")
sendings = ApiBlueprint(
    "messages", __name__, url_prefix="/messages", description="Messages that left the house, or should"
)


@blueprint.operation("")
@signed_in
@blueprint.takes(NoticeQuery, location="query")
@blueprint.gives(NoticesSchema)
def list_own(query: dict[str, Any]) -> dict[str, Any]:
    """One's own notices, the newest first"""
    limit = query["limit"]
    with site().sessions() as session:
        found = notices(
            session, actor().id, unread_only=query["unread_only"], after=keyset(query["after"]), limit=limit
        )
        unread = unread_count(session, actor().id)
    last = found[-1] if len(found) == limit else None
    return {
        "notices": [_shown(notice) for notice in found],
        "unread": unread,
        "next": key_of(last.created_at, last.id) if last else None,
    }


@blueprint.operation("/<uuid:notice_id>/reading", "PUT")
@signed_in
@blueprint.gives(ReadSchema)
def read(notice_id: UUID) -> dict[str, int]:
    """Mark one of one's own notices as read; again is no error"""
    with transaction(site().sessions) as session:
        return {"read": mark_read(session, actor().id, [notice_id], site().clock.now())}


@sendings.operation("")
@permits("message.read")
@sendings.takes(OutgoingQuery, location="query")
@sendings.gives(OutgoingMessagesSchema)
def list_outgoing(query: dict[str, Any]) -> dict[str, Any]:
    """Messages by SMS, e-mail and voice, the newest first"""
    limit = query["limit"]
    with site().sessions() as session:
        found = outgoing(
            session, channel=query["channel"], state=query["state"], after=keyset(query["after"]), limit=limit
        )
    last = found[-1] if len(found) == limit else None
    return {
        "messages": [_outgoing(message) for message in found],
        "next": key_of(last.created_at, last.id) if last else None,
    }


@sendings.operation("/<uuid:message_id>/resending", "POST")
@permits("message.resend")
@sendings.gives(OutgoingSchema)
def send_again(message_id: UUID) -> dict[str, Any]:
    """Send again by hand what failed, was not sent or may not have arrived, to the same address"""
    with transaction(site().sessions) as session:
        resend(session, message_id, address=None, actor=actor(), now=site().clock.now())
        return _outgoing(outgoing_message(session, message_id))


def _outgoing(message: OutgoingView) -> dict[str, Any]:
    masked = masked_email if message.channel == Channel.EMAIL else masked_phone
    return {
        **asdict(message), "address": masked(message.address), "why": message.why(language()),
        "text": message.text if can(actor(), "case.read") else None,
    }  # fmt: skip


def _shown(notice: NoticeView) -> dict[str, Any]:
    return {
        "id": notice.id, "kind": notice.kind, "sentence": notice.sentence(language()),
        "subject_kind": notice.subject_kind, "subject_id": notice.subject_id, "created_at": notice.created_at,
        "read_at": notice.read_at,
    }  # fmt: skip
