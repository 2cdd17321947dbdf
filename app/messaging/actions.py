"""Messages are written, sent again by hand, and notices marked read here."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import audit
from app.core.ids import new_id
from app.identity import Actor, require
from app.messaging.channels import (
    OUTSIDE,
    RESENDABLE,
    Channel,
    Message,
    MessageState,
    Recipient,
    RecipientKind,
    Sent,
)
from app.messaging.errors import NotResendable, UnknownMessage
from app.messaging.models import Notice, OutgoingMessage
from app.workflow.models import Outbox

TOLD = "messaging.told"
"""Key of `session.info`: whom this transaction told something in the house."""
OUTBOX_KIND = "outgoing_message"
"""Outbox rows of this kind carry one message out of the house; they have its id."""


def send(
    session: Session, message: Message, recipients: Iterable[Recipient], channels: Iterable[Channel], *, occasion: str,
    now: datetime,
) -> Sent:  # fmt: skip
    """The one way to tell anybody anything, in the house or outside, with the caller's commit.

    `occasion` is what is told (a limit and a rung, a supervision): the same occasion reaches the same recipient by the
    same channel once, however often it is sent. LIVE reaches people of the house only; whom a channel cannot reach is
    written down as SUPPRESSED."""
    everybody, by = list(recipients), frozenset(channels)
    told = 0
    if Channel.LIVE in by:
        people = [one.id for one in everybody if one.kind is RecipientKind.USER and one.id]
        told = send_notice(
            session, people, kind=message.kind, subject_kind=message.subject_kind, subject_id=message.subject_id,
            text_key=message.text_key, params=message.params, dedupe=occasion, now=now,
        )  # fmt: skip
    rows = {row["dedupe"]: row for one in everybody for channel in OUTSIDE if channel in by
            for row in [_outgoing(message, one, channel, occasion, now)]}  # fmt: skip
    if not rows:
        return Sent(told)
    new = insert(OutgoingMessage).values(list(rows.values())).on_conflict_do_nothing(index_elements=["dedupe"])
    written = session.execute(new.returning(OutgoingMessage.id, OutgoingMessage.state)).all()
    queued = [row.id for row in written if row.state == MessageState.QUEUED]
    session.add_all(_order(message_id, str(message_id), now) for message_id in queued)
    session.flush()
    return Sent(told, len(queued), len(written) - len(queued))


def _outgoing(message: Message, to: Recipient, channel: Channel, occasion: str, now: datetime) -> dict[str, Any]:
    address = to.address(channel)
    return {
        "id": new_id(), "channel": channel, "recipient_kind": to.kind, "recipient_id": to.id, "address": address,
        "language": to.language, "kind": message.kind, "subject_kind": message.subject_kind,
        "subject_id": message.subject_id, "text_key": message.text_key, "params": dict(message.params),
        "dedupe": f"{occasion}:{channel}:{to.key(channel)}", "created_at": now, "attempts": 0,
        "state": MessageState.QUEUED if address else MessageState.SUPPRESSED,
        "reason": None if address else "messaging.reason.no_address",
    }  # fmt: skip


def _order(message_id: UUID, dedupe: str, now: datetime) -> Outbox:
    """What makes a worker carry the message out; the sweep finds it within seconds."""
    return Outbox(
        id=new_id(), kind=OUTBOX_KIND, body={"message_id": str(message_id)}, dedupe=dedupe, created_at=now, due_at=now,
        nudge_at=now,
    )  # fmt: skip


def resend(session: Session, message_id: UUID, *, address: str | None, actor: Actor, now: datetime) -> None:
    """Send again by hand what failed, was not sent, or may not have arrived, to the address the recipient has now.
    Recorded. Raises UnknownMessage, NotResendable, Forbidden."""
    require(actor, "message.resend")
    message = session.get(OutgoingMessage, message_id, with_for_update=True)
    if message is None:
        raise UnknownMessage
    if message.state not in RESENDABLE or not (address or message.address):
        raise NotResendable(message.state)
    old = message.state
    message.address = address or message.address
    message.state, message.reason, message.attempts = MessageState.QUEUED, None, 0
    no = audit.record(
        session, message.id, "message.resent", actor=actor, now=now, stream_kind="message",
        changes={"state": {"old": old, "new": MessageState.QUEUED}},
    )  # fmt: skip
    session.add(_order(message.id, f"{message.id}:{no}", now))
    session.flush()


def send_notice(
    session: Session, recipients: Iterable[UUID], *, kind: str, subject_kind: str, subject_id: UUID, text_key: str,
    params: Mapping[str, Any], dedupe: str, now: datetime,
) -> int:  # fmt: skip
    """Tell each recipient once: a repeat with the same `dedupe` tells nobody again. Returns how many were told."""
    rows = [
        {"id": new_id(), "recipient": recipient, "kind": kind, "subject_kind": subject_kind, "subject_id": subject_id,
         "text_key": text_key, "params": dict(params), "dedupe": dedupe, "created_at": now}
        for recipient in sorted(set(recipients))
    ]  # fmt: skip
    if not rows:
        return 0
    new = insert(Notice).values(rows).on_conflict_do_nothing(index_elements=["recipient", "dedupe"])
    told = session.scalars(new.returning(Notice.recipient)).all()
    session.info.setdefault(TOLD, set()).update(told)
    return len(told)


def mark_read(session: Session, recipient: UUID, notice_ids: Iterable[UUID], now: datetime) -> int:
    """Only one's own and only unread ones; returns how many became read."""
    mine = (Notice.recipient == recipient) & Notice.id.in_(list(notice_ids)) & Notice.read_at.is_(None)
    return len(session.execute(update(Notice).where(mine).values(read_at=now).returning(Notice.id)).all())


def mark_all_read(session: Session, recipient: UUID, now: datetime) -> int:
    """Everything unread of this person; returns how many became read."""
    mine = (Notice.recipient == recipient) & Notice.read_at.is_(None)
    return len(session.execute(update(Notice).where(mine).values(read_at=now).returning(Notice.id)).all())
