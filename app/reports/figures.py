"""Figures of a span of days beside those of the span before it, for whoever may see them: each within their own
district and department. Three statements over daily counts; only what is overdue now is counted from the orders."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from app.cases.models import WorkOrder
from app.cases.order_listing import readable_orders
from app.identity import ACTIONS, Actor, Grant
from app.reports.models import DailyFigure, DailySpot, DailyTopic, FiguresState


class Measure(StrEnum):
    REGISTERED = "REGISTERED"
    CLOSED = "CLOSED"
    VOIDED = "VOIDED"
    MET = "MET"
    """Limits to handle that fell due that day and were kept."""
    MISSED = "MISSED"
    SATISFIED = "SATISFIED"
    """Return visits that reached somebody who was at least basically satisfied."""
    UNSATISFIED = "UNSATISFIED"
    SOLVED = "SOLVED"
    UNSOLVED = "UNSOLVED"
    REWORK = "REWORK"
    SIGNED = "SIGNED"
    """Orders whose limit to handle fell due that day, signed and reported back: the base of the two sums of time."""
    SIGN_MINUTES = "SIGN_MINUTES"
    """Of these, from dispatch to signature, by the clock on the wall."""
    HANDLED = "HANDLED"
    HANDLE_MINUTES = "HANDLE_MINUTES"
    """Of these, from signature to report."""


Counts = Mapping[Measure, int]
Table = type[DailyFigure] | type[DailyTopic] | type[DailySpot]


@dataclass(frozen=True, slots=True)
class Span:
    """Days of the city, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> "Span":
        """As many days, just before."""
        return Span(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    def each(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.days)]


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of matter: how many reports of it, now and in the span before."""

    code: str
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class Figures:
    span: Span
    as_of: datetime | None
    complete: bool
    """False while the past is still being counted for the first time."""
    total: Counts
    before: Counts
    by_day: Mapping[date, Counts]
    by_department: Mapping[str, Counts]
    by_district: Mapping[str, Counts]
    topics: Sequence[Topic]
    overdue: Mapping[str, int] = field(default_factory=dict)
    """Open orders over a limit at this moment, by department."""


def rate(good: int, bad: int) -> float | None:
    """Percent, one decimal; None without a base."""
    return round(100 * good / (good + bad), 1) if good + bad else None


def mean_minutes(counts: Counts, of: Measure, base: Measure) -> float | None:
    """How long it took on the average; None where nothing ended."""
    return counts[of] / counts[base] if counts.get(base) else None


def figures(session: Session, actor: Actor, span: Span, now: datetime) -> Figures:
    """What `actor` may see of these days."""
    state = session.scalars(select(FiguresState)).one_or_none()
    by_day, by_department, by_district = _counts(session, actor, span)
    return Figures(
        span,
        state.as_of if state else None,
        bool(state and state.complete),
        _sum(counts for day, counts in by_day.items() if day >= span.first),
        _sum(counts for day, counts in by_day.items() if day < span.first),
        by_day,
        by_department,
        by_district,
        _topics(session, actor, span),
        overdue_now(session, actor, now),
    )


def overdue_now(session: Session, actor: Actor, now: datetime) -> dict[str, int]:
    """Open orders over a running limit, by department. Found by the index of their due times: what it costs depends on
    how many are late, not on how many there are."""
    late = (
        select(WorkOrder.department, func.count())
        .where(WorkOrder.ended_at.is_(None), WorkOrder.due_at < now, readable_orders(actor))
        .group_by(WorkOrder.department)
    )
    return {row[0]: row[1] for row in session.execute(late)}


def _counts(
    session: Session, actor: Actor, span: Span
) -> tuple[dict[date, Counts], dict[str, Counts], dict[str, Counts]]:
    """By day, of the span before too; by department and by district of the span itself. The days are read once for
    all three."""
    day, department, district, measure = (
        DailyFigure.day, DailyFigure.department, DailyFigure.district, DailyFigure.measure
    )  # fmt: skip
    ways = func.grouping_sets(tuple_(day, measure), tuple_(department, measure), tuple_(district, measure))
    of_span = func.coalesce(func.sum(DailyFigure.n).filter(day >= span.first), 0)
    query = (
        select(func.grouping(day), func.grouping(department), day, department, district, measure,
               func.sum(DailyFigure.n), of_span)
        .where(reach_of(actor), day.between(span.before().first, span.last))
        .group_by(ways)
    )  # fmt: skip
    by_day: dict[date, dict[Measure, int]] = defaultdict(lambda: defaultdict(int))
    by_department: dict[str, dict[Measure, int]] = defaultdict(lambda: defaultdict(int))
    by_district: dict[str, dict[Measure, int]] = defaultdict(lambda: defaultdict(int))
    for no_day, no_department, *keys, kind, both, own in session.execute(query):
        if not no_day:
            by_day[keys[0]][Measure(kind)] = both
        elif own:
            (by_district if no_department else by_department)[keys[2 if no_department else 1]][Measure(kind)] = own
    return dict(by_day), dict(by_department), dict(by_district)


def _topics(session: Session, actor: Actor, span: Span) -> list[Topic]:
    """What is reported most, with how it was before."""
    now = func.coalesce(func.sum(DailyTopic.n).filter(DailyTopic.day >= span.first), 0)
    before = func.coalesce(func.sum(DailyTopic.n).filter(DailyTopic.day < span.first), 0)
    query = (
        select(DailyTopic.topic, now, before)
        .where(reach_of(actor, DailyTopic), DailyTopic.day.between(span.before().first, span.last))
        .group_by(DailyTopic.topic)
        .order_by(now.desc(), DailyTopic.topic)
    )
    return [Topic(*row) for row in session.execute(query)]


def reach_of(actor: Actor, table: Table = DailyFigure) -> ColumnElement[bool]:
    """The same rule as `identity.can(actor, "figures.read", scope)`. Days are kept by district, so a grant for a part
    of a district reaches none."""
    if actor.system:
        return true()
    reach = [_of_grant(grant, table) for grant in actor.grants if grant.role in ACTIONS["figures.read"]]
    return or_(*reach) if reach else false()


def _of_grant(grant: Grant, table: Table) -> ColumnElement[bool]:
    only: list[ColumnElement[bool]] = []
    if grant.department is not None:
        only.append(table.department == grant.department)
    if grant.district is not None:
        lies_below = table.district.startswith(f"{grant.district}/", autoescape=True)
        only.append(or_(table.district == grant.district, lies_below))
    return and_(true(), *only)


def _sum(many: Iterable[Counts]) -> Counts:
    total: dict[Measure, int] = defaultdict(int)
    for counts in many:
        for measure, n in counts.items():
            total[measure] += n
    return total
