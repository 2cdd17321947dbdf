"""A person's own views, columns and density."""

from uuid import UUID

from flask import flash, redirect, request
from werkzeug.wrappers import Response

from app import worklist
from app.cases.routes import now
from app.core.db import transaction
from app.core.errors import CitydeskError
from app.core.http import site
from app.identity.guard import actor, signed_in
from app.lifecycle.inbox_views import Conditions
from app.web.pages.entrance import local
from app.web.pages.frame import blueprint
from app.web.problems import sentence
from app.web.templating import t


@blueprint.post("/tasks/views")
@signed_in
def save_view() -> Response:
    """The conditions of the page it was sent from, under a name; shared where a group was chosen."""
    conditions = Conditions.of(request.form, actor()).stored()
    shared = request.form.get("shared_with") or None
    try:
        with transaction(site().sessions) as session:
            name = request.form.get("name", "")
            view_id = worklist.save_view(session, name, conditions, shared, actor=actor(), now=now())
    except CitydeskError as error:
        flash(sentence(error), "error")
        return redirect(local(request.form.get("back", "/tasks")))
    flash(t("web.inbox.view_saved"))
    return redirect(f"/tasks?saved={view_id}")


@blueprint.post("/tasks/views/<uuid:view_id>/removal")
@signed_in
def remove_view(view_id: UUID) -> Response:
    try:
        with transaction(site().sessions) as session:
            worklist.remove_view(session, view_id, actor=actor(), now=now())
        flash(t("web.inbox.view_removed"))
    except CitydeskError as error:
        flash(sentence(error), "error")
    return redirect("/tasks")


@blueprint.post("/tasks/setting")
@signed_in
def keep_setting() -> Response:
    with transaction(site().sessions) as session:
        worklist.keep_setting(
            session, actor=actor(), density=request.form.get("density", "normal"),
            columns=request.form.getlist("column"),
        )  # fmt: skip
    return redirect(local(request.form.get("back", "/tasks")))
