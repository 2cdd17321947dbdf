"""Administrators' changes to departments, districts and categories. Nothing is deleted: cases and history name them.

Each change stands in the city's own stream of history; what is already so is no change and no row."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import audit
from app.city.actions import CITY_STREAM
from app.city.models import Category, ComponentClass, Department, District, Names
from app.city.shipped import source_categories
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import LANGUAGES
from app.identity import Actor, require

LONGEST_NAME = 60
_CODES: Mapping[type[Any], re.Pattern[str]] = {
    Department: re.compile(r"[a-z][a-z0-9_]{1,39}"),
    Category: re.compile(r"[A-Z][A-Z0-9_]{1,39}"),
}
_KIND: Mapping[type[Any], str] = {Department: "department", District: "district", Category: "category"}
Thing = Department | District | Category


def add_department(
    session: Session, code: str, names: Names, *, parent: str | None = None, process_id: str | None = None,
    actor: Actor, now: datetime, command_id: UUID | None = None,
) -> None:  # fmt: skip
    """A responsible unit. `process_id` is the diagram of its orders, None the default one. Raises Forbidden, Invalid,
    Conflict where the code is taken; the same command again does nothing."""
    require(actor, "city.manage")
    if _is_new(session, Department, code, command_id):
        _require_parent(session, Department, code, parent)
        row = Department(code=code, parent=parent, names=_checked(names), process_id=process_id)
        _add(session, row, actor, now, command_id)


def change_department(
    session: Session, code: str, names: Names, *, parent: str | None, process_id: str | None, active: bool,
    actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Raises Forbidden, NotFound, Invalid, and Conflict where an active category or component still names a department
    that is to be retired."""
    require(actor, "city.manage")
    row = _locked(session, Department, code)
    _require_parent(session, Department, code, parent)
    if not active and row.retired_at is None:
        _require_unnamed(session, code, actor.language)
    wanted = {"names": _checked(names), "parent": parent, "process_id": process_id}
    _change(session, row, wanted | {"retired_at": _retired(row.retired_at, active, now)}, actor, now)


def change_district(
    session: Session, code: str, names: Names, *, outer: bool, actor: Actor, now: datetime
) -> None:  # fmt: skip
    """Its name, and whether it lies far out. The tree and the lines come with the city's data. Raises NotFound."""
    require(actor, "city.manage")
    _change(session, _locked(session, District, code), {"names": _checked(names), "outer": outer}, actor, now)


def add_category(
    session: Session, code: str, names: Names, *, parent: str, department: str | None, kind: str | None,
    emergency: bool, actor: Actor, now: datetime, command_id: UUID | None = None,
) -> None:  # fmt: skip
    """A sub-category (W20) below one of the categories of W06, which nobody adds to: statistics count by them."""
    require(actor, "city.manage")
    if _is_new(session, Category, code, command_id):
        above = session.get(Category, parent)
        if above is None or above.parent is not None or above.retired_at is not None:
            raise Invalid("city.category.parent", {"parent": ("city.category.parent", {})})
        _require_responsible(session, department)
        row = Category(
            code=code, parent=parent, names=_checked(names), department=department, kind=_kind(kind),
            emergency=emergency,
        )  # fmt: skip
        _add(session, row, actor, now, command_id)


def change_category(
    session: Session, code: str, names: Names, *, department: str | None, kind: str | None, emergency: bool,
    active: bool, actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """A category of the source (W06) can be renamed, never retired: its code is what reports are compared by."""
    require(actor, "city.manage")
    row = _locked(session, Category, code)
    if not active and code in source_categories():
        raise Conflict("city.category.of_source", name=row.names.get(actor.language, code))
    _require_responsible(session, department)
    wanted = {"names": _checked(names), "department": department, "kind": _kind(kind), "emergency": emergency}
    _change(session, row, wanted | {"retired_at": _retired(row.retired_at, active, now)}, actor, now)


def _is_new(session: Session, model: type[Any], code: str, command_id: UUID | None) -> bool:
    """False for a command that made it before. Raises Invalid, Conflict."""
    if not _CODES[model].fullmatch(code):
        key = f"city.{_KIND[model]}.code"
        raise Invalid(key, {"code": (key, {})})
    if session.get(model, code) is None:
        return True
    done = {row.command_id for row in audit.read(session, CITY_STREAM)} if command_id else set()
    if command_id in done:
        return False
    raise Conflict("city.code_taken", code=code)


def _add(session: Session, row: Any, actor: Actor, now: datetime, command_id: UUID | None) -> None:
    model = type(row)
    row.position = (session.scalar(select(func.max(model.position))) or 0) + 1
    session.add(row)
    session.flush()
    fields = ("names", "parent", "process_id", "department", "kind", "emergency")
    changes = {name: (None, value) for name in fields if (value := getattr(row, name, None))}
    _record(session, row, "added", changes, actor, now, command_id)


def _change(session: Session, row: Thing, wanted: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    changes = {name: (getattr(row, name), value) for name, value in wanted.items() if getattr(row, name) != value}
    if not changes:
        return
    for name, (_, value) in changes.items():
        setattr(row, name, value)
    session.flush()
    _record(session, row, "changed", changes, actor, now, None)


def _record(
    session: Session, row: Thing, what: str, changes: Mapping[str, tuple[Any, Any]], actor: Actor, now: datetime,
    command_id: UUID | None,
) -> None:  # fmt: skip
    audit.record(
        session, CITY_STREAM, f"city.{_KIND[type(row)]}.{what}", actor=actor, now=now, command_id=command_id,
        changes={name: {"old": old, "new": new} for name, (old, new) in changes.items()},
        result={"code": row.code}, stream_kind="city", stream_name="city",
    )  # fmt: skip


def _locked(session: Session, model: type[Any], code: str) -> Any:
    row = session.get(model, code, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(f"city.no_{_KIND[model]}", code=code)
    return row


def _checked(names: Names) -> Names:
    found = {language: names.get(language, "").strip() for language in LANGUAGES}
    wrong = {f"name_{language}": ("city.name.form", {"most": LONGEST_NAME}) for language, name in found.items()
             if not 1 <= len(name) <= LONGEST_NAME}  # fmt: skip
    if wrong:
        raise Invalid("city.name.form", wrong, most=LONGEST_NAME)
    return found


def _require_parent(session: Session, model: type[Any], code: str, parent: str | None) -> None:
    """It exists, and does not lie below `code`."""
    above = parent
    while above is not None:
        row = session.get(model, above)
        if row is None or above == code:
            raise Invalid("city.department.parent", {"parent": ("city.department.parent", {})})
        above = row.parent


def _require_responsible(session: Session, department: str | None) -> None:
    row = session.get(Department, department) if department else None
    if department and (row is None or row.retired_at is not None):
        raise Invalid(
            "city.no_department", {"department": ("city.no_department", {"code": department})}, code=department
        )


def _require_unnamed(session: Session, code: str, language: str) -> None:
    named = [*session.scalars(select(Category.names).where(Category.department == code, Category.retired_at.is_(None)))]
    named += session.scalars(select(ComponentClass.names).where(ComponentClass.owner == code))
    if named:
        told = [names.get(language, names["en"]) for names in named]
        raise Conflict(
            "city.department.named", things="、".join(told[:5]) if language == "zh-CN" else ", ".join(told[:5])
        )


def _kind(kind: str | None) -> str | None:
    if kind not in (None, "EVENT", "COMPONENT"):
        raise Invalid("city.category.kind", {"kind": ("city.category.kind", {})})
    return kind


def _retired(retired_at: datetime | None, active: bool, now: datetime) -> datetime | None:
    return None if active else retired_at or now
