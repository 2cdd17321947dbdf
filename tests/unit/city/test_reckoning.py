"""A limit's story (pauses, extensions) against the minute counter: what was left is left."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.city import CalendarRules, Unit
from app.city.reckoning import Pause, Story, reckon
from tests.unit.city.test_working_time import MINUTE, MinuteCounter, calendar_of, minutes, rules

pytestmark = [pytest.mark.feature("Q01"), pytest.mark.feature("Q02")]

OFFICE = CalendarRules(zone=ZoneInfo("Asia/Shanghai"), week=(((540, 1020),),) * 5 + ((), ()))


@st.composite
def pauses(draw: st.DrawFn) -> list[Pause]:
    """One after the other, in no order."""
    marks = draw(st.lists(minutes, min_size=0, max_size=6, unique=True).map(sorted))
    found = [Pause(since, until) for since, until in zip(marks[0::2], marks[1::2], strict=False)]
    return draw(st.permutations(found))


def counted(rules: CalendarRules, start: datetime, count: int, stops: list[Pause]) -> datetime:
    """The end of the count-th worked minute that lies in no pause."""
    counter = MinuteCounter(rules)
    for minute in counter.minutes(start):
        paused = any(since <= minute < until for since, until in stops if until is not None)
        count -= counter.works(minute) and not paused
        if count == 0:
            return minute + MINUTE
    raise AssertionError


def story(start: datetime, count: int, unit: Unit, **more: object) -> Story:
    return Story(start, start, Decimal(count) / 60, unit, **more)  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(rules(), minutes, st.integers(1, 300), pauses(), st.lists(st.integers(1, 120), max_size=2))
def test_working_hours_pass_outside_pauses_only(
    rules: CalendarRules, start: datetime, count: int, stops: list[Pause], more: list[int]
) -> None:
    extensions = [(Decimal(minutes) / 60, Unit.WORKING_HOUR) for minutes in more]
    rungs = reckon(calendar_of(rules), story(start, count, Unit.WORKING_HOUR, pauses=stops, extensions=extensions))
    assert abs(rungs.due_at - counted(rules, start, count + sum(more), stops)) < timedelta(milliseconds=1)
    assert rungs.warn_at <= rungs.due_at <= rungs.escalate_at


@settings(max_examples=40, deadline=None)
@given(rules(), minutes, st.integers(1, 300), pauses())
def test_emergency_hours_pass_by_the_clock(
    rules: CalendarRules, start: datetime, count: int, stops: list[Pause]
) -> None:
    due = reckon(calendar_of(rules), story(start, count, Unit.EMERGENCY_HOUR, pauses=stops)).due_at
    passed = due - start
    for since, until in stops:
        assert until is not None
        passed -= max(timedelta(), min(until, due) - max(since, start))
    assert abs(passed - count * MINUTE) < timedelta(milliseconds=1)


@settings(max_examples=40, deadline=None)
@given(rules(), minutes, st.integers(1, 6), minutes, minutes)
def test_working_days_keep_what_was_left_over_a_pause(
    rules: CalendarRules, start: datetime, days: int, one: datetime, other: datetime
) -> None:
    calendar = calendar_of(rules)
    since, until = max(start, min(one, other)), max(start, max(one, other))
    plain = reckon(calendar, Story(start, start, days, Unit.WORKING_DAY)).due_at
    assert plain == calendar.add(start, days, Unit.WORKING_DAY)
    paused = reckon(calendar, Story(start, start, days, Unit.WORKING_DAY, pauses=[Pause(since, until)])).due_at
    if since >= plain:
        assert paused == plain, "it was late already"
    else:
        assert calendar.working_time_between(until, paused) == calendar.working_time_between(since, plain)


@given(minutes, minutes)
def test_what_still_stands_moves_nothing_and_a_plain_limit_is_extended_from_where_it_was(
    start: datetime, since: datetime
) -> None:
    calendar = calendar_of(OFFICE)
    ordered = start + timedelta(hours=3)
    standing = Story(start, ordered, pauses=[Pause(since, None)])
    assert reckon(calendar, standing).due_at == ordered
    longer = Story(start, ordered, extensions=[(2, Unit.EMERGENCY_HOUR)])
    assert reckon(calendar, longer).due_at == ordered + timedelta(hours=2)
