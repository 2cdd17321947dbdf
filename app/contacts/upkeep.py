"""What the telephone's lists share when administrators change them: checked fields, and a history row of each change.

Nothing is deleted: calls and history name seats, agents, groups and trunks. What is already so is no change and no row.
Telephony hears of every change by itself (`routing_version`) and follows within a second or two."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import audit
from app.core.errors import Conflict, Invalid, NotFound
from app.core.ids import derived_id
from app.identity import Actor

NUMBER = re.compile(r"[0-9]{2,8}")
"""A seat's or an agent's own number."""
CODECS = ("opus", "g722", "alaw", "ulaw")
LONGEST_WORDS = 200

Said = tuple[str, Mapping[str, object]]


class Faults:
    """Collects what is wrong, field by field, so that all of it is said at once."""

    def __init__(self) -> None:
        self.fields: dict[str, Said] = {}

    def unless(self, good: object, field: str, key: str, **params: object) -> None:
        if not good:
            self.fields.setdefault(field, (f"contacts.upkeep.{key}", params))

    def between(self, value: int, least: int, most: int, field: str) -> None:
        self.unless(least <= value <= most, field, "between", least=least, most=most)

    def one_of(self, value: str, values: Collection[str], field: str) -> None:
        self.unless(value in values, field, "choose")

    def say(self) -> None:
        """Raises Invalid with everything that was found."""
        if self.fields:
            key, params = next(iter(self.fields.values()))
            raise Invalid(key, self.fields, **params)


def stream_of(kind: str, key: object) -> UUID:
    """The history of one thing: `kind` is seat, agent, group, trunk or mark."""
    return derived_id("telephone", kind, str(key))


def find(session: Session, model: type[Any], key: object, kind: str) -> Any:
    """Locked, so that two who change it do so one after the other. Raises NotFound."""
    row = session.get(model, key, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(f"contacts.upkeep.no_{kind}", name=str(key))
    return row


def is_new(session: Session, found: object, kind: str, key: str, command_id: UUID | None) -> bool:
    """False for a command that made it before. Raises Conflict where another is called so."""
    if found is None:
        return True
    if command_id is not None and command_id in {row.command_id for row in audit.read(session, stream_of(kind, key))}:
        return False
    taken: Said = ("contacts.upkeep.taken", {"name": key})
    raise Conflict(taken[0], **taken[1])


def keep(
    session: Session, row: Any, kind: str, key: object, name: str, wanted: Mapping[str, Any], *, actor: Actor,
    now: datetime, new: bool = False, command_id: UUID | None = None, secret: Mapping[str, Any] | None = None,
    personal: Collection[str] = (), more: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:  # fmt: skip
    """Write what differs into `row`, and into its history. Of `secret` columns the history says only that they changed;
    `personal` ones may be erased from it later; `more` changes the caller writes. `name`: what people call it."""
    changes = {field: {"old": None if new else getattr(row, field), "new": value} for field, value in wanted.items()
               if new or getattr(row, field) != value}  # fmt: skip
    hidden = {field: value for field, value in (secret or {}).items() if getattr(row, field) != value}
    if not changes and not hidden and not more and not new:
        return
    for field, value in {**wanted, **hidden}.items():
        setattr(row, field, value)
    if new:
        session.add(row)
    session.flush()
    audit.record(
        session, stream_of(kind, key), f"phone.{kind}.{'added' if new else 'changed'}", actor=actor, now=now,
        changes={field: pair for field, pair in {**changes, **(more or {})}.items()
                 if field not in personal and told(pair)},
        personal={field: pair for field, pair in changes.items() if field in personal} or None,
        result={"what": name} | ({"secret": True} if hidden else {}),
        stream_kind="telephone", stream_name=f"{kind}:{key}", command_id=command_id,
    )  # fmt: skip


def told(pair: Mapping[str, Any]) -> bool:
    """An empty field of a new thing is not worth a word."""
    return pair["old"] not in (None, "", [], {}) or pair["new"] not in (None, "", [], {})


def left(at: datetime | None, active: bool, now: datetime) -> datetime | None:
    """When it was given up: the first time counts."""
    return None if active else at or now
