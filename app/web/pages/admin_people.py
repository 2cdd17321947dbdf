"""Users: who may sign in, what they were granted, their sessions (U01–U03, U06, U13)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import city, identity
from app.citizens.masking import normalise_phone
from app.core.errors import Invalid, NotFound
from app.core.http import site
from app.core.i18n import LANGUAGES
from app.core.sorting import by_name, by_person
from app.identity import DEMO_PASSWORD, Grant, Role, UserRef, can
from app.identity.guard import actor, permits
from app.lifecycle.administration import set_grants
from app.lifecycle.leaving import close_login, heirs, in_hand
from app.lifecycle.worklist import WorkItem
from app.web.names import names
from app.web.pages.account import device
from app.web.pages.admin_frame import admin_page, tried
from app.web.pages.admin_words import told_history
from app.web.pages.frame import blueprint, form_command_id, form_id
from app.web.templating import t

MOST_GRANTS = 12
TASKS_SHOWN = 10


@blueprint.get("/admin")
@permits("settings.read")
def administration() -> Response:
    """An auditor looks, an administrator begins with the people."""
    return redirect("/admin/people" if identity.can(actor(), "user.manage") else "/admin/history")


@blueprint.get("/admin/people")
@permits("user.manage")
def people() -> str:
    """Everybody by name; filters by part of the name or login, role and department."""
    asked = {key: request.args.get(key, "").strip() for key in ("q", "role", "department", "state")}
    with site().sessions() as session:
        found = [user for user in identity.all_users(session) if _matches(user, asked)]
        choices = _choices(session)
    return admin_page("people.html", "people", people=by_person(found, lambda user: user.name), asked=asked, **choices)


@blueprint.get("/admin/people/new")
@permits("user.manage")
def new_person() -> str:
    return _new_page({}, {})


@blueprint.post("/admin/people/new")
@permits("user.manage")
def add_person() -> Response | tuple[str, int]:
    """The page's command id is the new person's id: sending it twice makes one person."""
    form, user_id = request.form, form_command_id()

    def add(session: Session) -> None:
        if any(user.id == user_id for user in identity.all_users(session)):
            return
        grants = _grants(form)
        city.check_grants(session, grants)
        identity.add_user(
            session, form.get("username", ""), form.get("name", ""), form.get("password", ""), grants, actor(),
            site().clock.now(), user_id, language=form.get("language", LANGUAGES[0]),
        )  # fmt: skip

    said = t("web.admin.person.added", name=form.get("name", ""))
    return tried(add, said, f"/admin/people/{user_id}", lambda errors: _new_page(errors, form, user_id))


@blueprint.get("/admin/people/<uuid:user_id>")
@permits("user.manage")
def person(user_id: UUID) -> str:
    return _person_page(user_id, {})


@blueprint.post("/admin/people/<uuid:user_id>")
@permits("user.manage")
def change_person(user_id: UUID) -> Response | tuple[str, int]:
    form = request.form

    def change(session: Session) -> None:
        identity.change_name(
            session, user_id, form.get("name", ""), form.get("language", ""), actor=actor(), now=site().clock.now()
        )

    return _deed(user_id, change, t("web.admin.saved"))


@blueprint.post("/admin/people/<uuid:user_id>/reach")
@permits("user.manage")
def change_reach(user_id: UUID) -> Response | tuple[str, int]:
    """Where SMS, voice messages and e-mail find this person."""
    form = request.form

    def change(session: Session) -> None:
        phone, email = normalise_phone(form.get("phone", "")), form.get("email", "").strip()
        identity.change_reach(session, user_id, phone, email, actor=actor(), now=site().clock.now())

    return _deed(user_id, change, t("web.admin.saved"))


@blueprint.post("/admin/people/<uuid:user_id>/grants")
@permits("user.manage")
def grant(user_id: UUID) -> Response | tuple[str, int]:
    def change(session: Session) -> None:
        set_grants(session, user_id, _grants(request.form), actor=actor(), now=site().clock.now())

    return _deed(user_id, change, t("web.admin.person.granted"))


@blueprint.post("/admin/people/<uuid:user_id>/password")
@permits("user.manage")
def give_password(user_id: UUID) -> Response | tuple[str, int]:
    def change(session: Session) -> None:
        new = request.form.get("password", "")
        identity.reset_password(session, user_id, new, actor=actor(), now=site().clock.now())

    return _deed(user_id, change, t("web.admin.person.password_set"))


@blueprint.post("/admin/people/<uuid:user_id>/state")
@permits("user.manage")
def open_or_close(user_id: UUID) -> Response | tuple[str, int]:
    """A closed login's tasks go to the colleague chosen, or back to all who may do them, in the background."""
    if request.form.get("active") == "1":

        def reopen(session: Session) -> None:
            identity.reactivate_user(session, user_id, actor=actor(), now=site().clock.now())

        return _deed(user_id, reopen, t("web.admin.person.opened"))
    ordered: list[tuple[UUID, int]] = []

    def close(session: Session) -> None:
        held, _ = in_hand(site().runtime, session, user_id, 0)
        to = form_id("to")
        ordered.append((close_login(session, user_id, to, actor=actor(), now=site().clock.now()), held))

    def said() -> str:
        row_id, held = ordered[0]
        if (queue := site().runtime.queue) is not None:
            queue.enqueue([row_id])
        return t("web.admin.person.closed.handing", n=held) if held else t("web.admin.person.closed")

    return _deed(user_id, close, said)


@blueprint.post("/admin/people/<uuid:user_id>/sessions/end")
@permits("user.manage")
def end_sessions(user_id: UUID) -> Response | tuple[str, int]:
    """One session, or all when none is named."""

    def deed(session: Session) -> None:
        identity.revoke(session, user_id, actor=actor(), now=site().clock.now(), session_id=form_id("session"))

    return _deed(user_id, deed, t("web.admin.person.signed_out"))


def _deed(user_id: UUID, deed: Any, said: str | Callable[[], str]) -> Response | tuple[str, int]:
    return tried(deed, said, f"/admin/people/{user_id}", lambda errors: _person_page(user_id, errors))


def _new_page(errors: Mapping[str, str], typed: Mapping[str, str], user_id: UUID | None = None) -> str:
    with site().sessions() as session:
        choices = _choices(session)
    rows = _typed_grants(typed) if typed else [Grant(Role.AGENT)]
    more = {"command_id": user_id} if user_id else {}
    return admin_page("person_new.html", "people", errors=errors, typed=typed, grants=rows, **choices, **more)


def _person_page(user_id: UUID, errors: Mapping[str, str]) -> str:
    now = site().clock.now()
    with site().sessions() as session:
        user = next((each for each in identity.all_users(session) if each.id == user_id), None)
        if user is None:
            raise NotFound("identity.no_such_user", username=str(user_id))
        sessions = [
            asdict(each) | {"device": device(each.agent)} for each in identity.sessions_of(session, user_id, now)
        ]
        choices, history = _choices(session), told_history(session, user_id, user.username)
        held, items = in_hand(site().runtime, session, user_id, TASKS_SHOWN)
        others = heirs(session, user) if held and user.deactivated_at is None else []
    typed = request.form if errors else {}
    grants = _typed_grants(typed) if "role" in typed else list(user.grants)
    return admin_page(
        "person.html", "people", user=user, sessions=sessions, history=history, errors=errors, grants=grants,
        typed=typed, held=held, items=items, heirs=[(each.id, each.name) for each in others], can_read=_can_read,
        **choices,
    )  # fmt: skip


def _can_read(item: WorkItem) -> bool:
    return can(actor(), "case.read", item.task.scope())


def _choices(session: Session) -> dict[str, Any]:
    departments = [(each.code, names().department(each.code)) for each in city.departments(session) if each.active]
    districts = [(each.code, names().district(each.code), each.depth) for each in city.districts(session)]
    return {
        "roles": [role.value for role in Role], "departments": by_name(departments, lambda each: each[1]),
        "districts": districts, "demo_password": DEMO_PASSWORD if site().settings.demo else "",
    }  # fmt: skip


def _grants(form: Mapping[str, str]) -> list[Grant]:
    """Rows role, department, district of the same place in the form; a row without a role is none. Raises Invalid."""
    if not {role for role in form.getlist("role") if role} <= set(Role):  # type: ignore[attr-defined]
        raise Invalid("web.form.unreadable")
    return _typed_grants(form)


def _typed_grants(form: Mapping[str, str]) -> list[Grant]:
    """Those that can be shown again; a role that no list offers is left out."""
    columns: Sequence[Sequence[str]] = [
        form.getlist(name)[:MOST_GRANTS]  # type: ignore[attr-defined]
        for name in ("role", "department", "district")
    ]
    return [
        Grant(Role(role), district or None, department or None)
        for role, department, district in zip(*columns, strict=False)
        if role in set(Role)
    ]


def _matches(user: UserRef, asked: Mapping[str, str]) -> bool:
    words = asked["q"].casefold()
    if words and words not in user.name.casefold() and words not in user.username:
        return False
    if asked["state"] and (asked["state"] == "closed") != (user.deactivated_at is not None):
        return False
    return not (asked["role"] or asked["department"]) or any(
        asked["role"] in ("", grant.role.value) and asked["department"] in ("", grant.department)
        for grant in user.grants
    )
