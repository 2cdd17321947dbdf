"""Figures by day: counted from what happened, within everybody's own reach, and each leads to the list it counts."""

import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Date, DateTime, cast, func, select, update

from app.cases.models import CaseFact, CaseFile, Registration, ReturnVisit, TimeLimit
from app.core.db import transaction
from app.core.ids import new_id
from app.identity import SEED, Actor, Grant, Role, add_user
from app.lifecycle.seed import seed
from app.reports import roll_up
from app.reports.figures import DRAWN, LATELY, Figures, Measure, Span, figures
from app.reports.models import DailyFigure, DailyTopic, MonthlyFigure, MonthlyTopic
from app.workflow import Runtime

from .conftest import PASSWORD, House

KPI = re.compile(
    r'<a class="kpi [^"]*" href="([^"]+)"><span class="kpi__name">([^<]+)</span><span class="kpi__value">([^<]+)<'
)


@pytest.fixture
def city(runtime: Runtime) -> Runtime:
    """A small past: two dozen cases of the last nine weeks, and their figures."""
    seed(runtime, 24)
    roll_up(runtime, patience=60)
    return runtime


def kpis(browser: FlaskClient, period: str = "year") -> dict[str, tuple[str, str]]:
    """Name → (value, where it leads)."""
    page = browser.get(f"/dashboard?period={period}")
    assert page.status_code == 200, page.text
    return {name: (value, url.replace("&amp;", "&")) for url, name, value in KPI.findall(page.text)}


def rows(browser: FlaskClient, url: str) -> int:
    """How many lines the list has, over all its pages."""
    found, following = 0, url
    while following:
        page = browser.get(following).text
        found += len(re.findall(r"<tr[^>]*>\s*<td", page.partition("<tbody>")[2]))
        more = re.search(r'href="([^"]*after=[^"]+)"', page)
        following = more.group(1).replace("&amp;", "&") if more else ""
    return found


def counted(runtime: Runtime, *measures: Measure) -> int:
    with runtime.sessions() as session:
        total = select(func.coalesce(func.sum(DailyFigure.n), 0)).where(DailyFigure.measure.in_(measures))
        return int(session.scalar(total) or 0)


@pytest.mark.feature("R07")
def test_the_figures_are_what_happened_and_lead_to_their_lists(house: House, city: Runtime) -> None:
    with city.sessions() as session:
        registered = session.scalar(select(func.count()).select_from(Registration))
        closed = session.scalar(select(func.count()).where(CaseFile.status == "COMPLETED"))
        missed = session.scalar(select(func.count()).where(TimeLimit.kind == "HANDLE", TimeLimit.state == "BREACHED"))
        reworks = session.scalar(select(func.count()).where(CaseFact.kind == "REWORK"))
        unhappy = session.scalar(select(func.count()).where(ReturnVisit.result == "UNSATISFIED"))
    leader = house.browser("leader")
    found = kpis(leader)
    assert found["受理量"][0] == str(registered)
    assert found["办结量"][0] == str(closed)
    assert found["返工"][0] == str(reworks)
    assert counted(city, Measure.UNSATISFIED) == unhappy
    assert counted(city, Measure.MISSED) >= (missed or 0) > 0
    assert rows(leader, found["受理量"][1]) == registered
    assert rows(leader, found["办结量"][1]) == closed
    assert rows(leader, found["按期率"][1]) == counted(city, Measure.MISSED)
    assert rows(leader, found["超期在办"][1]) == int(found["超期在办"][0]) > 0
    by_day = re.findall(r'<th scope="row"><a href="(/cases\?from=[^"]+)">', leader.get("/dashboard?period=year").text)
    assert sum(rows(leader, url.replace("&amp;", "&")) for url in by_day[-7:]) > 0


def test_everybody_sees_the_figures_of_their_own_reach(house: House, city: Runtime) -> None:
    with transaction(city.sessions) as session:
        now = city.clock.now()
        head = [Grant(Role.DEPARTMENT_HEAD, department="sanitation")]
        add_user(session, "head", "韩梅", PASSWORD, head, SEED, now, demo=True)
        own = session.scalar(select(func.count()).where(CaseFile.lead_department == "sanitation"))
        east = session.scalar(select(func.count()).where(CaseFile.district.startswith("jz/dongcheng")))
    assert kpis(house.browser("head"))["受理量"][0] == str(own)
    assert kpis(house.browser("supervisor_dongcheng"))["受理量"][0] == str(east)
    for username in ("agent", "sanitation", "analyst"):
        assert house.browser(username).get("/dashboard").status_code == 403, username


def test_counting_again_changes_nothing_and_a_correction_arrives(city: Runtime) -> None:
    def figures() -> list[tuple[object, ...]]:
        columns = (DailyTopic.day, DailyTopic.topic, DailyTopic.district, DailyTopic.department, DailyTopic.n)
        with city.sessions() as session:
            return [tuple(row) for row in session.execute(select(*columns).order_by(*columns))]

    before = figures()
    roll_up(city, patience=60)
    assert figures() == before
    with transaction(city.sessions) as session:
        oldest = select(CaseFile.id).order_by(CaseFile.registered_at).limit(1).scalar_subquery()
        session.execute(update(CaseFile).where(CaseFile.id == oldest).values(sub_category="STREET_LAMP"))
    roll_up(city, patience=60)
    after = figures()
    assert after != before
    assert sum(int(str(row[-1])) for row in after) == sum(int(str(row[-1])) for row in before)


def test_a_span_is_compared_with_as_many_days_before_it() -> None:
    november = Span(date(2026, 11, 1), date(2026, 11, 17))
    assert november.days == len(november.each()) == 17
    assert november.before() == Span(date(2026, 10, 15), date(2026, 10, 31))
    assert november.before().last + timedelta(days=1) == november.first


DAYS = st.dates(date(2019, 1, 1), date(2029, 12, 31))


@given(DAYS, DAYS)
def test_a_span_is_its_whole_months_and_the_days_around_them(one: date, other: date) -> None:
    span = Span(min(one, other), max(one, other))
    months = span.months()
    parts = sorted([*span.edges(), *([months] if months else [])], key=lambda part: part.first)
    assert [day for part in parts for day in part.each()] == span.each()
    assert months is None or (months.first.day, (months.last + timedelta(days=1)).day) == (1, 1)
    assert all(edge.months() is None for edge in span.edges())


def add_up(runtime: Runtime, actor_department: str | None, span: Span) -> tuple[dict[str, int], dict[str, int]]:
    """By measure and by topic, day by day."""
    found = []
    for table, key in ((DailyFigure, DailyFigure.measure), (DailyTopic, DailyTopic.topic)):
        of_days = select(key, func.sum(table.n)).where(table.day.between(span.first, span.last)).group_by(key)
        if actor_department:
            of_days = of_days.where(table.department == actor_department)
        with runtime.sessions() as session:
            found.append({str(name): int(n) for name, n in session.execute(of_days)})
    return found[0], found[1]


def told(runtime: Runtime, grant: Grant, span: Span) -> Figures:
    with runtime.sessions() as session:
        return figures(session, Actor(new_id(), "somebody", (grant,)), span, runtime.clock.now())


def only_some(counts: dict[str, int] | dict[Measure, int]) -> dict[str, int]:
    return {str(name): n for name, n in counts.items() if n}


def assert_months_are_their_days(runtime: Runtime) -> None:
    for monthly, daily, key in ((MonthlyFigure, DailyFigure, "measure"), (MonthlyTopic, DailyTopic, "topic")):
        keys = [getattr(monthly, name) for name in ("month", key, "district", "department")]
        of_days = [getattr(daily, name) for name in (key, "district", "department")]
        month = cast(func.date_trunc("month", cast(daily.day, DateTime)), Date)
        added = select(month, *of_days, func.sum(daily.n)).group_by(month, *of_days)
        with runtime.sessions() as session:
            kept = sorted(tuple(row) for row in session.execute(select(*keys, monthly.n)))
            assert kept == sorted(tuple(row) for row in session.execute(added))
            assert kept


@pytest.mark.feature("R07")
def test_months_stay_the_sums_of_their_days_after_late_changes(city: Runtime) -> None:
    """An earlier case gets another matter and department, one moves into another month, nobody is satisfied now."""
    assert_months_are_their_days(city)
    before = counted(city, Measure.REGISTERED)
    satisfied = counted(city, Measure.SATISFIED)
    with transaction(city.sessions) as session:
        cases = session.scalars(select(CaseFile).order_by(CaseFile.registered_at)).all()
        cases[len(cases) // 2].sub_category, cases[len(cases) // 2].lead_department = "STREET_LAMP", "gas"
        cases[-1].registered_at -= timedelta(days=31)
        session.execute(update(ReturnVisit).values(result="UNSATISFIED"))
    roll_up(city, patience=60)
    assert counted(city, Measure.REGISTERED) == before
    assert counted(city, Measure.SATISFIED) < satisfied
    assert_months_are_their_days(city)
    today = city.clock.now().astimezone(city.zone).date()
    leader, head = Grant(Role.LEADER), Grant(Role.DEPARTMENT_HEAD, department="gas")
    for days in (365, 200, 92, 61, 31, 30, 1):
        span = Span(today - timedelta(days=days - 1), today)
        for grant in (leader, head):
            found, (measures, topics) = told(city, grant, span), add_up(city, grant.department, span)
            earlier, earlier_topics = add_up(city, grant.department, span.before())
            assert (only_some(found.total), only_some(found.before)) == (measures, earlier), days
            assert only_some({each.code: each.now for each in found.topics}) == topics, days
            assert only_some({each.code: each.before for each in found.topics}) == earlier_topics, days
            parts = (found.by_district, found.by_department)
            assert [sum(sum(each.values()) for each in part.values()) for part in parts] == [sum(measures.values())] * 2


@pytest.mark.feature("R07")
def test_every_day_of_a_year_is_drawn(city: Runtime) -> None:
    today = city.clock.now().astimezone(city.zone).date()
    span = Span(today - timedelta(days=365), today)
    by_day = told(city, Grant(Role.LEADER), span).by_day
    for measure in DRAWN:
        assert sum(each.get(measure, 0) for each in by_day.values()) == counted(city, measure) > 0
    fortnight = Span(today - timedelta(days=LATELY - 1), today)
    lately = sum(sum(by_day.get(day, {}).values()) for day in fortnight.each())
    assert lately == sum(add_up(city, None, fortnight)[0].values())
