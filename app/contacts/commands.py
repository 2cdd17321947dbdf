"""What pages ask of the telephone, over Redis: with actor, an expiry and a reply. Telephony asks again who may."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import redis

from app.core.errors import CitydeskError, Conflict, Forbidden, Unavailable
from app.identity import Actor

QUEUE = "citydesk:phone:commands"
LIVE = "citydesk:phone"
"""Channel on which telephony tells pages what happens, as it happens."""
EXPIRY = 5.0
"""Seconds after which nobody waits for a command any more, and it is not carried out."""


@dataclass(frozen=True, slots=True)
class PhoneCommand:
    """`name`: login, logout, state, dial, hang_up, hold, retrieve, transfer, consult, complete, conference, digits,
    record, pickup, give, monitor, force_transfer, force_disconnect; `values` are its arguments."""

    id: str
    name: str
    actor: UUID
    values: Mapping[str, Any] = field(default_factory=dict)
    sent_at: float = 0.0

    @classmethod
    def from_json(cls, text: bytes | str) -> "PhoneCommand":
        plain = orjson.loads(text)
        return cls(plain["id"], plain["name"], UUID(plain["actor"]), plain["values"], plain["sent_at"])


def ask_telephone(client: "redis.Redis", actor: Actor, name: str, **values: Any) -> dict[str, Any]:
    """Send a command and wait for the reply. Raises Unavailable when the telephone does not answer in time, Forbidden
    or Conflict with its sentence when it refuses."""
    command_id = secrets.token_hex(12)
    body = {"id": command_id, "name": name, "actor": str(actor.id), "values": values, "sent_at": time.time()}
    try:
        client.rpush(QUEUE, orjson.dumps(body, default=str))
        client.expire(QUEUE, 60)
        got = client.blpop([reply_key(command_id)], timeout=EXPIRY)
    except redis.RedisError as error:
        raise Unavailable("contacts.no_telephone") from error
    if got is None:
        raise Unavailable("contacts.no_telephone")
    reply: dict[str, Any] = orjson.loads(got[1])
    if (key := reply.get("error")) is not None:
        kinds: dict[str, type[CitydeskError]] = {"forbidden": Forbidden}
        raise kinds.get(reply.get("kind", ""), Conflict)(key, **reply.get("params", {}))
    return dict(reply.get("result", {}))


def reply_key(command_id: str) -> str:
    return f"citydesk:phone:reply:{command_id}"
