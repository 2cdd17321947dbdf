"""What telephony tells of calls and seats: facts, each with an id that makes a repeat harmless."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from app.core.ids import derived_id


class CallKind(StrEnum):
    """What happened to a call, in the order it usually does. `body` of each:"""

    ARRIVED = "arrived"
    """direction, caller, called, channel; trunk, mark, district, priority where known. Of a call out:
    case, what it is about; callback (a request's id), attempt, reason, group"""
    VOICE_RUN = "voice_run"
    """process, bundle, steps, variables: the call's way through a voice diagram, when that is over"""
    QUEUED = "queued"
    """group; priority, wish (an agent's id)"""
    RANG = "rang"
    """leg, kind, number; agent. A leg of the call began"""
    LEG_ENDED = "leg_ended"
    """leg, cause"""
    ANSWERED = "answered"
    """leg; agent. The citizen and a person talk"""
    JOINED = "joined"
    """leg; agent: somebody more is in the talk (conference, barge)"""
    HELD = "held"
    RETRIEVED = "retrieved"
    TRANSFERRED = "transferred"
    """way (blind, attended, forced), to; by (an agent's id), leg"""
    FAX = "fax"
    """The other end is a machine that sends pages"""
    RECORDING = "recording"
    """recording, kind, name: a recording began"""
    RECORDED = "recorded"
    """recording, seconds, file (beside the spool), sha256; lost where there is none"""
    DIGITS = "digits"
    """digits: typed while talking"""
    AREA = "area"
    """district: where this caller reported from before"""
    CONSULTING = "consulting"
    """by, to, on: an agent asks somebody while the citizen hears music; on false: no more"""
    LANGUAGE = "language"
    """language: zh-CN or en, the caller's choice"""
    MARKED = "marked"
    """mark, priority, wish: the caller has shown to be a member"""
    CALLBACK = "callback"
    """phone, reason, group: the caller wants to be called back"""
    COMPLAINT = "complaint"
    """values, recordings: the automatic acceptance (T33) is complete"""
    ASKED = "asked"
    """process: the talk is over, and the citizen is asked how it was"""
    RATED = "rated"
    """satisfaction, resolved: what the citizen typed; either may be missing"""
    COMMANDED = "commanded"
    """name, by: a supervisor or agent acted on the call"""
    ENDED = "ended"
    """outcome, cause; callback: id, result, rang, again_at, what an attempt to call back came to"""


class Outcome(StrEnum):
    """How a call ended."""

    ANSWERED = "ANSWERED"
    ABANDONED = "ABANDONED"
    """Hung up while waiting for a person."""
    MISSED = "MISSED"
    """Nobody could take it."""
    VOICEMAIL = "VOICEMAIL"
    COMPLAINT = "COMPLAINT"
    FAX = "FAX"
    MENU = "MENU"
    """Served, or left, in the menu."""
    BLOCKED = "BLOCKED"
    UNREACHED = "UNREACHED"
    """A call out that nobody answered."""


class Satisfaction(StrEnum):
    """What a citizen says of the service, by key; the return visit's own words."""

    VERY_SATISFIED = "VERY_SATISFIED"
    SATISFIED = "SATISFIED"
    BASICALLY_SATISFIED = "BASICALLY_SATISFIED"
    UNSATISFIED = "UNSATISFIED"


class AgentState(StrEnum):
    LOGGED_OUT = "LOGGED_OUT"
    IDLE = "IDLE"
    RINGING = "RINGING"
    ON_CALL = "ON_CALL"
    HOLDING = "HOLDING"
    WRAP_UP = "WRAP_UP"
    BUSY = "BUSY"
    PAUSED = "PAUSED"


SEAT_STATE = "seat_state"
"""The one kind of fact about an agent: state, seat, reason, call."""


@dataclass(frozen=True, slots=True)
class Fact:
    """`subject` is a call's id, or an agent's for SEAT_STATE; `no` counts from 1 within it."""

    subject: UUID
    no: int
    kind: str
    at: datetime
    body: Mapping[str, Any]

    @property
    def id(self) -> UUID:
        """The same fact always has the same id, so it is taken in once."""
        return derived_id("fact", self.subject, self.no)

    def to_json(self) -> bytes:
        return orjson.dumps([str(self.subject), self.no, self.kind, self.at.isoformat(), self.body], default=str)

    @classmethod
    def from_json(cls, text: bytes | str) -> "Fact":
        subject, no, kind, at, body = orjson.loads(text)
        return cls(UUID(subject), no, kind, datetime.fromisoformat(at), body)
