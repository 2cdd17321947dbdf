"""Working time, a million times: computed, and counted to the second by an oracle that knows no tables.

    python benchmarks/calendar.py [--comparisons 1000000] [--seed 1]

Random calendars (weeks, shifts, nights, holidays, make-up days), starts, limits and pauses. Five questions in turn:
when so many working hours are over, when so many working days are, when a limit with a pause is due, how much was
worked between two moments, and from when so many hours lead to a moment. Prints one JSON object:

compared, differences       answers, and those that are not the oracle's to the second (0)
computations_per_s          of the product's own answers, a second of processor time; a pause counts as one of three
by_question                 the same, question by question
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import argparse
import json
import random
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from app.city.calendar import Calendar
from app.city.rules import CalendarRules, Shift

ZONE = ZoneInfo("Asia/Shanghai")  # its clock is never changed: a second of the oracle is one of the wall
FIRST, LAST = date(2025, 1, 1), date(2028, 12, 31)
BEGIN = datetime(2025, 1, 1, tzinfo=ZONE)
STARTS = (datetime(2026, 1, 1, tzinfo=ZONE), datetime(2027, 3, 1, tzinfo=ZONE))
A_CALENDAR = 5_000
"""Comparisons before another calendar is made."""
SECOND = timedelta(seconds=1)
DAY = 86_400


def random_rules(chance: random.Random) -> CalendarRules:
    def shifts(most: int = 3) -> tuple[Shift, ...]:
        cuts = sorted(chance.sample(range(0, 24 * 60 + 1, 15), 2 * chance.randint(1, most)))
        return tuple((start, end) for start, end in pairwise(cuts))[::2]

    weekday = shifts()
    week = tuple(weekday if day < 5 else shifts(1) if chance.random() < 0.15 else () for day in range(7))
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    off = dict.fromkeys(chance.sample(days, 60), "holiday")
    make_up = dict.fromkeys(chance.sample(days, 25), "make-up")
    return CalendarRules(ZONE, week, make_up_shifts=shifts(2), off=off, make_up=make_up)


class Oracle:
    """Every minute of four years, worked or not, by the rules' own words."""

    def __init__(self, rules: CalendarRules) -> None:
        days = (LAST - FIRST).days + 1
        works = np.zeros(days * 1440, dtype=bool)
        for n in range(days):
            day = FIRST + timedelta(days=n)
            shifts = (
                rules.make_up_shifts if day in rules.make_up else () if day in rules.off else rules.week[day.weekday()]
            )
            for start, end in shifts:
                works[n * 1440 + start : n * 1440 + end] = True
        self.works = works
        self.minutes = np.flatnonzero(works)
        """The worked minutes, in order."""
        self.workdays = np.flatnonzero(works.reshape(days, 1440).any(axis=1))

    def worked_before(self, second: int) -> int:
        whole, part = divmod(second, 60)
        return int(np.searchsorted(self.minutes, whole)) * 60 + (part if self.works[whole] else 0)

    def after(self, second: int, count: int) -> int:
        """The end of the count-th worked second from here."""
        return self.begin_of(self.worked_before(second) + count - 1) + 1

    def before(self, second: int, count: int) -> int:
        """The beginning of the count-th worked second back from here."""
        return self.begin_of(self.worked_before(second) - count)

    def begin_of(self, nth: int) -> int:
        """The beginning of the nth of all worked seconds, from 0."""
        whole, part = divmod(nth, 60)
        return int(self.minutes[whole]) * 60 + part

    def days_after(self, second: int, count: int) -> int:
        """The same time of day so many working days after the next worked second."""
        begin = self.begin_of(self.worked_before(second))
        day = int(np.searchsorted(self.workdays, begin // DAY))
        return int(self.workdays[day + count]) * DAY + begin % DAY


def second_of(at: datetime) -> int:
    return (at - BEGIN) // SECOND


def at_second(second: int) -> datetime:
    return BEGIN + second * SECOND


def some_hours(chance: random.Random) -> tuple[Decimal, int]:
    """Up to sixty hours in tenths, and their seconds."""
    tenths = chance.randint(1, 600)
    return Decimal(tenths) / 10, tenths * 360


Question = Callable[[Calendar, Oracle, random.Random, int], tuple[Callable[[], Any], Any]]
"""The product's computation, and the oracle's answer in seconds."""


def hours(calendar: Calendar, oracle: Oracle, chance: random.Random, start: int) -> tuple[Callable[[], Any], Any]:
    (value, seconds), at = some_hours(chance), at_second(start)
    return lambda: calendar.add(at, value, "WORKING_HOUR"), oracle.after(start, seconds)


def days(calendar: Calendar, oracle: Oracle, chance: random.Random, start: int) -> tuple[Callable[[], Any], Any]:
    count, at = chance.randint(1, 20), at_second(start)
    return lambda: calendar.add(at, count, "WORKING_DAY"), oracle.days_after(start, count)


def back(calendar: Calendar, oracle: Oracle, chance: random.Random, start: int) -> tuple[Callable[[], Any], Any]:
    (value, seconds), at = some_hours(chance), at_second(start)
    return lambda: calendar.subtract(at, value, "WORKING_HOUR"), oracle.before(start, seconds)


def between(calendar: Calendar, oracle: Oracle, chance: random.Random, start: int) -> tuple[Callable[[], Any], Any]:
    end = start + chance.randint(0, 40 * DAY)
    one, other = at_second(start), at_second(end)
    return (lambda: calendar.working_time_between(one, other)), oracle.worked_before(end) - oracle.worked_before(start)


def paused(calendar: Calendar, oracle: Oracle, chance: random.Random, start: int) -> tuple[Callable[[], Any], Any]:
    """A limit of some hours that rests for a while before it is due: what was worked in the pause comes on top."""
    (value, seconds), at = some_hours(chance), at_second(start)
    due = oracle.after(start, seconds)
    pause = start + chance.randint(0, due - start)
    resumed = pause + chance.randint(1, 10 * DAY)
    left = oracle.worked_before(due) - oracle.worked_before(pause)
    expected = oracle.after(resumed, left) if left else due
    stopped, again = at_second(pause), at_second(resumed)

    def compute() -> datetime:
        due_at = calendar.add(at, value, "WORKING_HOUR")
        rest = calendar.working_time_between(stopped, due_at)
        return calendar.add_working_time(again, rest) if rest else due_at

    return compute, expected


QUESTIONS: tuple[Question, ...] = (hours, days, back, between, paused)


def run(comparisons: int, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    spent = {question.__name__: 0.0 for question in QUESTIONS}
    asked = dict.fromkeys(spent, 0)
    differences = 0
    first, last = (second_of(at) for at in STARTS)
    for done in range(0, comparisons, A_CALENDAR):
        rules = random_rules(chance)
        calendar, oracle = Calendar(UUID(int=done), 1, rules), Oracle(rules)
        for question in QUESTIONS:
            size = min(A_CALENDAR, comparisons - done) // len(QUESTIONS)
            pairs = [question(calendar, oracle, chance, chance.randint(first, last)) for _ in range(size)]
            calendar.add(STARTS[0], 1, "WORKING_HOUR")  # its table is laid out once, for all that follows
            began = time.process_time()
            answers = [compute() for compute, _ in pairs]
            spent[question.__name__] += time.process_time() - began
            asked[question.__name__] += size
            differences += sum(
                _seconds(answer) != expected for answer, (_, expected) in zip(answers, pairs, strict=True)
            )
    return {
        "compared": sum(asked.values()),
        "differences": differences,
        "computations_per_s": round(sum(asked.values()) / sum(spent.values())),
        "by_question": {name: round(asked[name] / spent[name]) for name in spent if spent[name]},
        "seed": seed,
    }


def _seconds(answer: datetime | timedelta) -> float:
    return answer / SECOND if isinstance(answer, timedelta) else (answer - BEGIN) / SECOND


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comparisons", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(json.dumps(run(arguments.comparisons, arguments.seed)))
