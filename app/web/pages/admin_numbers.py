"""Numbers that are treated apart: VIP and blacklist (S15-S17). Citizens' numbers are masked; each look is written
down, and no number stands in an address."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import flash, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import audit
from app.contacts.code_attempts import locked, unlock
from app.contacts.marks import (
    ABOUT,
    MARKS,
    MarkWish,
    change_mark,
    lift_mark,
    mark_number,
    marks,
    shown_number,
    voice_flows,
)
from app.contacts.models import NumberMark
from app.contacts.roster import agents_to_keep
from app.contacts.upkeep import stream_of
from app.core.db import transaction
from app.core.errors import Invalid, NotFound
from app.core.http import key_of, keyset, site
from app.identity.guard import actor, permits
from app.web.pages.admin_frame import tried
from app.web.pages.admin_phone import HOME, SAVED, number_from, phone_page, words_of
from app.web.pages.admin_words import told_history
from app.web.pages.frame import blueprint, form_command_id
from app.web.templating import t

MOST = 50


@blueprint.get(f"{HOME}/numbers")
@permits("telephone.manage")
def admin_numbers() -> str:
    return _numbers_page({})


@blueprint.post(f"{HOME}/numbers/found")
@permits("telephone.manage")
def find_number() -> str:
    """Asked in the body: a number in an address ends in the logs of every proxy."""
    return _numbers_page({}, number=request.form.get("number", "").strip())


@blueprint.post(f"{HOME}/numbers")
@permits("telephone.manage")
def add_mark() -> Response | tuple[str, int]:
    form, mark_id = request.form, form_command_id()

    def add(session: Session) -> None:
        mark_number(session, mark_id, _mark(form), actor=actor(), now=site().clock.now())

    return tried(add, t(SAVED), f"{HOME}/numbers?mark={mark_id}", _numbers_page)


@blueprint.post(f"{HOME}/numbers/<uuid:mark_id>")
@permits("telephone.manage")
def save_mark(mark_id: UUID) -> Response | tuple[str, int]:
    form = request.form

    def save(session: Session) -> None:
        change_mark(session, mark_id, _mark(form), actor=actor(), now=site().clock.now())

    again = lambda errors: _numbers_page(errors, mark_id)  # noqa: E731
    return tried(save, t(SAVED), f"{HOME}/numbers?mark={mark_id}", again)


@blueprint.post(f"{HOME}/numbers/<uuid:mark_id>/lifting")
@permits("telephone.manage")
def lift(mark_id: UUID) -> Response | tuple[str, int]:
    def deed(session: Session) -> None:
        lift_mark(session, mark_id, actor=actor(), now=site().clock.now())

    again = lambda errors: _numbers_page(errors, mark_id)  # noqa: E731
    return tried(deed, t(SAVED), f"{HOME}/numbers?mark={mark_id}", again)


@blueprint.post(f"{HOME}/numbers/locks/<int:attempt>")
@permits("telephone.manage")
def unlock_codes(attempt: int) -> Response | tuple[str, int]:
    about = request.form.get("about", "")

    def deed(session: Session) -> None:
        unlock(session, attempt, about, actor=actor(), now=site().clock.now())

    return tried(deed, t("web.admin.number.unlocked"), f"{HOME}/numbers", _numbers_page)


@blueprint.post(f"{HOME}/numbers/<uuid:mark_id>/look")
@permits("telephone.manage")
def look_at_number(mark_id: UUID) -> str:
    """In full, once; the look is written down."""
    with transaction(site().sessions) as session:
        audit.log_access(session, actor(), "mark.number", mark_id, site().clock.now())
    return _numbers_page({}, mark_id, revealed=True)


def _mark(form: Mapping[str, str]) -> MarkWish:
    try:
        seat_of = UUID(form["seat_of"]) if form.get("seat_of") else None
        until = _end_of(date.fromisoformat(form["until"])) if form.get("until") else None
    except ValueError:
        raise Invalid("web.form.unreadable") from None
    return MarkWish(
        form.get("kind", ""), form.get("about", ""), form.get("number", ""), form.get("reason", ""),
        number_from(form, "level"), seat_of, form.get("flow", ""), form.get("code", "").strip(), until,
    )  # fmt: skip


def _end_of(day: date) -> datetime:
    """The last day counts whole, in the city."""
    return datetime.combine(day + timedelta(days=1), time(), site().settings.city_zone)


def _last_day(row: NumberMark | None) -> str:
    if row is None or row.until is None:
        return ""
    return (row.until - timedelta(microseconds=1)).astimezone(site().settings.city_zone).date().isoformat()


def _numbers_page(
    errors: Mapping[str, str], failed: UUID | None = None, *, number: str = "", revealed: bool = False
) -> str:  # fmt: skip
    now = site().clock.now()
    asked = {name: request.args.get(name, "") for name in ("kind", "state")}
    with site().sessions() as session:
        rows = marks(session, now, kind=asked["kind"], past=asked["state"] == "past", number=number,
                     after=keyset(request.args.get("after") or None), limit=MOST)  # fmt: skip
        opened = _opened(session, failed)
        agents = [(str(row.user_id), f"{name} · {row.work_no}") for row, name, _ in agents_to_keep(session)
                  if row.left_at is None or (opened and row.user_id == opened.seat_of)]  # fmt: skip
        history = told_history(session, stream_of("mark", opened.id), shown_number(opened)) if opened else []
        content: dict[str, Any] = {
            "locked": locked(session, now), "rows": rows,
            "opened": opened, "history": history, "errors": errors, "asked": asked, "number": number,
            "following": key_of(rows[-1].marked_at, rows[-1].id) if len(rows) == MOST else None,
            "adding": "new" in request.args or bool(errors and failed is None), "agents": agents,
            "flows": [(name, name) for name in voice_flows(session)], "kinds": MARKS,
            "kind_words": [(kind, t(f"web.calls.mark.{kind}")) for kind in MARKS],
            "about_words": words_of("about", ABOUT),
            "shown": lambda row: row.phone if revealed and row == opened else shown_number(row),
            "last_day": _last_day, "revealed": revealed, "now": now, "today": _today(now),
        }  # fmt: skip
        if number and not rows:
            flash(t("web.admin.number.none"), "error")
        return phone_page("numbers.html", "numbers", session, **content)


def _today(now: datetime) -> str:
    return now.astimezone(site().settings.city_zone).date().isoformat()


def _opened(session: Session, failed: UUID | None) -> NumberMark | None:
    try:
        wanted = failed or (UUID(request.args["mark"]) if request.args.get("mark") else None)
    except ValueError:
        raise NotFound("contacts.upkeep.no_mark") from None
    found = session.get(NumberMark, wanted) if wanted else None
    if wanted and found is None:
        raise NotFound("contacts.upkeep.no_mark")
    return found
