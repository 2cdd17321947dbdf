"""Limits as people reckon them, on the published calendar of 2026."""

import copy
import pickle
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from time import process_time
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.city import Calendar, CalendarRules, Deadline, Unit, deadline_function, functions, office_calendar
from app.city import working_time_between_function as between_function
from app.city.rules import five_day_week
from app.city.sources import cross_check, published_years

pytestmark = pytest.mark.feature("Q01")

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = Calendar(UUID(int=1), 3, office_calendar(SHANGHAI))


def local(written: str) -> datetime:
    return datetime.fromisoformat(f"2026-{written}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "value", "unit", "due"),
    [
        # Friday's two working days end on Tuesday at the same time of day.
        ("11-13T10:15", 2, "WORKING_DAY", "11-17T10:15"),
        # Outside working time: from the next working moment.
        ("11-14T11:00", 2, "WORKING_DAY", "11-18T09:00"),
        ("11-13T12:30", 1, "WORKING_DAY", "11-16T13:30"),
        ("11-13T17:30", 1, "WORKING_DAY", "11-17T09:00"),
        ("11-13T17:29:59", 1, "WORKING_DAY", "11-16T17:29:59"),
        # National Day: 1 to 7 October are free, Saturday the 10th is worked.
        ("09-30T10:15", 2, "WORKING_DAY", "10-09T10:15"),
        ("10-09T10:15", 1, "WORKING_DAY", "10-10T10:15"),
        ("09-19T11:00", 1, "WORKING_DAY", "09-21T09:00"),
        ("11-13T11:30", 1, "WORKING_HOUR", "11-13T14:00"),
        ("11-13T11:00", 1, "WORKING_HOUR", "11-13T12:00"),
        ("11-13T17:00:30", 2, "WORKING_HOUR", "11-16T10:30:30"),
        ("11-13T17:00", "0.25", "WORKING_HOUR", "11-13T17:15"),
        ("09-30T17:30", 2, "WORKING_HOUR", "10-08T11:00"),
        ("11-13T23:50", Decimal("0.5"), "EMERGENCY_HOUR", "11-14T00:20"),
        ("09-30T10:15", 3, "CALENDAR_DAY", "10-03T10:15"),
    ],
)
def test_limits_as_people_reckon_them(start: str, value: int, unit: str, due: str) -> None:
    assert OFFICE.deadline(local(start), value, unit) == local(due)


def test_subtracting_mirrors_adding() -> None:
    assert OFFICE.subtract(local("11-17T10:15"), 2, "WORKING_DAY") == local("11-13T10:15")
    # A shift's start is the end of the free time before it, as its end is the start of the free time after.
    assert OFFICE.add(local("11-13T17:30"), 1, "WORKING_DAY") == local("11-17T09:00")
    assert OFFICE.subtract(local("11-17T09:00"), 1, "WORKING_DAY") == local("11-13T17:30")
    assert OFFICE.subtract(local("11-17T09:00"), 0, "WORKING_HOUR") == local("11-16T17:30")
    assert OFFICE.subtract(local("11-13T14:00"), 1, "WORKING_HOUR") == local("11-13T11:30")
    assert OFFICE.subtract(local("11-16T09:00"), 1, "WORKING_HOUR") == local("11-13T16:30")
    assert OFFICE.subtract(local("11-16T10:00"), 1, "WORKING_HOUR") == local("11-16T09:00")


def test_a_deadline_carries_its_basis_and_loses_it_when_moved() -> None:
    due = OFFICE.deadline(local("11-13T10:15"), 2, "WORKING_DAY")
    assert (due.value, due.unit, due.calendar_id, due.calendar_version) == (2, Unit.WORKING_DAY, UUID(int=1), 3)
    assert due.started_at == local("11-13T10:15")
    assert due.utcoffset() == timedelta(hours=8)
    for same in (due.astimezone(UTC), copy.deepcopy([due])[0], pickle.loads(pickle.dumps(due))):  # noqa: S301
        assert isinstance(same, Deadline)
        assert (same, same.basis) == (due, due.basis)
    for moved in (due + timedelta(1), due - timedelta(1), due.replace(hour=1)):
        assert type(moved) is datetime
    assert due - local("11-13T10:15") == timedelta(days=4)


def test_a_year_without_published_days_is_flagged_and_follows_the_week() -> None:
    unknown = max(published_years()) + 1
    before = datetime(unknown - 1, 12, 30, 11, 30, tzinfo=SHANGHAI)
    within = OFFICE.deadline(before, 1, "WORKING_HOUR")
    beyond = OFFICE.deadline(before, 5, "WORKING_DAY")
    assert (within.provisional, beyond.provisional) == (False, True)
    assert OFFICE.is_working_moment(datetime(unknown, 1, 1, 10, tzinfo=SHANGHAI)) == (date(unknown, 1, 1).weekday() < 5)
    # Round the clock needs no published days, and who works on holidays neither.
    assert not OFFICE.deadline(beyond, 1, "EMERGENCY_HOUR").provisional
    daily = Calendar(UUID(int=2), 1, CalendarRules(SHANGHAI, (((0, 1440),),) * 7, observes_holidays=False))
    assert not daily.deadline(beyond, 1, "WORKING_HOUR").provisional


@pytest.mark.parametrize("year", sorted(published_years()))
def test_both_sources_agree(year: int) -> None:
    assert cross_check(year) == []


def test_shares_of_a_limit_are_of_working_time() -> None:
    start = local("11-13T09:00")
    due = OFFICE.deadline(start, 2, "WORKING_DAY")
    assert due == local("11-17T09:00")
    # 14 working hours; 80 % are 11:12 of them, 150 % are 21.
    assert OFFICE.part_of(start, due, due.unit, Decimal("0.8")) == local("11-16T14:42")
    assert OFFICE.part_of(start, due, due.unit, Decimal("1.5")) == local("11-17T17:30")
    quick = OFFICE.deadline(start, 2, "EMERGENCY_HOUR")
    assert OFFICE.part_of(start, quick, quick.unit, "1.5") == local("11-13T12:00")


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (1, "FORTNIGHT"),
        (-1, "WORKING_DAY"),
        (1.5, "WORKING_DAY"),
        ("much", "WORKING_HOUR"),
        ("NaN", "WORKING_HOUR"),
        (10**9, "WORKING_HOUR"),
        (10**9, "CALENDAR_DAY"),
    ],
)
def test_what_is_no_limit_is_refused(value: float | str, unit: str) -> None:
    with pytest.raises(ValueError, match=r"limit|unit|number"):
        OFFICE.deadline(local("11-13T10:15"), value, unit)
    with pytest.raises(ValueError, match="zone"):
        OFFICE.deadline(datetime(2026, 11, 13), 1, "WORKING_DAY")


def test_what_diagrams_call() -> None:
    asked: list[str] = []

    def read() -> Calendar:
        asked.append("read")
        return OFFICE

    deadline = deadline_function(read, local("11-13T10:15"))
    assert asked == []
    assert deadline(Decimal(2), "WORKING_DAY") == local("11-17T10:15")
    worked = between_function(OFFICE)(local("11-13T10:15"), local("11-16T10:15"))
    assert worked == timedelta(hours=7)
    asked_of = functions(OFFICE, local("11-13T10:15"))
    assert asked_of["add working time"](local("11-13T16:30"), Decimal(2), "WORKING_HOUR") == local("11-16T10:00")
    assert asked_of["subtract working time"](local("11-16T10:00"), Decimal(2), "WORKING_HOUR") == local("11-13T16:30")
    with pytest.raises(ValueError, match="takes a date"):
        asked_of["add working time"](None, Decimal(2), "WORKING_HOUR")
    for wrong in ([1], None, "2"):
        with pytest.raises(ValueError, match="takes a number"):
            deadline(wrong, "WORKING_DAY")  # type: ignore[arg-type]


def test_changed_clocks_shift_nothing_but_the_night() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = Calendar(UUID(int=3), 1, CalendarRules(berlin, (((0, 480),),) * 7))
    changed, ordinary = (
        night.working_time_between(datetime(2026, 3, day, tzinfo=berlin), datetime(2026, 3, day + 1, tzinfo=berlin))
        for day in (29, 30)
    )
    assert (changed, ordinary) == (timedelta(hours=7), timedelta(hours=8))
    office = Calendar(UUID(int=4), 1, CalendarRules(berlin, five_day_week()))
    start = datetime(2026, 3, 27, 10, 0, tzinfo=berlin)
    assert office.add(start, 1, "WORKING_DAY").isoformat() == "2026-03-30T10:00:00+02:00"
    # 02:30 does not exist on the 29th.
    assert office.add(datetime(2026, 3, 28, 2, 30, tzinfo=berlin), 1, "CALENDAR_DAY").hour == 3


def test_it_is_fast() -> None:
    """A core does some 170,000 to 250,000 a second; 30,000 guard against a linear search."""
    starts = [datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=7919 * n) for n in range(2000)]
    began = process_time()
    for start in starts:
        OFFICE.deadline(start, 5, "WORKING_DAY")
    assert len(starts) / (process_time() - began) > 30_000
