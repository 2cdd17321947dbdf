"""Numbers that citizens type on a telephone keypad and officials write on paper: digits only, unique, without gaps.

An acceptance number is the city's day, a five-digit count of that day and a check digit: `20261118003354`.
A case number starts with a two-digit year instead, so that the two can never be taken for each other:
`261118003354`. A work order adds its place in the case: `261118003354-2`.
Processing numbers count per method and year: `LA-2026-000912`.
"""

from datetime import date, datetime, tzinfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cases.enums import ProcessingMethod
from app.core.errors import Conflict

LARGEST_COUNT = 99_999

# Damm's quasigroup: it finds every single wrong digit and every swap of two neighbours.
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)

METHOD_MARKS = {
    ProcessingMethod.FILE_CASE: "LA",
    ProcessingMethod.REPORT_LEADER: "CB",
    ProcessingMethod.ASSIST: "XB",
    ProcessingMethod.TRANSFER: "ZB",
}
"""The first sounds of 立案, 呈报, 协办 and 转办."""

_NEXT = text(
    "insert into number_counter (series, period, last) values (:series, :period, 1)"
    " on conflict (series, period) do update set last = number_counter.last + 1 returning last"
)

_NEXT_PAIR = text(
    "insert into number_counter (series, period, last) values ('case', :period, 1), ('acceptance', :period, 1)"
    " on conflict (series, period) do update set last = number_counter.last + 1 returning series, last"
)


def check_digit(digits: str) -> str:
    """Damm's check digit. `digits` must be decimal digits only."""
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)


def is_sound(number: str) -> bool:
    """Whether a number typed by a person carries the right check digit."""
    return number.isascii() and number.isdigit() and len(number) > 1 and check_digit(number) == "0"


def next_acceptance_no(session: Session, now: datetime, zone: tzinfo) -> str:
    """The day's next acceptance number. Its counter row stays locked until the transaction ends, so ask for it
    last; a rollback gives the number back, so that none is missing (W14)."""
    day = now.astimezone(zone).date()
    return _numbered(f"{day:%Y%m%d}", _next(session, "acceptance", day.isoformat()))


def next_case_numbers(session: Session, now: datetime, zone: tzinfo) -> tuple[str, str]:
    """A case's number and its first registration's, by one statement; the rules of `next_acceptance_no`."""
    day = now.astimezone(zone).date()
    rows = session.execute(_NEXT_PAIR, {"period": day.isoformat()})
    counts = {series: _in_range(int(last), day.isoformat()) for series, last in rows}
    return _numbered(f"{day:%y%m%d}", counts["case"]), _numbered(f"{day:%Y%m%d}", counts["acceptance"])


def next_case_no(session: Session, now: datetime, zone: tzinfo) -> str:
    """The day's next case number; the same rules as `next_acceptance_no`."""
    day = now.astimezone(zone).date()
    return _numbered(f"{day:%y%m%d}", _next(session, "case", day.isoformat()))


def next_processing_no(session: Session, method: ProcessingMethod, now: datetime, zone: tzinfo) -> str:
    """The next number of this method's own series (P06)."""
    year = now.astimezone(zone).year
    count = _next(session, f"processing.{method.value}", str(year))
    return f"{METHOD_MARKS[method]}-{year}-{count:06d}"


def order_no(case_no: str, place: int) -> str:
    """`place` counts a case's orders from 1."""
    return f"{case_no}-{place}"


def short(number: str) -> str:
    """An acceptance number as lists show it: month and day, then the count: `1118-00335`."""
    return f"{number[4:8]}-{number[8:13]}"


def expand_short(short_form: str, today: date) -> str | None:
    """The full acceptance number meant by `1118-00335`, taken as the newest such day up to `today`.
    None if it is no short form."""
    month_day, _, count = short_form.strip().partition("-")
    if not (
        len(month_day) == 4 and len(count) == 5 and (month_day + count).isascii() and (month_day + count).isdigit()
    ):
        return None
    year = today.year if month_day <= f"{today:%m%d}" else today.year - 1
    return _numbered(f"{year}{month_day}", int(count))


def _numbered(day: str, count: int) -> str:
    digits = f"{day}{count:05d}"
    return digits + check_digit(digits)


def _next(session: Session, series: str, period: str) -> int:
    count = int(session.execute(_NEXT, {"series": series, "period": period}).scalar_one())
    return count if series.startswith("processing.") else _in_range(count, period)


def _in_range(count: int, period: str) -> int:
    if count > LARGEST_COUNT:
        raise Conflict("cases.numbers_exhausted", period=period)
    return count
