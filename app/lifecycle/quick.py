"""Answers that need no form: what a list does to one task or to many at a key press. The form still decides; whatever
it lacks has to be filled in by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import forms as forms_rules
from app import workflow
from app.cases.models import WorkOrder
from app.core.errors import Conflict, Invalid
from app.core.ids import derived_id, new_id
from app.identity import Actor
from app.lifecycle import forms
from app.lifecycle.form_view import shown_values
from app.lifecycle.tasks import complete_task
from app.workflow import Gone, Result, Runtime, TaskView
from app.workflow.peek import was_done


@dataclass(frozen=True, slots=True)
class Answer:
    """Which form it answers, and with what beside the values the form begins with."""

    form_id: str
    values: Mapping[str, Any]


ANSWERS: Mapping[str, Answer] = {
    "sign": Answer("sign", {"decision": "SIGN"}),
    "file": Answer("judgement", {"judgement": "FILE"}),
    "dispatch": Answer("processing", {}),
    "pass": Answer("verification", {"verification": "PASSED"}),
}


def answer(
    runtime: Runtime, task_id: UUID, deed: str, *, actor: Actor, command_id: UUID | None = None
) -> Result:  # fmt: skip
    """Complete an open task as `deed` says. Raises Gone, Conflict (another kind of task), Invalid (its form needs
    more), Forbidden."""
    wanted = ANSWERS[deed]
    with runtime.sessions() as session:
        task = workflow.task(session, task_id)
        if task is None:
            raise Gone("workflow.task_gone")
        if task.form_id != wanted.form_id:
            raise Conflict(f"lifecycle.quick.not.{deed}")
        values = _begun(runtime, session, task, actor) | dict(wanted.values)
    try:
        return complete_task(runtime, task_id, values, actor=actor, command_id=command_id, instance_id=task.instance_id)
    except Invalid:
        raise Invalid("lifecycle.quick.by_hand") from None


def sign_order(runtime: Runtime, order: WorkOrder, *, actor: Actor, command_id: UUID) -> None:
    """The department signs for its order, once: the same command again finds it done. Raises as `answer`."""
    with runtime.sessions() as session:
        waiting = [task for task in workflow.tasks_of(session, order.id) if task.form_id == ANSWERS["sign"].form_id]
        if not waiting and was_done(session, order.instance_id, command_id):
            return
    if not waiting:
        raise Conflict("lifecycle.quick.not.sign")
    answer(runtime, waiting[0].task_id, "sign", actor=actor, command_id=command_id)


def file_and_dispatch(runtime: Runtime, task_id: UUID, *, actor: Actor, command_id: UUID | None = None) -> None:
    """File a case, and dispatch it when its unit is certain; a case that waits for its dispatch is dispatched only.

    Raises as `answer`; Conflict when it was filed and somebody has to confirm its unit."""
    command = command_id or new_id()
    with runtime.sessions() as session:
        task = workflow.task(session, task_id)
    if task is not None and task.form_id == ANSWERS["dispatch"].form_id:
        answer(runtime, task_id, "dispatch", actor=actor, command_id=command)
        return
    answer(runtime, task_id, "file", actor=actor, command_id=command)
    assert task is not None
    with runtime.sessions() as session:
        following = _to_dispatch(session, task)
    if following is not None:
        answer(runtime, following, "dispatch", actor=actor, command_id=derived_id(command, "dispatch"))


def _to_dispatch(session: Session, filed: TaskView) -> UUID | None:
    """The task that dispatches the case just filed; None where it went to its departments by rule."""
    assert filed.subject_id is not None
    waiting = [task for task in workflow.tasks_of(session, filed.subject_id) if task.process_id == filed.process_id]
    for task in waiting:
        if task.form_id == ANSWERS["dispatch"].form_id:
            return task.task_id
    if waiting:
        raise Conflict("lifecycle.quick.filed_only")
    return None


def _begun(runtime: Runtime, session: Session, task: TaskView, actor: Actor) -> dict[str, Any]:
    form = forms.task_form(runtime, session, task)
    if form is None:
        return {}
    keys = forms_rules.parse(form).keys
    known = shown_values(form, forms.task_values(runtime, session, task, actor))
    return {key: value for key, value in known.items() if key in keys}
