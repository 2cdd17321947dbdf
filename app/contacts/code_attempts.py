"""Codes that callers type for a member's number: after some wrong ones the number, and the line they were typed on, are
locked for a while, so that nobody gets in by guessing. Counted here and nowhere else: a restart forgets nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.orm import Session

from app import audit
from app.citizens import masked_phone
from app.contacts.guard import TELEPHONE
from app.contacts.models import CodeAttempt
from app.contacts.upkeep import stream_of
from app.core.errors import NotFound
from app.identity import Actor, require

WINDOW = timedelta(minutes=15)
MOST = 5
"""Wrong codes in the window, for one number from all lines, and on one line for all numbers."""
KEEP = timedelta(days=30)
NUMBER, LINE = "NUMBER", "LINE"


@dataclass(frozen=True, slots=True)
class Locked:
    """What is locked now: `shown` is masked where it is a citizen's telephone; `attempt`: one of the wrong ones."""

    about: str
    shown: str
    tries: int
    until: datetime
    attempt: int


def begin_attempt(session: Session, number: str, line: str, call: UUID, now: datetime) -> int | None:
    """Write the attempt down as wrong, before the code is looked at: guesses at the same time count too. None: the
    number or the line is locked, and the code will not be looked at. A withheld line is not counted."""
    keys = sorted({f"{NUMBER}:{number}", f"{LINE}:{line}"})
    for key in keys:  # one at a time, in one order
        session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 44))"), {"key": key})
    known = line or None
    if any(_wrong_ones(session, about, value, now) >= MOST for about, value in _counted(number, known)):
        return None
    attempt = CodeAttempt(number=number, line=known, call_id=call, at=now, succeeded=False)
    session.add(attempt)
    session.flush()
    return attempt.id


def end_attempt(session: Session, attempt_id: int, now: datetime, *, right: bool) -> None:
    """What it came to. The wrong one that locks something goes into the history."""
    attempt = session.get_one(CodeAttempt, attempt_id)
    attempt.succeeded = right
    if right:
        return
    for about, value in _counted(attempt.number, attempt.line):
        if _wrong_ones(session, about, value, now) == MOST:
            _tell(session, "locked", about, attempt, TELEPHONE, now)


def locked(session: Session, now: datetime) -> list[Locked]:
    """The longest first."""
    found: list[Locked] = []
    for about, (column, _) in _COLUMNS.items():
        query = (
            select(column, func.count(), func.min(CodeAttempt.at), func.max(CodeAttempt.id))
            .where(*_wrong(about, now), column.is_not(None))
            .group_by(column)
            .having(func.count() >= MOST)
        )
        for value, tries, first, attempt in session.execute(query):
            found.append(Locked(about, _shown(about, value or ""), tries, first + WINDOW, attempt))
    return sorted(found, key=lambda one: one.until, reverse=True)


def unlock(session: Session, attempt_id: int, about: str, *, actor: Actor, now: datetime) -> None:
    """What that attempt locked is open again at once; doing it twice changes nothing. Raises Forbidden, NotFound."""
    require(actor, "telephone.manage")
    attempt = session.get(CodeAttempt, attempt_id)
    value = dict(_counted(attempt.number, attempt.line)).get(about) if attempt else None
    if attempt is None or value is None:
        raise NotFound("contacts.upkeep.no_mark")
    column, unlocked = _COLUMNS[about]
    opened = update(CodeAttempt).where(*_wrong(about, now), column == value).values({unlocked: now})
    if session.scalars(opened.returning(CodeAttempt.id)).all():
        _tell(session, "unlocked", about, attempt, actor, now)


def forget_attempts(session: Session, now: datetime) -> None:
    """Housekeeping: they hold numbers of citizens."""
    session.execute(delete(CodeAttempt).where(CodeAttempt.at < now - KEEP))


_COLUMNS = {
    NUMBER: (CodeAttempt.number, CodeAttempt.number_unlocked_at),
    LINE: (CodeAttempt.line, CodeAttempt.line_unlocked_at),
}


def _counted(number: str, line: str | None) -> list[tuple[str, str]]:
    return [(NUMBER, number), (LINE, line)] if line else [(NUMBER, number)]


def _wrong(about: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return ~CodeAttempt.succeeded, _COLUMNS[about][1].is_(None), CodeAttempt.at > now - WINDOW


def _wrong_ones(session: Session, about: str, value: str, now: datetime) -> int:
    """No more than lock."""
    wrong = select(CodeAttempt.id).where(*_wrong(about, now), _COLUMNS[about][0] == value).limit(MOST).subquery()
    return session.scalar(select(func.count()).select_from(wrong)) or 0


def _shown(about: str, value: str) -> str:
    return value if about == NUMBER else masked_phone(value) or ""


def _tell(session: Session, deed: str, about: str, attempt: CodeAttempt, actor: Actor, now: datetime) -> None:
    value = attempt.number if about == NUMBER else attempt.line or ""
    audit.record(
        session, stream_of("code", attempt.id), f"phone.code.{deed}", actor=actor, now=now,
        result={"what": _shown(about, value), "about": about}, stream_kind="telephone",
        stream_name=f"code:{attempt.id}",
    )  # fmt: skip
