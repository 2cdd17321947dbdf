"""The dashboard on paper: figures of a span of days as their reader may see them, days and departments drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy.orm import Session

from app import audit, city
from app.core.i18n import text
from app.identity import Actor, require
from app.reports.actions import add_job
from app.reports.figures import Counts, Figures, Measure, Span, figures, rate
from app.reports.models import ReportJob
from app.workflow import Runtime

KIND = "DASHBOARD"
WIDTH, HEIGHT = 480, 130
"""Of the drawing of the days, in its own units."""
RATES = (
    ("on_time", Measure.MET, Measure.MISSED),
    ("satisfied", Measure.SATISFIED, Measure.UNSATISFIED),
    ("solved", Measure.SOLVED, Measure.UNSOLVED),
)
MOST_TOPICS = 12


@dataclass(frozen=True, slots=True)
class Line:
    """A series of the days, as points of a polyline."""

    name: str
    points: str
    dashed: bool


def ask_for_dashboard(
    session: Session, job_id: UUID, span: Span, *, actor: Actor, language: str, now: datetime
) -> ReportJob:
    """Order it; recorded, since figures leave the house. Raises Forbidden."""
    require(actor, "figures.read")
    days = {"first": span.first.isoformat(), "last": span.last.isoformat()}
    audit.record(
        session, job_id, "dashboard.printed", actor=actor, now=now, result=days, stream_kind="export"
    )  # fmt: skip
    return add_job(session, KIND, days, actor, language, now, job_id)


def sheet(runtime: Runtime, session: Session, job: ReportJob, actor: Actor) -> str:
    """As HTML, with what its reader may see now."""
    span = Span(date.fromisoformat(job.params["first"]), date.fromisoformat(job.params["last"]))
    found = figures(session, actor, span, job.created_at)
    labels = city.labels(session)

    def say(key: str, **params: object) -> str:
        return text(f"reports.dashboard.{key}", job.language, **params)

    def code(value: str) -> str:
        names = labels.get(value, {})
        return names.get(job.language) or names.get("en") or value or "—"

    days, most = span.each(), _most(found)
    made: str = _template().render(
        lang=job.language, t=say, code=code, span=span, rows=_figures(found, say), lines=_lines(found, days, most, say),
        days=_ticks(days), most=most, width=WIDTH, height=HEIGHT, found=found, departments=_departments(found),
        topics=[each for each in found.topics[:MOST_TOPICS] if each.now], M=Measure,
        as_of=_time(found.as_of, runtime), printed_by=job.owner_name, printed_at=_time(job.created_at, runtime),
    )  # fmt: skip
    return made


def _figures(found: Figures, say: Any) -> list[tuple[str, str, str]]:
    """Name, now, in the span before."""
    rows = [
        (say(each.value.lower()), f"{found.total.get(each, 0):,}", f"{found.before.get(each, 0):,}")
        for each in (Measure.REGISTERED, Measure.CLOSED, Measure.REWORK)
    ]
    for key, good, bad in RATES:
        rows.append((say(key), _percent(found.total, good, bad), _percent(found.before, good, bad)))
    return [*rows, (say("overdue"), f"{sum(found.overdue.values()):,}", "—")]


def _percent(counts: Counts, good: Measure, bad: Measure) -> str:
    value = rate(counts.get(good, 0), counts.get(bad, 0))
    return "—" if value is None else f"{value:.1f} % ({counts.get(good, 0) + counts.get(bad, 0):,})"


def _most(found: Figures) -> int:
    values = (counts.get(each, 0) for counts in found.by_day.values() for each in (Measure.REGISTERED, Measure.CLOSED))
    return 2 * -(-max(values, default=0) // 2) or 2  # even: half of it is named too


def _lines(found: Figures, days: Sequence[date], most: int, say: Any) -> list[Line]:
    step = WIDTH / max(1, len(days) - 1)

    def points(measure: Measure) -> str:
        heights = [HEIGHT * (1 - found.by_day.get(day, {}).get(measure, 0) / most) for day in days]
        return " ".join(f"{step * n:.1f},{height:.1f}" for n, height in enumerate(heights))

    return [
        Line(say("registered"), points(Measure.REGISTERED), dashed=False),
        Line(say("closed"), points(Measure.CLOSED), dashed=True),
    ]


def _ticks(days: Sequence[date]) -> list[tuple[float, str]]:
    """At most seven days named below the drawing: place and month-day."""
    every = max(1, -(-len(days) // 7))
    step = WIDTH / max(1, len(days) - 1)
    return [(step * n, f"{day:%m-%d}") for n, day in enumerate(days) if n % every == 0]


def _departments(found: Figures) -> list[tuple[str, Mapping[Measure, int], float | None, int]]:
    """The best on time first, those without a limit that fell due last."""
    rows = [
        (code, counts, rate(counts.get(Measure.MET, 0), counts.get(Measure.MISSED, 0)), found.overdue.get(code, 0))
        for code, counts in found.by_department.items()
        if code
    ]
    return sorted(rows, key=lambda row: (row[2] is None, -(row[2] or 0), row[0]))


def _time(at: datetime | None, runtime: Runtime) -> str:
    return f"{at.astimezone(runtime.zone):%Y-%m-%d %H:%M}" if at else "—"


@cache
def _template() -> Any:
    made = Environment(
        loader=PackageLoader("app.reports"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined,
    )  # fmt: skip
    return made.get_template("dashboard.html")
