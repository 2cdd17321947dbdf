"""The telephone's places: seats and trunks (X01-X07, T01-T08). What is saved here the running telephone follows."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import redirect, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.contacts import routing_version
from app.contacts.equipment import (
    SEAT_KINDS,
    SeatWish,
    TrunkWish,
    add_seat,
    add_trunk,
    change_seat,
    change_trunk,
    is_readable,
    seats_to_keep,
    trunks_to_keep,
)
from app.contacts.models import Seat, TrunkRow
from app.contacts.upkeep import CODECS, stream_of
from app.core.errors import NotFound
from app.core.http import site
from app.identity.guard import actor, permits
from app.web.pages.admin_frame import admin_page, tried
from app.web.pages.admin_words import told_history
from app.web.pages.frame import blueprint, form_command_id
from app.web.telephone import telephone_now
from app.web.templating import t

PLACES = (("seats", "headset"), ("agents", "users"), ("groups", "users-group"), ("numbers", "phone-check"),
          ("trunks", "share"))  # fmt: skip
HOME = "/admin/telephone"
SAVED = "web.admin.phone.saved"


def phone_page(template: str, place: str, session: Session, **content: Any) -> str:
    """One of the telephone's pages, with whether the running telephone works by what is saved."""
    now = telephone_now()
    failed, form = bool(content["errors"]), request.form
    return admin_page(
        f"phone_{template}", "telephone", places=PLACES, place=place, telephone=now,
        follows=now.running and now.version >= routing_version(session),
        given=lambda name, kept="": form.get(name, "") if failed else kept,
        picked=lambda name, kept=(): form.getlist(name) if failed else kept,
        ticked=lambda name, kept: form.get(name) == "1" if failed else kept, **content,
    )  # fmt: skip


def words_of(field: str, values: Sequence[str]) -> list[tuple[str, str]]:
    """Choices of a field, in their own order."""
    return [(value, t(f"web.admin.phone.{field}.{value}")) for value in values]


def number_from(form: Mapping[str, str], name: str) -> int:
    """What no number is becomes -1, which no field takes."""
    text = form.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def chosen(rows: Sequence[Any], key: str, failed: str | None, asked: str) -> Any:
    """The row that is open: the one that was refused, or that the address names."""
    wanted = failed or request.args.get(asked)
    found = next((row for row in rows if str(getattr(row, key)) == wanted), None)
    if failed and found is None:
        raise NotFound("web.admin.gone")
    return found


@blueprint.get(HOME)
@permits("telephone.manage")
def admin_telephone() -> Response:
    return redirect(f"{HOME}/seats")


# ------------------------------------------------------------------ seats
@blueprint.get(f"{HOME}/seats")
@permits("telephone.manage")
def admin_seats() -> str:
    return _seats_page({})


@blueprint.post(f"{HOME}/seats")
@permits("telephone.manage")
def add_a_seat() -> Response | tuple[str, int]:
    form, number = request.form, request.form.get("number", "").strip()

    def add(session: Session) -> None:
        add_seat(session, number, _seat(form), actor=actor(), now=site().clock.now(), command_id=form_command_id())

    return tried(add, t(SAVED), f"{HOME}/seats?number={number}", _seats_page)


@blueprint.post(f"{HOME}/seats/<number>")
@permits("telephone.manage")
def save_seat(number: str) -> Response | tuple[str, int]:
    form = request.form

    def save(session: Session) -> None:
        change_seat(session, number, _seat(form), actor=actor(), now=site().clock.now())

    again = lambda errors: _seats_page(errors, number)  # noqa: E731
    return tried(save, t(SAVED), f"{HOME}/seats?number={number}", again)


def _seat(form: "MultiDict[str, str]") -> SeatWish:
    return SeatWish(
        form.get("name", ""), form.get("kind", ""), form.get("contact", "").strip(), form.get("secret", ""),
        form.getlist("codecs"), form.get("active") == "1",
    )  # fmt: skip


def _seats_page(errors: Mapping[str, str], failed: str | None = None) -> str:
    with site().sessions() as session:
        rows = seats_to_keep(session)
        opened: Seat | None = chosen([row for row, _ in rows], "number", failed, "number")
        history = told_history(session, stream_of("seat", opened.number), opened.number) if opened else []
        return phone_page(
            "seats.html", "seats", session, rows=rows, opened=opened, history=history, errors=errors,
            kind_words=words_of("kind", SEAT_KINDS), readable=opened is None or is_readable(session, opened),
            codecs=CODECS, adding=_adding(errors, failed), sip_address=site().settings.sip_address,
        )  # fmt: skip


# ------------------------------------------------------------------ trunks
@blueprint.get(f"{HOME}/trunks")
@permits("telephone.manage")
def admin_trunks() -> str:
    return _trunks_page({})


@blueprint.post(f"{HOME}/trunks")
@permits("telephone.manage")
def add_a_trunk() -> Response | tuple[str, int]:
    form, name = request.form, request.form.get("name", "").strip()

    def add(session: Session) -> None:
        add_trunk(session, name, _trunk(form), actor=actor(), now=site().clock.now(), command_id=form_command_id())

    return tried(add, t(SAVED), f"{HOME}/trunks?name={name}", _trunks_page)


@blueprint.post(f"{HOME}/trunks/<name>")
@permits("telephone.manage")
def save_trunk(name: str) -> Response | tuple[str, int]:
    form = request.form

    def save(session: Session) -> None:
        change_trunk(session, name, _trunk(form), actor=actor(), now=site().clock.now())

    again = lambda errors: _trunks_page(errors, name)  # noqa: E731
    return tried(save, t(SAVED), f"{HOME}/trunks?name={name}", again)


def _trunk(form: "MultiDict[str, str]") -> TrunkWish:
    return TrunkWish(
        form.get("host", "").strip(), number_from(form, "port"), form.get("transport", ""), form.getlist("codecs"),
        form.get("username", "").strip(), form.get("password", ""), number_from(form, "lines"),
        form.get("outward") == "1", form.get("caller_id", "").strip(), number_from(form, "ask_every"),
        form.get("active") == "1",
    )  # fmt: skip


def _trunks_page(errors: Mapping[str, str], failed: str | None = None) -> str:
    with site().sessions() as session:
        rows = trunks_to_keep(session)
        opened: TrunkRow | None = chosen(rows, "name", failed, "name")
        history = told_history(session, stream_of("trunk", opened.name), opened.name) if opened else []
        return phone_page(
            "trunks.html", "trunks", session, rows=rows, opened=opened, history=history, errors=errors, codecs=CODECS,
            adding=_adding(errors, failed), readable=opened is None or is_readable(session, opened),
        )  # fmt: skip


def _adding(errors: Mapping[str, str], failed: str | None) -> bool:
    return "new" in request.args or bool(errors and failed is None)
