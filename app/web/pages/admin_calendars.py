"""Working calendars: a year at a glance, single days changed, published years taken over. Every change is a version."""

from calendar import Calendar as Months
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import city
from app.city import CalendarRules
from app.city.sources import published_days, published_years
from app.core.errors import Invalid, NotFound
from app.core.http import site
from app.identity import user_names
from app.identity.guard import actor, permits
from app.lifecycle.calendar_change import change_calendar, recounted, recounting
from app.web.names import names
from app.web.pages.admin_frame import admin_page, tried
from app.web.pages.frame import blueprint
from app.web.templating import t

FIRST, LAST = 2020, 2099
DAY_KINDS = ("week", "off", "make_up")


@dataclass(frozen=True, slots=True)
class DayCell:
    day: date
    kind: str
    """work, free, off, make_up: as the year's picture colours it."""
    note: str


@blueprint.get("/admin/calendars")
@permits("calendar.manage")
def admin_calendars() -> str:
    with site().sessions() as session:
        rows = [
            (kind, owner, version, rules_of(session, kind, owner))
            for kind, owner, version in city.all_calendars(session)
        ]
        places = [each for each in city.districts(session) if each.depth]
        departments = [each for each in city.departments(session) if each.active]
    return admin_page(
        "calendars.html", "calendars", rows=rows, places=places, departments=departments, year=today().year,
        published=published_years(),
    )  # fmt: skip


@blueprint.get("/admin/calendars/<kind>/<path:owner>")
@permits("calendar.manage")
def admin_calendar(kind: str, owner: str) -> str:
    return _calendar_page(kind, owner, {})


@blueprint.post("/admin/calendars/<kind>/<path:owner>/days")
@permits("calendar.manage")
def change_day(kind: str, owner: str) -> Response | tuple[str, int]:
    form = request.form

    def change(rules: CalendarRules) -> CalendarRules:
        first, last = _day(form.get("day")), _day(form.get("until") or form.get("day"))
        days = [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
        if not 1 <= len(days) <= 31:
            raise Invalid("web.admin.calendar.span", {"until": ("web.admin.calendar.span", {})})
        off, make_up = dict(rules.off), dict(rules.make_up)
        for day in days:
            off.pop(day, None)
            make_up.pop(day, None)
            if form.get("kind") == "off":
                off[day] = given_reason()
            elif form.get("kind") == "make_up":
                make_up[day] = given_reason()
        return replace(rules, off=off, make_up=make_up)

    return changed(kind, owner, change)


@blueprint.post("/admin/calendars/<kind>/<path:owner>/week")
@permits("calendar.manage")
def change_week(kind: str, owner: str) -> Response | tuple[str, int]:
    def change(rules: CalendarRules) -> CalendarRules:
        week = tuple(_shifts(request.form.get(f"shifts_{day}", ""), f"shifts_{day}") for day in range(7))
        make_up = _shifts(request.form.get("make_up_shifts", ""), "make_up_shifts")
        observes = request.form.get("observes_holidays") == "1"
        return replace(rules, week=week, make_up_shifts=make_up, observes_holidays=observes)

    return changed(kind, owner, change)


@blueprint.post("/admin/calendars/<kind>/<path:owner>/years")
@permits("calendar.manage")
def take_over_year(kind: str, owner: str) -> Response | tuple[str, int]:
    """The published days of a year, in place of what stood there; or say that a year entered by hand is complete."""

    def change(rules: CalendarRules) -> CalendarRules:
        year = year_of(request.form.get("year"))
        if request.form.get("how") == "complete":
            return replace(rules, published=rules.published | {year})
        days = published_days((year,))
        if not days.years:
            raise Invalid("web.admin.calendar.unpublished", year=year)
        off = {day: note for day, note in rules.off.items() if day.year != year} | dict(days.off)
        make_up = {day: note for day, note in rules.make_up.items() if day.year != year} | dict(days.make_up)
        return replace(rules, off=off, make_up=make_up, published=rules.published | {year})

    return changed(kind, owner, change)


def changed(kind: str, owner: str, change: Callable[[CalendarRules], CalendarRules]) -> Response | tuple[str, int]:
    year = request.form.get("year") or (request.form.get("day") or "")[:4] or today().year
    back = f"/admin/calendars/{kind}/{owner}?year={year}"
    return published(kind, owner, change, back, lambda errors: _calendar_page(kind, owner, errors))


def published(
    kind: str, owner: str, change: Callable[[CalendarRules], CalendarRules], back: str,
    again: Callable[[Mapping[str, str]], str],
) -> Response | tuple[str, int]:  # fmt: skip
    """A new version of the calendar; open limits that it counts for follow, in the background."""
    ordered: list[tuple[UUID, int]] = []

    def deed(session: Session) -> None:
        require_owner(session, kind, owner)
        now = site().clock.now()
        ordered.append(change_calendar(session, kind, owner, change, reason=given_reason(), actor=actor(), now=now))

    def said() -> str:
        row_id, count = ordered[0]
        if (queue := site().runtime.queue) is not None:
            queue.enqueue([row_id])
        return t("web.admin.calendar.published.moving", n=count) if count else t("web.admin.calendar.published")

    return tried(deed, said, back, again)


def _calendar_page(kind: str, owner: str, errors: Mapping[str, str]) -> str:
    year = year_of(request.values.get("year") or (request.values.get("day") or "")[:4] or today().year)
    with site().sessions() as session:
        require_owner(session, kind, owner)
        calendar = _calendar(session, kind, owner)
        own = any((each[0], each[1]) == (kind, owner) for each in city.all_calendars(session))
        versions = city.versions_of(session, calendar.id)[:20] if own else ()
        people = user_names(session, [each.created_by for each in versions])
        moved, moving = (recounted(session, calendar.id), recounting(session, calendar.id)) if own else ({}, {})
    rules = calendar.rules
    chosen = request.values.get("day", "")
    return admin_page(
        "calendar.html", "calendars", kind=kind, owner=owner, rules=rules, year=year, months=_months(rules, year),
        own=own, versions=versions, moved=moved, moving=moving, people=people, errors=errors,
        typed=request.form if errors else {},
        provisional=rules.observes_holidays and year not in rules.published, can_take=year in published_years(),
        week=[_written(shifts) for shifts in rules.week], make_up_shifts=_written(rules.make_up_shifts), chosen=chosen,
        chosen_kind=_kind_of(rules, chosen), day_kinds=DAY_KINDS,
    )  # fmt: skip


def _months(rules: CalendarRules, year: int) -> list[list[list[DayCell | None]]]:
    """Twelve months of weeks from Monday to Sunday."""
    return [
        [[cell_of(rules, day) if day.month == month else None for day in week]
         for week in Months().monthdatescalendar(year, month)]
        for month in range(1, 13)
    ]  # fmt: skip


def cell_of(rules: CalendarRules, day: date) -> DayCell:
    if day in rules.make_up:
        return DayCell(day, "make_up", rules.make_up[day])
    if day in rules.off:
        return DayCell(day, "off", rules.off[day])
    return DayCell(day, "work" if rules.week[day.weekday()] else "free", "")


def _kind_of(rules: CalendarRules, chosen: str) -> str:
    try:
        day = date.fromisoformat(chosen)
    except ValueError:
        return "off"
    return "off" if day in rules.off else "make_up" if day in rules.make_up else "week"


def _calendar(session: Session, kind: str, owner: str) -> city.Calendar:
    of_department = kind == "department"
    return city.calendar_for(session, owner if of_department else None, None if of_department else owner)


def rules_of(session: Session, kind: str, owner: str) -> CalendarRules:
    return _calendar(session, kind, owner).rules


def require_owner(session: Session, kind: str, owner: str) -> None:
    known: Any = ()
    if kind == "department":
        known = {each.code for each in city.departments(session)}
    elif kind in ("city", "district"):
        known = {each.code for each in city.districts(session) if (each.depth == 0) == (kind == "city")}
    if owner not in known:
        raise NotFound("web.admin.calendar.no_owner", owner=names().of(owner))


def _shifts(written: str, field: str) -> tuple[tuple[int, int], ...]:
    """`09:00-12:00 13:30-17:30`; nothing is a free day. Raises Invalid."""
    try:
        return tuple(_shift(part) for part in written.replace(",", " ").replace("，", " ").split())
    except ValueError:
        raise Invalid("web.admin.calendar.shift_form", {field: ("web.admin.calendar.shift_form", {})}) from None


def _shift(part: str) -> tuple[int, int]:
    start, end = (int(hours) * 60 + int(minutes) for hours, minutes in
                  (clock.split(":") for clock in part.replace("–", "-").split("-")))  # fmt: skip
    return start, end


def _written(shifts: tuple[tuple[int, int], ...]) -> str:
    return " ".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in shifts)


def given_reason() -> str:
    given = request.form.get("reason", "").strip()
    if not 1 <= len(given) <= 200:
        raise Invalid("web.admin.calendar.reason", {"reason": ("web.admin.calendar.reason", {})})
    return given


def _day(given: str | None) -> date:
    try:
        day = date.fromisoformat(given or "")
    except ValueError:
        raise Invalid("web.admin.calendar.day", {"day": ("web.admin.calendar.day", {})}) from None
    year_of(day.year)
    return day


def year_of(given: object) -> int:
    year = int(str(given)) if str(given).isdigit() else 0
    if not FIRST <= year <= LAST:
        raise Invalid("web.admin.calendar.no_such_year", first=FIRST, last=LAST)
    return year


def today() -> date:
    return site().clock.now().astimezone(site().settings.city_zone).date()
