"""Which calendar counts, and that a version once published never changes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from app import audit, city
from app.core.db import Sessions, make_engine, transaction
from app.core.errors import Forbidden, Invalid, NotFound
from app.identity import OPERATOR, SEED, Actor, actor_of_user, parse_grant

pytestmark = pytest.mark.feature("Q01")

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


@pytest.fixture
def jiangzhou(sessions: Sessions) -> Iterator[Sessions]:
    with transaction(sessions) as session:
        city.load_demo_city(session, SEED, NOW)
    return sessions


def publish(sessions: Sessions, kind: str, owner: str, rules: city.CalendarRules) -> city.Calendar:
    with transaction(sessions) as session:
        return city.publish_calendar(session, kind, owner, rules, reason="test", actor=OPERATOR, now=NOW)


def counting(sessions: Sessions, department: str | None, district: str | None) -> city.Calendar:
    with transaction(sessions) as session:
        return city.calendar_for(session, department, district)


def test_the_department_goes_before_the_district_and_that_before_the_city(jiangzhou: Sessions) -> None:
    whole = counting(jiangzhou, None, "jz")
    assert counting(jiangzhou, "water", "jz/beishan/longtan") == whole
    assert counting(jiangzhou, None, None) == whole
    beishan = publish(jiangzhou, "district", "jz/beishan", replace(whole.rules, make_up={}))
    longtan = publish(jiangzhou, "district", "jz/beishan/longtan", replace(whole.rules, off={}))
    assert counting(jiangzhou, "water", "jz/beishan/longtan") == longtan
    assert counting(jiangzhou, "water", "jz/beishan/yunling") == beishan
    assert counting(jiangzhou, "water", "jz/nanhu") == whole
    sanitation = counting(jiangzhou, "sanitation", "jz/beishan/longtan")
    assert sanitation not in (whole, beishan, longtan)
    saturday = datetime(2026, 11, 21, 1, tzinfo=UTC)
    assert (sanitation.is_working_moment(saturday), whole.is_working_moment(saturday)) == (True, False)


def test_a_change_makes_a_version_and_leaves_the_old_one(jiangzhou: Sessions) -> None:
    before = counting(jiangzhou, None, "jz")
    closed = {**before.rules.off, date(2026, 11, 23): "Marathon"}
    after = publish(jiangzhou, "city", "jz", replace(before.rules, off=closed))
    assert (after.id, after.version) == (before.id, before.version + 1)
    assert counting(jiangzhou, None, "jz") == after
    assert publish(jiangzhou, "city", "jz", after.rules).version == after.version
    with transaction(jiangzhou) as session:
        old = city.calendar_version(session, before.id, before.version)
        assert old == before
        (first, second) = audit.read(session, before.id)
        assert (first.kind, second.changes["version"]) == ("calendar.published", {"old": 1, "new": 2})
        assert set(second.changes) == {"off", "version"}
    friday = datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert after.add(friday, 1, "WORKING_DAY") - old.add(friday, 1, "WORKING_DAY") == timedelta(days=1)


def test_a_version_that_was_rolled_back_is_not_remembered(jiangzhou: Sessions) -> None:
    before = counting(jiangzhou, None, "jz")
    with jiangzhou() as session:
        rules = replace(before.rules, off={date(2026, 11, 23): "Marathon"})
        city.publish_calendar(session, "city", "jz", rules, reason="test", actor=OPERATOR, now=NOW)
        assert city.calendar_for(session, None, "jz").rules == rules
        session.rollback()
    other = publish(jiangzhou, "city", "jz", replace(before.rules, off={date(2026, 11, 24): "Fair"}))
    assert other.version == 2
    assert counting(jiangzhou, None, "jz").rules == other.rules


def test_versions_are_immutable_even_for_the_owner(jiangzhou: Sessions, owner_url: str) -> None:
    owner = make_engine(owner_url)
    for statement in (
        "update calendar_version set reason = 'x'",
        "delete from calendar_version",
        "truncate calendar_version cascade",
    ):
        with owner.connect() as connection, pytest.raises(DBAPIError, match="immutable"):
            connection.execute(text(statement))
    owner.dispose()


def test_a_known_calendar_costs_one_statement(jiangzhou: Sessions) -> None:
    counting(jiangzhou, "water", "jz/nanhu")
    seen: list[str] = []
    with transaction(jiangzhou) as session:
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", lambda c, cur, statement, *rest: seen.append(statement))
        city.calendar_for(session, "water", "jz/nanhu")
    assert len(seen) == 1


def test_newly_published_years_are_taken_up(jiangzhou: Sessions) -> None:
    whole = counting(jiangzhou, None, "jz")
    last = max(whole.rules.published)
    lacking = replace(
        whole.rules,
        published=whole.rules.published - {last},
        off={day: why for day, why in whole.rules.off.items() if day.year != last},
        make_up={day: why for day, why in whole.rules.make_up.items() if day.year != last},
    )
    publish(jiangzhou, "city", "jz", lacking)
    assert counting(jiangzhou, None, "jz").deadline(NOW, 1, "WORKING_DAY").provisional
    with transaction(jiangzhou) as session:
        renewed = city.refresh_published_years(session, actor=OPERATOR, now=NOW)
        assert [each.calendar.id for each in renewed] == [whole.id]
        assert city.refresh_published_years(session, actor=OPERATOR, now=NOW) == []
    assert counting(jiangzhou, None, "jz").rules == whole.rules


def test_calendars_belong_to_administrators(jiangzhou: Sessions) -> None:
    with transaction(jiangzhou) as session:
        rules = city.calendar_for(session, None, "jz").rules
        for username in ("supervisor", "analyst", "gas_head"):
            actor: Actor = actor_of_user(session, username)
            with pytest.raises(Forbidden):
                city.publish_calendar(session, "city", "jz", rules, reason="test", actor=actor, now=NOW)


def test_a_city_without_a_calendar_says_so(sessions: Sessions) -> None:
    with pytest.raises(NotFound):
        counting(sessions, None, "jz")


def test_grants_name_places_that_exist(jiangzhou: Sessions) -> None:
    with transaction(jiangzhou) as session:
        city.check_grants(session, [parse_grant("department_head:gas@jz/nanhu"), parse_grant("leader")])
        for wrong in ("department_head:moon", "agent@jz/moon"):
            with pytest.raises(Invalid):
                city.check_grants(session, [parse_grant(wrong)])
