"""What a worker does for an outbox row of kind `outgoing_message`: carry one message out, at most once.

SENDING is committed before the provider is asked. Whoever finds a message in SENDING knows that a worker died in
between: the message may have gone out, so it becomes UNKNOWN and a person decides."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core.i18n import has_text
from app.messaging.channels import Channel, MessageState, RecipientKind
from app.messaging.errors import NotSent, Refused
from app.messaging.models import OutgoingMessage
from app.messaging.providers import Parcel, Providers
from app.messaging.quiet import QuietHours
from app.messaging.wording import said, worded
from app.workflow.errors import Later
from app.workflow.runtime import Runtime
from app.workflow.schemas import OutboxRow

log = logging.getLogger(__name__)

AGAIN = tuple(timedelta(seconds=each) for each in (10, 60, 300, 900, 3600, 7200))
"""How long to wait after each "not now" of a provider; after one more the message is FAILED."""


def carry_out(runtime: Runtime, row: OutboxRow, *, providers: Providers, quiet: QuietHours) -> None:
    """Raises Later in a citizen's quiet hours, and when nothing went out and another try may help."""
    message_id, now = UUID(row.body["message_id"]), runtime.clock.now()
    with runtime.sessions.begin() as session:
        message = session.get(OutgoingMessage, message_id, with_for_update=True)
        if message is None or not _to_be_sent(message):
            return
        wait = quiet.over_at(now, runtime.zone) if _may_disturb(message) else None
        if wait is None:
            parcel = _parcel(session, message)
            message.state, message.sending_at, message.body = MessageState.SENDING, now, parcel.body
            message.attempts += 1
            tries = message.attempts
    if wait is not None:
        raise Later(wait)
    provider = providers[parcel.channel]
    try:
        provider_id = provider.send(parcel)
    except Refused as error:
        _end(runtime, message_id, MessageState.FAILED, reason=str(error), provider=provider.name)
    except NotSent as error:
        again = tries <= len(AGAIN)
        state = MessageState.QUEUED if again else MessageState.FAILED
        _end(runtime, message_id, state, reason=str(error), provider=provider.name)
        if again:
            raise Later(now + AGAIN[tries - 1]) from error
    except Exception as error:
        log.exception("message %s may have gone out by %s", message_id, provider.name)
        reason = f"{type(error).__name__}: {error}"
        _end(runtime, message_id, MessageState.UNKNOWN, reason=reason, provider=provider.name)
    else:
        sent: dict[str, Any] = {"provider_id": provider_id, "sent_at": runtime.clock.now()}
        _end(runtime, message_id, MessageState.SENT, reason=None, provider=provider.name, **sent)


def _to_be_sent(message: OutgoingMessage) -> bool:
    if message.state == MessageState.SENDING:  # this row was taken once before, and its worker died
        message.state, message.reason = MessageState.UNKNOWN, "messaging.reason.left_sending"
    return message.state == MessageState.QUEUED


def _may_disturb(message: OutgoingMessage) -> bool:
    return message.recipient_kind == RecipientKind.CITIZEN and message.channel != Channel.EMAIL


def _parcel(session: Session, message: OutgoingMessage) -> Parcel:
    key = f"{message.text_key}.subject"
    own = worded(session, (message.text_key, key))
    subject = said(own, key, message.params, message.language) if has_text(key) else ""
    body = said(own, message.text_key, message.params, message.language)
    assert message.address is not None, "a message without an address is SUPPRESSED"
    return Parcel(message.id, Channel(message.channel), message.address, subject or body[:78], body)


def _end(runtime: Runtime, message_id: UUID, state: MessageState, **values: str | datetime | None) -> None:
    """Also from UNKNOWN, where somebody took us for dead: what we know counts more."""
    known = OutgoingMessage.state.in_((MessageState.SENDING, MessageState.UNKNOWN))
    ended = update(OutgoingMessage).where(OutgoingMessage.id == message_id, known)
    with runtime.sessions.begin() as session:
        session.execute(ended.values(state=state, **{name: _short(value) for name, value in values.items()}))
    runtime.observe("messages", 1, {"state": state.lower()})


def _short(value: str | datetime | None) -> str | datetime | None:
    return value[:500] if isinstance(value, str) else value
