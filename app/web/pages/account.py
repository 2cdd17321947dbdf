"""One's own account: where one is signed in, and the password."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request
from werkzeug.user_agent import UserAgent
from werkzeug.wrappers import Response

from app import worklist
from app.core.db import transaction
from app.core.errors import CitydeskError, Invalid
from app.core.http import site
from app.identity import WrongPassword, change_password
from app.identity.guard import actor, signed_in, token
from app.identity.routes import end_session, own_sessions
from app.web.pages.entrance import local
from app.web.pages.frame import blueprint, page
from app.web.problems import sentence
from app.web.templating import t


@blueprint.get("/account")
@signed_in
def account() -> str:
    return _account_page({})


@blueprint.post("/account/password")
@signed_in
def set_password() -> Response | tuple[str, int]:
    form = request.form
    try:
        if form.get("new") != form.get("again"):
            raise Invalid("web.account.password.differ", {"again": ("web.account.password.differ", {})})
        with transaction(site().sessions) as session:
            change_password(
                session, actor().id, form.get("old", ""), form.get("new", ""), now=site().clock.now(), keep=token()
            )
    except CitydeskError as error:
        return _account_page(_errors(error)), error.status
    flash(t("web.account.password.changed"))
    return redirect("/account")


@blueprint.post("/account/density")
@signed_in
def set_density() -> Response:
    with transaction(site().sessions) as session:
        columns = worklist.setting_of(session, actor().id).columns
        worklist.keep_setting(session, actor=actor(), density=request.form.get("density", "normal"), columns=columns)
    return redirect(local(request.form.get("back", "/account")))


@blueprint.post("/account/theme")
@signed_in
def set_theme() -> tuple[str, int]:
    """The page has changed its look already; this keeps it for other machines."""
    with transaction(site().sessions) as session:
        worklist.keep_theme(session, request.form.get("theme", ""), actor=actor())
    return "", 204


@blueprint.post("/account/sessions/<uuid:session_id>/end")
@signed_in
def end(session_id: UUID) -> Response:
    end_session(session_id)
    return redirect("/account")


def _account_page(errors: dict[str, str]) -> str:
    sessions = [each | {"device": device(each["agent"])} for each in own_sessions()]
    return page("account.html", sessions=sessions, errors=errors)


def _errors(error: CitydeskError) -> dict[str, str]:
    if isinstance(error, WrongPassword):
        return {"old": t("web.account.password.wrong")}
    if isinstance(error, Invalid) and error.fields:
        names = {"password": "new"}
        return {names.get(name, name): t(key, **params) for name, (key, params) in error.fields.items()}
    return {"new": sentence(error)}


def device(agent: Any) -> str:
    """A short name for what signed in: the browser's or the program's."""
    known = {"Edg/": "Edge", "Firefox/": "Firefox", "Chrome/": "Chromium", "Safari/": "Safari"}
    for mark, name in known.items():
        if agent and mark in agent:
            return name
    return UserAgent(agent or "").string.split("/")[0][:40] or "—"
