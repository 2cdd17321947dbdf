"""What every template may use: texts, times, limits, icons, who is signed in. Templates hold no rule."""

from datetime import date, datetime
from typing import Any

from flask import Flask, current_app, g, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app import identity
from app.core.http import language, site
from app.core.i18n import has_text, text
from app.web import formats
from app.web.around import around
from app.web.names import city_name, names
from app.web.navigation import MOST, places


def install(app: Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        t=t, label=label, icon=icon, moment=moment, full_moment=full_moment, day_heading=day_heading, day=day,
        day_span=day_span, ago=ago, short_number=formats.short_number, csrf_token=generate_csrf,
    )  # fmt: skip
    app.context_processor(_of_request)


def t(key: str, **params: object) -> str:
    """A text in the page's language."""
    return text(key, language(), **params)


def label(enum: str, value: object) -> str:
    """The word for an enum's value: `label('CaseStatus', 'COMPLETED')`. Unknown values show themselves."""
    if value in (None, ""):
        return "—"
    key = f"enum.{enum}.{value}"
    return t(key) if has_text(key) else str(value)


def icon(name: str, large: bool = False) -> Markup:
    """An icon of the sprite; decoration only, the word stands beside it."""
    assets = _assets()
    kind = "icon icon--lg" if large else "icon"
    return Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>').format(kind, assets.icons, name)


def moment(at: datetime | None) -> Markup:
    """A time in a table, machine-readable too."""
    if at is None:
        return Markup("—")
    shown = formats.moment(at, language(), site().settings.city_zone)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), full_moment(at), shown)


def full_moment(at: datetime) -> str:
    return formats.full_moment(at, language(), site().settings.city_zone)


def day_heading(at: datetime) -> str:
    return formats.day_heading(at, language(), site().settings.city_zone)


def day(at: datetime) -> str:
    """A date in a list: 11-18, 18 Nov."""
    return formats.short_day(at, language(), site().settings.city_zone)


def day_span(first: date | str, last: date | str) -> str:
    """A span of days over a list."""
    return formats.days(first, last, language())


def ago(at: datetime) -> str:
    """How long since."""
    return formats.span(site().clock.now() - at, language())


def roles_of(actor: identity.Actor) -> str:
    """“shift supervisor, agent”"""
    return t("web.and").join(dict.fromkeys(t(f"identity.role.{grant.role.value}") for grant in actor.grants))


def here() -> str:
    """The address a small form in the shell comes back to: this page, or the search form after an answer to a POST."""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def phone_words() -> dict[str, Any]:
    """Sentences of the call bar's island; what stands in braces it fills itself."""
    keys = ("seat", "queue", "rings", "again", "unknown", "at", "blocked", "failed", "lift", "nobody", "off", "never",
            "asterisk")  # fmt: skip
    blanks = {name: f"{{{name}}}" for name in ("extension", "answered", "waiting", "longest", "seat", "at")}
    reasons = ("MEAL", "MEETING", "MONITOR", "NO_ANSWER", "REST", "SIGNED_IN", "TRAINING")
    return {
        **{key: t(f"web.phone.js.{key}", **blanks) for key in keys},
        "pop": {key: t(f"web.phone.js.pop.{key}") for key in ("offer", "open")},
        "reasons": {reason: t(f"web.phone.reason.{reason}") for reason in reasons},
    }


def _of_request() -> dict[str, Any]:
    actor = g.get("actor")
    mine = places(actor, request.path) if actor else []
    return {
        "lang": language(),
        "actor": actor,
        "rail": mine[:MOST],
        "more_places": mine[MOST:],
        "city_name": city_name(),
        "names": names(),
        "around": around,
        "here": here,
        "phone_words": phone_words,
        "roles_of": roles_of,
        "may": lambda action: actor is not None and identity.can(actor, action),
    }


def _assets() -> Any:
    return current_app.jinja_env.globals["assets"]
