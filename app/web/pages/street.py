"""What a handler in the street needs without a network: the service worker, the page it shows then, and words."""

from flask import Response, make_response, render_template, send_from_directory

from app.core.i18n import LANGUAGES, text
from app.identity.guard import public
from app.web.assets import DIST
from app.web.pages.frame import blueprint
from app.web.templating import t

_WORDS = (
    "and", "device_full", "kept_page", "offline", "photo_waits", "photos_wait", "refused", "signed_out", "step_waits",
)  # fmt: skip


@blueprint.get("/service-worker.js")
@public
def service_worker() -> Response:
    """At the root, as a worker may only answer for addresses below its own; asked for anew each time, so that a new
    build takes over."""
    answer = make_response(send_from_directory(DIST, "service-worker.js", mimetype="text/javascript"))
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/offline")
@public
def offline() -> str:
    """For an address that this device did not keep; in both languages, as one device may serve several people."""
    said = {lang: {key: text(f"web.offline.{key}", lang) for key in ("title", "text", "orders")} for lang in LANGUAGES}
    return render_template("offline.html", said=said)


def waiting_words() -> dict[str, str]:
    """What is said of things that wait to be sent; {n}, {at}, {what}, {why} stay for the island to fill."""
    return {word: t(f"web.waiting.{word}", n="{n}", at="{at}", what="{what}", why="{why}") for word in _WORDS}
