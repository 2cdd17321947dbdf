"""Call records as lists, and what a shift's calls come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.citizens import normalise_phone
from app.contacts.callbacks import talked_with
from app.contacts.facts import Outcome
from app.contacts.models import Call, CallbackRequest, Recording, SkillGroup
from app.core.errors import NotFound

After = tuple[datetime, UUID]
"""Key of a page's last row: when the call began, and its id."""
IN_HAND = 20
"""Seconds within which a call is to be answered where its group sets no time."""


@dataclass(frozen=True, slots=True)
class CallFilter:
    """What a list is narrowed to; empty means any. `number`: the citizen's, whole; `state`: an Outcome, or NOW."""

    began_from: datetime | None = None
    began_until: datetime | None = None
    agent: UUID | None = None
    state: str = ""
    group: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Calls that came in during a span. `in_time`: of those that wanted a person, answered within their group's time;
    seconds are averages."""

    arrived: int = 0
    queued: int = 0
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    missed: int = 0
    waited: float = 0.0
    talked: float = 0.0

    @property
    def service_level(self) -> float | None:
        """Share answered in time, in percent; None before anybody called."""
        return 100 * self.in_time / self.queued if self.queued else None

    @property
    def connect_rate(self) -> float | None:
        return 100 * self.answered / self.queued if self.queued else None


def list_calls(session: Session, wanted: CallFilter, after: After | None = None, limit: int = 50) -> Sequence[Call]:
    """The newest first; `after` continues behind that row."""
    query = select(Call).where(*_narrowed(wanted))
    if after is not None:
        query = query.where(tuple_(Call.began_at, Call.id) < tuple_(*after))
    return session.scalars(query.order_by(Call.began_at.desc(), Call.id.desc()).limit(limit)).all()


def _narrowed(wanted: CallFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.began_from is not None:
        conditions.append(Call.began_at >= wanted.began_from)
    if wanted.began_until is not None:
        conditions.append(Call.began_at < wanted.began_until)
    if wanted.agent is not None:
        conditions.append(Call.agent == wanted.agent)
    if wanted.group:
        conditions.append(Call.skill_group == wanted.group)
    if wanted.state == "NOW":
        conditions.append(Call.ended_at.is_(None))
    elif wanted.state:
        conditions.append(Call.outcome == wanted.state)
    if wanted.number:
        number = normalise_phone(wanted.number)
        conditions.append(or_(Call.caller == number, and_(Call.direction == "OUT", Call.called == number)))
    return conditions


def calls_of_case(session: Session, case_id: UUID) -> Sequence[Call]:
    return session.scalars(select(Call).where(Call.case_id == case_id).order_by(Call.began_at)).all()


def recordings_of_calls(session: Session, calls: Sequence[UUID]) -> dict[UUID, list[Recording]]:
    """By call, in the order they were made."""
    found: dict[UUID, list[Recording]] = {}
    for row in session.scalars(select(Recording).where(Recording.call_id.in_(calls)).order_by(Recording.began_at)):
        found.setdefault(row.call_id, []).append(row)
    return found


def recording_by_id(session: Session, recording_id: UUID) -> tuple[Recording, Call]:
    """Raises NotFound."""
    query = select(Recording, Call).join(Call, Call.id == Recording.call_id).where(Recording.id == recording_id)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("contacts.no_recording")
    recording, call = found
    return recording, call


def callbacks_to_do(session: Session, limit: int = 100) -> Sequence["Row[CallbackRequest, Call]"]:
    """Who is still to be called back, the longest first: nobody has talked with that number since, whoever called."""
    query: Select[CallbackRequest, Call] = (
        select(CallbackRequest, Call)
        .join(Call, Call.id == CallbackRequest.call_id)
        .where(
            CallbackRequest.state.in_(("OPEN", "CALLING")),
            ~talked_with(CallbackRequest.phone, CallbackRequest.asked_at),
        )
        .order_by(CallbackRequest.asked_at, CallbackRequest.id)
        .limit(limit)
    )
    return session.execute(query).all()


# ------------------------------------------------------------------ figures
def figures(session: Session, since: datetime) -> Figures:
    """Of the calls that came in since then."""
    row = session.execute(_counted(since)).one()
    return _figures(row)


def figures_by_group(session: Session, since: datetime) -> dict[str, Figures]:
    """The same of each skill group that had calls."""
    query = _counted(since).add_columns(Call.skill_group).where(Call.skill_group.is_not(None))
    return {row[-1]: _figures(row) for row in session.execute(query.group_by(Call.skill_group))}


def _counted(since: datetime) -> "Select[*tuple[Any, ...]]":
    waited = func.extract("epoch", Call.answered_at - Call.queued_at)
    wanted = Call.queued_at.is_not(None)
    answered = and_(wanted, Call.answered_at.is_not(None))
    limit = func.coalesce(SkillGroup.answer_within_seconds, IN_HAND)
    talked = func.extract("epoch", func.coalesce(Call.talked_until, Call.ended_at, func.now()) - Call.answered_at)
    return (
        select(
            func.count(), func.count().filter(wanted), func.count().filter(answered),
            func.count().filter(and_(answered, waited <= limit)),
            func.count().filter(Call.outcome == Outcome.ABANDONED), func.count().filter(Call.outcome == Outcome.MISSED),
            func.coalesce(func.avg(waited).filter(answered), 0), func.coalesce(func.avg(talked).filter(answered), 0),
        )
        .select_from(Call)
        .outerjoin(SkillGroup, SkillGroup.code == Call.skill_group)
        .where(Call.began_at >= since, Call.direction == "IN")
    )  # fmt: skip


def _figures(row: "Row[Any]") -> Figures:
    counts, averages = row[:6], row[6:8]
    return Figures(*map(int, counts), *map(float, averages))
