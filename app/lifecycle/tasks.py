"""The one door by which people do tasks: may they, does the form hold, the case, then the engine."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import workflow
from app.cases.actions import apply_form, complete_registration
from app.core.errors import Invalid
from app.core.ids import new_id
from app.documents import documents_of
from app.identity import Actor, require
from app.lifecycle import city_lists, forms
from app.lifecycle.dossier import dossier_of, order_of
from app.lifecycle.return_visit import asked
from app.lifecycle.subject import CASE, ORDER
from app.workflow import Command, Gone, OnInstance, Result, Runtime, TaskView
from app.workflow.engine.types import Variables
from app.workflow.peek import instance_of_task
from app.workflow.schemas import Kind


def complete_task(
    runtime: Runtime, task_id: UUID, values: Mapping[str, Any], *, actor: Actor, command_id: UUID | None = None,
    instance_id: UUID | None = None, documents: Sequence[UUID] = (),
) -> Result:  # fmt: skip
    """Complete an open task with its form's values. Who knows the task's instance spares a look. `documents` of the
    task's case or order go into the history with their hashes.

    Under the instance's lock the form is checked, what it names of the case is written, and the engine goes on; all
    or nothing. Raises Forbidden, Invalid (a sentence for each field), Conflict (somebody was faster, a
    timer was due first, or the case is stuck with an incident)."""
    content: dict[str, Any] = {"task_id": str(task_id), "values": dict(values)}
    if documents:
        content["documents"] = [str(document_id) for document_id in documents]
    return _command(runtime, task_id, "complete_task", content, actor, command_id, instance_id)


def claim(runtime: Runtime, task_id: UUID, *, actor: Actor, command_id: UUID | None = None) -> Result:
    """Take a task out of the pool. Raises Forbidden, Conflict."""
    return _command(runtime, task_id, "claim", {"task_id": str(task_id)}, actor, command_id)


def release(runtime: Runtime, task_id: UUID, *, actor: Actor, command_id: UUID | None = None) -> Result:
    """Put it back. Raises Forbidden, Conflict."""
    return _command(runtime, task_id, "release", {"task_id": str(task_id)}, actor, command_id)


def prepare_completion(session: Session, view: workflow.View, on: OnInstance) -> Variables:
    """Runs under the lock, before the engine; also when an incident's command is tried again."""
    assert isinstance(view, TaskView)
    values: Mapping[str, Any] = on.command.content.get("values") or {}
    _tell_documents(session, on)
    form = forms.task_form(on.runtime, session, view)
    if form is None:
        return {}
    dossier = dossier_of(session, on) if on.subject_kind in (CASE, ORDER) else None
    context = forms.context_of(on.runtime, session, view, form, on.actor)
    clean = forms.check(form, values, {**context, "now": on.now.isoformat()})
    city_lists.require_departments(session, clean)
    if dossier is None:
        return forms.for_engine(on.runtime, session, view, form, clean)
    case, zone = dossier.case, on.runtime.zone
    if view.form_id == forms.REGISTRATION:
        complete_registration(case, lambda: dossier.registration, clean, on, zone)
        on.set_scope(district=case.district, confidential=case.confidential)
    else:
        visit = view.form_id == forms.RETURN_VISIT
        apply_form(
            case, lambda: asked(dossier) if visit else dossier.registration, clean, on, zone, order_of(session, on)
        )
    return forms.for_engine(on.runtime, session, view, form, clean)


def _tell_documents(session: Session, on: OnInstance) -> None:
    """What the sender of the form saw beside it: each file with its hash, so that the chain vouches for the photos."""
    wanted = set(on.command.content.get("documents") or ())
    if not wanted or on.subject_id is None:
        return
    known = [each for each in documents_of(session, [on.subject_id]) if str(each.id) in wanted]
    if len(known) != len(wanted):
        raise Invalid("lifecycle.documents_gone")
    on.change("documents", None, [each.told() for each in known])


def _command(
    runtime: Runtime, task_id: UUID, kind: Kind, content: Mapping[str, Any], actor: Actor, command_id: UUID | None,
    instance_id: UUID | None = None,
) -> Result:  # fmt: skip
    command = Command(command_id or new_id(), kind, actor, content)
    if instance_id is None:
        with runtime.sessions() as session:
            instance_id = instance_of_task(session, task_id, command.id)
    if instance_id is None:
        raise Gone("workflow.task_gone")

    def authorize(view: workflow.View) -> None:
        if not isinstance(view, TaskView):
            raise Gone("workflow.task_gone")
        if kind == "release" or not workflow.may_work_on(actor, view):
            require(actor, f"task.{kind.removesuffix('_task')}", view.scope())

    return workflow.execute(runtime, instance_id, command, authorize=authorize)
