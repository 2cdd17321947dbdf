"""The knowledge base: searched while one talks, kept by editors with versions."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from app import city
from app.cases.routes import now
from app.core.db import transaction
from app.core.errors import Conflict, Invalid
from app.core.http import language, site
from app.core.i18n import text
from app.identity.guard import actor, permits, signed_in
from app.knowledge import (
    Topic,
    Written,
    article_of,
    find_articles,
    keep_article,
    versions_of,
    withdraw_article,
)
from app.web.names import names
from app.web.pages.frame import blueprint, page
from app.web.problems import sentence
from app.web.templating import t

BESIDE = 8
"""Found beside a report; the page shows more."""
FIELDS = ("topic", "category", "title", "body", "source")


@blueprint.get("/knowledge")
@signed_in
def knowledge() -> str:
    """By words, topic and category."""
    asked = {key: request.args.get(key, "").strip()[:100] for key in ("q", "topic", "category")}
    with site().sessions() as session:
        wide = _with_parent(session, asked["category"])
        found = find_articles(session, asked["q"], topic=asked["topic"], categories=wide)
        choices = _categories(session)
    return page("knowledge.html", articles=found, asked=asked, topics=list(Topic), categories=choices)


@blueprint.post("/knowledge/found")
@signed_in
def knowledge_found() -> str:
    """For the pane beside a report; by POST, as what is typed may be anything."""
    with site().sessions() as session:
        found = find_articles(session, request.form.get("q", "")[:200], most=BESIDE)
    return render_template("_articles.html", articles=found, searched=True)


@blueprint.get("/knowledge/<uuid:article_id>")
@signed_in
def article(article_id: UUID) -> str:
    """As it stands, or with `version` as it once stood."""
    with site().sessions() as session:
        found, versions = article_of(session, article_id), versions_of(session, article_id)
    wanted = request.args.get("version", type=int)
    shown = next((each for each in versions if each.version == wanted), None) if wanted else versions[0]
    if shown is None:
        abort(404)
    return page("article.html", article=found, shown=shown, versions=versions)


@blueprint.get("/knowledge/new")
@permits("knowledge.edit")
def new_article() -> str:
    return _form({"topic": request.args.get("topic", ""), "category": request.args.get("category", "")}, {})


@blueprint.get("/knowledge/<uuid:article_id>/edit")
@permits("knowledge.edit")
def edit_article(article_id: UUID) -> str:
    with site().sessions() as session:
        found = article_of(session, article_id)
        typed = {key: getattr(found, key) or "" for key in FIELDS} | {"seen": str(found.version)}
    return _form(typed, {}, article_id)


@blueprint.post("/knowledge")
@permits("knowledge.edit")
def add_article() -> Response | str:
    return _keep(None)


@blueprint.post("/knowledge/<uuid:article_id>")
@permits("knowledge.edit")
def change_article(article_id: UUID) -> Response | str:
    return _keep(article_id)


@blueprint.post("/knowledge/<uuid:article_id>/withdrawal")
@permits("knowledge.edit")
def drop_article(article_id: UUID) -> Response:
    with transaction(site().sessions) as session:
        withdraw_article(session, article_id, actor=actor(), now=now())
    flash(t("web.knowledge.withdrawn"))
    return redirect("/knowledge")


def _keep(article_id: UUID | None) -> Response | str:
    """What was typed stands again beside what was wrong with it. Saved again over what somebody else wrote meanwhile,
    it takes its place."""
    form = request.form
    written = Written(**{key: form.get(key, "") for key in FIELDS})
    try:
        with transaction(site().sessions) as session:
            seen = form.get("seen", 0, type=int)
            kept = keep_article(session, written, actor=actor(), now=now(), article_id=article_id, seen=seen).id
    except Invalid as error:
        faults = {field: text(key, language(), **params) for field, (key, params) in error.fields.items()}
        return _form(form.to_dict(), faults, article_id)
    except Conflict as error:
        with site().sessions() as session:
            now_stands = str(article_of(session, article_id).version) if article_id else "0"
        return _form(form.to_dict() | {"seen": now_stands}, {"body": sentence(error)}, article_id)
    flash(t("web.knowledge.kept"))
    return redirect(f"/knowledge/{kept}")


def _form(typed: dict[str, str], faults: dict[str, str], article_id: UUID | None = None) -> str:
    with site().sessions() as session:
        choices = _categories(session)
    address = f"/knowledge/{article_id}" if article_id else "/knowledge"
    return page("article_form.html", typed=typed, faults=faults, address=address, new=article_id is None,
                topics=list(Topic), categories=choices)  # fmt: skip


def _categories(session: Any) -> list[tuple[str, str, bool]]:
    """Code, words, and whether it is one of the wider ones."""
    words = names()
    return [(each.code, words.category(each.code), each.parent is None) for each in city.categories(session)]


def _with_parent(session: Any, code: str) -> list[str]:
    """A category, what it belongs to and what belongs to it."""
    if not code:
        return []
    known = city.categories(session)
    return (
        [code]
        + [str(each.parent) for each in known if each.code == code and each.parent]
        + [each.code for each in known if each.parent == code]
    )
