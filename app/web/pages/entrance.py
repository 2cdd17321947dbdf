"""Coming and going: sign-in, sign-out, the choice of language, the first page."""

from flask import g, redirect, request, session
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from app.core.db import transaction
from app.core.errors import CitydeskError
from app.core.http import LANGUAGE_COOKIE, site
from app.core.i18n import LANGUAGES
from app.identity import change_name
from app.identity import sign_out as end_session
from app.identity.guard import public, signed_in
from app.identity.routes import open_session
from app.web.navigation import home
from app.web.pages.frame import blueprint, page
from app.web.pages.phone import leave_seat
from app.web.problems import sentence
from app.worklist import setting_of

A_YEAR = 365 * 24 * 3600
THEME_COOKIE = "theme"
"""Read by the page's first script, before it is drawn."""


@blueprint.get("/")
@signed_in
def start() -> Response:
    return redirect(home(g.actor))


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Response | str | tuple[str, int]:
    """The token goes into the signed, HttpOnly cookie; a fresh session each time, so none can be planted."""
    target = local(request.values.get("next", "/"))
    if request.method == "GET":
        return redirect(target) if g.actor else _sign_in_page(target)
    username = request.form.get("username", "")
    try:
        token, actor = open_session(username, request.form.get("password", ""))
    except CitydeskError as error:
        problem = sentence(error)
        return _sign_in_page(target, username, problem), error.status
    session.clear()
    session["token"] = token
    session.permanent = True
    response = redirect(home(actor) if target == "/" else target)
    with site().sessions() as database:
        theme = setting_of(database, actor.id).theme
    if theme and THEME_COOKIE not in request.cookies:
        response.set_cookie(THEME_COOKIE, theme, max_age=A_YEAR, samesite="Lax", secure=request.is_secure)
    return response


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    if g.actor:
        leave_seat(g.actor)
    with transaction(site().sessions) as database:
        end_session(database, g.token, site().clock.now())
    session.clear()
    return redirect("/sign-in")


@blueprint.get("/csrf-token")
@signed_in
def fresh_csrf_token() -> dict[str, str]:
    """For a page that is older than its session: it keeps what was typed and asks for the present token, and whether
    its person is still the one who is signed in."""
    return {"token": generate_csrf(), "person": g.actor.id.hex}


@blueprint.post("/language")
@public
def choose_language() -> Response:
    response = redirect(local(request.form.get("back", "/")))
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        if g.actor is not None and g.actor.language != chosen:
            with transaction(site().sessions) as database:
                change_name(database, g.actor.id, g.actor.name, chosen, actor=g.actor, now=site().clock.now())
        response.set_cookie(
            LANGUAGE_COOKIE, chosen, max_age=A_YEAR, httponly=True, samesite="Lax", secure=request.is_secure
        )
    return response


def _sign_in_page(target: str, username: str = "", problem: str = "") -> str:
    return page("sign_in.html", next=target, username=username, problem=problem, demo=site().settings.demo)


def local(address: str) -> str:
    """Only a path of this site: a sign-in link must not lead to a foreign one. Browsers read `///host` and `/\\host`
    as `//host`, and leave out control characters."""
    if not address.startswith("/") or address[1:2] in ("/", "\\") or any(char < " " for char in address):
        return "/"
    return address
