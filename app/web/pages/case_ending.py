"""A case is ended from its page before its way is gone: taken back by the citizen, or void after all (Q02)."""

from typing import Any

from flask import flash, redirect, request
from werkzeug.wrappers import Response

from app import lifecycle
from app.cases.models import CaseFile
from app.cases.queries import scope_of
from app.cases.routes import find
from app.core.errors import CitydeskError, Invalid
from app.core.http import site
from app.identity import can
from app.identity.guard import actor, permits
from app.lifecycle.routes import runtime
from app.web.pages.frame import blueprint, form_command_id
from app.web.problems import sentence
from app.web.templating import t

_ACTIONS = {"withdraw": "case.withdraw", "void": "case.void"}


def ending_parts(case: CaseFile) -> dict[str, Any]:
    """`may_end`: the ways in which this person may end the case now."""
    place = scope_of(case)
    ways = [way for way, action in _ACTIONS.items() if case.ended_at is None and can(actor(), action, place)]
    return {"may_end": ways, "void_causes": lifecycle.VOID_CAUSES}


@blueprint.post("/cases/<case_no>/withdraw")
@permits("case.withdraw")
def withdraw_case(case_no: str) -> Response:
    return _end(case_no, "withdraw")


@blueprint.post("/cases/<case_no>/void")
@permits("case.void")
def void_case(case_no: str) -> Response:
    return _end(case_no, "void")


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
