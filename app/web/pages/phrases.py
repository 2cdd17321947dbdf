"""Phrases: the list one keeps, and what `/` in a text offers."""

from typing import Any
from uuid import UUID

from flask import flash, jsonify, redirect, request
from werkzeug.wrappers import Response

from app.cases.routes import now
from app.core.db import transaction
from app.core.errors import CitydeskError, Invalid
from app.core.http import language, site
from app.core.i18n import text
from app.identity.guard import actor, signed_in
from app.knowledge import keep_phrase, phrases_for, remove_phrase
from app.web.pages.frame import blueprint, page
from app.web.problems import sentence
from app.web.templating import t


@blueprint.get("/phrases")
@signed_in
def phrases() -> str:
    return _page({}, {})


@blueprint.get("/phrases/list")
@signed_in
def phrase_list() -> Any:
    """For the island that offers them while typing."""
    with site().sessions() as session:
        found = phrases_for(session, actor())
    return jsonify({"phrases": [{"title": phrase.title, "body": phrase.body} for phrase in found]})


@blueprint.post("/phrases")
@signed_in
def add_phrase() -> Response | str:
    form = request.form
    try:
        with transaction(site().sessions) as session:
            keep_phrase(session, form.get("title", ""), form.get("body", ""), shared="shared" in form, actor=actor(),
                        now=now())  # fmt: skip
    except Invalid as error:
        faults = {field: text(key, language(), **params) for field, (key, params) in error.fields.items()}
        return _page(form.to_dict(), faults or {"title": sentence(error)})
    flash(t("web.phrases.kept"))
    return redirect("/phrases")


@blueprint.post("/phrases/<uuid:phrase_id>/removal")
@signed_in
def drop_phrase(phrase_id: UUID) -> Response:
    try:
        with transaction(site().sessions) as session:
            remove_phrase(session, phrase_id, actor=actor(), now=now())
        flash(t("web.phrases.removed"))
    except CitydeskError as error:
        flash(sentence(error), "error")
    return redirect("/phrases")


def _page(typed: dict[str, str], faults: dict[str, str]) -> str:
    with site().sessions() as session:
        found = phrases_for(session, actor())
    return page("phrases.html", phrases=found, typed=typed, faults=faults)
