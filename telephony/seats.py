"""Agents at their seats: who is signed in where, and in what state."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.contacts import SEAT_STATE, AgentPlan, AgentState, Fact, SeatPlan, Vault, seat_place, trunk_place
from telephony.ari import Ari

FREE = (AgentState.IDLE,)
OUT = AgentState.LOGGED_OUT
OPUS = ("opus", "alaw", "ulaw")
TRUNK = "trunk-"
"""Before a trunk's name, so that its objects in Asterisk are known from a seat's, and from what others put there."""


@dataclass(frozen=True, slots=True)
class AtSeat:
    """An agent's state since a moment; `no` numbers their facts."""

    agent: UUID
    no: int
    state: AgentState
    since: datetime
    seat: str | None = None
    reason: str | None = None
    call: UUID | None = None
    idle_since: datetime | None = None
    last_offer: datetime | None = None

    @property
    def signed_in(self) -> bool:
        return self.state is not OUT


class Seats:
    """All agents' states. Every change is a fact, noted before it counts."""

    def __init__(self, note: Callable[[Fact], None], changed: Callable[[AtSeat], None]) -> None:
        self._note = note
        self._changed = changed
        self.now: dict[UUID, AtSeat] = {}

    def restore(self, facts: Iterable[Fact]) -> None:
        """What was noted before a restart."""
        for fact in facts:
            if fact.kind == SEAT_STATE:
                self.now[fact.subject] = _at_seat(fact, self.now.get(fact.subject))

    def of(self, agent: UUID, now: datetime) -> AtSeat:
        return self.now.get(agent) or AtSeat(agent, 0, OUT, now)

    def at(self, seat: str) -> AtSeat | None:
        """Who sits there."""
        return next((one for one in self.now.values() if one.seat == seat and one.signed_in), None)

    def signed_in(self) -> frozenset[UUID]:
        return frozenset(agent for agent, one in self.now.items() if one.signed_in)

    def set(
        self, agent: UUID, state: AgentState, now: datetime, *, reason: str | None = None, call: UUID | None = None,
        seat: str | None = None,
    ) -> AtSeat:  # fmt: skip
        """Into a state, unless they are in it already. A seat is kept until the sign-out."""
        before = self.of(agent, now)
        where = None if state is OUT else seat or before.seat
        if (before.state, before.reason, before.call, before.seat) == (state, reason, call, where):
            return before
        body: Mapping[str, Any] = {"state": state.value, "seat": where or before.seat, "reason": reason,
                                   "call": str(call) if call else None}  # fmt: skip
        fact = Fact(agent, before.no + 1, SEAT_STATE, now, body)
        self._note(fact)
        after = replace(_at_seat(fact, before), seat=where)
        self.now[agent] = after
        self._changed(after)
        return after

    def offered(self, agent: UUID, now: datetime) -> None:
        self.now[agent] = replace(self.of(agent, now), last_offer=now)


def _at_seat(fact: Fact, before: AtSeat | None) -> AtSeat:
    body = fact.body
    state = AgentState(body["state"])
    call = UUID(body["call"]) if body.get("call") else None
    idle = fact.at if state is AgentState.IDLE else before.idle_since if before else None
    return AtSeat(
        fact.subject, fact.no, state, fact.at, None if state is OUT else body.get("seat"), body.get("reason"), call,
        idle, before.last_offer if before else None,
    )  # fmt: skip


def endpoint_of(seat: str) -> str:
    """The seat's name in Asterisk, to which its secret is sealed."""
    return seat_place(seat)


def seat_of(endpoint: str) -> str | None:
    return endpoint.removeprefix("seat-") if endpoint.startswith("seat-") else None


def trunk_of(endpoint: str) -> str:
    """The trunk's name; what another put into Asterisk keeps its own."""
    return endpoint.removeprefix(TRUNK)


def trunk_endpoint(name: str) -> str:
    return trunk_place(name)


async def connect(ari: Ari, vault: Vault, seat: SeatPlan, agent: AgentPlan | None, secret: str = "") -> str:
    """Tell Asterisk of the seat. A browser's gets a secret for this sign-in only, which is returned (`secret`, where it
    has one already); a SIP phone has its own; an analog line of a gateway none. Raises Unreadable before anything is
    told."""
    name = endpoint_of(seat.number)
    auth: dict[str, str] = {}
    if seat.kind == "BROWSER":
        secret = secret or secrets.token_urlsafe(24)
        auth = {"auth_type": "userpass", "username": name, "password": secret}
    elif seat.secret_md5:
        digest = vault.open(seat.secret_md5, name)
        auth = {"auth_type": "md5", "username": name, "md5_cred": digest, "realm": "asterisk"}
    if auth:
        await ari.put_object("auth", name, auth)
    aor = {"max_contacts": "1", "remove_existing": "yes", "qualify_frequency": "30"}
    if seat.contact:
        aor |= {"contact": seat.contact, "max_contacts": "0", "qualify_frequency": "0"}
        await ari.drop_object("aor", name)  # a contact that moved would stay beside the new one
    await ari.put_object("aor", name, aor)
    await ari.put_object("endpoint", name, _endpoint(seat, agent, bool(auth)))
    return secret


async def disconnect(ari: Ari, seat: str) -> None:
    """A browser's seat ends with the sign-in: nobody can register there any more."""
    for kind in ("endpoint", "aor", "auth"):
        await ari.drop_object(kind, endpoint_of(seat))


def _endpoint(seat: SeatPlan, agent: AgentPlan | None, with_auth: bool) -> dict[str, str]:
    name = endpoint_of(seat.number)
    caller = f'"{agent.work_no}" <{agent.extension}>' if agent else f"<{seat.number}>"
    values = {
        "context": "from-seat", "aors": name, "disallow": "all", "allow": ",".join(seat.codecs),
        "direct_media": "no", "rtp_symmetric": "yes", "force_rport": "yes", "rewrite_contact": "yes",
        "dtmf_mode": "auto", "callerid": caller, "device_state_busy_at": "2", "timers": "no",
        "refer_blind_progress": "no", "send_connected_line": "no", "rtp_timeout": "120",
    }  # fmt: skip
    if with_auth:
        values["auth"] = name
    if seat.contact:
        values["rewrite_contact"] = "no"
    if seat.kind == "SIP":  # a telephone that registers over TLS may want its sound enciphered; others need not
        values |= {"media_encryption": "sdes", "media_encryption_optimistic": "yes"}
    if seat.kind == "BROWSER":
        values |= {"webrtc": "yes", "allow": ",".join(OPUS), "rtp_timeout": "30"}
    return values
