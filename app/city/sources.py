"""Published working days of mainland China: `chinesecalendar`, checked against `holidays`.

The State Council publishes a year's days off and make-up days in the autumn before. A year that the library does
not hold is not guessed: its calendar follows the week alone and what is computed from it is provisional.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import holidays
from chinese_calendar import constants

FIRST_YEAR = 2020


@dataclass(frozen=True, slots=True)
class PublishedDays:
    """The exceptions to a five-day week in the years that are published."""

    years: frozenset[int]
    off: Mapping[date, str]
    make_up: Mapping[date, str]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A day on which the two sources differ."""

    day: date
    chinesecalendar_works: bool
    holidays_works: bool


def published_years() -> frozenset[int]:
    """Years from 2020 on for which days off are published."""
    return frozenset(day.year for day in constants.holidays if day.year >= FIRST_YEAR)


def published_days(years: Iterable[int] | None = None) -> PublishedDays:
    """Days off on weekdays and make-up days on weekends of those years that are published (default: all)."""
    wanted = published_years() & frozenset(years if years is not None else published_years())
    return PublishedDays(
        years=wanted,
        off={day: name for day, name in constants.holidays.items() if day.year in wanted and day.weekday() < 5},
        make_up={day: name for day, name in constants.workdays.items() if day.year in wanted and day.weekday() >= 5},
    )


def cross_check(year: int) -> list[Disagreement]:
    """Compare both sources day by day over one published year; an empty list is agreement."""
    ours = published_days((year,))
    theirs = holidays.country_holidays("CN", years=[year])
    found = []
    day = date(year, 1, 1)
    while day.year == year:
        works = day in ours.make_up or (day.weekday() < 5 and day not in ours.off)
        also = theirs.is_working_day(day)
        if works != also:
            found.append(Disagreement(day, works, also))
        day += timedelta(days=1)
    return found
