"""A call's state: what its facts add up to. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.contacts import CallKind, Fact


class Stage(StrEnum):
    LED = "LED"
    """In the menu, or before it."""
    QUEUED = "QUEUED"
    TALKING = "TALKING"
    AFTER = "AFTER"
    """The talk is over; the caller is still in the menu, for the survey."""
    FAX = "FAX"
    """A machine sends pages, and Asterisk receives them."""
    ENDED = "ENDED"


CITIZEN, SEAT, OUTSIDE, LISTENER = "CITIZEN", "SEAT", "OUTSIDE", "LISTENER"


@dataclass(frozen=True, slots=True)
class Leg:
    """One telephone in the call; `id` is its channel's."""

    id: str
    kind: str
    agent: UUID | None = None
    number: str = ""
    up: bool = False
    trunk: str | None = None
    """The way by which a number outside is reached."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording that runs or still travels."""

    id: str
    kind: str
    name: str
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Callback:
    """The request that a call out is an attempt at."""

    id: str
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class Call:
    id: UUID
    direction: str
    caller: str
    called: str
    channel: str
    """The citizen's, or for a call out the first seat's; when that seat hangs up and the citizen stays, theirs."""
    began_at: datetime
    no: int = 1
    """Number of its last fact."""
    stage: Stage = Stage.LED
    legs: Mapping[str, Leg] = field(default_factory=dict)
    group: str | None = None
    priority: int = 0
    wish: UUID | None = None
    district: str | None = None
    mark: str | None = None
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    agent: UUID | None = None
    held: bool = False
    sounds: Mapping[str, Sound] = field(default_factory=dict)
    language: str = "zh-CN"
    follow_up: bool = False
    """A call out to a citizen about their case."""
    callback: Callback | None = None
    rang_outside: bool = False
    """A telephone outside was rung, whether it lifted or not."""
    asking: UUID | None = None
    """The agent who asks somebody while the citizen waits."""
    refused: str | None = None
    """Why the telephone that was rung last did not lift."""
    rated: bool = False
    """They have said by key how it was."""
    trunk: str | None = None
    """The way by which a citizen came."""
    outcome_hint: str | None = None
    """What the call will count as if it ends now: a message was left, a complaint taken."""

    @property
    def bridge(self) -> str:
        """Where its people talk. Derived, so that it is found again after a restart."""
        return f"talk-{self.id}"

    @property
    def seats(self) -> list[Leg]:
        """Everybody who talks with the one whose call it is."""
        return [leg for leg in self.legs.values() if leg.up and leg.kind != LISTENER and leg.id != self.channel]

    @property
    def outside(self) -> Leg | None:
        """The citizen whom we called, while they talk."""
        return next((leg for leg in self.legs.values() if leg.up and leg.kind == OUTSIDE), None)

    def leg_of(self, agent: UUID) -> Leg | None:
        return next((leg for leg in self.legs.values() if leg.agent == agent and leg.kind == SEAT), None)

    @property
    def over(self) -> bool:
        """Ended, and no recording travels any more."""
        return self.stage is Stage.ENDED and not self.sounds


def fold(call: Call | None, fact: Fact) -> Call:
    """The call after one more fact. Raises ValueError for a fact of a call that never arrived."""
    if call is None:
        if fact.kind != CallKind.ARRIVED:
            raise ValueError(f"{fact.kind} of a call that is not known")
        return _arrived(fact)
    return replace(_apply(call, fact), no=fact.no)


def replay(facts: Iterable[Fact]) -> dict[UUID, Call]:
    """Every call the facts speak of. Facts of calls whose beginning is missing are passed over."""
    calls: dict[UUID, Call] = {}
    for fact in facts:
        known = calls.get(fact.subject)
        if known is not None or fact.kind == CallKind.ARRIVED:
            calls[fact.subject] = fold(known, fact)
    return calls


def _arrived(fact: Fact) -> Call:
    body = fact.body
    kind = CITIZEN if body["direction"] == "IN" else SEAT
    agent = _uuid(body.get("agent"))
    leg = Leg(body["channel"], kind, agent, body["caller"], up=True)
    return Call(
        fact.subject, body["direction"], body["caller"], body["called"], body["channel"], fact.at, fact.no,
        legs={leg.id: leg}, priority=body.get("priority", 0), wish=_uuid(body.get("wish")),
        district=body.get("district"), mark=body.get("mark"), agent=agent, group=body.get("group"),
        callback=_callback(body), follow_up=bool(body.get("case")),
        trunk=body.get("trunk"),
    )  # fmt: skip


AFTERWARDS = (CallKind.RECORDING, CallKind.RECORDED, CallKind.RATED)
"""What may still become known of a call that is over. Whatever else comes too late changes nothing in it."""


def _apply(call: Call, fact: Fact) -> Call:
    body: Mapping[str, Any] = fact.body
    if call.stage is Stage.ENDED and fact.kind not in AFTERWARDS:
        return call
    match fact.kind:
        case CallKind.QUEUED:
            return replace(
                call, stage=Stage.QUEUED, group=body["group"], priority=body.get("priority", 0),
                wish=_uuid(body.get("wish")), queued_at=call.queued_at or fact.at,
            )  # fmt: skip
        case CallKind.RANG:
            agent, number, trunk = _uuid(body.get("agent")), body.get("number", ""), body.get("trunk")
            leg = Leg(body["leg"], body["kind"], agent, number, trunk=trunk)
            return replace(_with_leg(call, leg), rang_outside=call.rang_outside or leg.kind == OUTSIDE)
        case CallKind.LEG_ENDED:
            return _left(call, body["leg"], body.get("cause"))
        case CallKind.ANSWERED | CallKind.JOINED:
            return _answered(call, body, fact)
        case CallKind.FAX:
            return replace(call, stage=Stage.FAX)
        case CallKind.HELD:
            return replace(call, held=True)
        case CallKind.RETRIEVED:
            return replace(call, held=False)
        case CallKind.RECORDING:
            sound = Sound(body["recording"], body["kind"], body["name"])
            return replace(call, sounds={**call.sounds, sound.id: sound})
        case CallKind.RECORDED:
            sounds = {id_: sound for id_, sound in call.sounds.items() if id_ != body["recording"]}
            hint = _hint(call, body)
            return replace(call, sounds=sounds, outcome_hint=hint)
        case CallKind.AREA:
            return replace(call, district=call.district or body["district"])
        case CallKind.CONSULTING:
            return replace(call, asking=_uuid(body["by"]) if body["on"] else None)
        case CallKind.MARKED:
            return replace(call, mark=body["mark"], priority=body["priority"], wish=_uuid(body.get("wish")))
        case CallKind.LANGUAGE:
            return replace(call, language=body["language"])
        case CallKind.RATED:
            return replace(call, rated=True)
        case CallKind.COMPLAINT:
            return replace(call, outcome_hint="COMPLAINT")
        case CallKind.ENDED:
            return replace(call, stage=Stage.ENDED, legs={})
        case _:
            return call


def _callback(body: Mapping[str, Any]) -> Callback | None:
    return Callback(body["callback"], body["attempt"], body["reason"]) if body.get("callback") else None


def _left(call: Call, leg: str, cause: str | None) -> Call:
    """Without that leg. The last one of ours ends the talk, for whoever called and for whom we called alike."""
    rang = leg in call.legs and not call.legs[leg].up
    legs = {id_: each for id_, each in call.legs.items() if id_ != leg}
    left = replace(call, legs=legs, refused=cause if rang else call.refused)
    if leg == call.channel and (citizen := call.outside) is not None:
        left = replace(left, channel=citizen.id)
    talk_over = call.stage is Stage.TALKING and not left.seats
    return replace(left, stage=Stage.AFTER, held=False) if talk_over else left


def _with_leg(call: Call, leg: Leg) -> Call:
    return replace(call, legs={**call.legs, leg.id: leg})


def _answered(call: Call, body: Mapping[str, Any], fact: Fact) -> Call:
    leg = call.legs.get(body["leg"]) or Leg(body["leg"], SEAT, _uuid(body.get("agent")))
    call = _with_leg(call, replace(leg, up=True))
    if fact.kind == CallKind.JOINED:
        return call
    return replace(
        call, stage=Stage.TALKING, answered_at=call.answered_at or fact.at, agent=leg.agent or call.agent, held=False
    )


def _hint(call: Call, body: Mapping[str, Any]) -> str | None:
    if call.outcome_hint is None and body["kind"] in ("VOICEMAIL", "FAX") and body.get("file"):
        return str(body["kind"])
    return call.outcome_hint


def _uuid(text: object) -> UUID | None:
    return UUID(str(text)) if text else None
