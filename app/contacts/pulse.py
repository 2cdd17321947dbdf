"""The telephone's sign of life, in Valkey: when it was last there, whether it has Asterisk, by which rules it works,
and how its trunks are. It stays when telephony falls, so that pages can say since when."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

import orjson
import redis

PULSE = "citydesk:phone:pulse"
EVERY = 2.0
"""Seconds between two beats."""
SILENT = timedelta(seconds=7)
"""Without a beat for so long it is not running: three were missed."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """`version`: of the rules that Asterisk was told; `lines`: trunk, or `seat-NUMBER` of a desk phone → online,
    offline, refused or unknown; `ended`: it was stopped, and said so."""

    at: datetime
    asterisk: bool = False
    version: int = 0
    lines: Mapping[str, str] = field(default_factory=dict)
    ended: bool = False

    def beats(self, now: datetime) -> bool:
        return not self.ended and now - self.at < SILENT

    def to_json(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: bytes) -> "Pulse":
        plain = orjson.loads(text)
        return cls(**plain | {"at": datetime.fromisoformat(plain["at"])})


def off_since(pulse: Pulse | None, now: datetime) -> str:
    """What pages are told: nothing while all is well, `asterisk` while only that is away, else since when telephony is
    not running (ISO), or `never`."""
    if pulse is None:
        return "never"
    if not pulse.beats(now):
        return pulse.at.isoformat()
    return "" if pulse.asterisk else "asterisk"


def read_pulse(client: "redis.Redis") -> Pulse | None:
    """None: it never ran, as far as is known. Raises redis.RedisError."""
    found = client.get(PULSE)
    try:
        return Pulse.from_json(found) if isinstance(found, bytes) else None
    except (ValueError, KeyError, TypeError):
        return None  # another version's: the next beat is ours
