"""Days off and make-up days of a calendar from a CSV or ICS file: looked at first, then published as a version."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from app import city
from app.city import CalendarRules, DayFile
from app.core.errors import CitydeskError, Invalid
from app.core.http import site
from app.identity.guard import permits
from app.web.pages.admin_calendars import DayCell, cell_of, published, require_owner, rules_of, today, year_of
from app.web.pages.admin_frame import admin_page, errors_of
from app.web.pages.frame import blueprint
from app.web.templating import t

MOST_YEARS = 10
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Change:
    before: DayCell
    after: DayCell


@blueprint.get("/admin/calendars/<kind>/<path:owner>/file")
@permits("calendar.manage")
def calendar_file(kind: str, owner: str) -> str:
    return _page(kind, owner)


@blueprint.post("/admin/calendars/<kind>/<path:owner>/file/trial")
@permits("calendar.manage")
def try_calendar_file(kind: str, owner: str) -> str | tuple[str, int]:
    """A dry run: what each day would become, or what is wrong with which row. Nothing is saved."""
    try:
        days = city.read_days(_uploaded(), *_years())
    except CitydeskError as error:
        return _page(kind, owner, errors_of(error)), error.status
    if not days.faults and not days.off and not days.make_up:
        return _page(kind, owner, {"file": t("city.dayfile.nothing")}), Invalid.status
    return _page(kind, owner, days=days)


@blueprint.post("/admin/calendars/<kind>/<path:owner>/file")
@permits("calendar.manage")
def publish_calendar_file(kind: str, owner: str) -> Response | tuple[str, int]:
    """What the dry run showed, as the next version. Raises nothing: what is refused is shown with the days kept."""
    shown: list[DayFile] = []

    def change(rules: CalendarRules) -> CalendarRules:
        first, last = _years()
        days = city.read_days(request.form.get("days", "").encode(), first, last)
        shown.append(days)
        if days.faults:
            raise Invalid("city.dayfile.unreadable")
        complete = request.form.get("how") == "complete"
        return city.with_days(rules, days, range(first, last + 1), complete=complete)

    def again(errors: Mapping[str, str]) -> str:
        if not shown:  # the reason was missing: the change was not made yet
            shown.append(city.read_days(request.form.get("days", "").encode(), *_years()))
        return _page(kind, owner, errors, shown[0])

    return published(
        kind, owner, change, f"/admin/calendars/{kind}/{owner}?year={request.form.get('first_year')}", again
    )


def _page(kind: str, owner: str, errors: Mapping[str, str] | None = None, days: DayFile | None = None) -> str:
    with site().sessions() as session:
        require_owner(session, kind, owner)
        rules = rules_of(session, kind, owner)
    typed = request.form
    year = request.args.get("year", "") if request.args.get("year", "").isdigit() else str(today().year)
    content: dict[str, Any] = {}
    if days is not None and not days.faults:
        first, last = _years()
        complete = typed.get("how") == "complete"
        new = city.with_days(rules, days, range(first, last + 1), complete=complete)
        content = {"changes": list(_changes(rules, new, first, last)), "csv": city.as_csv(days)}
    return admin_page(
        "calendar_file.html", "calendars", kind=kind, owner=owner, days=days, errors=errors or {}, typed=typed,
        first_year=typed.get("first_year", year), last_year=typed.get("last_year", year), **content,
    )  # fmt: skip


def _changes(old: CalendarRules, new: CalendarRules, first: int, last: int) -> Iterator[Change]:
    """Days of these years that become something else, or get another name."""
    day = date(first, 1, 1)
    while day.year <= last:
        before, after = cell_of(old, day), cell_of(new, day)
        if before != after:
            yield Change(before, after)
        day += timedelta(days=1)


def _uploaded() -> bytes:
    file = request.files.get("file")
    content = file.read(MOST_BYTES + 1) if file else b""
    if not content:
        raise Invalid("web.admin.dayfile.choose", {"file": ("web.admin.dayfile.choose", {})})
    if len(content) > MOST_BYTES:
        raise Invalid("web.admin.dayfile.big", {"file": ("web.admin.dayfile.big", {})})
    return content


def _years() -> tuple[int, int]:
    first, last = year_of(request.form.get("first_year")), year_of(request.form.get("last_year"))
    if not 0 <= last - first < MOST_YEARS:
        wrong = ("web.admin.dayfile.years", {"most": MOST_YEARS})
        raise Invalid(wrong[0], {"last_year": wrong}, most=MOST_YEARS)
    return first, last
