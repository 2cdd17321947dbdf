"""Tables of the telephone: people at seats, places, calls and what belongs to them (migrations 0013 and 0036)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

Instant = DateTime(timezone=True)
Words = ARRAY(Text)


class SkillGroup(Base):
    """Agents who take one kind of call (T30), and how calls for them are led."""

    __tablename__ = "skill_group"
    code: Mapped[str] = mapped_column(primary_key=True)
    names: Mapped[dict[str, str]] = mapped_column(JSONB)
    service_types: Mapped[list[str]] = mapped_column(Words, default=list)
    strategy: Mapped[str] = mapped_column(default="LONGEST_IDLE")
    ring_seconds: Mapped[int] = mapped_column(default=20)
    area_seconds: Mapped[int] = mapped_column(default=10)
    """How long a call waits for the agents of its area before anybody of the group may take it (T28)."""
    overflow_to: Mapped[str | None]
    overflow_seconds: Mapped[int] = mapped_column(default=60)
    longest_wait_seconds: Mapped[int] = mapped_column(default=300)
    announce_seconds: Mapped[int] = mapped_column(default=30)
    wrap_up_seconds: Mapped[int] = mapped_column(default=30)
    record: Mapped[bool] = mapped_column(default=True)
    survey: Mapped[bool] = mapped_column(default=True)
    """Whoever talked with the group is asked afterwards, by key, how it was (Q16)."""
    calls_back: Mapped[bool] = mapped_column(default=True)
    """Its agents are given callbacks when nobody waits (Q06)."""
    answer_within_seconds: Mapped[int] = mapped_column(default=15)
    """The service level's threshold (Q09)."""
    retired_at: Mapped[datetime | None] = mapped_column(Instant)


class Seat(Base):
    """A place with a telephone: in a browser, a SIP phone, or an analog line of a gateway."""

    __tablename__ = "seat"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    contact: Mapped[str | None]
    """A gateway's line that does not register: its SIP address."""
    secret_md5: Mapped[str | None]
    """MD5 of user:asterisk:secret, as SIP's digest wants it, sealed (`vault`). A browser's seat has none: it gets a new
    secret at every sign-in."""
    codecs: Mapped[list[str]] = mapped_column(Words)
    district: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class Agent(Base):
    """A person who takes calls: work number, own areas (T29), follow-me (S24-S28), right to dial."""

    __tablename__ = "agent"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    work_no: Mapped[str]
    extension: Mapped[str]
    areas: Mapped[list[str]] = mapped_column(Words, default=list)
    announce_work_no: Mapped[bool] = mapped_column(default=False)
    record: Mapped[bool] = mapped_column(default=True)
    dialling: Mapped[str] = mapped_column(default="LOCAL")
    follow_me: Mapped[list[str]] = mapped_column(JSONB, default=list)
    """Extensions and outside numbers that ring with, or after, the own seat."""
    follow_strategy: Mapped[str] = mapped_column(default="ALL")
    added_at: Mapped[datetime] = mapped_column(Instant)
    left_at: Mapped[datetime | None] = mapped_column(Instant)


class AgentSkill(Base):
    __tablename__ = "agent_skill"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    skill_group: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(default=1)
    """1 takes calls first."""


class NumberMark(Base):
    """A number that is treated apart: VIP (S15, S16) or on the blacklist (S17)."""

    __tablename__ = "number_mark"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    about: Mapped[str] = mapped_column(default="CALLER")
    """CALLER, CALLED (a line of ours), or IDENTITY: a member's number, typed with its code."""
    phone: Mapped[str]
    code_hash: Mapped[str | None]
    kind: Mapped[str]
    level: Mapped[int] = mapped_column(default=1)
    seat_of: Mapped[UUID | None]
    """Calls of this VIP go to this agent first."""
    flow: Mapped[str | None]
    """… or into this voice diagram."""
    reason: Mapped[str] = mapped_column(default="")
    marked_at: Mapped[datetime] = mapped_column(Instant)
    marked_by: Mapped[UUID]
    until: Mapped[datetime | None] = mapped_column(Instant)
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)


class CodeAttempt(Base):
    """A code that was typed for a member's number (migration 0044); wrong until it was found right."""

    __tablename__ = "code_attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    """The member's, as it was typed."""
    line: Mapped[str | None]
    """Whence they called; None where that is withheld."""
    call_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(Instant)
    succeeded: Mapped[bool]
    number_unlocked_at: Mapped[datetime | None] = mapped_column(Instant)
    line_unlocked_at: Mapped[datetime | None] = mapped_column(Instant)
    """From then on it counts no more against the number, or against the line."""


class PhoneArea(Base):
    """Which district the fixed lines that begin with `prefix` stand in."""

    __tablename__ = "phone_area"
    prefix: Mapped[str] = mapped_column(primary_key=True)
    district: Mapped[str]


class TrunkRow(Base):
    """A way to the outside: SIP provider, E1/T1 gateway, analog gateway."""

    __tablename__ = "trunk"
    name: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    port: Mapped[int] = mapped_column(default=5060)
    transport: Mapped[str] = mapped_column(default="udp")
    codecs: Mapped[list[str]] = mapped_column(Words)
    username: Mapped[str] = mapped_column(default="")
    password: Mapped[str] = mapped_column(default="")
    """Sealed (`vault`)."""
    lines: Mapped[int] = mapped_column(default=0)
    outward: Mapped[bool] = mapped_column(default=True)
    caller_id: Mapped[str] = mapped_column(default="")
    ask_every: Mapped[int] = mapped_column(default=30)
    """Seconds between questions whether it is there; calls go out only while it answers. 0: never asked."""
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class Call(Base):
    """The record of one call (CDR): what its facts add up to."""

    __tablename__ = "call"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    direction: Mapped[str]
    caller: Mapped[str]
    called: Mapped[str]
    trunk: Mapped[str | None]
    mark: Mapped[str | None]
    district: Mapped[str | None]
    skill_group: Mapped[str | None]
    began_at: Mapped[datetime] = mapped_column(Instant)
    queued_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    talked_until: Mapped[datetime | None] = mapped_column(Instant)
    """When the last agent left, where the call went on after that; else it is `ended_at`."""
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    agent: Mapped[UUID | None]
    outcome: Mapped[str | None]
    cause: Mapped[str | None]
    language: Mapped[str | None]
    priority: Mapped[int] = mapped_column(default=0)
    automatic: Mapped[bool] = mapped_column(default=False)
    """The caller went through the automatic acceptance (T33)."""
    case_id: Mapped[UUID | None]
    asking: Mapped[UUID | None]
    """The agent who asks somebody at this moment, while the citizen waits."""
    callback_of: Mapped[UUID | None]
    """The request that this call is an attempt at."""
    note: Mapped[str] = mapped_column(default="")
    """What the agent wrote down while talking."""
    last_no: Mapped[int] = mapped_column(default=0)


class CallLeg(Base):
    """One telephone's part in a call."""

    __tablename__ = "call_leg"
    id: Mapped[str] = mapped_column(primary_key=True)
    call_id: Mapped[UUID]
    kind: Mapped[str]
    agent: Mapped[UUID | None]
    number: Mapped[str] = mapped_column(default="")
    rung_at: Mapped[datetime] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    cause: Mapped[str | None]


class CallEvent(Base):
    __tablename__ = "call_event"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    call_id: Mapped[UUID]
    no: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)


class CallSurvey(Base):
    """What the citizen typed when the talk was over (Q16); the case is the call's."""

    __tablename__ = "call_survey"
    call_id: Mapped[UUID] = mapped_column(primary_key=True)
    agent: Mapped[UUID | None]
    """Who talked with them last."""
    asked_at: Mapped[datetime] = mapped_column(Instant)
    rated_at: Mapped[datetime | None] = mapped_column(Instant)
    satisfaction: Mapped[str | None]
    resolved: Mapped[str | None]


class Recording(Base):
    """Sound (or a fax's pages) of a call; the file lies outside the database, its hash here and in the history."""

    __tablename__ = "recording"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    call_id: Mapped[UUID]
    kind: Mapped[str]
    storage_key: Mapped[str | None]
    """Where the file lies below the recordings' folder: made of the id alone."""
    sha256: Mapped[str | None]
    bytes: Mapped[int | None]
    began_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    seconds: Mapped[int | None]
    lost_at: Mapped[datetime | None] = mapped_column(Instant)


class RecordingCopy(Base):
    """A copy of a recording in a place outside (S13): ordered, and then kept or given up."""

    __tablename__ = "recording_copy"
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recording.id"), primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    """The folder, or `s3://bucket/prefix`."""
    asked_at: Mapped[datetime] = mapped_column(Instant)
    kept_at: Mapped[datetime | None] = mapped_column(Instant)
    """It was read back, and fits its hash."""
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    """Given up; a person may have it tried again."""
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]


class SeatState(Base):
    """A state an agent was in, from … until: the history of a seat (S01-S04, Q15)."""

    __tablename__ = "seat_state"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    seat: Mapped[str | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    call_id: Mapped[UUID | None]
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime | None] = mapped_column(Instant)


class CallbackRequest(Base):
    """Somebody is to be called back: missed, abandoned, left a message, or asked for it (Q06)."""

    __tablename__ = "callback_request"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    call_id: Mapped[UUID]
    phone: Mapped[str]
    skill_group: Mapped[str | None]
    reason: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(Instant)
    wished_at: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(default="OPEN")
    attempts: Mapped[int] = mapped_column(default=0)
    """Those in which it rang at the citizen's, and the one that runs."""
    last_attempt_at: Mapped[datetime | None] = mapped_column(Instant)
    next_at: Mapped[datetime] = mapped_column(Instant)
    last_result: Mapped[str | None]
    """REACHED, NO_ANSWER, BUSY; SEAT (our own did not lift), ON_LINE (they were calling us), LOST (something fell)."""
    calling: Mapped[UUID | None]
    """The newest attempt's call."""
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    done_by: Mapped[UUID | None]


class RoutingVersion(Base):
    """One row: counts every change that telephony must know of."""

    __tablename__ = "routing_version"
    only_one: Mapped[bool] = mapped_column(primary_key=True)
    version: Mapped[int]
