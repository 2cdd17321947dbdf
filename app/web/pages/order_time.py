"""Asked of an order from its page: more time, a pause, going on, another department, taking it back (Q02)."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from flask import flash, redirect, request

from app import lifecycle
from app.cases.order_listing import order_by_number
from app.core.errors import CitydeskError, Invalid
from app.core.http import site
from app.core.ids import new_id
from app.identity.guard import actor, permits
from app.lifecycle import FurtherKind, PauseKind
from app.lifecycle.routes import runtime
from app.web.addresses import day_from, is_uuid
from app.web.pages.frame import blueprint
from app.web.pages.orders import order_page
from app.web.problems import sentence
from app.web.templating import t

Deed = Callable[[UUID, str, UUID], None]
"""(order, reason, command id)."""


@blueprint.post("/orders/<order_no>/extension")
@permits("order.extend")
def extend_order(order_no: str) -> Any:
    def ask(order_id: UUID, reason: str, command_id: UUID) -> None:
        try:
            value = Decimal(request.form.get("value", "").strip())
        except InvalidOperation:
            raise Invalid("lifecycle.extension_amount") from None
        lifecycle.ask_extension(runtime(), order_id, value=value, reason=reason, actor=actor(), command_id=command_id)

    return _asked(order_no, "extension", ask)


@blueprint.post("/orders/<order_no>/shelving")
@permits("order.shelve")
def shelve_order(order_no: str) -> Any:
    return _asked(order_no, "shelving", _pause(PauseKind.SHELVE))


@blueprint.post("/orders/<order_no>/suspension")
@permits("order.suspend")
def suspend_order(order_no: str) -> Any:
    return _asked(order_no, "suspension", _pause(PauseKind.SUSPEND))


@blueprint.post("/orders/<order_no>/resumption")
@permits("order.resume")
def resume_order(order_no: str) -> Any:
    def go_on(order_id: UUID, reason: str, command_id: UUID) -> None:
        lifecycle.resume_order(runtime(), order_id, reason=reason, actor=actor(), command_id=command_id)

    return _asked(order_no, "resumption", go_on)


@blueprint.post("/orders/<order_no>/assistance")
@permits("order.assist")
def ask_assistance(order_no: str) -> Any:
    return _asked(order_no, "assistance", _department(FurtherKind.ASSIST))


@blueprint.post("/orders/<order_no>/reassignment")
@permits("order.reassign")
def reassign_order(order_no: str) -> Any:
    return _asked(order_no, "reassignment", _department(FurtherKind.REASSIGN))


@blueprint.post("/orders/<order_no>/withdrawal")
@permits("order.withdraw")
def withdraw_order(order_no: str) -> Any:
    def take_back(order_id: UUID, reason: str, command_id: UUID) -> None:
        lifecycle.withdraw_order(runtime(), order_id, reason=reason, actor=actor(), command_id=command_id)

    return _asked(order_no, "withdrawal", take_back)


def _pause(kind: PauseKind) -> Deed:
    def pause(order_id: UUID, reason: str, command_id: UUID) -> None:
        until = day_from(request.form.get("until"), site().settings.city_zone)
        if until is None:
            raise Invalid("lifecycle.pause_until")
        lifecycle.ask_pause(runtime(), order_id, kind, until=until, reason=reason, actor=actor(), command_id=command_id)

    return pause


def _department(kind: FurtherKind) -> Deed:
    def ask(order_id: UUID, reason: str, command_id: UUID) -> None:
        lifecycle.ask_department(
            runtime(), order_id, kind, department=request.form.get("department", ""), reason=reason, actor=actor(),
            command_id=command_id,
        )  # fmt: skip

    return ask


def _asked(order_no: str, name: str, deed: Deed) -> Any:
    """Back to the order when it is done; else the order with what was written, and why not."""
    reason, written_id = request.form.get("reason", "").strip(), request.form.get("command_id", "")
    with site().sessions() as session:
        order_id = order_by_number(session, order_no, actor()).order.id
    try:
        if not reason:
            raise Invalid("lifecycle.reason_wanted")
        deed(order_id, reason, UUID(written_id) if is_uuid(written_id) else new_id())
    except CitydeskError as error:
        return order_page(order_no, opened=name, written=request.form, problem=sentence(error)), error.status
    flash(t(f"web.order.asked.{name}"))
    return redirect(f"/orders/{order_no}")
