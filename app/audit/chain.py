"""The hash of a history row: over every field as stored text, each with its length, and over the row before it."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

FORMAT = 1
"""Number of the encoding below; it is stored in each row, so that an older row stays verifiable after a change."""
GENESIS = b""
"""What stands for the hash before the first row."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of `history` before it is hashed; the JSON columns as the text that is stored."""

    stream: UUID
    no: int
    command_id: UUID
    kind: str
    actor: UUID
    actor_name: str
    on_behalf_of: UUID | None
    recorded_at: datetime
    occurred_at: datetime
    bundle: UUID | None
    steps: str
    changes: str
    result: str
    detail_hash: bytes | None
    format: int = FORMAT


def chain(previous: bytes, row: Row) -> bytes:
    """sha256 over `previous` and all fields. Lengths stand before values, so no two rows share an encoding."""
    parts = (
        previous,
        b"%d" % row.format,
        row.stream.bytes,
        b"%d" % row.no,
        row.command_id.bytes,
        row.kind.encode(),
        row.actor.bytes,
        row.actor_name.encode(),
        row.on_behalf_of.bytes if row.on_behalf_of else None,
        _instant(row.recorded_at),
        _instant(row.occurred_at),
        row.bundle.bytes if row.bundle else None,
        row.steps.encode(),
        row.changes.encode(),
        row.result.encode(),
        row.detail_hash,
    )
    return hashlib.sha256(b"".join([b"-" if p is None else b"%d:%b" % (len(p), p) for p in parts])).digest()


def _instant(at: datetime) -> bytes:
    return at.astimezone(UTC).isoformat(timespec="microseconds").encode()


def new_salt() -> bytes:
    """Sixteen random bytes: without them a short personal value could be guessed from its hash after erasure."""
    return os.urandom(16)


def detail_hash(salt: bytes, body: str) -> bytes:
    """What the chain keeps of a personal value."""
    return hashlib.sha256(salt + body.encode()).digest()


def to_json(value: object, default: Callable[[Any], Any] = str) -> str:
    """The text that is stored and hashed."""
    return orjson.dumps(value, default=default, option=orjson.OPT_NON_STR_KEYS).decode()
