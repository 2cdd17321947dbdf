"""All that telephony must know to lead calls, as one frozen value: it goes on with the last one while the database is
away, and finds it on disk after a restart."""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.identity import Grant, Role


@dataclass(frozen=True, slots=True)
class GroupPlan:
    code: str
    names: Mapping[str, str]
    service_types: tuple[str, ...] = ()
    strategy: str = "LONGEST_IDLE"
    ring_seconds: int = 20
    area_seconds: int = 10
    overflow_to: str | None = None
    overflow_seconds: int = 60
    longest_wait_seconds: int = 300
    announce_seconds: int = 30
    wrap_up_seconds: int = 30
    record: bool = True
    survey: bool = True
    calls_back: bool = True
    answer_within_seconds: int = 15


@dataclass(frozen=True, slots=True)
class AgentPlan:
    id: UUID
    name: str
    work_no: str
    extension: str
    skills: Mapping[str, int] = field(default_factory=dict)
    """Skill group → level; 1 first."""
    areas: tuple[str, ...] = ()
    """District paths; empty: the whole city."""
    announce_work_no: bool = False
    record: bool = True
    dialling: str = "LOCAL"
    follow_me: tuple[str, ...] = ()
    follow_strategy: str = "ALL"
    grants: tuple[Grant, ...] = ()

    def covers(self, district: str | None) -> bool:
        """Is that place among the agent's own areas?"""
        return district is not None and any(
            district == area or district.startswith(f"{area}/") or area.startswith(f"{district}/")
            for area in self.areas
        )


@dataclass(frozen=True, slots=True)
class SeatPlan:
    number: str
    kind: str
    contact: str | None = None
    secret_md5: str | None = field(default=None, repr=False)
    """Sealed (`vault`), here and on disk."""
    codecs: tuple[str, ...] = ("alaw", "ulaw")


@dataclass(frozen=True, slots=True)
class Mark:
    kind: str
    level: int = 1
    seat_of: UUID | None = None
    flow: str | None = None
    until: datetime | None = None
    code_hash: str | None = field(default=None, repr=False)
    """Of a member: what they type besides their number."""


@dataclass(frozen=True, slots=True)
class TrunkPlan:
    """A way to the outside. With a `username` we register there (SIP provider); without one it is known by its address
    (gateway)."""

    name: str
    host: str = ""
    port: int = 5060
    transport: str = "udp"
    codecs: tuple[str, ...] = ("alaw", "ulaw")
    username: str = ""
    password: str = field(default="", repr=False)
    """Sealed (`vault`), here and on disk."""
    lines: int = 0
    """Calls it carries at once; 0: as many as come."""
    outward: bool = True
    caller_id: str = ""
    """The number the city has there: shown outside, and what a provider we register with calls."""
    ask_every: int = 30
    """Seconds between questions whether it is there. 0: never asked."""


def in_force(mark: Mark, now: datetime) -> bool:
    return mark.until is None or mark.until > now


@dataclass(frozen=True, slots=True)
class RoutingSnapshot:
    version: int
    zone: str
    language: str
    groups: Mapping[str, GroupPlan] = field(default_factory=dict)
    agents: Mapping[UUID, AgentPlan] = field(default_factory=dict)
    seats: Mapping[str, SeatPlan] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    """By the calling number, in its one written form."""
    called_marks: Mapping[str, Mark] = field(default_factory=dict)
    """By the number that is called."""
    members: Mapping[str, Mark] = field(default_factory=dict)
    """By a member's number."""
    areas: Mapping[str, str] = field(default_factory=dict)
    """Prefix of a fixed line's number → district."""
    trunks: tuple[TrunkPlan, ...] = ()
    bundle: UUID | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    """The deployed voice diagrams and the decisions they and the routing use."""

    def area_of(self, number: str) -> str | None:
        """The district a number's line stands in: the longest prefix that fits."""
        return next((self.areas[number[:n]] for n in range(len(number), 0, -1) if number[:n] in self.areas), None)

    def mark_of(self, caller: str, called: str, now: datetime) -> Mark | None:
        """The blacklist before all else; then who calls; then the line they call."""
        found = [mark for mark in (self.marks.get(caller), self.called_marks.get(called))
                 if mark is not None and in_force(mark, now)]  # fmt: skip
        return next((mark for mark in found if mark.kind == "BLACKLIST"), next(iter(found), None))

    def member(self, number: str, now: datetime) -> Mark | None:
        """Whoever types this number says they are; their code shows it."""
        mark = self.members.get(number)
        return mark if mark is not None and in_force(mark, now) else None

    def agent_at(self, extension: str) -> AgentPlan | None:
        return next((agent for agent in self.agents.values() if agent.extension == extension), None)

    def to_json(self) -> bytes:
        plain = asdict(self)
        plain["files"] = {name: base64.b64encode(body).decode() for name, body in self.files.items()}
        return orjson.dumps(plain, default=str, option=orjson.OPT_NON_STR_KEYS)

    @classmethod
    def from_json(cls, text: bytes) -> "RoutingSnapshot":
        """Raises ValueError, KeyError or TypeError for what another version wrote."""
        plain = orjson.loads(text)
        return cls(
            **plain
            | {
                "groups": {code: GroupPlan(**_tuples(group)) for code, group in plain["groups"].items()},
                "agents": {UUID(key): _agent(agent) for key, agent in plain["agents"].items()},
                "seats": {number: SeatPlan(**_tuples(seat)) for number, seat in plain["seats"].items()},
                "marks": _marks(plain["marks"]),
                "called_marks": _marks(plain["called_marks"]),
                "members": _marks(plain["members"]),
                "trunks": tuple(TrunkPlan(**_tuples(trunk)) for trunk in plain["trunks"]),
                "bundle": UUID(plain["bundle"]) if plain["bundle"] else None,
                "files": {name: base64.b64decode(body) for name, body in plain["files"].items()},
            }
        )


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


def _agent(plain: Mapping[str, Any]) -> AgentPlan:
    grants = tuple(Grant(Role(g["role"]), g["district"], g["department"]) for g in plain["grants"])
    return AgentPlan(**_tuples(plain) | {"id": UUID(plain["id"]), "grants": grants})


def _marks(plain: Mapping[str, Any]) -> dict[str, Mark]:
    return {number: _mark(mark) for number, mark in plain.items()}


def _mark(plain: Mapping[str, Any]) -> Mark:
    until = datetime.fromisoformat(plain["until"]) if plain["until"] else None
    return Mark(**dict(plain) | {"seat_of": UUID(plain["seat_of"]) if plain["seat_of"] else None, "until": until})
