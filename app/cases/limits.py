"""Reading time limits: the state a limit is in at a moment follows from its row alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.enums import LimitState
from app.cases.models import TimeLimit
from app.core.clock import NEVER

STANDS_STILL = NEVER
"""Due time of a limit that is paused: it comes after every other, and nobody is late."""


@dataclass(frozen=True, slots=True)
class LimitView:
    id: UUID
    case_id: UUID
    order_id: UUID | None
    kind: str
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    escalate_at: datetime
    value: str | None
    """As ordered, e.g. "2", with `unit` WORKING_DAY; None for a plain duration."""
    unit: str | None
    provisional: bool
    """Counted over a year whose calendar is not published yet."""
    pauses: Sequence[Mapping[str, Any]]
    extensions: Sequence[Mapping[str, Any]]
    ended_at: datetime | None
    ended_as: str | None

    def state(self, now: datetime) -> LimitState:
        """While it runs: RUNNING, DUE_SOON from 80 % on, OVERDUE after due; then MET, BREACHED."""
        if self.ended_as is not None:
            return LimitState.BREACHED if self.ended_as == LimitState.BREACHED else LimitState.MET
        if self.pauses and self.pauses[-1].get("until") is None:
            return LimitState.PAUSED
        if now > self.due_at:
            return LimitState.OVERDUE
        return LimitState.DUE_SOON if now >= self.warn_at else LimitState.RUNNING

    def used(self, now: datetime) -> float:
        """Share of the time between start and due that has passed, 0 to 1; as it was when a pause began."""
        due, until = self.due_at, self.ended_at or now
        if self.pauses and self.pauses[-1]["until"] is None and self.ended_at is None:
            due, until = (datetime.fromisoformat(self.pauses[-1][name]) for name in ("due_before", "since"))
        whole = (due - self.started_at).total_seconds()
        passed = (until - self.started_at).total_seconds()
        return 1.0 if whole <= 0 else min(1.0, max(0.0, passed / whole))


def limit_view(limit: TimeLimit) -> LimitView:
    return LimitView(
        limit.id, limit.case_id, limit.order_id, limit.kind, limit.started_at, limit.warn_at, limit.due_at,
        limit.escalate_at, None if limit.value is None else f"{limit.value.normalize():f}", limit.unit,
        limit.provisional, limit.pauses, limit.extensions, limit.ended_at, limit.state,
    )  # fmt: skip


def limits_of(session: Session, case_id: UUID) -> list[LimitView]:
    """Every limit of a case and its orders, in the order they began."""
    query = select(TimeLimit).where(TimeLimit.case_id == case_id).order_by(TimeLimit.started_at, TimeLimit.id)
    return [limit_view(limit) for limit in session.scalars(query)]


def open_limit(session: Session, case_id: UUID, order_id: UUID | None, kind: str) -> TimeLimit | None:
    """The running limit of this kind, the youngest if there are several."""
    query = (
        select(TimeLimit)
        .where(TimeLimit.case_id == case_id, TimeLimit.order_id == order_id, TimeLimit.kind == kind)
        .where(TimeLimit.ended_at.is_(None))
        .order_by(TimeLimit.started_at.desc(), TimeLimit.id.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def most_urgent(limits: Iterable[LimitView]) -> LimitView | None:
    """Of those still running, the one due first."""
    return min((limit for limit in limits if limit.ended_at is None), key=lambda limit: limit.due_at, default=None)
