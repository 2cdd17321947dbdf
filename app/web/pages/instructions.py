"""What a leader decides: cases reported to them one after the other, and what became of their instructions (W09)."""

from typing import Any
from uuid import UUID

from flask import flash, jsonify, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.enums import FactKind
from app.cases.listing import readable
from app.cases.models import CaseFile, LeaderInstruction
from app.cases.queries import facts_of
from app.cases.routes import now
from app.core.http import language, site
from app.core.ids import new_id
from app.identity.guard import actor, permits
from app.lifecycle import forms
from app.lifecycle.form_view import shown_form, shown_values
from app.lifecycle.inbox_views import Conditions, listing
from app.lifecycle.routes import runtime
from app.lifecycle.tasks import complete_task
from app.lifecycle.worklist import WorkItem
from app.web.pages.case_parts import case_parts
from app.web.pages.frame import blueprint, page
from app.web.pages.islands import form_texts, sent
from app.web.templating import t
from app.web.work_rows import work_row

MOST = 50


@blueprint.get("/instructions")
@permits("case.instruct")
def instructions() -> str:
    """The case to decide next, or the one asked for, with its form; then the others, and instructions given."""
    with site().sessions() as session:
        waiting, _ = listing(runtime(), session, actor(), Conditions("instruct"), now(), limit=MOST)
        chosen = _chosen(waiting)
        shown = _shown(session, chosen) if chosen else {}
        given = _given(session)
    rows = [work_row(item, actor(), now()) for item in waiting]
    return page(
        "instructions.html", islands=("form",), rows=rows, given=given, command_id=new_id(), texts=form_texts(),
        item=next((row for row in rows if chosen and row.task_id == chosen.task.task_id), None), **shown,
    )  # fmt: skip


@blueprint.post("/instructions/<uuid:task_id>")
@permits("case.instruct")
def instruct(task_id: UUID) -> Any:
    """The form's island posts here; the next case follows."""
    command_id, values = sent()
    complete_task(runtime(), task_id, values, actor=actor(), command_id=command_id)
    flash(t("web.instructions.sent"))
    return jsonify({"next": "/instructions"})


def _chosen(waiting: list[WorkItem]) -> WorkItem | None:
    asked = request.args.get("task")
    return next((item for item in waiting if str(item.task.task_id) == asked), waiting[0] if waiting else None)


def _shown(session: Session, item: WorkItem) -> dict[str, Any]:
    """The case, why it was reported, and the form."""
    assert item.case is not None
    form = forms.task_form(runtime(), session, item.task)
    values = shown_values(form, forms.task_values(runtime(), session, item.task, actor()))
    reported = [fact for fact in facts_of(session, item.case.id) if fact.kind == FactKind.REPORTED_TO_LEADER]
    return case_parts(session, item.case, actor(), now()) | {
        "form": {"schema": shown_form(form, language()) or {"type": "default", "components": []}, "values": values},
        "reported": reported[-1] if reported else None,
    }


def _given(session: Session) -> list[dict[str, Any]]:
    """The newest instructions in cases this person may read, with where each case stands now."""
    query = (
        select(LeaderInstruction, CaseFile)
        .join(CaseFile, CaseFile.id == LeaderInstruction.case_id)
        .where(readable(actor()))
        .order_by(LeaderInstruction.at.desc())
        .limit(MOST)
    )
    return [{"instruction": row[0], "case": row[1]} for row in session.execute(query)]
