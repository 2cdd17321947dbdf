"""The language of a page or problem: the person's choice in this browser, else their account's, else the browser's."""

from flask import g, request

from app.core.http import site
from app.core.i18n import LANGUAGES, choose_language

COOKIE = "language"


def current() -> str:
    """Chosen once a request, when first asked for: an error may need it before anything else is known."""
    if "language" not in g:
        g.language = _choose()
    return str(g.language)


def _choose() -> str:
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    if g.get("actor") is not None and not request.path.startswith("/api/"):
        return str(g.actor.language)
    return choose_language(request.headers.get("Accept-Language"), site().settings.default_language)
