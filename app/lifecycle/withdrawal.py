"""Taking back: an order by the shift supervisor, a whole case by its citizen; voiding one wherever it stands."""

from uuid import UUID

from app.cases.queries import case_by_id, order_by_id, scope_of
from app.core.errors import Conflict, Invalid
from app.identity import Actor, Scope, require
from app.lifecycle.asking import ask
from app.lifecycle.dossier import Dossier
from app.workflow import OnInstance, Runtime, send

WITHDRAW_ORDER = "withdraw_order"
CASE_WITHDRAWN = "case_withdrawn"
CASE_VOIDED = "case_voided"
VOID_CAUSES = ("OUT_OF_SCOPE", "DUPLICATE", "NO_SUBSTANCE", "FALSE_REPORT", "OTHERS")
"""The reasons of the form `judgement`, too."""


def withdraw_open_orders(dossier: Dossier, on: OnInstance, reason: str) -> None:
    """When a case ends before its departments are done, each open order's own diagram is told to end."""
    for order in dossier.open_orders():
        send(on, WITHDRAW_ORDER, str(order.id), {"reason": reason})


def withdraw_order(
    runtime: Runtime, order_id: UUID, *, reason: str, actor: Actor, command_id: UUID | None = None
) -> None:
    """The shift supervisor takes an order back; its diagram ends it (Q02).

    Raises NotFound, Forbidden, Conflict when it has ended already."""
    with runtime.sessions() as session:
        order = order_by_id(session, order_id)
        require(actor, "order.withdraw", Scope(order.district, frozenset({order.department})))
        instance_id = order.instance_id
        if order.ended_at is not None:
            raise Conflict("lifecycle.order_ended", order_no=order.order_no)
    ask(runtime, instance_id, WITHDRAW_ORDER, order_id, {"reason": reason}, actor, command_id)


def withdraw_case(
    runtime: Runtime, case_id: UUID, *, reason: str, actor: Actor, command_id: UUID | None = None
) -> None:
    """The citizen takes the report back; an agent or supervisor writes it down.

    Raises NotFound, Forbidden, Conflict when the case has ended already."""
    with runtime.sessions() as session:
        case = case_by_id(session, case_id, actor)
        require(actor, "case.withdraw", scope_of(case))
        instance_id = case.instance_id
        if case.ended_at is not None:
            raise Conflict("lifecycle.case_ended", case_no=case.case_no)
    ask(runtime, instance_id, CASE_WITHDRAWN, case_id, {"reason": reason}, actor, command_id)


def void_case(
    runtime: Runtime, case_id: UUID, *, cause: str, reason: str, actor: Actor, command_id: UUID | None = None
) -> None:
    """The shift supervisor finds after all that it is no matter for the city (作废). `cause` is one of VOID_CAUSES.

    Raises NotFound, Forbidden, Invalid, Conflict when the case has ended already."""
    with runtime.sessions() as session:
        case = case_by_id(session, case_id, actor)
        require(actor, "case.void", scope_of(case))
        if cause not in VOID_CAUSES:
            raise Invalid("lifecycle.void_cause", {"cause": ("lifecycle.void_cause", {})})
        instance_id = case.instance_id
        if case.ended_at is not None:
            raise Conflict("lifecycle.case_ended", case_no=case.case_no)
    ask(runtime, instance_id, CASE_VOIDED, case_id, {"void_reason": cause, "reason": reason}, actor, command_id)
