"""What arrives from outside by telephone: calls and their records, seats and their states, recordings, callbacks.

Telephony leads calls by `routing_snapshot` and hands over facts (`take_facts`); pages ask it by `ask_telephone`."""

from app.citizens import normalise_phone
from app.contacts.actions import link_case
from app.contacts.commands import EXPIRY, LIVE, QUEUE, PhoneCommand, ask_telephone, reply_key
from app.contacts.facts import SEAT_STATE, AgentState, CallKind, Fact, Outcome
from app.contacts.guard import actor_for_command, check
from app.contacts.intake import take_facts
from app.contacts.queries import (
    call_by_id,
    earlier_calls,
    legs_of,
    open_callbacks,
    open_calls,
    recordings_of,
    routing_snapshot,
    routing_version,
    seats_now,
    state_by_number,
)
from app.contacts.routing import Route, Router
from app.contacts.snapshot import AgentPlan, GroupPlan, Mark, RoutingSnapshot, SeatPlan, TrunkPlan
from app.contacts.speech import Speech, sentences
from app.contacts.store import keep_recording, open_recording
from app.contacts.voice_operations import VOICE_OPERATIONS
from app.identity import Actor

__all__ = [
    "EXPIRY",
    "LIVE",
    "QUEUE",
    "SEAT_STATE",
    "VOICE_OPERATIONS",
    "Actor",
    "AgentPlan",
    "AgentState",
    "CallKind",
    "Fact",
    "GroupPlan",
    "Mark",
    "Outcome",
    "PhoneCommand",
    "Route",
    "Router",
    "RoutingSnapshot",
    "SeatPlan",
    "Speech",
    "TrunkPlan",
    "actor_for_command",
    "ask_telephone",
    "call_by_id",
    "check",
    "earlier_calls",
    "keep_recording",
    "legs_of",
    "link_case",
    "normalise_phone",
    "open_callbacks",
    "open_calls",
    "open_recording",
    "recordings_of",
    "reply_key",
    "routing_snapshot",
    "routing_version",
    "seats_now",
    "sentences",
    "state_by_number",
    "take_facts",
]  # fmt: skip
