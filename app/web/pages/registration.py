"""Registering a report."""

from typing import Any

from flask import flash, jsonify

from app.core.http import language, site
from app.core.ids import new_id
from app.identity.guard import actor, permits
from app.lifecycle import forms
from app.lifecycle.form_view import shown_form
from app.lifecycle.reporting import register
from app.lifecycle.routes import runtime
from app.web.pages.frame import blueprint, page
from app.web.pages.islands import form_texts, sent
from app.web.templating import t


@blueprint.get("/registrations/new")
@permits("case.register")
def registration() -> str:
    with site().sessions() as session:
        schema = shown_form(forms.registration_form(runtime(), session), language())
    form = {"schema": schema, "values": {"duty_staff": actor().name}}
    return page("registration.html", islands=("form",), form=form, command_id=new_id(), texts=form_texts())


@blueprint.post("/registrations/new")
@permits("case.register")
def register_report() -> Any:
    command_id, values = sent()
    made = register(runtime(), values, actor=actor(), command_id=command_id)
    flash(t("web.registration.done", number=made.acceptance_no))
    return jsonify({"next": f"/cases/{made.case_no}"})
