"""Loading the city's data. Each function can be run again: what is there stays as it is."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import audit, identity
from app.city.calendars import publish_calendar
from app.city.models import Category, ComponentClass, Department, District, Term, WorkCalendar
from app.city.rules import CalendarRules, five_day_week
from app.city.sources import published_days
from app.core.db import Base
from app.core.errors import Invalid
from app.core.ids import derived_id
from app.identity import Actor, Grant, require

HERE = Path(__file__).parent
CITY_STREAM = derived_id("city")
"""The stream of history that tells of the city's own data."""
DEMO_CITY = "jz"
SANITATION_HOURS = ((6 * 60, 11 * 60), (13 * 60 + 30, 16 * 60 + 30))
"""Streets are cleaned from six in the morning, every day of the week."""


def load_catalogue(session: Session, actor: Actor, now: datetime) -> int:
    """Problem categories, component classes and terms that ship with the product; returns how many were new.

    A department they name is kept only where the city has it: load departments first.
    """
    require(actor, "city.manage")
    known = set(session.scalars(select(Department.code)))
    added = 0
    for model, file in ((Category, "categories"), (ComponentClass, "components"), (Term, "terms")):
        added += _add(session, model, _rows(HERE / "catalogue" / f"{file}.json", known))
    if added:
        _record(session, "city.catalogue", {"rows": added}, actor, now)
    return added


def load_demo_city(session: Session, actor: Actor, now: datetime) -> int:
    """江州市 Jiangzhou: districts, departments, catalogue, calendars, people. Returns how many rows were new.

    Its people have a public password and can sign in only where the demo is switched on.
    """
    require(actor, "city.manage")
    added = _add(session, District, _rows(HERE / "demo" / "districts.json"))
    added += _add(session, Department, _rows(HERE / "demo" / "departments.json"))
    if added:
        _record(session, "city.demo", {"rows": added}, actor, now)
    added += load_catalogue(session, actor, now)
    _demo_calendars(session, actor, now)
    return added + _demo_people(session, actor, now)


def check_grants(session: Session, grants: Iterable[Grant]) -> None:
    """Do the districts and departments of these grants exist? Raises Invalid: before `identity.add_user`."""
    for grant in grants:
        if grant.department and session.get(Department, grant.department) is None:
            raise Invalid("city.no_department", code=grant.department)
        if grant.district and session.get(District, grant.district) is None:
            raise Invalid("city.no_district", code=grant.district)


def office_calendar(zone: ZoneInfo) -> CalendarRules:
    """09:00-12:00 and 13:30-17:30 from Monday to Friday, with the published days off and make-up days."""
    days = published_days()
    return CalendarRules(zone, five_day_week(), off=days.off, make_up=days.make_up, published=days.years)


def _demo_calendars(session: Session, actor: Actor, now: datetime) -> None:
    """Offices keep the city's hours; streets are cleaned on holidays too."""
    zone = ZoneInfo("Asia/Shanghai")
    every_day = CalendarRules(zone, (SANITATION_HOURS,) * 7, SANITATION_HOURS, observes_holidays=False)
    calendars = (("city", DEMO_CITY, office_calendar(zone)), ("department", "sanitation", every_day))
    present = {(row.owner_kind, row.owner) for row in session.scalars(select(WorkCalendar))}
    for kind, owner, rules in calendars:
        if (kind, owner) not in present:
            publish_calendar(session, kind, owner, rules, reason="demo", actor=actor, now=now)


def _demo_people(session: Session, actor: Actor, now: datetime) -> int:
    people = json.loads((HERE / "demo" / "people.json").read_text(encoding="utf-8"))
    present = {user.username for user in identity.all_users(session)}
    missing = [person for person in people if person["username"] not in present]
    for person in missing:
        identity.add_user(
            session,
            person["username"],
            person["name"],
            identity.DEMO_PASSWORD,
            [identity.parse_grant(written) for written in person["grants"]],
            actor,
            now,
            derived_id("demo-user", person["username"]),
            demo=True,
        )
    for number, person in enumerate(people):
        if person in missing:
            login = person["username"]
            user_id = derived_id("demo-user", login)
            email = f"{login}@jiangzhou.example"
            identity.change_reach(session, user_id, f"1380000{number:04}", email, actor=actor, now=now)
    return len(missing)


def _rows(path: Path, known_departments: set[str] | None = None) -> list[dict[str, Any]]:
    """A file's rows in its order; a district's parent is in its path."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    for position, row in enumerate(rows):
        row["position"] = position
        if "/" in row["code"]:
            row["parent"] = row["code"].rpartition("/")[0]
        for field in ("department", "owner"):
            if known_departments is not None and row.get(field) not in known_departments:
                row.pop(field, None)
    return rows


def _add(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> int:
    """Insert what is missing. One by one: rows name different columns, and parents come first."""
    added = 0
    for row in rows:
        added += len(session.execute(insert(model).values(**row).on_conflict_do_nothing().returning(1)).all())
    return added


def _record(session: Session, kind: str, changes: Mapping[str, int], actor: Actor, now: datetime) -> None:
    audit.record(
        session,
        CITY_STREAM,
        kind,
        actor=actor,
        now=now,
        changes={field: {"old": None, "new": value} for field, value in changes.items()},
        stream_kind="city",
        stream_name="city",
    )
