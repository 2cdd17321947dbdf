"""Taking in the facts about agents at their seats."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.facts import Fact
from app.contacts.models import SeatState


def take_seat_states(session: Session, facts: Sequence[Fact]) -> None:
    """Each agent's states in order: one ends when the next begins, the last one stands."""
    if not facts:
        return
    known = set(session.scalars(select(SeatState.id).where(SeatState.id.in_([fact.id for fact in facts]))))
    by_agent: dict[UUID, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.id not in known:
            by_agent[fact.subject].append(fact)
    if not by_agent:
        return
    open_rows = select(SeatState).where(SeatState.user_id.in_(by_agent), SeatState.until.is_(None))
    for standing in session.scalars(open_rows):
        standing.until = by_agent[standing.user_id][0].at
    session.flush()  # one state stands for each agent: the old ones end first
    for states in by_agent.values():
        ends = [*(fact.at for fact in states[1:]), None]
        session.add_all(_seat_state(fact, until) for fact, until in zip(states, ends, strict=True))
    session.flush()


def _seat_state(fact: Fact, until: datetime | None) -> SeatState:
    body = fact.body
    return SeatState(
        id=fact.id, user_id=fact.subject, seat=body.get("seat"), state=body["state"], reason=body.get("reason"),
        call_id=UUID(body["call"]) if body.get("call") else None, since=fact.at, until=until,
    )  # fmt: skip
