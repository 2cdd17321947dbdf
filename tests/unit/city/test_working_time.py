"""Working time against an independent oracle that counts minute by minute, without tables or formulas."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.city import Calendar, CalendarRules
from app.city.rules import Shift
from app.core.errors import Invalid

pytestmark = pytest.mark.feature("Q01")

MINUTE = timedelta(minutes=1)
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu")
FROM, TO = datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 4, 4, tzinfo=UTC)
"""Holds Berlin's change of the clock on 29 March."""


class MinuteCounter:
    """The oracle: is this minute worked, by the rules and the local clock alone?"""

    def __init__(self, rules: CalendarRules) -> None:
        self.rules = rules

    def works(self, instant: datetime) -> bool:
        local = instant.astimezone(self.rules.zone)
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.rules.shifts_on(local.date()))

    def minutes(self, start: datetime) -> Iterator[datetime]:
        while True:
            yield start
            start += MINUTE

    def between(self, start: datetime, end: datetime) -> timedelta:
        worked = sum(self.works(minute) for minute in _until(self.minutes(start), end))
        return worked * MINUTE

    def after(self, start: datetime, count: int) -> datetime:
        """The end of the count-th worked minute, or the next working moment for none."""
        for minute in self.minutes(start):
            if self.works(minute):
                if count == 0:
                    return minute
                count -= 1
                if count == 0:
                    return minute + MINUTE
        raise AssertionError

    def days_after(self, start: datetime, count: int) -> datetime:
        moment = self.after(start, 0).astimezone(self.rules.zone)
        day = moment.date()
        while count:
            day += timedelta(days=1)
            count -= bool(self.rules.shifts_on(day))
        there = datetime.combine(day, moment.timetz())
        return there.astimezone(UTC)


def _until(minutes: Iterator[datetime], end: datetime) -> Iterator[datetime]:
    for minute in minutes:
        if minute >= end:
            return
        yield minute


@st.composite
def shifts(draw: st.DrawFn, least: int = 0) -> tuple[Shift, ...]:
    """Up to three shifts that start and end after 04:00, where clocks are not changed."""
    marks = draw(st.lists(st.integers(4 * 4, 24 * 4), unique=True, min_size=2 * least, max_size=6).map(sorted))
    return tuple((start * 15, end * 15) for start, end in zip(marks[0::2], marks[1::2], strict=False))


@st.composite
def rules(draw: st.DrawFn) -> CalendarRules:
    days = st.integers(0, 30).map(lambda day: date(2026, 3, 15) + timedelta(days=day))
    off = draw(st.sets(days, max_size=6))
    make_up = draw(st.sets(days, max_size=4)) - off
    week = [draw(shifts(least=1)), *[draw(shifts()) for _ in range(6)]]
    return CalendarRules(
        zone=ZoneInfo(draw(st.sampled_from(ZONES))),
        week=tuple(week),
        make_up_shifts=draw(shifts(least=1)),
        off=dict.fromkeys(off, "off"),
        make_up=dict.fromkeys(make_up, "make-up"),
        published=frozenset({2026}),
    )


minutes = st.integers(0, int((TO - FROM) / MINUTE)).map(lambda count: FROM + count * MINUTE)


def calendar_of(rules: CalendarRules) -> Calendar:
    return Calendar(UUID(int=7), 1, rules)


@settings(max_examples=100, deadline=None)
@given(rules(), minutes, st.integers(0, 600))
def test_working_hours_end_where_the_minutes_are_used_up(rules: CalendarRules, start: datetime, count: int) -> None:
    due = calendar_of(rules).deadline(start, Decimal(count) / 60, "WORKING_HOUR")
    assert abs(due - MinuteCounter(rules).after(start, count)) < timedelta(microseconds=2)


@settings(max_examples=100, deadline=None)
@given(rules(), minutes, minutes)
def test_time_between_is_the_number_of_worked_minutes(rules: CalendarRules, start: datetime, end: datetime) -> None:
    calendar = calendar_of(rules)
    first, last = min(start, end), max(start, end)
    assert calendar.working_time_between(first, last) == MinuteCounter(rules).between(first, last)
    assert calendar.working_time_between(last, first) == -calendar.working_time_between(first, last)


@settings(max_examples=100, deadline=None)
@given(rules(), minutes, st.integers(0, 10))
def test_working_days_keep_the_time_of_day(rules: CalendarRules, start: datetime, count: int) -> None:
    assert calendar_of(rules).add(start, count, "WORKING_DAY") == MinuteCounter(rules).days_after(start, count)


@settings(max_examples=100, deadline=None)
@given(
    rules(),
    st.datetimes(FROM.replace(tzinfo=None), TO.replace(tzinfo=None), timezones=st.just(UTC)),
    st.integers(1, 40 * 3_600_000_000),
)
def test_adding_and_measuring_agree_to_the_microsecond(rules: CalendarRules, start: datetime, micros: int) -> None:
    calendar, worked = calendar_of(rules), timedelta(microseconds=micros)
    due = calendar.add_working_time(start, worked)
    assert calendar.working_time_between(start, due) == worked
    hours = Decimal(micros) / 3_600_000_000
    back = calendar.subtract(due, hours, "WORKING_HOUR")
    assert abs(calendar.working_time_between(back, due) - worked) <= timedelta(microseconds=1)
    assert back >= start - timedelta(microseconds=1)


@settings(max_examples=100, deadline=None)
@given(rules(), minutes, minutes, st.sampled_from(("WORKING_DAY", "WORKING_HOUR", "CALENDAR_DAY", "EMERGENCY_HOUR")))
def test_who_starts_later_is_never_due_earlier(rules: CalendarRules, one: datetime, other: datetime, unit: str) -> None:
    """Of days, those with shifts of the same times: where Saturdays end at noon, Friday's afternoon is later."""
    if unit == "WORKING_DAY":
        rules = CalendarRules(rules.zone, rules.week[:1] * 7, rules.week[0], rules.off, {}, rules.published)
    calendar = calendar_of(rules)
    first, last = sorted((one, other))
    assert calendar.add(first, 3, unit) <= calendar.add(last, 3, unit)


@settings(max_examples=100, deadline=None)
@given(rules(), minutes, st.integers(0, 8))
def test_subtracting_days_undoes_adding_them(rules: CalendarRules, start: datetime, count: int) -> None:
    calendar = calendar_of(CalendarRules(rules.zone, rules.week[:1] * 7, rules.week[0], rules.off, {}))
    moment = calendar.add(start, 0, "WORKING_DAY")
    there = calendar.add(start, count, "WORKING_DAY")
    assert calendar.subtract(there + MINUTE, count, "WORKING_DAY") == calendar.subtract(
        moment + MINUTE, 0, "WORKING_DAY"
    )


@settings(max_examples=50, deadline=None)
@given(rules())
def test_a_snapshot_holds_everything(rules: CalendarRules) -> None:
    assert CalendarRules.from_json(rules.to_json()) == rules


def test_shifts_must_follow_each_other() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    for bad in (((540, 720), (700, 900)), ((720, 540),), ((600, 1500),)):
        with pytest.raises(Invalid):
            CalendarRules(zone, (bad,) * 7)
    with pytest.raises(Invalid):
        CalendarRules(zone, ((),) * 7)
