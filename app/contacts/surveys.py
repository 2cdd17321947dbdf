"""What citizens said by key when the talk was over: of a call, and of an agent (Q16)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contacts.facts import Satisfaction
from app.contacts.models import Call, CallSurvey
from app.core.ids import new_id
from app.workflow.models import Outbox

VISIT_ANSWERED = "visit_answered"
"""The outbox row of an answer to a return visit."""


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """Of one agent in a span: calls answered, seconds talked on average, citizens asked, and what they said."""

    agent: UUID
    answered: int
    talked: float
    asked: int = 0
    rated: int = 0
    content: int = 0
    """At least basically satisfied."""

    @property
    def satisfaction(self) -> float | None:
        """Percent of those who answered; None before anybody did."""
        return 100 * self.content / self.rated if self.rated else None


def surveys_of_calls(session: Session, calls: Sequence[UUID]) -> dict[UUID, CallSurvey]:
    """By call; only those that were answered."""
    query = select(CallSurvey).where(CallSurvey.call_id.in_(calls), CallSurvey.rated_at.is_not(None))
    return {row.call_id: row for row in session.scalars(query)}


def hand_over_answers(session: Session, ended: Collection[UUID], now: datetime) -> None:
    """Of calls about a case that have ended: who answered both questions may have answered a return visit. A worker
    sees to it, once a call."""
    answered = select(CallSurvey.call_id).where(
        CallSurvey.call_id.in_(ended), CallSurvey.satisfaction.is_not(None), CallSurvey.resolved.is_not(None)
    )
    for call_id in session.scalars(answered) if ended else ():
        session.add(
            Outbox(
                id=new_id(), kind=VISIT_ANSWERED, body={"call_id": str(call_id)}, created_at=now, due_at=now,
                dedupe=f"{VISIT_ANSWERED}:{call_id}", nudge_at=now,
            )
        )  # fmt: skip


def figures_by_agent(session: Session, since: datetime) -> list[AgentFigures]:
    """Of the calls that began since then, who talked the most first; whoever talked with nobody is left out."""
    talked = func.extract("epoch", func.coalesce(Call.talked_until, Call.ended_at, func.now()) - Call.answered_at)
    said, answered = CallSurvey.satisfaction, func.count()
    query = (
        select(
            Call.agent, answered, func.coalesce(func.avg(talked), 0), func.count(CallSurvey.call_id), func.count(said),
            func.count().filter(said.is_not(None), said != Satisfaction.UNSATISFIED),
        )
        .select_from(Call)
        .outerjoin(CallSurvey, CallSurvey.call_id == Call.id)
        .where(Call.began_at >= since, Call.agent.is_not(None), Call.answered_at.is_not(None))
        .group_by(Call.agent)
        .order_by(answered.desc(), Call.agent)
    )  # fmt: skip
    return [
        AgentFigures(agent, int(n), float(seconds), *map(int, rest))
        for agent, n, seconds, *rest in session.execute(query)
    ]
