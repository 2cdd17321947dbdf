"""What happens to a report once it is saved, chosen while registering (P01-P07): nothing yet, or one of the processing
methods with its processing form.

The choice is kept with the case, so the forms of the steps to come begin with it. Whoever may do those steps has them
done at once, one after the other through the same door as by hand; else the shift supervisor decides."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.enums import ProcessingMethod
from app.cases.models import ProcessingForm
from app.core.errors import Invalid
from app.core.ids import derived_id
from app.identity import Actor
from app.lifecycle import forms
from app.lifecycle.form_view import shown_values
from app.lifecycle.suggestion import suggest
from app.lifecycle.tasks import complete_task
from app.lifecycle.worklist import WorkItem, may_work_on, tasks_of_case
from app.workflow import Runtime

ANSWER = "ANSWER"
"""Instead of a processing method: the caller was answered while on the telephone."""
JUDGEMENT = "judgement"
ANSWERED = ("judgement", "answer_text")
UNIT = ("lead_department", "assist_departments")
LEADER = "BUREAU_LEADER"


def offered(runtime: Runtime, session: Session, values: Mapping[str, Any], method: str) -> dict[str, Any]:
    """What the processing form begins with: the method, what the tables propose, and the report's own words.

    `values` are the registration form's, not saved yet. Raises Invalid for an unknown method."""
    if method not in list(ProcessingMethod):
        raise Invalid("cases.not_in_list", value=method)
    form = processing_form(runtime, session)
    said = suggest(runtime, session, values, runtime.clock.now())
    known = {
        "method": method,
        "handling_leader": LEADER if method == ProcessingMethod.REPORT_LEADER else None,
        "lead_department": said.department if said else None,
        "assist_departments": list(said.assist) if said else [],
        "processing_content": values.get("detailed_content"),
    }
    return shown_values(form, known)


def answered(processing: Mapping[str, Any]) -> dict[str, Any]:
    """The judgement of a consultation that was answered at once, with the text that was said."""
    return {"judgement": ANSWER, "answer_text": processing.get("answer_text")}


def processing_form(runtime: Runtime, session: Session) -> dict[str, Any]:
    return forms.deployed_form(runtime, session, forms.current_bundle_id(session), forms.PROCESSING)


def proceed(
    runtime: Runtime, case_id: UUID, processing: Mapping[str, Any], *, actor: Actor, command_id: UUID
) -> str | None:  # fmt: skip
    """File and dispatch as the processing form says, as far as this person may; returns the processing number once
    there is one. Done again it goes on where it stood. Raises Forbidden, Invalid, Conflict."""
    answers: dict[str, Mapping[str, Any]] = {
        JUDGEMENT: {"judgement": "FILE"},
        "confirm_unit": {key: processing[key] for key in UNIT if processing.get(key)},
        forms.PROCESSING: processing,
    }
    if processing.get("method") == ANSWER:
        answers = {JUDGEMENT: answered(processing)}
    while (step := _next_step(runtime, case_id, actor, answers)) is not None:
        form_id = str(step.task.form_id)
        command = derived_id(f"proceed {form_id}", command_id)
        complete_task(runtime, step.task.task_id, answers.pop(form_id), actor=actor, command_id=command)
    with runtime.sessions() as session:
        newest = select(ProcessingForm.processing_no).where(ProcessingForm.case_id == case_id)
        return session.scalar(newest.order_by(ProcessingForm.made_at.desc()).limit(1))


def _next_step(
    runtime: Runtime, case_id: UUID, actor: Actor, answers: Mapping[str, Mapping[str, Any]]
) -> WorkItem | None:
    with runtime.sessions() as session:
        items = tasks_of_case(runtime, session, case_id)
    mine = (item for item in items if item.task.form_id in answers and may_work_on(actor, item.task))
    return next((item for item in mine if item.order is None), None)
