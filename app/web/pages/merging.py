"""Merging a case into another one (并案): likely ones to choose from, or any by its number."""

from typing import Any

from flask import flash, make_response, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.cases.duplicates import Sketch, similar_cases
from app.cases.models import CaseFile
from app.cases.queries import merged_into, merges_of, scope_of
from app.cases.routes import find, now
from app.core.errors import CitydeskError
from app.core.http import site
from app.core.ids import new_id
from app.identity import can
from app.identity.guard import actor, permits
from app.lifecycle.combining import is_open, merge_case
from app.lifecycle.routes import runtime
from app.web.formats import short_number
from app.web.limits import chip_of_line
from app.web.pages.frame import blueprint, flash_undoable, form_command_id, page
from app.web.problems import sentence
from app.web.templating import t


@blueprint.get("/cases/<case_no>/merge")
@permits("case.combine")
def choose_merge(case_no: str) -> str:
    with site().sessions() as session:
        found = find(session, case_no)
        sketch = Sketch(
            category=found.category, sub_category=found.sub_category or "", district=found.district,
            address=found.address, words=f"{found.incident_summary} {found.detailed_content}",
        )  # fmt: skip
        similar = [
            each for each in similar_cases(session, sketch, actor=actor(), now=now()) if each.line.id != found.id
        ]
    rows = [{"found": each, "chip": chip_of_line(each.line, now())} for each in similar if not each.line.ended_at]
    return page("merge.html", case=found, similar=rows, command_id=new_id(), typed=request.form.get("into", ""))


@blueprint.post("/cases/<case_no>/merge")
@permits("case.combine")
def merge(case_no: str) -> Response:
    """A refusal stands on the page beside what was typed."""
    try:
        with site().sessions() as session:
            case, into = find(session, case_no), find(session, request.form.get("into", "").strip())
        merge_id = merge_case(runtime(), case.id, into.id, actor=actor(), command_id=form_command_id())
    except CitydeskError as error:
        flash(sentence(error), "error")
        return make_response(choose_merge(case_no), error.status)
    said = t("web.merge.done", case_no=short_number(case.case_no), into=short_number(into.case_no))
    flash_undoable(said, f"/cases/{into.case_no}/merges/{merge_id}/undo")
    return redirect(f"/cases/{into.case_no}")


def merge_parts(session: Session, case: CaseFile) -> dict[str, Any]:
    """What a case's page tells of merging: where it rests, and how each caller came to it."""
    resting = merged_into(session, case.id)
    into = session.get_one(CaseFile, resting.case_id) if resting else None
    scope, taken_in = scope_of(case), is_open(case)
    may = {True: can(actor(), "case.combine", scope), False: can(actor(), "case.merge", scope)}
    merges = merges_of(session, case.id)
    return {
        "resting": resting,
        "rests_in": into,
        "may_bring_back": into is not None and is_open(into) and may[True],
        "may_combine": taken_in and may[True],
        "merges": merges,
        "may_take_out": {id for id, each in merges.items() if taken_in and may[each.from_case_id is not None]},
    }
