"""Reading cases: by number, and all that a case's page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from app import audit
from app.cases import numbers
from app.cases.limits import LimitView, limits_of
from app.cases.models import (
    CaseFact,
    CaseFile,
    Evaluation,
    LeaderInstruction,
    Merge,
    ProcessingForm,
    Registration,
    ReturnVisit,
    StageTime,
    WorkOrder,
)
from app.citizens import masked_email, masked_name, masked_phone, masked_text
from app.core.errors import NotFound
from app.identity import Actor, Scope, can, require


@dataclass(frozen=True, slots=True)
class RegistrationView:
    """A citizen's report; the citizen's own data masked where the reader has no need to know."""

    id: UUID
    acceptance_no: str
    caller_name: str | None
    caller_phone: str | None
    caller_email: str | None
    opinion: str | None
    masked: bool
    reported_at: datetime
    channel: str
    incident_source: str
    reply_wish: str
    duty_staff_name: str
    leader_instruction: str | None
    leader_text: str | None
    reply_way: str | None
    reply_text: str | None
    replied_at: datetime | None
    processing_result: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OrderView:
    order: WorkOrder
    processing_no: str
    method: str
    limits: Sequence[LimitView]


def scope_of(case: CaseFile) -> Scope:
    """Where a case belongs, for `identity.can`."""
    return Scope(case.district, frozenset(case.departments), confidential=case.confidential)


def case_by_id(session: Session, case_id: UUID, actor: Actor) -> CaseFile:
    """Raises NotFound, Forbidden."""
    case = session.get(CaseFile, case_id)
    if case is None:
        raise NotFound("cases.unknown")
    require(actor, "case.read", scope_of(case))
    return case


def case_by_number(session: Session, number: str, actor: Actor, today: date) -> CaseFile:
    """By acceptance, case or order number, or the acceptance number's short form `1118-00335`; blanks are ignored.

    Raises NotFound (a mistyped number is told from an unknown one), Forbidden."""
    case_id = find_case_id(session, number, today)
    if case_id is None:
        digits = "".join(number.split()).partition("-")[0]
        mistyped = len(digits) in (12, 14) and digits.isdigit() and not numbers.is_sound(digits)
        raise NotFound("cases.number_mistyped" if mistyped else "cases.number_unknown", number=number)
    return case_by_id(session, case_id, actor)


_ANSWERED_WITH = (
    select(func.coalesce(Merge.case_id, Registration.case_id))
    .select_from(Registration)
    .outerjoin(Merge, and_(Merge.registration_id == Registration.id, Merge.undone_at.is_(None)))
)
"""The case whose answer a caller gets: the one that theirs was merged into, else their own."""


def reports_of(case_id: UUID) -> Select[tuple[UUID]]:
    """Ids of the reports that a case answers: its own, and those of cases merged into it."""
    own = select(Registration.id).where(Registration.case_id == case_id)
    merged = select(Merge.registration_id).where(Merge.case_id == case_id, Merge.undone_at.is_(None))
    return select(own.union(merged).subquery().c[0])


def find_case_id(session: Session, number: str, today: date) -> UUID | None:
    """The case a number belongs to, without asking who wants to know."""
    typed = "".join(number.split())
    if (full := numbers.expand_short(typed, today)) is not None:
        return session.scalar(_ANSWERED_WITH.where(Registration.acceptance_no == full))
    if "-" in typed:
        return session.scalar(select(WorkOrder.case_id).where(WorkOrder.order_no == typed))
    if not numbers.is_sound(typed):
        return None
    found = session.scalar(_ANSWERED_WITH.where(Registration.acceptance_no == typed))
    return found or session.scalar(select(CaseFile.id).where(CaseFile.case_no == typed))


def registrations_of(session: Session, case: CaseFile, actor: Actor) -> list[RegistrationView]:
    """The reports that a case answers: those it began with first, then those of cases merged into it."""
    may = can(actor, "citizen.read", scope_of(case))
    own_first = (Registration.case_id != case.id, Registration.created_at)
    query = select(Registration).where(Registration.id.in_(reports_of(case.id))).order_by(*own_first)
    return [_registration_view(registration, may) for registration in session.scalars(query)]


def registered_by(session: Session, command_id: UUID) -> str | None:
    """The acceptance number of what this command registered, if it has."""
    return session.scalar(select(Registration.acceptance_no).where(Registration.command_id == command_id))


def standing_merge(session: Session, registration_id: UUID) -> Merge:
    """How this report came to a case that was not its own. Raises NotFound."""
    query = select(Merge).where(Merge.registration_id == registration_id, Merge.undone_at.is_(None))
    found = session.scalar(query)
    if found is None:
        raise NotFound("cases.unknown")
    return found


def merged_into(session: Session, case_id: UUID) -> Merge | None:
    """How this case came to rest in another one; None while it goes its own way."""
    query = select(Merge).where(Merge.from_case_id == case_id, Merge.undone_at.is_(None)).order_by(Merge.id).limit(1)
    return session.scalar(query)


def merges_of(session: Session, case_id: UUID) -> dict[UUID, Merge]:
    """Of the reports that joined this case and stay in it, by registration."""
    query = select(Merge).where(Merge.case_id == case_id, Merge.undone_at.is_(None))
    return {merge.registration_id: merge for merge in session.scalars(query)}


def reveal_citizen(
    session: Session, case: CaseFile, registration_id: UUID, actor: Actor, now: datetime
) -> RegistrationView:
    """One report unmasked; the look is logged (Q05). Raises NotFound, Forbidden."""
    require(actor, "citizen.read", scope_of(case))
    registration = session.get(Registration, registration_id)
    if registration is None or registration_id not in session.scalars(reports_of(case.id)).all():
        raise NotFound("cases.unknown")
    audit.log_access(session, actor, "citizen", registration_id, now)
    return _registration_view(registration, True)


def may_read_order(actor: Actor, order: WorkOrder) -> bool:
    """Of a case that somebody may read: a department's people see its own orders, all others every one."""
    return can(actor, "case.read", Scope(order.district, frozenset({order.department})))


def orders_of(
    session: Session, case_id: UUID, limits: Sequence[LimitView] | None = None, reader: Actor | None = None
) -> list[OrderView]:
    """A case's work orders in the order of dispatch, each with its limits; those that `reader` may read."""
    known = limits_of(session, case_id) if limits is None else limits
    query = (
        select(WorkOrder, ProcessingForm.processing_no, ProcessingForm.method)
        .join(ProcessingForm, ProcessingForm.id == WorkOrder.processing_form_id)
        .where(WorkOrder.case_id == case_id)
        .order_by(WorkOrder.dispatched_at, WorkOrder.order_no)
    )
    return [
        OrderView(order, processing_no or "", method, [limit for limit in known if limit.order_id == order.id])
        for order, processing_no, method in session.execute(query)
        if reader is None or may_read_order(reader, order)
    ]


def open_orders_of(session: Session, case_id: UUID) -> list[WorkOrder]:
    """Those that no department has ended yet."""
    query = select(WorkOrder).where(WorkOrder.case_id == case_id, WorkOrder.ended_at.is_(None))
    return list(session.scalars(query.order_by(WorkOrder.order_no)))


def order_by_id(session: Session, order_id: UUID) -> WorkOrder:
    """Raises NotFound."""
    order = session.get(WorkOrder, order_id)
    if order is None:
        raise NotFound("cases.order_unknown")
    return order


def stage_times(session: Session, case_id: UUID) -> list[StageTime]:
    """Every stay in every stage, in order (D13, D14)."""
    return list(session.scalars(select(StageTime).where(StageTime.case_id == case_id).order_by(StageTime.no)))


def facts_of(session: Session, case_id: UUID) -> list[CaseFact]:
    return list(session.scalars(select(CaseFact).where(CaseFact.case_id == case_id).order_by(CaseFact.at)))


def instructions_of(session: Session, case_id: UUID) -> list[LeaderInstruction]:
    query = select(LeaderInstruction).where(LeaderInstruction.case_id == case_id).order_by(LeaderInstruction.at)
    return list(session.scalars(query))


def visits_of(session: Session, case_id: UUID) -> list[ReturnVisit]:
    return list(session.scalars(select(ReturnVisit).where(ReturnVisit.case_id == case_id).order_by(ReturnVisit.at)))


def evaluations_of(session: Session, case_id: UUID) -> list[Evaluation]:
    return list(session.scalars(select(Evaluation).where(Evaluation.case_id == case_id).order_by(Evaluation.at)))


def _registration_view(registration: Registration, may_read: bool) -> RegistrationView:
    r = registration
    return RegistrationView(
        id=r.id,
        acceptance_no=r.acceptance_no or "",
        caller_name=r.caller_name if may_read else masked_name(r.caller_name),
        caller_phone=r.caller_phone if may_read else masked_phone(r.caller_phone),
        caller_email=r.caller_email if may_read else masked_email(r.caller_email),
        opinion=r.opinion if may_read else masked_text(r.opinion),
        masked=not may_read,
        reported_at=r.reported_at,
        channel=r.channel,
        incident_source=r.incident_source,
        reply_wish=r.reply_wish,
        duty_staff_name=r.duty_staff_name,
        leader_instruction=r.leader_instruction,
        leader_text=r.leader_text,
        reply_way=r.reply_way,
        reply_text=r.reply_text if may_read else masked_text(r.reply_text),
        replied_at=r.replied_at,
        processing_result=r.processing_result,
        created_at=r.created_at,
    )
