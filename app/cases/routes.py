"""REST: reading registrations, cases and work orders. What changes them goes through the lifecycle."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.cases import queries
from app.cases.limits import LimitView, limits_of
from app.cases.listing import CaseFilter, CaseLine, list_cases
from app.cases.models import CaseFile, StageTime, WorkOrder
from app.cases.order_listing import OrderLine, list_orders, order_by_number
from app.cases.queries import RegistrationView
from app.cases.schemas import (
    CaseQuery,
    CaseSchema,
    CasesSchema,
    OrderQuery,
    OrderSchema,
    OrdersSchema,
    RegistrationSchema,
    RegistrationsSchema,
    StagesSchema,
)
from app.citizens import masked_email, masked_phone
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.http import ApiBlueprint, PageQuery, key_of, keyset, language, site
from app.core.i18n import text
from app.identity import can
from app.identity.guard import actor, permits

cases = ApiBlueprint("cases", __name__, url_prefix="/cases", description="Cases and their seven stages")
registrations = ApiBlueprint("registrations", __name__, url_prefix="/registrations", description="Citizens' reports")
orders = ApiBlueprint("orders", __name__, url_prefix="/orders", description="Departments' work orders")


@cases.operation("")
@permits("case.read")
@cases.takes(CaseQuery, location="query")
@cases.gives(CasesSchema)
def list_all(query: dict[str, Any]) -> dict[str, Any]:
    """The cases one may read, the newest first"""
    with site().sessions() as session:
        found, following = page_of_cases(session, query)
    return {"cases": [case_line(line, now()) for line in found], "next": following}


@cases.operation("/<case_no>")
@permits("case.read")
@cases.gives(CaseSchema)
def one(case_no: str) -> dict[str, Any]:
    """One case by its number, an acceptance number, or an order's"""
    with site().sessions() as session:
        case = find(session, case_no)
        reports = queries.registrations_of(session, case, actor())
        limits = limits_of(session, case.id)
    return columns(case) | {
        "closed": case.ended_at is not None,
        "registrations": [registration(report, case) for report in reports],
        "limits": [limit(each, now()) for each in limits],
    }


@cases.operation("/<case_no>/orders")
@permits("case.read")
@cases.gives(OrdersSchema)
def orders_of_case(case_no: str) -> dict[str, Any]:
    """The case's work orders, in the order of dispatch"""
    with site().sessions() as session:
        case = find(session, case_no)
        found = queries.orders_of(session, case.id, reader=actor())
    shown = [
        _order(each.order, case.case_no or "", each.method, each.processing_no, list(each.limits)) for each in found
    ]
    return {"orders": shown, "next": None}


@cases.operation("/<case_no>/stages")
@permits("case.read")
@cases.gives(StagesSchema)
def stages(case_no: str) -> dict[str, Any]:
    """Every stay in every stage"""
    with site().sessions() as session:
        times = queries.stage_times(session, find(session, case_no).id)
    return {"stages": [stage_line(each) for each in times]}


def stage_line(stay: StageTime) -> dict[str, Any]:
    """The stage by its code and, in the caller's language, by its name."""
    return {
        "stage": stay.stage,
        "name": text(f"enum.CaseStage.{stay.stage}", language()),
        "entered_at": stay.entered_at,
        "left_at": stay.left_at,
    }


@registrations.operation("/<acceptance_no>")
@permits("case.read")
@registrations.gives(RegistrationSchema)
def registration_by_number(acceptance_no: str) -> dict[str, Any]:
    """One report by its acceptance number, with the caller's telephone in full: the look is logged (Q05)"""
    with transaction(site().sessions) as session:
        case = find(session, acceptance_no)
        for report in queries.registrations_of(session, case, actor()):
            if report.acceptance_no == acceptance_no.strip():
                if can(actor(), "citizen.read", queries.scope_of(case)):
                    report = queries.reveal_citizen(session, case, report.id, actor(), now())
                return asdict(report) | {"case_no": case.case_no}
    raise NotFound("cases.number_unknown", number=acceptance_no)


@registrations.operation("")
@permits("case.read")
@registrations.takes(PageQuery, location="query")
@registrations.gives(RegistrationsSchema)
def list_registrations(query: dict[str, Any]) -> dict[str, Any]:
    """The reports of the newest cases one may read"""
    with site().sessions() as session:
        found, following = page_of_cases(session, query)
        reports = [
            registration(report, case)
            for line in found
            if (case := session.get(CaseFile, line.id)) is not None
            for report in queries.registrations_of(session, case, actor())
        ]
    return {"registrations": reports, "next": following}


@orders.operation("")
@permits("case.read")
@orders.takes(OrderQuery, location="query")
@orders.gives(OrdersSchema)
def list_all_orders(query: dict[str, Any]) -> dict[str, Any]:
    """The orders one may read, the oldest first"""
    most = query["limit"]
    with site().sessions() as session:
        found = list_orders(
            session, actor(), department=query["department"], states=query["state"], open_only=query["open_only"],
            after=keyset(query["after"]), limit=most,
        )  # fmt: skip
    following = key_of(*found[-1].key()) if len(found) == most else None
    return {"orders": [order_line(line) for line in found], "next": following}


@orders.operation("/<order_no>")
@permits("case.read")
@orders.gives(OrderSchema)
def one_order(order_no: str) -> dict[str, Any]:
    """One work order by its number"""
    with site().sessions() as session:
        return order_line(order_by_number(session, order_no, actor()))


def find(session: Session, number: str) -> CaseFile:
    """The case a number in the address means. Raises NotFound, Forbidden."""
    return queries.case_by_number(session, number, actor(), today())


def page_of_cases(session: Session, query: dict[str, Any]) -> tuple[list[CaseLine], str | None]:
    """A page and the key of the next one."""
    most = query["limit"]
    wanted = CaseFilter(**{name: query[name] for name in CaseFilter.__slots__ if name in query})
    found = list_cases(session, actor(), wanted, now=now(), after=keyset(query["after"]), limit=most)
    return found, key_of(*found[-1].key()) if len(found) == most else None


def now() -> datetime:
    return site().clock.now()


def today() -> date:
    """The city's day."""
    return now().astimezone(site().settings.city_zone).date()


def case_line(line: CaseLine, at: datetime) -> dict[str, Any]:
    return asdict(line) | {"limit_state": line.limit_state(at)}


def registration(report: RegistrationView, case: CaseFile) -> dict[str, Any]:
    """One of several: telephone and e-mail are masked, since nobody could say who looked at which."""
    return asdict(report) | {
        "case_no": case.case_no, "caller_phone": masked_phone(report.caller_phone),
        "caller_email": masked_email(report.caller_email),
    }  # fmt: skip


def limit(view: LimitView, at: datetime) -> dict[str, Any]:
    return asdict(view) | {"state": view.state(at)}


def order_line(line: OrderLine) -> dict[str, Any]:
    return _order(line.order, line.case_no, line.method, line.processing_no, list(line.limits))


def columns(row: CaseFile | WorkOrder) -> dict[str, Any]:
    """A table's row as a dict by column name."""
    return {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}


def _order(order: WorkOrder, case_no: str, method: str, processing_no: str, limits: list[LimitView]) -> dict[str, Any]:
    return columns(order) | {
        "case_no": case_no,
        "method": method,
        "processing_no": processing_no,
        "limits": [limit(each, now()) for each in limits],
    }
