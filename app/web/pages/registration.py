"""Registering a report: the form, and beside it who calls, what is known already, and who would be responsible.

A telephone call opens `/registrations/new?call=<id of the call>`: the id, never the number, stands in addresses."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import worklist
from app.cases.duplicates import Sketch, similar_cases
from app.cases.models import CaseFile
from app.cases.queries import registered_by, scope_of, standing_merge
from app.cases.routes import find, now
from app.city import Matter
from app.contacts.models import Call
from app.core.db import transaction
from app.core.errors import CitydeskError, Conflict, Invalid
from app.core.http import language, site
from app.core.ids import new_id
from app.documents import documents_of, forget_written
from app.identity import can
from app.identity.guard import actor, permits
from app.knowledge import articles_about, phrases_about
from app.lifecycle import forms
from app.lifecycle.amending import amend_case, amendable_values
from app.lifecycle.form_view import shown_form
from app.lifecycle.merging import join_case, take_out
from app.lifecycle.reporting import Registered, register
from app.lifecycle.routes import runtime
from app.lifecycle.suggestion import suggest, suggest_matter
from app.reports.contacts import look_at_contacts
from app.web.formats import short_number
from app.web.limits import chip_of_line
from app.web.names import names
from app.web.pages.files import DRAFT, folder, photo_words
from app.web.pages.frame import blueprint, flash_undoable, form_command_id, page, read_id
from app.web.pages.islands import form_texts, sent
from app.web.pages.processing import chosen_processing, decides, go_on, processing_island
from app.web.pop import asked_call, draft_key, log_look, pop_of, tie, with_time
from app.web.problems import sentence
from app.web.templating import t

CALLS_SHOWN = 6


@blueprint.get("/registrations/new")
@permits("case.register")
def registration() -> str:
    """What was not saved last time stands here again, under the command it had: sent twice, it is registered once.
    `draft` names another one than the newest by its command, begun already or not."""
    call = asked_call()
    with site().sessions() as session:
        schema = shown_form(forms.registration_form(runtime(), session), language())
        drafts = worklist.drafts_of(session, actor(), draft_key(DRAFT, call))
        draft = _chosen(session, drafts)
        pop = pop_of(session, call) if call else None
        files = documents_of(session, [UUID(draft["command_id"])]) if draft else []
    if call:
        log_look(call)
    told = pop.values if pop else {}
    values = {"duty_staff": actor().name, **told, **(draft["values"] if draft else {})}
    return page(
        "registration.html", islands=("form", "registration"), form={"schema": schema, "values": values},
        command_id=draft["command_id"] if draft else new_id(), texts=form_texts(), draft=draft,
        contacts=pop.contacts if pop else [], similar=[], suggestion=None, phone=told.get("caller_phone", ""),
        pop=pop, asks=f"?call={call.id}" if call else "", shown_calls=CALLS_SHOWN,
        files=files, words=photo_words(), processing=processing_island(), decides=decides(),
        others=[each for each in drafts if each is not draft], fresh=new_id(),
    )  # fmt: skip


def _chosen(session: Session, drafts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """What was sent already is not written on. Raises Invalid."""
    asked = request.args.get("draft")
    command_id = read_id(asked) if asked else None
    if command_id is None or registered_by(session, command_id):
        return next(iter(drafts), None)
    empty = {"command_id": str(command_id), "values": {}}
    return next((each for each in drafts if each["command_id"] == str(command_id)), empty)


@blueprint.post("/registrations/draft")
@permits("case.register")
def save_draft() -> Any:
    """Every two seconds while somebody writes. No case is made of a draft. What was sent already is not kept (a slow
    draft may come behind its report, or from a second window), but under a command of its own when it is `another`."""
    command_id, values = sent()
    call, at = asked_call(), now()
    if request.get_json().get("another") is True:
        command_id = new_id()
    with transaction(site().sessions) as session:
        if number := registered_by(session, command_id):
            return jsonify({"said": "", "sent_already": t("web.registration.sent_already", number=number)})
        worklist.keep_one_of(session, draft_key(DRAFT, call), command_id, values, actor=actor(), now=at)
    saved = at.astimezone(site().settings.city_zone)
    return jsonify({"said": t("web.draft.saved", time=f"{saved:%H:%M:%S}")})


@blueprint.post("/registrations/draft/removal")
@permits("case.register")
def drop_draft() -> Response:
    """With the photos and files that were added to it; those of other windows stay."""
    call, command_id = asked_call(), form_command_id()
    with transaction(site().sessions) as session:
        forget_written(session, folder(), command_id, actor=actor(), now=now())
        worklist.forget_one_of(session, draft_key(DRAFT, call), command_id, actor=actor())
    return redirect(f"/registrations/new?call={call.id}" if call else "/registrations/new")


@blueprint.post("/registrations/new")
@permits("case.register")
def register_report() -> Any:
    """With `joins` the report becomes part of that case, and can be taken out of it at once. The draft of another
    window stays."""
    command_id, values = sent()
    call = asked_call()
    values = with_time(call, values)
    try:
        if joins := request.get_json().get("joins"):
            answer = _join(str(joins), values, command_id, call)
        else:
            answer = _register(values, command_id, call)
    except Conflict as error:
        raise _sent_already(error, command_id) from error
    with transaction(site().sessions) as session:
        worklist.forget_one_of(session, draft_key(DRAFT, call), command_id, actor=actor())
    return answer


def _register(values: dict[str, Any], command_id: UUID, call: Call | None) -> Any:
    processing = chosen_processing()
    made = register(runtime(), values, actor=actor(), command_id=command_id, processing=processing)
    tie(call, made.case_id)
    flash(t("web.registration.done", number=made.acceptance_no))
    if processing:
        go_on(made.case_id, processing, command_id)
    return jsonify({"next": _after(made)})


def _after(made: Registered) -> str:
    """The case; the next report for an agent, to whom a confidential case is closed once it is saved."""
    with site().sessions() as session:
        case = session.get_one(CaseFile, made.case_id)
    if can(actor(), "case.read", scope_of(case)):
        return f"/cases/{made.case_no}"
    flash(t("web.registration.closed_to_you"))
    return "/registrations/new"


def _sent_already(error: Conflict, command_id: UUID) -> Conflict:
    """Two windows showed one draft, and the other one was quicker."""
    if error.key != "workflow.other_command":
        return error
    with site().sessions() as session:
        number = registered_by(session, command_id)
    return Conflict("web.registration.sent_already", number=number) if number else error


def _join(case_no: str, values: dict[str, Any], command_id: UUID, call: Call | None) -> Any:
    with site().sessions() as session:
        case_id = find(session, case_no).id
    made = join_case(runtime(), case_id, values, actor=actor(), command_id=command_id)
    tie(call, case_id)
    with site().sessions() as session:
        merge = standing_merge(session, made.registration_id)
    said = t("web.registration.joined", number=made.acceptance_no, case_no=short_number(made.case_no))
    flash_undoable(said, f"/cases/{made.case_no}/merges/{merge.id}/undo")
    return jsonify({"next": f"/cases/{made.case_no}"})


@blueprint.post("/cases/<case_no>/merges/<uuid:merge_id>/undo")
@permits("case.merge")
def undo_merge(case_no: str, merge_id: UUID) -> Response:
    try:
        own = take_out(runtime(), merge_id, actor=actor())
    except CitydeskError as error:
        flash(sentence(error), "error")
        return redirect(f"/cases/{case_no}")
    flash(t("web.registration.taken_out", number=own.acceptance_no))
    return redirect(f"/cases/{own.case_no}")


@blueprint.get("/cases/<case_no>/edit")
@permits("case.amend")
def edit(case_no: str) -> str:
    """The registration form of a saved report, with what stands there now."""
    with site().sessions.begin() as session:
        found = find(session, case_no)
        schema = shown_form(forms.registration_form(runtime(), session), language())
        values = amendable_values(runtime(), session, found, actor())
    return page(
        "amend.html", islands=("form",), case=found, form={"schema": schema, "values": values}, command_id=new_id(),
        texts=form_texts(),
    )  # fmt: skip


@blueprint.get("/cases/<case_no>/edit/values")
@permits("case.amend")
def values_now(case_no: str) -> Any:
    """What stands there now, for a form that was overtaken."""
    with site().sessions.begin() as session:
        return jsonify({"values": amendable_values(runtime(), session, find(session, case_no), actor())})


@blueprint.post("/cases/<case_no>/edit")
@permits("case.amend")
def amend(case_no: str) -> Any:
    command_id, values = sent()
    before = request.get_json().get("before")
    if not isinstance(before, dict):
        raise Invalid("web.form.unreadable")
    with site().sessions() as session:
        case_id = find(session, case_no).id
    amend_case(runtime(), case_id, values, before, actor=actor(), command_id=command_id)
    flash(t("web.amend.done"))
    return jsonify({"next": f"/cases/{case_no}"})


@blueprint.post("/registrations/hints")
@permits("case.register")
def hints() -> Any:
    """What is known that helps with a report still being written: the pieces of the page. Sent by POST, as a caller's
    number has no place in addresses and logs."""
    body = request.get_json()
    values = body.get("values") if isinstance(body, dict) else None
    if not isinstance(values, dict):
        raise Invalid("web.form.unreadable")
    typed = {key: value for key, value in values.items() if isinstance(value, str)}
    phone = typed.get("caller_phone", "").strip()
    with transaction(site().sessions) as session:
        contacts = look_at_contacts(session, phone, actor(), now()) if phone else []
        similar = similar_cases(session, _sketch(typed, phone), actor=actor(), now=now())
        suggestion = suggest(runtime(), session, values, now())
        said = f"{typed.get('incident_summary', '')} {typed.get('detailed_content', '')}"
        matter = None if typed.get("category") else suggest_matter(session, said)
        phrases = phrases_about(session, actor(), f"{said} {_category_words(typed)}")
        chosen = [typed[key] for key in ("sub_category", "category") if typed.get(key)]
        articles = articles_about(session, f"{said} {_category_words(typed)}", chosen)
    parts = {"phrases": phrases, "articles": articles, "contacts": contacts, "phone": phone, "suggestion": suggestion,
             "similar": [{"found": one, "chip": chip_of_line(one.line, now())} for one in similar]}  # fmt: skip
    return jsonify({
        name: render_template("_hints.html", part=name, shown_calls=CALLS_SHOWN, pop="call" in request.args, **parts)
        for name in ("caller", "similar", "suggestion", "knowledge")
    } | {"matter": _offer(matter)})  # fmt: skip


def _category_words(typed: dict[str, str]) -> str:
    words = names()
    return " ".join(words.category(typed[key]) for key in ("category", "sub_category") if typed.get(key))


def _offer(matter: Matter | None) -> dict[str, Any] | None:
    """A sub-category for who wrote of it, as the form takes it."""
    if matter is None:
        return None
    words = names()
    said = t("web.hints.matter", category=words.category(str(matter.parent)), sub_category=words.category(matter.code))
    return {"values": {"category": matter.parent, "sub_category": matter.code}, "said": said}


def _sketch(typed: dict[str, str], phone: str) -> Sketch:
    return Sketch(
        phone, typed.get("category", ""), typed.get("sub_category", ""), typed.get("district", ""),
        typed.get("address", ""), f"{typed.get('incident_summary', '')} {typed.get('detailed_content', '')}".strip(),
    )  # fmt: skip
