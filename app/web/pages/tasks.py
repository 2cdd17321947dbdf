"""One task with its form."""

from typing import Any
from uuid import UUID

from flask import flash, jsonify, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.cases.routes import now
from app.contacts.visits import KeyedAnswer, answer_by_key
from app.core.errors import CitydeskError
from app.core.http import language, site
from app.core.ids import new_id
from app.identity import Actor
from app.identity.guard import actor, signed_in
from app.lifecycle import forms
from app.lifecycle.form_view import shown_form, shown_values
from app.lifecycle.routes import runtime
from app.lifecycle.tasks import claim, complete_task, release
from app.lifecycle.worklist import WorkItem, may_work_on, work_item
from app.web.names import groups_in_words
from app.web.pages.case_parts import caller_of_visit, case_parts
from app.web.pages.entrance import local
from app.web.pages.frame import blueprint, flash_undoable, page
from app.web.pages.islands import form_texts, sent
from app.web.problems import sentence
from app.web.templating import full_moment, label, t
from app.web.work_rows import work_row


@blueprint.get("/tasks/<uuid:task_id>")
@signed_in
def task(task_id: UUID) -> str:
    with site().sessions() as session:
        item = work_item(runtime(), session, task_id, actor())
        may_work = may_work_on(actor(), item.task)
        keyed = keyed_answer(session, item) if may_work else None
        form = form_of_task(session, item, keyed) if may_work else NO_FORM
        parts = case_parts(session, item.case, actor(), now()) if item.case else {}
        asked = caller_of_visit(session, item.case, item.task.form_id, actor())
        order = item.order
    return page(
        "task.html",
        islands=("form",),
        item=work_row(item, actor(), now()),
        order=order,
        may_work=may_work,
        refused=None if may_work else _why_not(item, actor()),
        form=form,
        asked=asked,
        keyed=keyed_words(keyed),
        command_id=new_id(),
        texts=form_texts(),
        **parts,
    )


NO_FORM: dict[str, Any] = {"schema": {"type": "default", "components": []}, "values": {}}


def keyed_answer(session: Session, item: WorkItem) -> KeyedAnswer | None:
    """What the citizen has typed of the return visit that this task is; None for other tasks."""
    if item.task.form_id != forms.RETURN_VISIT or (case := forms.subject_rows(session, item.task)[0]) is None:
        return None
    return answer_by_key(session, case, item.task)


def keyed_words(keyed: KeyedAnswer | None) -> str:
    """Whence the form has what it begins with; "" where nobody typed anything."""
    if keyed is None:
        return ""
    said = (("VisitResult", keyed.values.get("visit_result")), ("Resolved", keyed.values.get("resolved")))
    answer = " · ".join(label(enum, value) for enum, value in said if value)
    return t("web.visit.keyed", at=full_moment(keyed.at), answer=answer)


def form_of_task(session: Session, item: WorkItem, keyed: KeyedAnswer | None) -> dict[str, Any]:
    """What the form's island draws: the deployed schema in the reader's language, with the values known so far."""
    form = forms.task_form(runtime(), session, item.task)
    if form is None:
        return NO_FORM
    known = forms.task_values(runtime(), session, item.task, actor())
    if keyed is not None:
        known |= keyed.values
    values = shown_values(form, known)
    return {"schema": shown_form(form, language()), "values": values}


@blueprint.post("/tasks/<uuid:task_id>")
@signed_in
def complete(task_id: UUID) -> Any:
    """The form's island posts here; `back` in the address says where to go on, a case's page for one."""
    command_id, values = sent()
    complete_task(runtime(), task_id, values, actor=actor(), command_id=command_id)
    flash(t("web.task.done"))
    return jsonify({"next": local(request.args.get("back", "/tasks"))})


@blueprint.post("/tasks/<uuid:task_id>/claim")
@signed_in
def take(task_id: UUID) -> Response:
    return _and_back(lambda: claim(runtime(), task_id, actor=actor()), task_id, "claim", f"/tasks/{task_id}")


@blueprint.post("/tasks/<uuid:task_id>/release")
@signed_in
def put_back(task_id: UUID) -> Response:
    return _and_back(lambda: release(runtime(), task_id, actor=actor()), task_id, "release", "/tasks")


def _and_back(deed: Any, task_id: UUID, done: str, target: str) -> Response:
    """Do it and return where one was: there it can be undone, or a refusal is said."""
    back = local(request.form.get("back", target))
    try:
        deed()
    except CitydeskError as error:
        flash(sentence(error), "error")
    else:
        opposite = {"claim": "release", "release": "claim"}[done]
        flash_undoable(t(f"web.inbox.done.{done}", n=1), f"/tasks/{task_id}/{opposite}", back=back)
    return redirect(back)


def _why_not(item: WorkItem, person: Actor) -> str:
    if item.task.suspended:
        return t("web.task.suspended")
    if item.task.assignee and item.task.assignee != str(person.id):
        return t("web.task.taken", name=item.assignee_name or "—")
    return t("web.task.not_yours", groups=groups_in_words(item.task.groups))
