"""What arrives from outside by telephone: calls and their records, seats and their states, recordings, callbacks.

Telephony leads calls by `routing_snapshot` and hands over facts (`take_facts`); pages ask it by `ask_telephone`."""

from app.citizens import normalise_phone
from app.contacts.actions import link_case, log_command, write_note
from app.contacts.callbacks import Due, callback_of, claim_callback, due_callbacks, settled_callbacks
from app.contacts.code_attempts import begin_attempt, end_attempt
from app.contacts.commands import EXPIRY, LIVE, QUEUE, PhoneCommand, ask_telephone, reply_key
from app.contacts.copies import Failure, Progress, Restored, failures, progress, restore, try_failed_again
from app.contacts.facts import SEAT_STATE, AgentState, CallKind, Fact, Outcome, Satisfaction
from app.contacts.guard import OTHERS, actor_for_command, check
from app.contacts.intake import take_facts
from app.contacts.marks import fits_code
from app.contacts.places import place_of
from app.contacts.pulse import EVERY, PULSE, Pulse, off_since, read_pulse
from app.contacts.queries import (
    area_of_caller,
    call_by_id,
    earlier_calls,
    legs_of,
    open_calls,
    recordings_of,
    routing_snapshot,
    routing_version,
    seats_now,
    state_by_number,
)
from app.contacts.records import (
    CallFilter,
    Figures,
    callbacks_to_do,
    calls_of_case,
    figures,
    figures_by_group,
    list_calls,
    recording_by_id,
    recordings_of_calls,
)
from app.contacts.routing import Route, Router
from app.contacts.seats import (
    SeatNow,
    all_seats,
    answered_since,
    free_seats,
    is_recorded,
    own_seat,
    queue_now,
    skill_groups,
    takes_part,
    waiting_calls,
)
from app.contacts.snapshot import AgentPlan, GroupPlan, Mark, RoutingSnapshot, SeatPlan, TrunkPlan
from app.contacts.speech import Speech, sentences
from app.contacts.store import keep_recording, open_recording
from app.contacts.surveys import AgentFigures, figures_by_agent, surveys_of_calls
from app.contacts.vault import Unreadable, Vault, seat_place, trunk_place, with_vault
from app.contacts.voice_operations import VOICE_OPERATIONS, VOICE_STARTS
from app.identity import Actor

__all__ = [
    "EVERY",
    "EXPIRY",
    "LIVE",
    "OTHERS",
    "PULSE",
    "QUEUE",
    "SEAT_STATE",
    "VOICE_OPERATIONS",
    "VOICE_STARTS",
    "Actor",
    "AgentFigures",
    "AgentPlan",
    "AgentState",
    "CallFilter",
    "CallKind",
    "Due",
    "Fact",
    "Failure",
    "Figures",
    "GroupPlan",
    "Mark",
    "Outcome",
    "PhoneCommand",
    "Progress",
    "Pulse",
    "Restored",
    "Route",
    "Router",
    "RoutingSnapshot",
    "Satisfaction",
    "SeatNow",
    "SeatPlan",
    "Speech",
    "TrunkPlan",
    "Unreadable",
    "Vault",
    "actor_for_command",
    "all_seats",
    "answered_since",
    "area_of_caller",
    "ask_telephone",
    "begin_attempt",
    "call_by_id",
    "callback_of",
    "callbacks_to_do",
    "calls_of_case",
    "check",
    "claim_callback",
    "due_callbacks",
    "earlier_calls",
    "end_attempt",
    "failures",
    "figures",
    "figures_by_agent",
    "figures_by_group",
    "fits_code",
    "free_seats",
    "is_recorded",
    "keep_recording",
    "legs_of",
    "link_case",
    "list_calls",
    "log_command",
    "normalise_phone",
    "off_since",
    "open_calls",
    "open_recording",
    "own_seat",
    "place_of",
    "progress",
    "queue_now",
    "read_pulse",
    "recording_by_id",
    "recordings_of",
    "recordings_of_calls",
    "reply_key",
    "restore",
    "routing_snapshot",
    "routing_version",
    "seat_place",
    "seats_now",
    "sentences",
    "settled_callbacks",
    "skill_groups",
    "state_by_number",
    "surveys_of_calls",
    "take_facts",
    "takes_part",
    "trunk_place",
    "try_failed_again",
    "waiting_calls",
    "with_vault",
    "write_note",
]
