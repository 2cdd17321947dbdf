"""Administrators' list of numbers that are treated apart: VIP by calling number, called number or identity (S15), to
one person or through one diagram (S16), and the blacklist (S17). Each has a reason, and an end where one is known."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, tuple_
from sqlalchemy.orm import Session

from app import workflow
from app.citizens import masked_phone, normalise_phone
from app.contacts.models import Agent, NumberMark
from app.contacts.upkeep import LONGEST_WORDS, Faults, find, keep
from app.core.errors import Conflict
from app.identity import Actor, require

MARKS = ("VIP", "BLACKLIST")
ABOUT = ("CALLER", "CALLED", "IDENTITY")
"""What the number is: the one who calls, the one that is called, or a member's number that a caller types."""
_CODE = re.compile(r"[0-9]{4,12}")


@dataclass(frozen=True, slots=True)
class MarkWish:
    """`number` as anybody writes it; `code`: what a member types besides, empty keeps the one there is; `seat_of`: the
    agent who gets these calls first; `flow`: the voice diagram that leads them; `until`: from then on it is no more."""

    kind: str = "VIP"
    about: str = "CALLER"
    number: str = ""
    reason: str = ""
    level: int = 1
    seat_of: UUID | None = None
    flow: str = ""
    code: str = field(default="", repr=False)
    until: datetime | None = None


def mark_number(session: Session, mark_id: UUID, wish: MarkWish, *, actor: Actor, now: datetime) -> None:
    """Raises Forbidden, Invalid, and Conflict where the number is marked so already; the same id again does nothing."""
    require(actor, "telephone.manage")
    if session.get(NumberMark, mark_id) is not None:
        return
    row = NumberMark(id=mark_id, phone="", kind=wish.kind, marked_at=now, marked_by=actor.id)
    _keep_mark(session, row, wish, actor, now, new=True)


def change_mark(session: Session, mark_id: UUID, wish: MarkWish, *, actor: Actor, now: datetime) -> None:
    """Raises Forbidden, NotFound, Invalid, Conflict. What it marks, and how, stays: lift it and make another."""
    require(actor, "telephone.manage")
    row: NumberMark = find(session, NumberMark, mark_id, "mark")
    if row.lifted_at is not None:
        raise Conflict("contacts.upkeep.mark_lifted")
    _keep_mark(session, row, wish, actor, now)


def lift_mark(session: Session, mark_id: UUID, *, actor: Actor, now: datetime) -> None:
    """From now on the number is one like others; lifting twice is lifting once. Raises Forbidden, NotFound."""
    require(actor, "telephone.manage")
    row: NumberMark = find(session, NumberMark, mark_id, "mark")
    if row.lifted_at is None:
        keep(session, row, "mark", row.id, shown_number(row), {"lifted_at": now}, actor=actor, now=now)


def _keep_mark(
    session: Session, row: NumberMark, wish: MarkWish, actor: Actor, now: datetime, *, new: bool = False
) -> None:  # fmt: skip
    number = _checked(session, row, wish, actor, now, new=new)
    reason = wish.reason.strip()
    wanted: dict[str, Any] = {
        "kind": row.kind, "about": row.about, "phone": row.phone, "reason": reason, "level": wish.level,
        "seat_of": wish.seat_of, "flow": wish.flow or None, "until": wish.until,
    }  # fmt: skip
    if new:
        wanted |= {"kind": wish.kind, "about": wish.about, "phone": number}
    keep(session, row, "mark", row.id, _shown(wanted["about"], wanted["phone"]), wanted, actor=actor, now=now, new=new,
         personal=("phone", "reason"),
         secret={"code_hash": code_hash(wish.code) if wish.code else row.code_hash})  # fmt: skip


def _checked(
    session: Session, row: NumberMark, wish: MarkWish, actor: Actor, now: datetime, *, new: bool
) -> str:  # fmt: skip
    """The number in its one written form. Raises Invalid, Conflict."""
    faults = Faults()
    about, kind = (wish.about, wish.kind) if new else (row.about, row.kind)
    number = normalise_phone(wish.number) if new else row.phone
    faults.one_of(kind, MARKS, "kind")
    faults.one_of(about, ABOUT, "about")
    faults.unless(3 <= len(number) <= 20, "number", "phone")
    faults.unless(kind == "VIP" or about != "IDENTITY", "about", "no_blacklisted_member")
    faults.unless(1 <= len(wish.reason.strip()) <= LONGEST_WORDS, "reason", "reason", most=LONGEST_WORDS)
    faults.between(wish.level, 1, 9, "level")
    faults.unless(wish.until is None or wish.until > now, "until", "until")
    agent = session.get(Agent, wish.seat_of) if wish.seat_of else None
    faults.unless(wish.seat_of is None or (agent is not None and agent.left_at is None), "seat_of", "choose")
    faults.unless(not wish.flow or wish.flow in voice_flows(session), "flow", "choose")
    if about == "IDENTITY":
        faults.unless(wish.code or row.code_hash, "code", "code")
        faults.unless(not wish.code or _CODE.fullmatch(wish.code), "code", "code")
    faults.say()
    if new:
        _make_room(session, number, about, kind, actor, now)
    return number


def _make_room(session: Session, number: str, about: str, kind: str, actor: Actor, now: datetime) -> None:
    """One mark of a kind is in force at a time; one that has ended is closed. Raises Conflict."""
    same = NumberMark.phone == number, NumberMark.about == about, NumberMark.kind == kind
    there = session.scalar(select(NumberMark).where(*same, NumberMark.lifted_at.is_(None)).with_for_update())
    if there is None:
        return
    if there.until is None or there.until > now:
        raise Conflict("contacts.upkeep.marked_already")
    keep(session, there, "mark", there.id, shown_number(there), {"lifted_at": there.until}, actor=actor, now=now)


def voice_flows(session: Session) -> list[str]:
    """Diagrams that may lead a call, as they are deployed."""
    bundle = workflow.current_bundle(session)
    names = workflow.files_of(session, bundle.id) if bundle else {}
    found = {match[1] for name, body in names.items() if name.startswith("processes/voice/")
             for match in re.finditer(rb'<(?:bpmn:)?process id="([A-Za-z0-9_]+)"', body)}  # fmt: skip
    return sorted(name.decode() for name in found)


def marks(
    session: Session, now: datetime, *, kind: str = "", past: bool = False, number: str = "",
    after: tuple[datetime, UUID] | None = None, limit: int = 50,
) -> Sequence[NumberMark]:  # fmt: skip
    """The newest first; `past`: those lifted or ended, else those in force. `number`: any way of writing it."""
    over = or_(NumberMark.lifted_at.is_not(None), NumberMark.until <= now)
    query = select(NumberMark).where(over if past else _in_force(now))
    if kind:
        query = query.where(NumberMark.kind == kind)
    if number:
        query = query.where(NumberMark.phone == normalise_phone(number))
    if after:
        query = query.where(tuple_(NumberMark.marked_at, NumberMark.id) < after)
    return session.scalars(query.order_by(NumberMark.marked_at.desc(), NumberMark.id.desc()).limit(limit)).all()


def _in_force(now: datetime) -> ColumnElement[bool]:
    return NumberMark.lifted_at.is_(None) & or_(NumberMark.until.is_(None), NumberMark.until > now)


def shown_number(row: NumberMark) -> str:
    """A citizen's number is masked; a line of ours and a member's number are not."""
    return _shown(row.about, row.phone)


def _shown(about: str, number: str) -> str:
    return (masked_phone(number) or "") if about == "CALLER" else number


def code_hash(code: str) -> str:
    """Slow to guess: a member's code has few digits."""
    salt = secrets.token_hex(8)
    return f"{salt}:{_stretched(code, salt)}"


def fits_code(code: str, kept: str | None) -> bool:
    salt, _, digest = (kept or "").partition(":")
    return bool(digest) and hmac.compare_digest(_stretched(code, salt), digest)


def _stretched(code: str, salt: str) -> str:
    return hashlib.scrypt(code.encode(), salt=salt.encode(), n=2**14, r=8, p=1).hex()
