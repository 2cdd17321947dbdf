"""In-app notices, one row a recipient; messages that leave the house, one row a recipient and channel."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

Instant = DateTime(timezone=True)


class Notice(Base):
    """`text_key` and `params` make the sentence in the reader's language; (recipient, dedupe) is unique, so that a
    repeated delivery tells nobody twice."""

    __tablename__ = "notice"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient: Mapped[UUID]
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    text_key: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    dedupe: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)


class MessageText(Base):
    """A sentence as this city says it, in place of the one that ships."""

    __tablename__ = "message_text"
    key: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(Instant)


class OutgoingMessage(Base):
    """A message by SMS, e-mail or voice. `dedupe` is unique: the same occasion goes out to nobody twice."""

    __tablename__ = "outgoing_message"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str]
    recipient_kind: Mapped[str]
    recipient_id: Mapped[UUID | None]
    address: Mapped[str | None]
    """A telephone number or e-mail address: personal, shown masked."""
    language: Mapped[str]
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    text_key: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    dedupe: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str | None]
    """Why it did not go out, or why nobody knows: the key of a text, or the provider's words."""
    attempts: Mapped[int] = mapped_column(default=0)
    provider: Mapped[str | None]
    provider_id: Mapped[str | None]
    """What the provider calls it."""
    body: Mapped[str | None]
    """The words as they went out."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    sending_at: Mapped[datetime | None] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
