"""The dashboard: figures of a span of days beside those before it. Each figure leads to the list it counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from flask import request
from sqlalchemy.orm import Session

from app import city, supervision, workflow
from app.cases.routes import now, today
from app.core.http import language, site
from app.core.ids import new_id
from app.identity import Role
from app.identity.guard import actor, permits
from app.identity.permissions import district_prefixes
from app.lifecycle.inbox_views import STEPS
from app.reports.figures import LATELY, Counts, Figures, Measure, Span, figures, mean_minutes, rate
from app.supervision.scores import DepartmentScore, department_scores
from app.web import formats
from app.web.district_map import Shape, district_map
from app.web.names import names
from app.web.pages.frame import blueprint, page
from app.web.templating import t
from app.workflow.models import UserTask

PERIODS = ("today", "week", "month", "year")
MOST_SCORED = 31
"""Days."""
TOPICS = 8
TARGET = 95.0
"""Percent: below it a rate is marked, and five points lower it is red."""


@dataclass(frozen=True, slots=True)
class Kpi:
    key: str
    value: str
    unit: str
    change: str
    good: bool | None
    """Whether the change is for the better; None where it is neither."""
    spark: str
    """Points of a line in a box of 64 × 18."""
    url: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    name: str
    closed: int
    due: int
    on_time: float | None
    rework: int
    satisfaction: float | None
    overdue: int
    score: float | None
    """Points of the cases it led, less what spot checks deducted."""
    deducted: float
    signing: str
    """How long it took on the average from dispatch to signature; a dash without any."""
    handling: str
    """From signature to report."""
    links: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CategoryRow:
    name: str
    count: int
    share: int
    """Percent of the largest."""
    url: str


@dataclass(frozen=True, slots=True)
class TopicRow:
    name: str
    count: int
    change: str
    rising: bool
    url: str


@blueprint.get("/dashboard")
@permits("figures.read")
def dashboard() -> str:
    period = request.args.get("period", "month")
    span = span_of(period if period in PERIODS else "month", today())
    with site().sessions() as session:
        found = figures(session, actor(), span, now())
        shapes = district_map(session, {code: counts[Measure.REGISTERED] for code, counts in found.by_district.items()})
        parents = {each.code: each.parent or each.code for each in city.categories(session)}
        standing = supervision.counts(session, actor(), now())
        scores = _scores(session, span)
        waiting = _waiting(session) if Role.LEADER in actor().roles() else 0
    days = span.each()
    return page(
        "dashboard.html", islands=("dashboard",), period=period, periods=PERIODS, span=span, found=found,
        kpis=_kpis(found), shapes=[_linked(shape, span) for shape in shapes], departments=_departments(found, scores),
        topics=_topics(found), categories=_categories(found, parents), chart=_chart(found, days), waiting=waiting,
        standing={key: formats.count_in_words(n) for key, n in standing.items() if n}, span_words=_span_words(span),
        command_id=new_id(), as_of=formats.moment(found.as_of, language(), site().settings.city_zone),
    )  # fmt: skip


def span_of(period: str, day: date) -> Span:
    """The span of days that ends today."""
    first = {
        "today": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "year": day.replace(month=1, day=1),
    }[period]
    return Span(first, day)


def cases_url(span: Span, **asked: str) -> str:
    days = {"from": span.first.isoformat(), "until": span.last.isoformat()}
    return "/cases?" + urlencode({name: value for name, value in asked.items() if value} | days)


def orders_url(span: Span | None = None, **asked: str) -> str:
    days = {"from": span.first.isoformat(), "until": span.last.isoformat()} if span else {}
    return "/orders?" + urlencode({"as": "list"} | asked | days)


def _waiting(session: Session) -> int:
    form = UserTask.form_id.in_(STEPS["instruct"][1])
    return workflow.inbox_counts(session, actor(), {"instruct": ("own", (form,))})["instruct"]


def _kpis(found: Figures) -> list[Kpi]:
    span, total, before = found.span, found.total, found.before
    days = _spark_days(span)
    overdue = sum(found.overdue.values())
    return [
        _volume("registered", Measure.REGISTERED, found, days, cases_url(span)),
        _volume("closed", Measure.CLOSED, found, days, cases_url(span, happened="closed")),
        _rate("on_time", (Measure.MET, Measure.MISSED), found, days, orders_url(span, late="1")),
        _rate("solved", (Measure.SOLVED, Measure.UNSOLVED), found, days, cases_url(span, happened="unsolved")),
        _rate("satisfied", (Measure.SATISFIED, Measure.UNSATISFIED), found, days,
              cases_url(span, happened="unsatisfied")),
        Kpi("rework", str(total[Measure.REWORK]), t("web.dash.cases"), _difference(total[Measure.REWORK] -
            before[Measure.REWORK]), _better(before[Measure.REWORK], total[Measure.REWORK]),
            spark([found.by_day.get(day, {}).get(Measure.REWORK, 0) for day in days]),
            cases_url(span, happened="rework")),
        Kpi("overdue", str(overdue), t("web.dash.orders"), t("web.dash.now"), None, "", orders_url(late="1"),
            "kpi--bad" if overdue else ""),
    ]  # fmt: skip


def _volume(key: str, measure: Measure, found: Figures, days: Sequence[date], url: str) -> Kpi:
    now, before = found.total[measure], found.before[measure]
    change = f"{100 * (now - before) / before:+.1f}%".replace("-", "−") if before else "—"
    line = spark([found.by_day.get(day, {}).get(measure, 0) for day in days])
    return Kpi(key, f"{now:,}", t("web.dash.cases"), change, None, line, url)


def _rate(key: str, pair: tuple[Measure, Measure], found: Figures, days: Sequence[date], url: str) -> Kpi:
    now, before = (_rate_of(counts, pair) for counts in (found.total, found.before))
    base = found.total[pair[0]] + found.total[pair[1]]
    change = (
        t("web.dash.points", n=_difference(round(now - before, 1))) if now is not None and before is not None else "—"
    )
    line = [value for day in days if (value := _rate_of(found.by_day.get(day, {}), pair)) is not None]
    look = "" if now is None or now >= TARGET else "kpi--warn" if now >= TARGET - 5 else "kpi--bad"
    better = _better(now, before)
    shown = "—" if now is None else f"{now:.1f}"
    return Kpi(key, shown, "%" if now is not None else "", f"{change} · {t('web.dash.of', n=f'{base:,}')}", better,
               spark(line), url, look)  # fmt: skip


def _rate_of(counts: Counts, pair: tuple[Measure, Measure]) -> float | None:
    return rate(counts.get(pair[0], 0), counts.get(pair[1], 0))


def _better(now: float | None, before: float | None) -> bool | None:
    """Is `now` higher than `before`? None where they are equal or one is unknown."""
    return None if now is None or before is None or now == before else now > before


def _difference(n: float) -> str:
    return f"{n:+g}".replace("-", "−") if n else "±0"


def _spark_days(span: Span) -> list[date]:
    """The last days of a longer span; for a short one those before it, too: a small line shows no more."""
    return [span.last - timedelta(days=n) for n in reversed(range(min(LATELY, span.days + span.before().days)))]


def spark(values: Sequence[float]) -> str:
    """Points for a polyline; '' where there is no line."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    step, height = 60 / (len(values) - 1), (high - low) or 1
    return " ".join(f"{2 + step * n:.1f},{16 - 14 * (value - low) / height:.1f}" for n, value in enumerate(values))


def _scores(session: Session, span: Span) -> Mapping[str, DepartmentScore]:
    """Counted from the evaluations themselves, so for short spans alone: a year of a large city would take seconds.
    Points are the whole city's: who sees a district alone does not see them, a department sees its own."""
    own = actor().departments()
    if span.days > MOST_SCORED or (district_prefixes(actor()) is not None and not own):
        return {}
    zone = site().settings.city_zone
    start = datetime.combine(span.first, time(), zone)
    found = department_scores(session, start, datetime.combine(span.last + timedelta(days=1), time(), zone))
    return {code: score for code, score in found.items() if not own or code in own}


def _departments(found: Figures, scores: Mapping[str, DepartmentScore]) -> list[DepartmentRow]:
    """The best on time first; those without a limit that fell due last."""
    codes = {code for code in (*found.by_department, *found.overdue, *scores) if code}
    rows = [_department(code, found, scores.get(code)) for code in codes]
    return sorted(rows, key=lambda row: (row.on_time is None, -(row.on_time or 0), row.name))


def _department(code: str, found: Figures, score: DepartmentScore | None) -> DepartmentRow:
    counts, span = found.by_department.get(code, {}), found.span
    met, missed = counts.get(Measure.MET, 0), counts.get(Measure.MISSED, 0)
    return DepartmentRow(
        names().department(code), counts.get(Measure.CLOSED, 0), met + missed, rate(met, missed),
        counts.get(Measure.REWORK, 0), rate(counts.get(Measure.SATISFIED, 0), counts.get(Measure.UNSATISFIED, 0)),
        found.overdue.get(code, 0), score.score if score else None, score.deducted if score else 0.0,
        _mean(counts, Measure.SIGN_MINUTES, Measure.SIGNED), _mean(counts, Measure.HANDLE_MINUTES, Measure.HANDLED),
        {
            "closed": cases_url(span, department=code, happened="closed"),
            "due": orders_url(span, department=code),
            "late": orders_url(span, department=code, late="1"),
            "rework": cases_url(span, department=code, happened="rework"),
            "unsatisfied": cases_url(span, department=code, happened="unsatisfied"),
            "overdue": orders_url(department=code, late="1"),
        },
    )  # fmt: skip


def _mean(counts: Counts, of: Measure, base: Measure) -> str:
    minutes = mean_minutes(counts, of, base)
    return "—" if minutes is None else formats.span(timedelta(minutes=minutes), language())


def _topics(found: Figures) -> list[TopicRow]:
    rows = []
    for topic in found.topics[:TOPICS]:
        if not topic.now:
            continue
        grown = f"{100 * (topic.now - topic.before) / topic.before:+.0f}%".replace("-", "−") if topic.before else "—"
        rows.append(TopicRow(names().category(topic.code), topic.now, grown, topic.now > topic.before > 0,
                             cases_url(found.span, topic=topic.code)))  # fmt: skip
    return rows


def _categories(found: Figures, parents: Mapping[str, str]) -> list[CategoryRow]:
    """Topics put together by their category, the largest first."""
    total = Counter[str]()
    for topic in found.topics:
        total[parents.get(topic.code, topic.code)] += topic.now
    most = max(total.values(), default=0) or 1
    return [
        CategoryRow(names().category(code), n, round(100 * n / most), cases_url(found.span, category=code))
        for code, n in total.most_common() if n
    ]  # fmt: skip


def _linked(shape: Shape, span: Span) -> tuple[Shape, str]:
    return shape, cases_url(span, district=shape.code)


def _chart(found: Figures, days: Sequence[date]) -> dict[str, object]:
    """What the island draws: day by day, and the same days of the span before."""
    before = found.span.before().each()

    def of(measure: Measure, which: Sequence[date]) -> list[int]:
        return [found.by_day.get(day, {}).get(measure, 0) for day in which]

    lang, zone = language(), site().settings.city_zone
    at_noon = [formats.short_day(_noon(day), lang, zone) for day in days]
    return {
        "days": at_noon,
        "urls": [cases_url(Span(day, day)) for day in days],
        "series": [
            {"name": t("web.dash.kpi.registered"), "values": of(Measure.REGISTERED, days), "colour": "--c-1"},
            {"name": t("web.dash.kpi.closed"), "values": of(Measure.CLOSED, days), "colour": "--c-2"},
            {"name": t("web.dash.before"), "values": of(Measure.REGISTERED, before), "colour": "--c-5", "dashed": True},
        ],
    }  # fmt: skip


def _span_words(span: Span) -> str:
    lang, zone = language(), site().settings.city_zone
    first, last = (formats.short_day(_noon(day), lang, zone) for day in (span.first, span.last))
    return first if span.days == 1 else f"{first} – {last}"


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), site().settings.city_zone)
