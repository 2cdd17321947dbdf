"""Registering a report: the form, and beside it who calls, what is known already, and who would be responsible.

A telephone call opens `/registrations/new?call=<id of the call>`: the id, never the number, stands in addresses."""

from typing import Any

from flask import flash, jsonify, render_template, request

from app.cases.duplicates import Sketch, similar_cases
from app.cases.routes import now
from app.core.errors import Invalid
from app.core.http import language, site
from app.core.ids import new_id
from app.identity.guard import actor, permits
from app.lifecycle import forms
from app.lifecycle.form_view import shown_form
from app.lifecycle.reporting import register
from app.lifecycle.routes import runtime
from app.lifecycle.suggestion import suggest
from app.reports.contacts import earlier_contacts
from app.web.limits import chip_of_line
from app.web.pages.frame import blueprint, page
from app.web.pages.islands import form_texts, sent
from app.web.templating import t

CALLS_SHOWN = 6


@blueprint.get("/registrations/new")
@permits("case.register")
def registration() -> str:
    with site().sessions() as session:
        schema = shown_form(forms.registration_form(runtime(), session), language())
    form = {"schema": schema, "values": {"duty_staff": actor().name}}
    return page(
        "registration.html", islands=("form", "registration"), form=form, command_id=new_id(), texts=form_texts(),
        contacts=[], similar=[], suggestion=None, phone="",
    )  # fmt: skip


@blueprint.post("/registrations/new")
@permits("case.register")
def register_report() -> Any:
    command_id, values = sent()
    made = register(runtime(), values, actor=actor(), command_id=command_id)
    flash(t("web.registration.done", number=made.acceptance_no))
    return jsonify({"next": f"/cases/{made.case_no}"})


@blueprint.post("/registrations/hints")
@permits("case.register")
def hints() -> Any:
    """What is known that helps with a report still being written: three pieces of the page. Sent by POST, as a caller's
    number has no place in addresses and logs."""
    body = request.get_json()
    values = body.get("values") if isinstance(body, dict) else None
    if not isinstance(values, dict):
        raise Invalid("web.form.unreadable")
    typed = {key: value for key, value in values.items() if isinstance(value, str)}
    phone = typed.get("caller_phone", "").strip()
    with site().sessions() as session:
        contacts = earlier_contacts(session, phone, actor()) if phone else []
        similar = similar_cases(session, _sketch(typed, phone), actor=actor(), now=now())
        suggestion = suggest(runtime(), session, values, now())
    parts = {"contacts": contacts, "phone": phone, "suggestion": suggestion,
             "similar": [{"found": one, "chip": chip_of_line(one.line, now())} for one in similar]}  # fmt: skip
    return jsonify({
        name: render_template("_hints.html", part=name, shown_calls=CALLS_SHOWN, **parts)
        for name in ("caller", "similar", "suggestion")
    })  # fmt: skip


def _sketch(typed: dict[str, str], phone: str) -> Sketch:
    return Sketch(
        phone, typed.get("category", ""), typed.get("sub_category", ""), typed.get("district", ""),
        typed.get("address", ""), f"{typed.get('incident_summary', '')} {typed.get('detailed_content', '')}".strip(),
    )  # fmt: skip
