"""What administrators look at: who may what, the settings and where each comes from, and what was changed by whom."""

import os
from dataclasses import fields
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from flask import request

from app.core.errors import Invalid
from app.core.http import site
from app.core.settings import Settings
from app.identity import ACTIONS, Role
from app.identity.guard import permits
from app.web.pages.admin_frame import admin_page
from app.web.pages.admin_words import told_latest
from app.web.pages.frame import blueprint

MOST = 100
VARIABLES = {
    "database_url": "DATABASE_URL", "database_owner_url": "DATABASE_OWNER_URL", "redis_url": "REDIS_URL",
    "secret_key": "CITYDESK_SECRET_KEY", "data_dir": "CITYDESK_DATA", "city_zone": "CITYDESK_ZONE",
    "default_language": "CITYDESK_LANGUAGE",
}  # fmt: skip
"""Where a setting is called otherwise than CITYDESK_ and its name."""
GROUPS = ("case", "citizen", "history", "task", "order", "visit", "query", "figures", "audit", "incident", "bundle",
          "message", "calendar", "city", "user", "settings", "field", "metrics")  # fmt: skip


@blueprint.get("/admin/rights")
@permits("settings.read")
def rights() -> str:
    """The very table that decides, action by role."""
    order = {group: place for place, group in enumerate(GROUPS)}
    actions = sorted(ACTIONS, key=lambda action: (order.get(action.partition(".")[0], len(order)), action))
    return admin_page("rights.html", "rights", actions=actions, roles=list(Role), allowed=ACTIONS)


@blueprint.get("/admin/settings")
@permits("settings.read")
def settings() -> str:
    return admin_page("settings.html", "settings", rows=[_row(field.name) for field in fields(Settings)])


@blueprint.get("/admin/history")
@permits("settings.read")
def admin_history() -> str:
    before = _before()
    with site().sessions() as session:
        rows = told_latest(session, before, MOST)
    following = rows[-1].at.isoformat() if len(rows) == MOST else None
    return admin_page("history.html", "history", rows=rows, following=following, before=before)


def _row(name: str) -> dict[str, Any]:
    value, variable = getattr(site().settings, name), VARIABLES.get(name, f"CITYDESK_{name.upper()}")
    source = "file" if f"{variable}_FILE" in os.environ else "environment" if variable in os.environ else "default"
    return {"variable": variable, "value": _shown(name, value), "source": source, "name": name}


def _shown(name: str, value: Any) -> str:
    """Secrets are not shown, not even their length; of addresses everything but the password."""
    if any(part in name for part in ("secret", "password", "token", "key")):
        return "••••••"
    if name.endswith("_url"):
        parts = urlsplit(str(value))
        if parts.password:
            place = f"{parts.username or ''}:••••••@{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
            return urlunsplit(parts._replace(netloc=place))
    return str(value)


def _before() -> datetime | None:
    given = request.args.get("before")
    try:
        at = datetime.fromisoformat(given) if given else None
    except ValueError:
        raise Invalid("core.keyset") from None
    if at is not None and at.tzinfo is None:
        raise Invalid("core.keyset")
    return at
