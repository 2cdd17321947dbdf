"""What reminders and messages say, worded by the city; the shipped sentence stands beside it."""

from collections.abc import Mapping

from flask import request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core.http import site
from app.core.i18n import LANGUAGES
from app.identity.guard import actor, permits
from app.messaging import reword, texts_to_word
from app.web.pages.admin_frame import admin_page, tried
from app.web.pages.frame import blueprint
from app.web.templating import t


@blueprint.get("/admin/texts")
@permits("message.word")
def message_texts() -> str:
    return _page({}, request.args.get("key", ""))


@blueprint.post("/admin/texts")
@permits("message.word")
def word_message() -> Response | tuple[str, int]:
    key = request.form.get("key", "")
    bodies = {language: request.form.get(language, "") for language in LANGUAGES}

    def deed(session: Session) -> None:
        reword(session, key, bodies, actor=actor(), now=site().clock.now())

    return tried(deed, t("web.wording.saved"), f"/admin/texts?key={key}", lambda errors: _page(errors, key))


def _page(errors: Mapping[str, str], key: str) -> str:
    with site().sessions() as session:
        rows = texts_to_word(session)
    opened = next((row for row in rows if row[0] == key), None)
    return admin_page(
        "texts.html", "texts", rows=rows, opened=opened, errors=errors, typed=request.form if errors else {}
    )
