"""Days off and make-up days read from a file: CSV as people write it, or ICS as offices publish it.

A CSV has a heading and one row a day or a span: date, until, kind, name (in any order, in English or Chinese). In an
ICS each event of whole days is one: what it is tells `X-APPLE-SPECIAL-DAY`, a category, or a mark in its summary
(休, 班, 补班). Where no event of a file carries a mark, all of them are days off, as in most published calendars.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import MappingProxyType

import recurring_ical_events
from icalendar import Calendar as IcsCalendar
from icalendar import Event

from app.city.rules import CalendarRules
from app.core.errors import Invalid

OFF, MAKE_UP = "off", "make_up"
MOST_ROWS = 4_000
LONGEST_SPAN = 31
LONGEST_NAME = 200
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "date": ("date", "day", "from", "start", "日期", "自", "开始", "开始日期"),
    "until": ("until", "to", "end", "至", "止", "结束", "结束日期"),
    "kind": ("kind", "type", "类型", "类别", "性质"),
    "name": ("name", "summary", "holiday", "reason", "名称", "节日", "说明", "原因"),
}
_KINDS: Mapping[str, tuple[str, ...]] = {
    OFF: ("off", "holiday", "free", "休", "放假", "休息", "节假日", "法定节假日"),
    MAKE_UP: ("make_up", "make-up", "makeup", "work", "workday", "班", "补班", "上班", "调休", "调休上班", "工作日"),
}
_APPLE = {"WORK-HOLIDAY": OFF, "ALTERNATE-WORKDAY": MAKE_UP}
_MARKS = (
    (MAKE_UP, re.compile(r"[补上]班|调休上班|[(（\[ 　]班[)）\]]?$|\bmake-?up\b|\bworkday\b", re.IGNORECASE)),
    (OFF, re.compile(r"放假|[(（\[ 　]休[)）\]]?$|\bday off\b", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row; a text key and its parameters say how to put it right."""

    row: int
    """Line of a CSV, number of the event in an ICS; from 1."""
    key: str
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class DayFile:
    """What a file says. Nothing of a file with faults is taken over."""

    off: Mapping[date, str]
    make_up: Mapping[date, str]
    faults: Sequence[Fault] = ()
    outside: int = 0
    """Days in other years than the wanted ones: left out."""
    unmarked: int = 0
    """Events without a mark in a file that marks others: festivals on which people work. Left out."""


@dataclass(frozen=True, slots=True)
class _Row:
    no: int
    first: date
    last: date
    kind: str
    name: str


def read_days(content: bytes, first_year: int, last_year: int) -> DayFile:
    """Read a CSV or an ICS file; only days of these years count. Raises Invalid for what is neither."""
    text = _decoded(content)
    if text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        return _from_events(text, first_year, last_year)
    return _collected(_csv_rows(text), first_year, last_year)


def with_days(rules: CalendarRules, days: DayFile, years: Iterable[int], *, complete: bool) -> CalendarRules:
    """The rules with the file's days. `complete`: the file is the whole truth of these years, which count as
    published; else its days are added to what stands there."""
    wanted = frozenset(years)
    told = {*days.off, *days.make_up}
    off, make_up = (
        {day: name for day, name in present.items() if day not in told and not (complete and day.year in wanted)}
        for present in (rules.off, rules.make_up)
    )
    published = rules.published | wanted if complete else rules.published
    return replace(rules, off=off | dict(days.off), make_up=make_up | dict(days.make_up), published=published)


def as_csv(days: DayFile) -> str:
    """The same days as a CSV that `read_days` reads: what a person has seen is what is published."""
    lines = [(day, kind, name) for kind, of in ((OFF, days.off), (MAKE_UP, days.make_up)) for day, name in of.items()]
    written = (f'{day.isoformat()},{kind},"{name.replace(chr(34), chr(34) * 2)}"' for day, kind, name in sorted(lines))
    return "\n".join(("date,kind,name", *written))


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("city.dayfile.unreadable")


def _csv_rows(text: str) -> Sequence[_Row | Fault]:
    lines = text.splitlines()
    separator = max(",;\t，", key=(lines[0] if lines else "").count)
    found: list[_Row | Fault] = []
    columns: Mapping[str, int] | None = None
    try:
        for no, cells in enumerate(csv.reader(lines, delimiter=separator), 1):
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _columns(cells)
                continue
            if no > MOST_ROWS:
                raise Invalid("city.dayfile.too_long", most=MOST_ROWS)
            found.append(_csv_row(no, {name: cells[at].strip() for name, at in columns.items() if at < len(cells)}))
    except csv.Error:
        raise Invalid("city.dayfile.unreadable") from None
    if columns is None:
        raise Invalid("city.dayfile.unreadable")
    return found


def _columns(cells: Sequence[str]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for at, cell in enumerate(cells):
        for name, words in _HEADINGS.items():
            if cell.strip().casefold() in words:
                found.setdefault(name, at)
    if not {"date", "kind"} <= found.keys():
        raise Invalid("city.dayfile.headings")
    return found


def _csv_row(no: int, cells: Mapping[str, str]) -> _Row | Fault:
    first = _date(cells.get("date", ""))
    last = _date(cells["until"]) if cells.get("until") else first
    if first is None or last is None:
        return Fault(no, "city.dayfile.date", {"value": cells.get("until" if first else "date", "")[:40]})
    kind = next((kind for kind, words in _KINDS.items() if cells.get("kind", "").casefold() in words), None)
    if kind is None:
        return Fault(no, "city.dayfile.kind", {"value": cells.get("kind", "")[:40]})
    return _row(no, first, last, kind, cells.get("name") or cells["kind"])


def _row(no: int, first: date, last: date, kind: str, name: str) -> _Row | Fault:
    if not timedelta(0) <= last - first < timedelta(days=LONGEST_SPAN):
        return Fault(no, "city.dayfile.span", {"first": first.isoformat(), "last": last.isoformat()})
    return _Row(no, first, last, kind, name[:LONGEST_NAME])


def _date(written: str) -> date | None:
    """2026-10-01, 2026/10/1, 2026.10.1, 20261001 or 2026年10月1日."""
    found = re.fullmatch(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))", written.strip())
    if found is None:
        return None
    year, month, day, packed_month, packed_day = found.groups()
    try:
        return date(int(year), int(month or packed_month), int(day or packed_day))
    except ValueError:
        return None


def _from_events(text: str, first_year: int, last_year: int) -> DayFile:
    try:
        calendar = IcsCalendar.from_ical(text)
        events = [event for event in calendar.walk("VEVENT") if isinstance(event, Event)]
        span = (date(first_year, 1, 1), date(last_year + 1, 1, 1))
        repeated = {id(event) for event in events if "RRULE" in event or "RDATE" in event}
        occurring = recurring_ical_events.of(calendar, skip_bad_series=False).between(*span) if repeated else ()
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, AttributeError) as error:
        raise Invalid("city.dayfile.ics", problem=str(error)[:200]) from None
    if len(events) > MOST_ROWS:
        raise Invalid("city.dayfile.too_long", most=MOST_ROWS)
    numbers = {str(event.get("UID", "")): no for no, event in enumerate(events, 1)}
    single = [(no, event) for no, event in enumerate(events, 1) if id(event) not in repeated]
    series = {str(event.get("UID", "")) for event in events if id(event) in repeated}
    again = [(numbers[uid], event) for event in occurring if (uid := str(event.get("UID", ""))) in series]
    told = [*(each for each in single if str(each[1].get("UID", "")) not in series), *again]
    return _of_events(told, first_year, last_year)


def _of_events(told: Sequence[tuple[int, Event]], first_year: int, last_year: int) -> DayFile:
    kinds = [_kind(event) for _, event in told]
    all_off = not any(kinds)
    counted = [(no, event, kind or OFF) for (no, event), kind in zip(told, kinds, strict=True) if kind or all_off]
    found = [_event_row(no, event, kind) for no, event, kind in counted]
    return replace(_collected(found, first_year, last_year), unmarked=len(told) - len(counted))


def _event_row(no: int, event: Event, kind: str) -> _Row | Fault:
    name = " ".join(str(event.get("SUMMARY", "")).split())
    begin, end = (getattr(event.get(key), "dt", None) for key in ("DTSTART", "DTEND"))
    if type(begin) is not date or (end is not None and type(end) is not date):
        return Fault(no, "city.dayfile.timed", {"value": name[:40]})
    last = end - timedelta(days=1) if end is not None and end > begin else begin
    return _row(no, begin, last, kind, name or kind)


def _kind(event: Event) -> str | None:
    apple = _APPLE.get(str(event.get("X-APPLE-SPECIAL-DAY", "")).upper())
    if apple:
        return apple
    given = event.get("CATEGORIES")
    categories = given if isinstance(given, list) else [given] if given is not None else []
    words = {str(word).strip().casefold() for each in categories for word in getattr(each, "cats", ())}
    named = next((kind for kind, of in _KINDS.items() if words & {*of}), None)
    summary = str(event.get("SUMMARY", "")).strip()
    return named or next((kind for kind, mark in _MARKS if mark.search(summary)), None)


def _collected(found: Sequence[_Row | Fault], first_year: int, last_year: int) -> DayFile:
    """One meaning a day: the same day told twice is a fault unless both say the same."""
    wrong = [each for each in found if isinstance(each, Fault)]
    meant: dict[date, _Row] = {}
    outside = 0
    for row in (each for each in found if isinstance(each, _Row)):
        for day in _days(row):
            if not first_year <= day.year <= last_year:
                outside += 1
            elif (known := meant.setdefault(day, row)).kind != row.kind:
                wrong.append(Fault(row.no, "city.dayfile.twice", {"day": day.isoformat(), "row": known.no}))
    of = {
        kind: {day: row.name for day, row in sorted(meant.items()) if row.kind == kind} for kind in (OFF, MAKE_UP)
    }  # fmt: skip
    return DayFile(of[OFF], of[MAKE_UP], tuple(sorted(wrong, key=lambda fault: fault.row)), outside)


def _days(row: _Row) -> Iterator[date]:
    return (row.first + timedelta(days=n) for n in range((row.last - row.first).days + 1))
