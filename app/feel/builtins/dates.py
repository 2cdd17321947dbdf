"""Functions on dates and times: is, now, today, and where a day lies in week, month and year."""

import datetime as dt
from decimal import Decimal

from app.feel.builtins.registry import builtin
from app.feel.comparing import equal
from app.feel.limits import Run
from app.feel.properties import weekday
from app.feel.temporal.fields import days_in_month, epoch_days, new_date, time_fields, zone_of
from app.feel.values import Value, adopt, kind

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAY = "date: date|date and time"


@builtin("now()", run=True)
def now(run: Run) -> Value:
    """The command's time where the caller gave one."""
    given = run.functions.get("now")
    return adopt(given()) if given is not None else run.now()


@builtin("today()", run=True)
def today(run: Run) -> Value:
    given = run.functions.get("today")
    if given is not None:
        return adopt(given())
    value = now(run)
    return value.date() if isinstance(value, dt.datetime) else value


@builtin(f"day of year({_DAY})")
def day_of_year(value: Value) -> Value:
    return Decimal(epoch_days(value.year, value.month, value.day) - epoch_days(value.year, 1, 1) + 1)


@builtin(f"day of week({_DAY})")
def day_of_week(value: Value) -> Value:
    return _DAYS[weekday(value) - 1]


@builtin(f"month of year({_DAY})")
def month_of_year(value: Value) -> Value:
    return _MONTHS[value.month - 1]


@builtin(f"week of year({_DAY})")
def week_of_year(value: Value) -> Value:
    """By ISO 8601: the week belongs to the year of its Thursday."""
    alike = dt.date(2000 + value.year % 400, value.month, value.day)
    return Decimal(alike.isocalendar().week)


@builtin(f"last day of month({_DAY})")
def last_day_of_month(value: Value) -> Value:
    return new_date(value.year, value.month, days_in_month(value.year, value.month))


@builtin("is(value1, value2)", run=True)
def is_(run: Run, one: Value, other: Value) -> Value:
    """The same in representation too: `10:00Z` is not `11:00+01:00`, though both are the same moment."""
    sort = kind(one)
    if sort != kind(other):
        return False
    if sort in ("time", "date and time"):
        same_clock = time_fields(one) == time_fields(other) and zone_of(one) == zone_of(other)
        return same_clock and (sort == "time" or _day(one) == _day(other))
    if sort == "function":
        return one is other
    return equal(one, other, run) is True


def _day(value: Value) -> tuple[int, int, int]:
    return value.year, value.month, value.day
