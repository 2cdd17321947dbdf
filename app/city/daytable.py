"""Working time laid out on one line: intervals with running totals, so that every question is a binary search."""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.city.rules import CalendarRules

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


class OutsideTable(Exception):
    """The answer lies beyond the years laid out; the caller lays out more."""


class DayTable:
    """The working intervals of some years. Instants and amounts are integers: microseconds since the epoch, and
    microseconds. Intervals are half-open, [start, end): the end of a shift is no working moment any more."""

    def __init__(self, rules: CalendarRules, first_year: int, last_year: int) -> None:
        self.first_year, self.last_year = first_year, last_year
        self.zone = rules.zone
        self.origin = _steady_origin(rules.zone, first_year, last_year)
        """The epoch in local time where the zone's clock is never changed in these years: then local times come
        by one addition."""
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.before: list[int] = []
        """Working time before the interval begins."""
        self.after: list[int] = []
        """Working time when it has ended."""
        self.workdays: list[int] = []
        """Ordinals of the local dates that are working days."""
        self.day_of: list[int] = []
        """Index into `workdays` for each interval."""
        self._lay_out(rules)

    def _lay_out(self, rules: CalendarRules) -> None:
        total = 0
        for ordinal in range(date(self.first_year, 1, 1).toordinal(), date(self.last_year, 12, 31).toordinal() + 1):
            day = date.fromordinal(ordinal)
            intervals = [(_at(day, start, rules), _at(day, end, rules)) for start, end in rules.shifts_on(day)]
            # A clock set forward can swallow a shift: what has no length is no working time.
            intervals = [(start, end) for start, end in intervals if start < end]
            if not intervals:
                continue
            for start, end in intervals:
                self.starts.append(start)
                self.ends.append(end)
                self.before.append(total)
                total += end - start
                self.after.append(total)
                self.day_of.append(len(self.workdays))
            self.workdays.append(ordinal)

    def elapsed(self, instant: int) -> int:
        """Working time from the table's beginning to this instant."""
        index = bisect_right(self.starts, instant) - 1
        if index < 0:
            return 0
        return self.before[index] + min(instant, self.ends[index]) - self.starts[index]

    def reach(self, total: int) -> int:
        """The earliest instant by which `total` working time has passed."""
        index = bisect_left(self.after, total)
        if index == len(self.after):
            raise OutsideTable
        return self.starts[index] + total - self.before[index]

    def reach_back(self, total: int) -> int:
        """The latest instant by which no more than `total` working time has passed."""
        if total < 0:
            raise OutsideTable
        index = bisect_right(self.before, total) - 1
        return self.starts[index] + total - self.before[index]

    def next_moment(self, instant: int) -> tuple[int, int]:
        """The first working moment at or after an instant, and the index of its working day."""
        index = bisect_right(self.ends, instant)
        if index == len(self.ends):
            raise OutsideTable
        return max(instant, self.starts[index]), self.day_of[index]

    def last_moment(self, instant: int) -> tuple[int, int]:
        """The last working moment at or before an instant (a shift's end counts), and the index of its day."""
        index = bisect_left(self.starts, instant) - 1
        if index < 0:
            raise OutsideTable
        return min(instant, self.ends[index]), self.day_of[index]

    def days_between(self, index: int, other: int) -> int:
        """Calendar days from one working day to another, both by index."""
        if not 0 <= other < len(self.workdays):
            raise OutsideTable
        return self.workdays[other] - self.workdays[index]

    def local(self, micros: int) -> datetime:
        """An instant of these years in the city's zone."""
        if self.origin is not None:
            return self.origin + timedelta(0, 0, micros)
        return from_micros(micros).astimezone(self.zone)


def to_micros(instant: datetime) -> int:
    """Exact, unlike `timestamp()`, which is a float."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def from_micros(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def _steady_origin(zone: ZoneInfo, first_year: int, last_year: int) -> datetime | None:
    days = range(date(first_year, 1, 1).toordinal(), date(last_year + 1, 1, 2).toordinal())
    offsets = {datetime.combine(date.fromordinal(day), time(), zone).utcoffset() for day in days}
    offset = offsets.pop() if len(offsets) == 1 else None
    return None if offset is None else (EPOCH + offset).replace(tzinfo=zone)


def _at(day: date, minute: int, rules: CalendarRules) -> int:
    if minute == 24 * 60:
        day, minute = day + timedelta(days=1), 0
    return to_micros(datetime.combine(day, time(minute // 60, minute % 60), rules.zone))
