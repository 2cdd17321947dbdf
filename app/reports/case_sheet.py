"""A case on paper: its sheet, with all that the reader may see, in the reader's language."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy.orm import Session

from app import audit, city
from app.cases import queries
from app.cases.limits import LimitView, limits_of
from app.cases.models import CaseFile
from app.cases.queries import case_by_id, scope_of
from app.citizens import masked_phone
from app.core.i18n import has_text, text
from app.identity import Actor, can, require
from app.lifecycle.history import history_of
from app.reports.actions import add_job
from app.reports.models import ReportJob
from app.reports.pdf import pdf
from app.supervision import supervisions_of
from app.workflow import Runtime

KIND = "CASE_SHEET"
PARTS = 2
"""Steps a job counts: what is said is gathered, and then laid out."""


def ask_for_sheet(
    session: Session, job_id: UUID, case: CaseFile, *, full: bool, actor: Actor, language: str, now: datetime
) -> ReportJob:
    """Order a case's sheet; recorded, since it leaves the house. `full`: with the callers' telephones, each of which
    counts as a look. Raises Forbidden."""
    require(actor, "case.read", scope_of(case))
    if full:
        require(actor, "citizen.read", scope_of(case))
        for report in queries.registrations_of(session, case, actor):
            audit.log_access(session, actor, "citizen", report.id, now)
    audit.log_access(session, actor, "case.print", case.id, now)
    return add_job(session, KIND, {"case_id": str(case.id), "full": full}, actor, language, now, job_id)


def sheet(runtime: Runtime, session: Session, job: ReportJob, actor: Actor) -> str:
    """The sheet as HTML. Raises Forbidden, NotFound."""
    case = case_by_id(session, UUID(job.params["case_id"]), actor)
    full = bool(job.params["full"]) and can(actor, "citizen.read", scope_of(case))
    words = _Words(job.language, city.labels(session), runtime)
    reports = queries.registrations_of(session, case, actor)
    limits = limits_of(session, case.id)
    phones = [] if full else [each.caller_phone for each in reports if each.caller_phone]
    told = history_of(runtime, session, case, actor, job.language) if can(actor, "history.read", scope_of(case)) else []
    made: str = _template().render(
        lang=job.language, t=words.say, label=words.label, code=words.code, time=words.time, limit=words.limit,
        case=case, reports=reports, phone=(lambda number: number) if full else masked_phone, city=words.city(),
        orders=queries.orders_of(session, case.id, limits, actor), stages=queries.stage_times(session, case.id),
        supervisions=supervisions_of(session, case.id), visits=queries.visits_of(session, case.id),
        instructions=queries.instructions_of(session, case.id), printed_by=job.owner_name, printed_at=job.created_at,
        history=[(each.at, _masked(each.text, phones), [_masked(d, phones) for d in each.details]) for each in told],
    )  # fmt: skip
    return made


def draw(html: str) -> bytes:
    """The sheet as PDF. Raises NoPrinter."""
    return pdf(html)


class _Words:
    """How values read on paper."""

    def __init__(self, language: str, labels: Mapping[str, Mapping[str, str]], runtime: Runtime) -> None:
        self.language, self.labels, self.zone = language, labels, runtime.zone

    def say(self, key: str, **params: object) -> str:
        return text(f"reports.sheet.{key}", self.language, **params)

    def label(self, enum: str, value: object) -> str:
        if value in (None, ""):
            return "—"
        key = f"enum.{enum}.{value}"
        return text(key, self.language) if has_text(key) else str(value)

    def code(self, value: str | None) -> str:
        names = self.labels.get(value or "", {})
        return names.get(self.language) or names.get("en") or value or "—"

    def time(self, at: datetime | None) -> str:
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}" if at else "—"

    def limit(self, limit: LimitView) -> str:
        """“Handling: due 2026-11-18 10:02, met”"""
        kind, due = self.label("LimitKind", limit.kind), self.time(limit.due_at)
        if limit.ended_at is None:
            return self.say("limit", kind=kind, due=due)
        return self.say("limit.ended", kind=kind, due=due, state=self.label("LimitState", limit.state(limit.ended_at)))

    def city(self) -> str:
        roots = {code.partition("/")[0] for code in self.labels if "/" in code}
        return self.code(min(roots)) if roots else "Citydesk"


def _masked(told: str, phones: list[str]) -> str:
    for phone in phones:
        told = told.replace(phone, masked_phone(phone) or "")
    return told


@cache
def _template() -> Any:
    made = Environment(
        loader=PackageLoader("app.reports"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined,
    )  # fmt: skip
    return made.get_template("case_sheet.html")
