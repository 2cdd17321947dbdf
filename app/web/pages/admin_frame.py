"""What the administration's pages share: their tabs, and a deed tried with its errors shown beside the fields."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import flash, redirect
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core.db import transaction
from app.core.errors import CitydeskError, Invalid
from app.core.http import site
from app.core.i18n import LANGUAGES
from app.core.ids import new_id
from app.core.sorting import by_name
from app.identity import can
from app.identity.guard import actor
from app.web.names import names
from app.web.pages.frame import page
from app.web.problems import sentence
from app.web.templating import t

TABS = (
    ("people", "users", "/admin/people", "user.manage"),
    ("departments", "building-community", "/admin/departments", "city.manage"),
    ("districts", "map-2", "/admin/districts", "city.manage"),
    ("categories", "sitemap", "/admin/categories", "city.manage"),
    ("calendars", "calendar", "/admin/calendars", "calendar.manage"),
    ("telephone", "phone", "/admin/telephone", "telephone.manage"),
    ("rights", "shield-check", "/admin/rights", "settings.read"),
    ("settings", "settings", "/admin/settings", "settings.read"),
    ("messages", "mail-forward", "/admin/messages", "message.read"),
    ("recordings", "player-record", "/admin/recordings", "settings.read"),
    ("texts", "writing", "/admin/texts", "message.word"),
    ("history", "history", "/admin/history", "settings.read"),
)


def admin_page(template: str, tab: str, **content: Any) -> str:
    """One of the administration's pages, with the tabs this person may open. Forms get a command id of their own."""
    tabs = [(key, icon, url) for key, icon, url, action in TABS if can(actor(), action)]
    usual: dict[str, Any] = {"errors": {}, "command_id": new_id(), "languages": LANGUAGES, "options": options_of}
    return page(f"admin/{template}", tabs=tabs, tab=tab, **(usual | content))


def options_of(rows: Iterable[Any], without: str = "") -> list[tuple[str, str]]:
    """Departments or categories in use as choices, by name."""
    found = [(row.code, names().of(row.code)) for row in rows if row.active and row.code != without]
    return by_name(found, lambda each: each[1])


def tried(
    deed: Callable[[Session], object],
    said: str | Callable[[], str],
    back: str,
    again: Callable[[Mapping[str, str]], str],
) -> Response | tuple[str, int]:
    """Do it in one transaction, say so and go `back`; when it is refused show the page `again` with what was typed."""
    try:
        with transaction(site().sessions) as session:
            deed(session)
    except CitydeskError as error:
        return again(errors_of(error)), error.status
    flash(said if isinstance(said, str) else said())
    return redirect(back, 303)


def errors_of(error: CitydeskError) -> dict[str, str]:
    """Sentences by field; what belongs to no field under `_`."""
    if isinstance(error, Invalid) and error.fields:
        return {name: t(key, **params) for name, (key, params) in error.fields.items()}
    return {"_": sentence(error)}


def names_from(form: Mapping[str, str]) -> dict[str, str]:
    return {language: form.get(f"name_{language}", "") for language in LANGUAGES}
