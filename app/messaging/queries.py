"""Reading notices and the messages that left the house: the newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app import audit
from app.core.i18n import has_text, text
from app.identity import Actor, require
from app.messaging.channels import RESENDABLE, MessageState, RecipientKind
from app.messaging.errors import UnknownMessage
from app.messaging.models import Notice, OutgoingMessage
from app.messaging.wording import Worded, said, worded

After = tuple[datetime, UUID]
"""Key of a page's last row: when it was made, and its id."""


@dataclass(frozen=True, slots=True)
class NoticeView:
    id: UUID
    kind: str
    subject_kind: str
    subject_id: UUID
    text_key: str
    params: Mapping[str, Any]
    created_at: datetime
    read_at: datetime | None
    worded: Worded

    def sentence(self, language: str) -> str:
        return said(self.worded, self.text_key, self.params, language)


def notices(
    session: Session, recipient: UUID, *, unread_only: bool = False, kinds: Sequence[str] = (),
    after: After | None = None, limit: int = 50,
) -> list[NoticeView]:  # fmt: skip
    """One person's notices, of some kinds or all, the newest first; `after` continues behind that row."""
    query = select(Notice).where(Notice.recipient == recipient)
    if kinds:
        query = query.where(Notice.kind.in_(kinds))
    if unread_only:
        query = query.where(Notice.read_at.is_(None))
    if after is not None:
        query = query.where(tuple_(Notice.created_at, Notice.id) < tuple_(*after))
    query = query.order_by(Notice.created_at.desc(), Notice.id.desc()).limit(limit)
    rows = session.scalars(query).all()
    own = worded(session, (row.text_key for row in rows))
    return [
        NoticeView(n.id, n.kind, n.subject_kind, n.subject_id, n.text_key, n.params, n.created_at, n.read_at, own)
        for n in rows
    ]


def unread_now(session: Session, recipient: UUID) -> str:
    """What the bell shows: `alarm` when one of the newest unread ones is one, `some`, or nothing. One statement."""
    newest = select(Notice.kind).where(Notice.recipient == recipient, Notice.read_at.is_(None))
    newest = newest.order_by(Notice.created_at.desc(), Notice.id.desc()).limit(20)
    alarm = session.scalar(select(func.bool_or(newest.subquery().c.kind == "ALARM")))
    return "" if alarm is None else "alarm" if alarm else "some"


def unread_count(session: Session, recipient: UUID) -> int:
    query = select(func.count()).select_from(Notice).where(Notice.recipient == recipient, Notice.read_at.is_(None))
    return session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class OutgoingView:
    """A message that left the house, or should."""

    id: UUID
    channel: str
    recipient_kind: str
    recipient_id: UUID | None
    address: str | None
    """In full: mask it before anybody sees it."""
    state: str
    reason: str | None
    attempts: int
    provider: str | None
    provider_id: str | None
    kind: str
    subject_kind: str
    subject_id: UUID
    case_no: str
    text: str
    """As it went out; until then as it would, in the recipient's language."""
    created_at: datetime
    sent_at: datetime | None
    resendable: bool

    def why(self, language: str) -> str:
        """The reason in words: ours in the reader's language, a provider's as it came."""
        return text(self.reason, language) if self.reason and has_text(self.reason) else self.reason or ""


def outgoing(
    session: Session, *, channel: str | None = None, state: str | None = None, after: After | None = None,
    limit: int = 50,
) -> list[OutgoingView]:  # fmt: skip
    """Messages that left the house or should, the newest first; `after` continues behind that row."""
    query = select(OutgoingMessage)
    if channel:
        query = query.where(OutgoingMessage.channel == channel)
    if state:
        query = query.where(OutgoingMessage.state == state)
    if after is not None:
        query = query.where(tuple_(OutgoingMessage.created_at, OutgoingMessage.id) < tuple_(*after))
    query = query.order_by(OutgoingMessage.created_at.desc(), OutgoingMessage.id.desc()).limit(limit)
    rows = session.scalars(query).all()
    own = worded(session, (row.text_key for row in rows if row.body is None))
    return [_outgoing(row, own) for row in rows]


def outgoing_message(session: Session, message_id: UUID) -> OutgoingView:
    """Raises UnknownMessage."""
    row = session.get(OutgoingMessage, message_id)
    if row is None:
        raise UnknownMessage
    return _outgoing(row, worded(session, [row.text_key]))


def reveal_address(session: Session, message_id: UUID, actor: Actor, now: datetime) -> str:
    """The number or address in full; the look is written down. Citizens' are for those who may see citizens.

    Raises UnknownMessage, Forbidden."""
    found = outgoing_message(session, message_id)
    require(actor, "message.read")
    if found.recipient_kind == RecipientKind.CITIZEN:
        require(actor, "citizen.read")
    audit.log_access(session, actor, "message.address", message_id, now)
    return found.address or ""


def troubled(session: Session, most: int = 100) -> int:
    """How many messages failed or may not have arrived; counted up to `most`."""
    open_ones = select(OutgoingMessage.id).where(OutgoingMessage.state.in_((MessageState.FAILED, MessageState.UNKNOWN)))
    return session.scalar(select(func.count()).select_from(open_ones.limit(most).subquery())) or 0


def _outgoing(row: OutgoingMessage, own: Worded) -> OutgoingView:
    return OutgoingView(
        row.id, row.channel, row.recipient_kind, row.recipient_id, row.address, row.state, row.reason, row.attempts,
        row.provider, row.provider_id, row.kind, row.subject_kind, row.subject_id, str(row.params.get("case_no", "")),
        row.body or said(own, row.text_key, row.params, row.language), row.created_at, row.sent_at,
        row.state in RESENDABLE,
    )  # fmt: skip
