"""Reading spot checks: what is to be done, a department's own, one sample's."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from app.cases.models import CaseFile, WorkOrder
from app.core.errors import NotFound
from app.identity import ACTIONS, Actor, Scope, can, require
from app.identity.permissions import DEPARTMENT_ROLES
from app.supervision.models import SpotCheck, SpotSample

View = Literal["open", "appealed", "done"]
MOST = 200


@dataclass(frozen=True, slots=True)
class CheckLine:
    check: SpotCheck
    order_no: str
    case_no: str
    summary: str
    level: str | None


def samples_of(session: Session, limit: int = 30) -> list[SpotSample]:
    """The newest first; the whole city's, as a sample names no case."""
    newest = select(SpotSample).order_by(SpotSample.drawn_at.desc(), SpotSample.id.desc()).limit(limit)
    return list(session.scalars(newest))


def sample_by_id(session: Session, sample_id: UUID) -> SpotSample:
    """Raises NotFound."""
    found = session.get(SpotSample, sample_id)
    if found is None:
        raise NotFound("supervision.check.unknown")
    return found


def checks_of_sample(session: Session, sample_id: UUID, actor: Actor) -> list[CheckLine]:
    return _lines(session, actor, SpotCheck.sample_id == sample_id)


def checks_in(session: Session, actor: Actor, view: View) -> list[CheckLine]:
    """Those to be made, those whose appeal waits, or what was found; the newest first."""
    match view:
        case "open":
            return _lines(session, actor, SpotCheck.state == "OPEN")
        case "appealed":
            return _lines(session, actor, SpotCheck.state == "APPEALED")
        case "done":
            return _lines(session, actor, SpotCheck.checked_at.is_not(None))


def check_of_order(session: Session, order_id: UUID) -> SpotCheck | None:
    """What was found in an order, once it was checked."""
    return session.scalar(select(SpotCheck).where(SpotCheck.order_id == order_id, SpotCheck.checked_at.is_not(None)))


def check_by_id(session: Session, check_id: UUID, actor: Actor) -> SpotCheck:
    """Raises NotFound, Forbidden; a department sees a check once it has been made."""
    found = session.get(SpotCheck, check_id)
    if found is None:
        raise NotFound("supervision.check.unknown")
    require(actor, "spotcheck.read", scope_of_check(found))
    if found.state == "OPEN" and not can(actor, "spotcheck.draw", scope_of_check(found)):
        raise NotFound("supervision.check.unknown")
    return found


def scope_of_check(check: SpotCheck) -> Scope:
    return Scope(check.district, frozenset({check.department}))


def _lines(session: Session, actor: Actor, condition: ColumnElement[bool]) -> list[CheckLine]:
    newest = (SpotCheck.checked_at.desc(), SpotCheck.id.desc())
    page = select(SpotCheck.id).where(condition, _readable(actor)).order_by(*newest).limit(MOST)
    # The page is found first: order and case are looked up for its rows only.
    found = page.cte("page").prefix_with("materialized", dialect="postgresql")
    query = (
        select(SpotCheck, WorkOrder.order_no, CaseFile.case_no, CaseFile.incident_summary, CaseFile.supervision_level)
        .join(found, found.c.id == SpotCheck.id)
        .join(WorkOrder, WorkOrder.id == SpotCheck.order_id)
        .join(CaseFile, CaseFile.id == SpotCheck.case_id)
        .order_by(SpotCheck.checked_at.desc().nulls_last(), WorkOrder.order_no)
    )
    return [CheckLine(check, order_no, case_no or "", summary, level)
            for check, order_no, case_no, summary, level in session.execute(query)]  # fmt: skip


def _readable(actor: Actor) -> ColumnElement[bool]:
    """The same rule as `identity.can(actor, "spotcheck.read", scope)`; departments see what has been found."""
    if actor.system:
        return true()
    reach: list[ColumnElement[bool]] = []
    for grant in actor.grants:
        if grant.role not in ACTIONS["spotcheck.read"]:
            continue
        parts: list[ColumnElement[bool]] = [true()]
        if grant.district is not None:
            inside = SpotCheck.district.startswith(f"{grant.district}/", autoescape=True)
            parts.append(or_(SpotCheck.district == grant.district, inside))
        if grant.department is not None:
            parts.append(SpotCheck.department == grant.department)
        if grant.role in DEPARTMENT_ROLES:
            parts.append(SpotCheck.checked_at.is_not(None))
        reach.append(and_(*parts))
    return or_(*reach) if reach else false()
