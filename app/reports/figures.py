"""Figures of a span of days beside those of the span before it, for whoever may see them: each within their own
district and department. Three statements over daily counts, whole months from their sums; only what is overdue now is
counted from the orders."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Subquery,
    and_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)  # fmt: skip
from sqlalchemy.orm import Session

from app.cases.models import WorkOrder
from app.cases.order_listing import readable_orders
from app.identity import ACTIONS, Actor, Grant
from app.reports.models import DailyFigure, DailySpot, DailyTopic, FiguresState, MonthlyFigure, MonthlyTopic


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
Table = type[DailyFigure] | type[DailyTopic] | type[DailySpot] | type[MonthlyFigure] | type[MonthlyTopic]

DRAWN = (Measure.REGISTERED, Measure.CLOSED)
"""Told of every day."""
LATELY = 14
"""Days at the end of a span of which every measure is told."""


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

    def months(self) -> "Span | None":
        """The days of the whole months in it; None where there is none."""
        first = self.first if self.first.day == 1 else next_month(self.first)
        last = first_of_month(self.last + timedelta(days=1)) - timedelta(days=1)
        return Span(first, last) if first <= last else None

    def edges(self) -> "list[Span]":
        """The days that belong to no whole month."""
        months = self.months()
        if months is None:
            return [self]
        around = (Span(self.first, months.first - timedelta(days=1)), Span(months.last + timedelta(days=1), self.last))
        return [each for each in around if each.days]


def first_of_month(day: date) -> date:
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after."""
    return first_of_month(first_of_month(day) + timedelta(days=31))


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
    total, before, by_department, by_district = _counts(session, actor, span)
    return Figures(
        span,
        state.as_of if state else None,
        bool(state and state.complete),
        total,
        before,
        _by_day(session, actor, span),
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


def _by_day(session: Session, actor: Actor, span: Span) -> dict[date, Counts]:
    """What is drawn of each day, of the span before too, and of the last days all there is."""
    day, measure = DailyFigure.day, DailyFigure.measure
    first = span.before().first
    counted = select(day, measure, func.sum(DailyFigure.n)).where(reach_of(actor)).group_by(day, measure)
    drawn = counted.where(measure.in_(DRAWN), day.between(first, span.last))
    lately = counted.where(day.between(max(first, span.last - timedelta(days=LATELY - 1)), span.last))
    by_day: dict[date, dict[Measure, int]] = defaultdict(lambda: defaultdict(int))
    for of_day, kind, n in session.execute(union_all(drawn, lately)):
        by_day[of_day][Measure(kind)] = n  # what stands in both is the same number
    return dict(by_day)


def _counts(session: Session, actor: Actor, span: Span) -> tuple[Counts, Counts, dict[str, Counts], dict[str, Counts]]:
    """Of the span, of the one before it, and of the span by department and by district. Read once for all four."""
    found = _now_and_before(actor, span, DailyFigure, MonthlyFigure, "measure", "department", "district")
    department, district, measure = found.c.department, found.c.district, found.c.measure
    ways = func.grouping_sets(tuple_(department, measure), tuple_(district, measure))
    query = select(
        func.grouping(department), department, district, measure, _sum(found.c.now), _sum(found.c.before)
    ).group_by(ways)
    total: dict[Measure, int] = defaultdict(int)
    before: dict[Measure, int] = defaultdict(int)
    by_department: dict[str, dict[Measure, int]] = defaultdict(lambda: defaultdict(int))
    by_district: dict[str, dict[Measure, int]] = defaultdict(lambda: defaultdict(int))
    for no_department, of_department, of_district, kind, now, earlier in session.execute(query):
        if now:
            (by_district[of_district] if no_department else by_department[of_department])[Measure(kind)] = now
        if no_department:
            total[Measure(kind)] += now
            before[Measure(kind)] += earlier
    return total, before, dict(by_department), dict(by_district)


def _topics(session: Session, actor: Actor, span: Span) -> list[Topic]:
    """What is reported most, with how it was before."""
    found = _now_and_before(actor, span, DailyTopic, MonthlyTopic, "topic")
    now = _sum(found.c.now)
    query = select(found.c.topic, now, _sum(found.c.before)).group_by(found.c.topic).order_by(now.desc(), found.c.topic)
    return [Topic(*row) for row in session.execute(query)]


def _now_and_before(actor: Actor, span: Span, daily: Table, monthly: Table, *keys: str) -> Subquery:
    """Rows of `keys`, `now` (how often in the span) and `before` (in the one before it), of what the actor may see:
    whole months from their sums, the days around them one by one."""
    parts = []
    for days, is_now in ((span, True), (span.before(), False)):
        months = days.months()
        sources = [(daily, "day", edge) for edge in days.edges()] + ([(monthly, "month", months)] if months else [])
        for table, when, part in sources:
            row = [getattr(table, key).label(key) for key in keys]
            n = [table.n.label("now"), literal(0).label("before")] if is_now else [literal(0), table.n]
            between = getattr(table, when).between(part.first, part.last)
            parts.append(select(*row, *n).where(reach_of(actor, table), between))
    return union_all(*parts).subquery()


def _sum(n: ColumnElement[int]) -> ColumnElement[int]:
    return cast(func.sum(n), BigInteger)


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
