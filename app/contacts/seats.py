"""Seats and who sits there, as pages show them: one's own, the free ones, all of them with the calls they are in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.contacts.facts import AgentState
from app.contacts.models import Agent, Call, CallEvent, CallLeg, Recording, Seat, SeatState, SkillGroup
from app.identity.models import User

OUT = AgentState.LOGGED_OUT.value


@dataclass(frozen=True, slots=True)
class SeatNow:
    """An agent and the state they are in. `seat` and `kind` are None for somebody who is signed out."""

    agent: UUID
    name: str
    work_no: str
    extension: str
    state: str = OUT
    since: datetime | None = None
    seat: str | None = None
    kind: str | None = None
    reason: str | None = None
    call: Call | None = None


def own_seat(session: Session, user_id: UUID) -> SeatNow | None:
    """None for somebody who is no agent."""
    return next(iter(_seats(session, Agent.user_id == user_id)), None)


def all_seats(session: Session) -> list[SeatNow]:
    """Every agent, by work number."""
    return _seats(session)


def _seats(session: Session, *conditions: Any) -> list[SeatNow]:
    query = (
        select(Agent, User.name, SeatState, Seat.kind, Call)
        .join(User, User.id == Agent.user_id)
        .outerjoin(SeatState, and_(SeatState.user_id == Agent.user_id, SeatState.until.is_(None)))
        .outerjoin(Seat, Seat.number == SeatState.seat)
        .outerjoin(Call, and_(Call.id == SeatState.call_id, Call.ended_at.is_(None)))
        .where(Agent.left_at.is_(None), *conditions)
        .order_by(Agent.work_no)
    )
    return [_seat_now(row) for row in session.execute(query)]


def _seat_now(row: "Row[Agent, str, SeatState, str, Call]") -> SeatNow:
    agent, name, state, kind, call = row
    who = agent.user_id, name, agent.work_no, agent.extension
    if state is None or state.state == OUT:
        return SeatNow(*who, since=state.since if state else None)
    return SeatNow(*who, state.state, state.since, state.seat, kind, state.reason, call)


def free_seats(session: Session) -> Sequence[Seat]:
    """Where nobody is signed in."""
    taken = exists().where(SeatState.seat == Seat.number, SeatState.until.is_(None), SeatState.state != OUT)
    return session.scalars(select(Seat).where(Seat.closed_at.is_(None), ~taken).order_by(Seat.number)).all()


def answered_since(session: Session, user_id: UUID, since: datetime) -> int:
    mine = Call.agent == user_id, Call.began_at >= since, Call.answered_at.is_not(None)
    return session.scalars(select(func.count()).select_from(Call).where(*mine)).one()


def queue_now(session: Session) -> tuple[int, datetime | None]:
    """How many wait for a person, and since when the first of them does."""
    waits = Call.ended_at.is_(None), Call.queued_at.is_not(None), Call.answered_at.is_(None)
    count, first = session.execute(select(func.count(), func.min(Call.queued_at)).where(*waits)).one()
    return count, first


def waiting_calls(session: Session) -> Sequence[Call]:
    """Those in the queues, the longest first."""
    waits = Call.ended_at.is_(None), Call.queued_at.is_not(None), Call.answered_at.is_(None)
    return session.scalars(select(Call).where(*waits).order_by(Call.queued_at)).all()


def skill_groups(session: Session, *, retired: bool = False) -> Sequence[SkillGroup]:
    """Those in use; with those that were given up, whom calls still name, if wished."""
    query = select(SkillGroup).order_by(SkillGroup.code)
    return session.scalars(query if retired else query.where(SkillGroup.retired_at.is_(None))).all()


def takes_part(session: Session, call: Call, user_id: UUID) -> bool:
    """Did it ring at this agent's, or did they begin it?"""
    if call.agent == user_id:
        return True
    rang = exists().where(CallLeg.call_id == call.id, CallLeg.agent == user_id)
    return bool(session.scalar(select(rang)))


def is_recorded(session: Session, call_id: UUID) -> bool:
    """Does a recording of the talk run, and has nobody paused it?"""
    running = aliased(Recording)
    runs = exists().where(running.call_id == call_id, running.kind == "TALK", running.ended_at.is_(None))
    by_hand = (
        select(CallEvent.body["name"].astext)
        .where(CallEvent.call_id == call_id, CallEvent.kind == "commanded",
               CallEvent.body["name"].astext.in_(("record_on", "record_off")))
        .order_by(CallEvent.no.desc())
        .limit(1)
        .scalar_subquery()
    )  # fmt: skip
    on, last = session.execute(select(runs, by_hand)).one()
    return bool(on) and last != "record_off"
