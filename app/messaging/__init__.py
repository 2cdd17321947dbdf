"""The one way to tell anybody anything: `send`, in the house or outside. Notices are listed and marked read."""

from app.messaging.actions import OUTBOX_KIND, TOLD, mark_all_read, mark_read, resend, send, send_notice
from app.messaging.channels import Channel, Message, MessageState, Recipient, Sent, citizen, person
from app.messaging.gateway import GatewaySettings, HttpGateway
from app.messaging.jobs import carry_out
from app.messaging.providers import Providers, Smtp, shipped_providers
from app.messaging.queries import (
    NoticeView,
    OutgoingView,
    notices,
    outgoing,
    outgoing_message,
    reveal_address,
    troubled,
    unread_count,
    unread_now,
)
from app.messaging.quiet import QuietHours
from app.messaging.wording import reword, texts_to_word

__all__ = [
    "OUTBOX_KIND",
    "TOLD",
    "Channel",
    "GatewaySettings",
    "HttpGateway",
    "Message",
    "MessageState",
    "NoticeView",
    "OutgoingView",
    "Providers",
    "QuietHours",
    "Recipient",
    "Sent",
    "Smtp",
    "carry_out",
    "citizen",
    "mark_all_read",
    "mark_read",
    "notices",
    "outgoing",
    "outgoing_message",
    "person",
    "resend",
    "reveal_address",
    "reword",
    "send",
    "send_notice",
    "shipped_providers",
    "texts_to_word",
    "troubled",
    "unread_count",
    "unread_now",
]
