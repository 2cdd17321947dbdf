"""Administrators' changes to seats and trunks (X01-X03, T01-T05). Secrets go in and never come out."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.facts import AgentState
from app.contacts.models import Agent, Seat, SeatState, TrunkRow
from app.contacts.upkeep import CODECS, LONGEST_WORDS, NUMBER, Faults, find, is_new, keep, left
from app.contacts.vault import seat_place, trunk_place, vault_of
from app.core.errors import Conflict
from app.core.ids import new_id
from app.identity import Actor, require
from app.identity.models import User

SEAT_KINDS = ("BROWSER", "SIP", "LINE")
TRANSPORTS = ("udp", "tcp", "tls")
BROWSER_CODECS = ["opus", "alaw", "ulaw"]
_CONTACT = re.compile(r"sips?:[0-9A-Za-z+*#._-]+@[0-9A-Za-z._-]+(:[0-9]{1,5})?")
_NAME = re.compile(r"[a-z][a-z0-9-]{1,30}")
_HOST = re.compile(r"[0-9A-Za-z]([0-9A-Za-z._-]{0,251}[0-9A-Za-z])?")
_LOGIN = re.compile(r"[0-9A-Za-z+._@-]{0,64}")
_SECRET = re.compile(r"[!-~]{12,64}")
"""Visible ASCII without blanks: what every telephone can be given."""
_PASSWORD = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True, slots=True)
class SeatWish:
    """What a seat is to be. `secret`: of a desk phone; empty keeps the one it has."""

    name: str = ""
    kind: str = "BROWSER"
    contact: str = ""
    secret: str = field(default="", repr=False)
    codecs: Sequence[str] = ("alaw", "ulaw")
    active: bool = True


@dataclass(frozen=True, slots=True)
class TrunkWish:
    """What a way to the outside is to be. `password`: empty keeps what it has; without a `username` there is none."""

    host: str = ""
    port: int = 5060
    transport: str = "udp"
    codecs: Sequence[str] = ("alaw", "ulaw")
    username: str = ""
    password: str = field(default="", repr=False)
    lines: int = 0
    outward: bool = True
    caller_id: str = ""
    ask_every: int = 30
    active: bool = True


def add_seat(
    session: Session, number: str, wish: SeatWish, *, actor: Actor, now: datetime, command_id: UUID | None = None
) -> None:  # fmt: skip
    """Raises Forbidden, Invalid, and Conflict where the number is a seat's already; the same command again does
    nothing."""
    require(actor, "telephone.manage")
    faults = Faults()
    faults.unless(NUMBER.fullmatch(number), "number", "number")
    of_agent = session.scalar(select(Agent.user_id).where(Agent.extension == number))
    faults.unless(of_agent is None, "number", "number_of_agent")
    _check_seat(faults, wish)
    if is_new(session, session.scalar(select(Seat).where(Seat.number == number)), "seat", number, command_id):
        row = Seat(id=new_id(), number=number, created_at=now, codecs=[], name="", kind=wish.kind)
        _keep_seat(session, row, wish, actor, now, new=True, command_id=command_id)


def change_seat(session: Session, number: str, wish: SeatWish, *, actor: Actor, now: datetime) -> None:
    """Raises Forbidden, NotFound, Invalid, and Conflict where it becomes another kind of telephone while somebody
    sits there. A seat that is given up signs out who sits there as soon as no call is on it."""
    require(actor, "telephone.manage")
    seat_id = session.scalar(select(Seat.id).where(Seat.number == number))
    row: Seat = find(session, Seat, seat_id or UUID(int=0), "seat")
    faults = Faults()
    kept = row.secret_md5 if row.kind == wish.kind else None
    _check_seat(faults, wish, kept, readable=is_readable(session, row))
    sitting = _sitting_at(session, number) if row.kind != wish.kind else None
    if sitting is not None:
        raise Conflict("contacts.upkeep.seat_in_use", number=number, name=sitting)
    _keep_seat(session, row, wish, actor, now)


def _check_seat(faults: Faults, wish: SeatWish, kept: str | None = None, *, readable: bool = True) -> None:
    faults.one_of(wish.kind, SEAT_KINDS, "kind")
    faults.unless(len(wish.name) <= LONGEST_WORDS, "name", "long", most=LONGEST_WORDS)
    faults.unless(wish.codecs and set(wish.codecs) <= set(CODECS), "codecs", "codecs")
    if wish.kind == "LINE":
        faults.unless(_CONTACT.fullmatch(wish.contact), "contact", "contact")
    if wish.kind == "SIP":
        faults.unless(wish.secret or kept, "secret", "secret_missing")
        faults.unless(wish.secret or readable or not wish.active, "secret", "unreadable")
        faults.unless(not wish.secret or _SECRET.fullmatch(wish.secret), "secret", "secret")
    faults.say()


def _keep_seat(
    session: Session, row: Seat, wish: SeatWish, actor: Actor, now: datetime, *, new: bool = False,
    command_id: UUID | None = None,
) -> None:  # fmt: skip
    digest = digest_of(row.number, wish.secret) if wish.secret else ""
    sealed = _sealed(session, digest, row.secret_md5 or "", seat_place(row.number)) if wish.kind == "SIP" else None
    codecs = BROWSER_CODECS if wish.kind == "BROWSER" else [each for each in CODECS if each in wish.codecs]
    wanted = {
        "name": wish.name.strip(), "kind": wish.kind, "contact": wish.contact if wish.kind == "LINE" else None,
        "codecs": codecs, "closed_at": left(row.closed_at, wish.active, now),
    }  # fmt: skip
    keep(session, row, "seat", row.number, row.number, wanted, actor=actor, now=now, new=new, command_id=command_id,
         secret={"secret_md5": sealed})  # fmt: skip


def digest_of(number: str, secret: str) -> str:
    """What SIP's digest compares (RFC 2617): the secret itself is kept nowhere. Whoever has it can register, so it is
    sealed."""
    return hashlib.md5(f"seat-{number}:asterisk:{secret}".encode(), usedforsecurity=False).hexdigest()


def _sitting_at(session: Session, number: str) -> str | None:
    out = AgentState.LOGGED_OUT.value
    return session.scalar(
        select(User.name)
        .join(SeatState, SeatState.user_id == User.id)
        .where(SeatState.seat == number, SeatState.until.is_(None), SeatState.state != out)
        .limit(1)
    )


# ------------------------------------------------------------------ trunks
def add_trunk(
    session: Session, name: str, wish: TrunkWish, *, actor: Actor, now: datetime, command_id: UUID | None = None
) -> None:  # fmt: skip
    """Raises Forbidden, Invalid, and Conflict where the name is taken; the same command again does nothing."""
    require(actor, "telephone.manage")
    faults = Faults()
    faults.unless(_NAME.fullmatch(name), "name", "trunk_name")
    _check_trunk(faults, wish)
    if is_new(session, session.get(TrunkRow, name), "trunk", name, command_id):
        row = TrunkRow(name=name, host=wish.host, codecs=[], password="", username="")
        _keep_trunk(session, row, wish, actor, now, new=True, command_id=command_id)


def change_trunk(session: Session, name: str, wish: TrunkWish, *, actor: Actor, now: datetime) -> None:
    """Raises Forbidden, NotFound, Invalid. Calls that it carries go on, also when it is given up."""
    require(actor, "telephone.manage")
    row: TrunkRow = find(session, TrunkRow, name, "trunk")
    _check_trunk(Faults(), wish, row.password, readable=is_readable(session, row))
    _keep_trunk(session, row, wish, actor, now)


def _check_trunk(faults: Faults, wish: TrunkWish, kept: str = "", *, readable: bool = True) -> None:
    faults.unless(_HOST.fullmatch(wish.host), "host", "host")
    faults.between(wish.port, 1, 65535, "port")
    faults.one_of(wish.transport, TRANSPORTS, "transport")
    faults.unless(wish.codecs and set(wish.codecs) <= set(CODECS), "codecs", "codecs")
    faults.unless(_LOGIN.fullmatch(wish.username), "username", "username")
    if wish.username:
        faults.unless(wish.password or kept, "password", "password_missing")
        faults.unless(wish.password or readable or not wish.active, "password", "unreadable")
        faults.unless(not wish.password or _PASSWORD.fullmatch(wish.password), "password", "password")
    faults.between(wish.lines, 0, 10_000, "lines")
    faults.between(wish.ask_every, 0, 3600, "ask_every")
    faults.unless(re.fullmatch(r"\+?[0-9]{0,20}", wish.caller_id), "caller_id", "digits")
    faults.say()


def _keep_trunk(
    session: Session, row: TrunkRow, wish: TrunkWish, actor: Actor, now: datetime, *, new: bool = False,
    command_id: UUID | None = None,
) -> None:  # fmt: skip
    wanted = {
        "host": wish.host, "port": wish.port, "transport": wish.transport, "username": wish.username,
        "codecs": [each for each in CODECS if each in wish.codecs], "lines": wish.lines, "outward": wish.outward,
        "caller_id": wish.caller_id, "ask_every": wish.ask_every,
        "closed_at": left(row.closed_at, wish.active, now),
    }  # fmt: skip
    sealed = _sealed(session, wish.password, row.password, trunk_place(row.name)) if wish.username else ""
    keep(session, row, "trunk", row.name, row.name, wanted, actor=actor, now=now, new=new, command_id=command_id,
         secret={"password": sealed})  # fmt: skip


# ------------------------------------------------------------------ secrets
def _sealed(session: Session, typed: str, kept: str, place: str) -> str:
    """What the column is to hold. Where nothing was typed, or what it holds already, it stays as it is."""
    vault = vault_of(session)
    return kept if not typed or vault.holds(kept, typed, place) else vault.seal(typed, place)


def is_readable(session: Session, row: Seat | TrunkRow) -> bool:
    """False where it was sealed with another CITYDESK_SECRET_KEY: then it must be entered again."""
    if isinstance(row, Seat):
        sealed, place = row.secret_md5 or "", seat_place(row.number)
    else:
        sealed, place = row.password, trunk_place(row.name)
    return not sealed or vault_of(session).can_open(sealed, place)


# ------------------------------------------------------------------ reading
def seats_to_keep(session: Session) -> list[tuple[Seat, str | None]]:
    """Every seat by number, those given up too, and who sits there."""
    out = AgentState.LOGGED_OUT.value
    now = (SeatState.seat == Seat.number) & SeatState.until.is_(None) & (SeatState.state != out)
    query = select(Seat, User.name).outerjoin(SeatState, now).outerjoin(User, User.id == SeatState.user_id)
    return [(row.Seat, row.name) for row in session.execute(query.order_by(Seat.number))]


def trunks_to_keep(session: Session) -> Sequence[TrunkRow]:
    """Every trunk by name, those given up too. Whoever shows them leaves the password out."""
    return session.scalars(select(TrunkRow).order_by(TrunkRow.name)).all()
