"""Lists of cases: one statement a page, continued by key, fit for a million cases (no OFFSET)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, lateral, not_, or_, select, true, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.cases.enums import CaseStatus, FactKind, LimitState
from app.cases.limits import STANDS_STILL
from app.cases.models import CaseFact, CaseFile, Registration, ReturnVisit, TimeLimit
from app.identity import ACTIONS, Actor, Grant, Role

After = tuple[datetime, UUID]
"""Key of a page's last row: when it was registered, and its id."""

TRUSTED = frozenset({Role.SHIFT_SUPERVISOR, Role.LEADER, Role.AUDITOR})
"""Roles that read confidential cases of any department."""
OF_DEPARTMENTS = frozenset({Role.DEPARTMENT_HANDLER, Role.DEPARTMENT_HEAD})


Happened = Literal["closed", "satisfied", "unsatisfied", "solved", "unsolved", "rework"]
"""Dated facts that figures count, and that a list can show again."""


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list is narrowed to; empty means "any"."""

    status: Sequence[str] = ()
    stage: Sequence[str] = ()
    category: Sequence[str] = ()
    district: str | None = None
    """A district's path: what lies in it counts too."""
    department: str | None = None
    """Has, or had, an order of the case."""
    origin: str | None = None
    open_only: bool = False
    overdue: bool = False
    """Some running limit of the case is past its due time."""
    registered_from: datetime | None = None
    registered_until: datetime | None = None
    topic: str | None = None
    """A sub-category, or a category of cases without one."""
    happened: Happened | None = None
    happened_from: datetime | None = None
    happened_until: datetime | None = None
    """With `happened` a half-open span: closed, visited or sent back in it."""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One row of a list. `limit_*` is the most urgent running limit."""

    id: UUID
    case_no: str
    acceptance_no: str
    status: str
    stage: str
    origin: str
    kind: str
    category: str
    sub_category: str | None
    service_type: str
    incident_summary: str
    district: str
    address: str
    urgency: str
    confidential: bool
    lead_department: str | None
    departments: Sequence[str]
    rework_count: int
    supervision_level: str | None
    registered_at: datetime
    ended_at: datetime | None
    limit_kind: str | None
    limit_started_at: datetime | None
    limit_warn_at: datetime | None
    limit_due_at: datetime | None

    def limit_state(self, now: datetime) -> LimitState | None:
        if self.limit_due_at is None or self.limit_warn_at is None:
            return None
        if self.limit_due_at == STANDS_STILL:
            return LimitState.PAUSED
        if now > self.limit_due_at:
            return LimitState.OVERDUE
        return LimitState.DUE_SOON if now >= self.limit_warn_at else LimitState.RUNNING

    def key(self) -> After:
        return self.registered_at, self.id


def list_cases(
    session: Session, actor: Actor, wanted: CaseFilter, *, now: datetime, after: After | None = None, limit: int = 50
) -> list[CaseLine]:
    """The cases this person may read, the newest first; `after` continues behind that row."""
    page = _narrow(select(CaseFile.id).where(readable(actor)), wanted, now)
    if after is not None:
        page = page.where(tuple_(CaseFile.registered_at, CaseFile.id) < tuple_(*after))
    return lines_of(session, page.order_by(*NEWEST_FIRST).limit(limit))


def lines_of(session: Session, page: Select[UUID]) -> list[CaseLine]:
    """The rows of a page of case ids, the newest first; who may read them is the page's business."""
    # The page is found first: what stands beside each row is looked up for its fifty rows only.
    found = page.cte("page").prefix_with("materialized", dialect="postgresql")
    query = (
        select(*_COLUMNS)
        .join_from(found, CaseFile, CaseFile.id == found.c.id)
        .outerjoin(_REGISTRATION, true())
        .outerjoin(_LIMIT, true())
        .order_by(*NEWEST_FIRST)
    )
    return [CaseLine(*row) for row in session.execute(query)]


NEWEST_FIRST = (CaseFile.registered_at.desc(), CaseFile.id.desc())
_REGISTRATION = lateral(
    select(Registration.acceptance_no)
    .where(Registration.case_id == CaseFile.id)
    .order_by(Registration.created_at)
    .limit(1),
    name="first_registration",
)
_LIMIT = lateral(
    select(TimeLimit.kind, TimeLimit.started_at, TimeLimit.warn_at, TimeLimit.due_at)
    .where(TimeLimit.case_id == CaseFile.id, TimeLimit.ended_at.is_(None))
    .order_by(TimeLimit.due_at)
    .limit(1),
    name="most_urgent_limit",
)
_COLUMNS = (
    CaseFile.id, CaseFile.case_no, _REGISTRATION.c.acceptance_no, CaseFile.status, CaseFile.stage, CaseFile.origin,
    CaseFile.kind, CaseFile.category, CaseFile.sub_category, CaseFile.service_type, CaseFile.incident_summary,
    CaseFile.district, CaseFile.address, CaseFile.urgency, CaseFile.confidential, CaseFile.lead_department,
    CaseFile.departments, CaseFile.rework_count, CaseFile.supervision_level, CaseFile.registered_at,
    CaseFile.ended_at, _LIMIT.c.kind, _LIMIT.c.started_at, _LIMIT.c.warn_at, _LIMIT.c.due_at,
)  # fmt: skip


def readable(actor: Actor) -> ColumnElement[bool]:
    """The same rule as `identity.can(actor, "case.read", scope)`, as a condition on rows."""
    if actor.system:
        return true()
    reach = [_reach(grant) for grant in actor.grants if grant.role in ACTIONS["case.read"]]
    return or_(*reach) if reach else false()


def reads_every_case(actor: Actor) -> bool:
    """Without any bound of place or secrecy: lists need not ask for the case."""
    return actor.system or any(
        grant.role in TRUSTED and grant.district is None and grant.department is None for grant in actor.grants
    )


def of_readable_case(actor: Actor, case_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """`readable`, as a condition on rows that belong to a case."""
    return true() if reads_every_case(actor) else exists().where(CaseFile.id == case_id, readable(actor))


def identifiable(actor: Actor) -> ColumnElement[bool]:
    """The same rule as `identity.can(actor, "citizen.read", scope)`: who stands behind a confidential case is for
    those alone who supervise it."""
    if actor.system:
        return true()
    known = [
        _reach(grant) if grant.role in TRUSTED else and_(_reach(grant), CaseFile.confidential.is_(False))
        for grant in actor.grants
        if grant.role in ACTIONS["citizen.read"]
    ]
    return or_(*known) if known else false()


def _reach(grant: Grant) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if grant.district is not None:
        conditions.append(lies_in(grant.district))
    if grant.role in OF_DEPARTMENTS or grant.department is not None:
        conditions.append(CaseFile.departments.contains([grant.department or ""]))
    if grant.role not in TRUSTED | OF_DEPARTMENTS:
        conditions.append(CaseFile.confidential.is_(False))
    return and_(true(), *conditions)


def lies_in(district: str, column: InstrumentedAttribute[str] = CaseFile.district) -> ColumnElement[bool]:
    return or_(column == district, column.startswith(f"{district}/", autoescape=True))


def _narrow(query: Select[Any], wanted: CaseFilter, now: datetime) -> Select[Any]:
    for column, values in (
        (CaseFile.status, wanted.status), (CaseFile.stage, wanted.stage), (CaseFile.category, wanted.category)
    ):  # fmt: skip
        if values:
            query = query.where(column.in_(list(values)) if len(values) > 1 else column == values[0])
    if wanted.district is not None:
        query = query.where(lies_in(wanted.district))
    if wanted.department is not None:
        query = query.where(CaseFile.departments.contains([wanted.department]))
    if wanted.origin is not None:
        query = query.where(CaseFile.origin == wanted.origin)
    if wanted.open_only or wanted.overdue:
        query = query.where(CaseFile.ended_at.is_(None))
    if wanted.overdue:
        late = exists().where(TimeLimit.case_id == CaseFile.id, TimeLimit.ended_at.is_(None), TimeLimit.due_at < now)
        query = query.where(late)
    if wanted.registered_from is not None:
        query = query.where(CaseFile.registered_at >= wanted.registered_from)
    if wanted.registered_until is not None:
        query = query.where(CaseFile.registered_at < wanted.registered_until)
    if wanted.topic is not None:
        query = query.where(func.coalesce(CaseFile.sub_category, CaseFile.category) == wanted.topic)
    if wanted.happened and wanted.happened_from is not None and wanted.happened_until is not None:
        query = query.where(CaseFile.registered_at < wanted.happened_until)  # later ones need not be looked through
        query = query.where(_happened(wanted.happened, wanted.happened_from, wanted.happened_until))
    return query


def _happened(what: Happened, start: datetime, stop: datetime) -> ColumnElement[bool]:
    """As the figures by day count it (`reports.rollup`)."""
    if what == "closed":
        merged = CaseFile.outcome.is_not_distinct_from("MERGED")
        ended = CaseFile.ended_at >= start, CaseFile.ended_at < stop, CaseFile.status == CaseStatus.COMPLETED
        return and_(*ended, not_(merged))
    if what == "rework":
        back = exists().where(CaseFact.case_id == CaseFile.id, CaseFact.kind == FactKind.REWORK)
        return back.where(CaseFact.at >= start, CaseFact.at < stop)
    visit = exists().where(ReturnVisit.case_id == CaseFile.id, ReturnVisit.at >= start, ReturnVisit.at < stop)
    return visit.where(_VISITS[what])


_VISITS: Mapping[str, ColumnElement[bool]] = {
    "satisfied": ReturnVisit.result.not_in(["UNSATISFIED", "UNREACHED", "REFUSED"]),
    "unsatisfied": ReturnVisit.result == "UNSATISFIED",
    "solved": ReturnVisit.resolved == "SOLVED",
    "unsolved": ReturnVisit.resolved != "SOLVED",
}
