"""Bulletins for every seat, and one's own plan for the day."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import flash, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import desk
from app.cases.routes import now
from app.core.db import transaction
from app.core.errors import CitydeskError, Invalid
from app.core.http import language, site
from app.core.i18n import text
from app.desk.models import AGENDA_KINDS, BULLETIN_KINDS
from app.identity import Role, all_users, can
from app.identity.guard import actor, permits, signed_in
from app.web.pages.frame import blueprint, page
from app.web.problems import sentence
from app.web.templating import t

Typed = dict[str, str]
SEATS = frozenset({Role.AGENT, Role.SHIFT_SUPERVISOR})


@blueprint.get("/bulletins")
@signed_in
def bulletins() -> str:
    return _bulletins({}, {})


@blueprint.post("/bulletins")
@permits("bulletin.publish")
def publish_to_seats() -> Response | str:
    form = request.form

    def deed(session: Session) -> None:
        readers = [user.id for user in all_users(session) if SEATS & {grant.role for grant in user.grants}]
        desk.publish(
            session, form.get("kind", ""), form.get("title", ""), form.get("body", ""), readers=readers, actor=actor(),
            shown_from=_time("shown_from"), shown_until=_time("shown_until"), now=now(),
        )  # fmt: skip

    return _tried(deed, "web.bulletins.published", "/bulletins", _bulletins)


@blueprint.post("/bulletins/<uuid:bulletin_id>/withdrawal")
@permits("bulletin.publish")
def withdraw_from_seats(bulletin_id: UUID) -> Response | str:
    return _tried(
        lambda session: desk.withdraw(session, bulletin_id, actor=actor(), now=now()), "web.bulletins.withdrawn",
        "/bulletins", _bulletins,
    )  # fmt: skip


@blueprint.get("/agenda")
@signed_in
def agenda() -> str:
    return _agenda({}, {})


@blueprint.post("/agenda")
@signed_in
def plan_something() -> Response | str:
    form = request.form
    return _tried(
        lambda session: desk.plan(
            session, form.get("kind", ""), _time("at"), form.get("said", ""), actor=actor(), now=now()
        ),
        "web.agenda.planned", "/agenda", _agenda,
    )  # fmt: skip


@blueprint.post("/agenda/<uuid:item_id>/end")
@signed_in
def finish_plan(item_id: UUID) -> Response | str:
    return _tried(
        lambda session: desk.finish(session, item_id, actor=actor(), now=now()), "web.agenda.done", "/agenda", _agenda
    )


def _tried(
    deed: Callable[[Session], object], said: str, back: str, again: Callable[[Typed, Typed], str]
) -> Response | str:
    """What is wrong stands at its field, with what was typed."""
    try:
        with transaction(site().sessions) as session:
            deed(session)
    except Invalid as error:
        return again(
            request.form.to_dict(), {name: text(key, language(), **more) for name, (key, more) in error.fields.items()}
        )
    except CitydeskError as error:
        flash(sentence(error), "error")
    else:
        flash(t(said))
    return redirect(back, 303)


def _bulletins(typed: Typed, faults: Typed) -> str:
    may = can(actor(), "bulletin.publish")
    with site().sessions() as session:
        found = desk.bulletins_now(session, now(), planned=may)
    return page("bulletins.html", bulletins=found, typed=typed, faults=faults, kinds=BULLETIN_KINDS, now=now())


def _agenda(typed: Typed, faults: Typed) -> str:
    with site().sessions() as session:
        found = desk.agenda_of(session, actor().id)
    return page("agenda.html", items=found, typed=typed, faults=faults, kinds=AGENDA_KINDS, now=now())


def _time(name: str) -> datetime | None:
    """As a page's field gives it, in the city's time; nothing for what is none."""
    try:
        return datetime.fromisoformat(request.form.get(name, "")).replace(tzinfo=site().settings.city_zone)
    except ValueError:
        return None
