"""What a message is: its text, who gets it, by which channel, and how far it got. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.identity import UserRef


class Channel(StrEnum):
    LIVE = "LIVE"
    """In the house: a notice on the person's pages."""
    SMS = "SMS"
    EMAIL = "EMAIL"
    VOICE = "VOICE"


OUTSIDE = (Channel.SMS, Channel.EMAIL, Channel.VOICE)


class MessageState(StrEnum):
    """QUEUED → SENDING → SENT; or FAILED (it certainly did not go out), UNKNOWN (nobody can say), SUPPRESSED (nobody
    tried: there is no address)."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    SUPPRESSED = "SUPPRESSED"


RESENDABLE = (MessageState.FAILED, MessageState.UNKNOWN, MessageState.SUPPRESSED)
"""Only a person sends these again; UNKNOWN may have arrived, so they ask first."""


class RecipientKind(StrEnum):
    USER = "USER"
    CITIZEN = "CITIZEN"


@dataclass(frozen=True, slots=True)
class Recipient:
    kind: RecipientKind
    id: UUID | None
    """The person's, or the citizen's; None: a citizen of whom only the address is known."""
    language: str
    phone: str | None = None
    email: str | None = None

    def address(self, channel: Channel) -> str | None:
        """Where this channel reaches them; None: nowhere."""
        return (self.email if channel is Channel.EMAIL else self.phone) or None

    def key(self, channel: Channel) -> str:
        """What makes them one recipient when messages are told apart."""
        return str(self.id) if self.id else f"{self.address(channel)}"


def person(user: UserRef) -> Recipient:
    """Somebody of the house."""
    return Recipient(RecipientKind.USER, user.id, user.language, user.phone, user.email)


def citizen(
    citizen_id: UUID | None, *, phone: str | None = None, email: str | None = None, language: str = "zh-CN"
) -> Recipient:
    return Recipient(RecipientKind.CITIZEN, citizen_id, language, phone, email)


@dataclass(frozen=True, slots=True)
class Message:
    """What is said, about what. `text_key` and `params` make the sentence in each recipient's language; a param that
    is itself the key of a text is said in that language too. `<text_key>.subject` is an e-mail's subject line."""

    kind: str
    subject_kind: str
    """`case` or `order`: what `subject_id` is."""
    subject_id: UUID
    text_key: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """How many were told in the house, wait to go out, and cannot be reached; those told before count nowhere."""

    live: int = 0
    queued: int = 0
    suppressed: int = 0
