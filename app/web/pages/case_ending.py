"""A case is ended from its page before its way is gone: taken back by the citizen, or void after all; one that ended
is opened again (Q02)."""

from typing import Any

from flask import flash, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import lifecycle
from app.cases.models import CaseFile
from app.cases.queries import scope_of
from app.cases.routes import find, now
from app.core.errors import CitydeskError, Invalid
from app.core.http import site
from app.identity import can
from app.identity.guard import actor, permits
from app.lifecycle.routes import runtime
from app.web.pages.frame import blueprint, form_command_id
from app.web.problems import sentence
from app.web.templating import t

_ACTIONS = {"withdraw": "case.withdraw", "void": "case.void"}


def ending_parts(session: Session, case: CaseFile) -> dict[str, Any]:
    """`may_end`: the ways in which this person may end the case now; `may_reopen`: whether they may open it again."""
    place = scope_of(case)
    ways = [way for way, action in _ACTIONS.items() if case.ended_at is None and can(actor(), action, place)]
    again = case.ended_at is not None and lifecycle.may_reopen(
        session, case, site().settings.reopen_days, actor(), now()
    )
    return {"may_end": ways, "void_causes": lifecycle.VOID_CAUSES, "may_reopen": again}


@blueprint.post("/cases/<case_no>/withdraw")
@permits("case.withdraw")
def withdraw_case(case_no: str) -> Response:
    return _end(case_no, "withdraw")


@blueprint.post("/cases/<case_no>/void")
@permits("case.void")
def void_case(case_no: str) -> Response:
    return _end(case_no, "void")


@blueprint.post("/cases/<case_no>/reopen")
@permits("case.reopen")
def reopen_case(case_no: str) -> Response:
    with site().sessions() as session:
        found = find(session, case_no)
        case_id, at_once = found.id, can(actor(), "case.reopen_at_once", scope_of(found))
    reason, command_id = request.form.get("reason", ""), form_command_id()
    try:
        lifecycle.reopen(
            runtime(), case_id, reason=reason, days=site().settings.reopen_days, actor=actor(), command_id=command_id
        )
        flash(t("web.case.done.reopen" if at_once else "web.case.done.reopen_asked"))
    except CitydeskError as error:
        flash(sentence(error), "error")
    return redirect(f"/cases/{case_no}", 303)


def _end(case_no: str, way: str) -> Response:
    with site().sessions() as session:
        case_id = find(session, case_no).id
    reason, command_id = request.form.get("reason", "").strip(), form_command_id()
    try:
        if not reason:
            raise Invalid("lifecycle.reason_wanted")
        if way == "void":
            cause = request.form.get("cause", "")
            lifecycle.void_case(runtime(), case_id, cause=cause, reason=reason, actor=actor(), command_id=command_id)
        else:
            lifecycle.withdraw_case(runtime(), case_id, reason=reason, actor=actor(), command_id=command_id)
        flash(t(f"web.case.done.{way}"))
    except CitydeskError as error:
        flash(sentence(error), "error")
    return redirect(f"/cases/{case_no}", 303)
