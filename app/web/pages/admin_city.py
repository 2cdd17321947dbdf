"""Departments, districts, categories: the city's own lists (W06, W20, U11, U12)."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import city, identity
from app.city import source_categories
from app.core.errors import Invalid, NotFound
from app.core.http import site
from app.core.sorting import by_name
from app.identity.guard import actor, permits
from app.lifecycle.administration import change_department
from app.lifecycle.routes import runtime
from app.web.district_map import outlines
from app.web.names import forget_names, names
from app.web.pages.admin_frame import admin_page, names_from, options_of, tried
from app.web.pages.frame import blueprint, form_command_id
from app.web.templating import t
from app.workflow.queries import current_bundle_id

DEFAULT_PROCESS = "department_default"
KINDS = ("EVENT", "COMPONENT")


@blueprint.get("/admin/departments")
@permits("city.manage")
def admin_departments() -> str:
    return _departments_page({})


@blueprint.post("/admin/departments")
@permits("city.manage")
def add_department() -> Response | tuple[str, int]:
    form, code = request.form, request.form.get("code", "").strip()

    def add(session: Session) -> None:
        city.add_department(
            session, code, names_from(form), parent=form.get("parent") or None, process_id=_process(session, form),
            actor=actor(), now=site().clock.now(), command_id=form_command_id(),
        )  # fmt: skip
        forget_names()

    return tried(add, t("web.admin.saved"), f"/admin/departments?code={code}", _departments_page)


@blueprint.post("/admin/departments/<code>")
@permits("city.manage")
def save_department(code: str) -> Response | tuple[str, int]:
    form = request.form

    def save(session: Session) -> None:
        change_department(
            session, code, names_from(form), parent=form.get("parent") or None, process_id=_process(session, form),
            active=form.get("active") == "1", actor=actor(), now=site().clock.now(),
        )  # fmt: skip
        forget_names()

    again = lambda errors: _departments_page(errors, code)  # noqa: E731
    return tried(save, t("web.admin.saved"), f"/admin/departments?code={code}", again)


@blueprint.get("/admin/districts")
@permits("city.manage")
def admin_districts() -> str:
    return _districts_page({})


@blueprint.post("/admin/districts/<path:code>")
@permits("city.manage")
def save_district(code: str) -> Response | tuple[str, int]:
    form = request.form

    def save(session: Session) -> None:
        city.change_district(
            session, code, names_from(form), outer=form.get("outer") == "1", actor=actor(), now=site().clock.now()
        )
        forget_names()

    again = lambda errors: _districts_page(errors, code)  # noqa: E731
    return tried(save, t("web.admin.saved"), f"/admin/districts?code={code}", again)


@blueprint.get("/admin/categories")
@permits("city.manage")
def admin_categories() -> str:
    return _categories_page({})


@blueprint.post("/admin/categories")
@permits("city.manage")
def add_category() -> Response | tuple[str, int]:
    form, code = request.form, request.form.get("code", "").strip().upper()

    def add(session: Session) -> None:
        city.add_category(
            session, code, names_from(form), parent=form.get("parent", ""), department=form.get("department") or None,
            kind=form.get("kind") or None, emergency=form.get("emergency") == "1", actor=actor(),
            now=site().clock.now(), command_id=form_command_id(),
        )  # fmt: skip
        forget_names()

    return tried(add, t("web.admin.saved"), f"/admin/categories?code={code}", _categories_page)


@blueprint.post("/admin/categories/<code>")
@permits("city.manage")
def save_category(code: str) -> Response | tuple[str, int]:
    form = request.form

    def save(session: Session) -> None:
        city.change_category(
            session, code, names_from(form), department=form.get("department") or None, kind=form.get("kind") or None,
            emergency=form.get("emergency") == "1", active=form.get("active") == "1", actor=actor(),
            now=site().clock.now(),
        )  # fmt: skip
        forget_names()

    again = lambda errors: _categories_page(errors, code)  # noqa: E731
    return tried(save, t("web.admin.saved"), f"/admin/categories?code={code}", again)


def _departments_page(errors: Mapping[str, str], failed: str | None = None) -> str:
    with site().sessions() as session:
        rows = by_name(city.departments(session), lambda each: names().department(each.code))
        users = identity.all_users(session)
        processes = [(each, each) for each in _processes(session)]
    people: dict[str, int] = {}
    for user in users:
        for code in {grant.department for grant in user.grants if grant.department} if not user.deactivated_at else ():
            people[code] = people.get(code, 0) + 1
    opened = _opened(rows, failed)
    return admin_page(
        "departments.html", "departments", rows=rows, people=people, processes=processes, errors=errors, opened=opened,
        typed=request.form if errors else {}, default_process=DEFAULT_PROCESS, adding=_adding(errors, failed),
    )  # fmt: skip


def _districts_page(errors: Mapping[str, str], failed: str | None = None) -> str:
    with site().sessions() as session:
        rows = city.districts(session)
        shapes = outlines(session)
    return admin_page(
        "districts.html", "districts", rows=rows, shapes=shapes, errors=errors, opened=_opened(rows, failed),
        typed=request.form if errors else {},
    )  # fmt: skip


def _categories_page(errors: Mapping[str, str], failed: str | None = None) -> str:
    with site().sessions() as session:
        rows = city.categories(session)
        departments = [each for each in city.departments(session) if each.active]
    tree = [(top, [row for row in rows if row.parent == top.code]) for top in rows if top.parent is None]
    return admin_page(
        "categories.html", "categories", tree=tree, errors=errors, opened=_opened(rows, failed), kinds=KINDS,
        departments=by_name(departments, lambda each: names().department(each.code)), source=source_categories(),
        typed=request.form if errors else {}, adding=_adding(errors, failed), tops=options_of(top for top, _ in tree),
    )  # fmt: skip


def _opened(rows: Sequence[Any], failed: str | None) -> Any:
    code = failed or request.args.get("code")
    found = next((row for row in rows if row.code == code), None)
    if failed and found is None:
        raise NotFound("web.admin.gone")
    return found


def _adding(errors: Mapping[str, str], failed: str | None) -> bool:
    return "new" in request.args or bool(errors and failed is None)


def _processes(session: Session) -> list[str]:
    """Deployed diagrams for work orders."""
    bundle = current_bundle_id(session)
    if bundle is None:
        return []
    compiled = runtime().bundles.get(session, bundle, runtime().registry)
    return sorted(process for process in compiled.processes if process.startswith("department_"))


def _process(session: Session, form: Mapping[str, str]) -> str | None:
    chosen = form.get("process_id") or None
    if chosen and chosen not in _processes(session):
        wrong = {"process_id": ("web.admin.no_process", {"process": chosen})}
        raise Invalid("web.admin.no_process", wrong, process=chosen)
    return None if chosen == DEFAULT_PROCESS else chosen
