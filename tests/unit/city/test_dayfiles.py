"""Days off and make-up days from files, as spreadsheets write them and as offices publish them."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.city.dayfiles import DayFile, as_csv, read_days, with_days
from app.city.rules import CalendarRules, five_day_week
from app.core.errors import Invalid

pytestmark = pytest.mark.feature("Q01")

CSV = "日期,至,类型,名称\n2027/10/1,2027年10月7日,放假,国庆节\n20271009,,班,国庆节调休\n2028-01-01,,休,元旦\n"
APPLE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//city//days//ZH
{events}END:VCALENDAR
"""


def ics(*events: str) -> bytes:
    told = "".join(f"BEGIN:VEVENT\nUID:{n}\n{event}\nEND:VEVENT\n" for n, event in enumerate(events))
    return APPLE.format(events=told).replace("\n", "\r\n").encode()


def test_a_spreadsheets_csv_in_either_encoding() -> None:
    for encoding in ("utf-8-sig", "gb18030"):
        found = read_days(CSV.encode(encoding), 2027, 2027)
        assert found.faults == ()
        assert dict(found.off) == {date(2027, 10, day): "国庆节" for day in range(1, 8)}
        assert dict(found.make_up) == {date(2027, 10, 9): "国庆节调休"}
        assert found.outside == 1


def test_each_wrong_row_is_told_with_its_line() -> None:
    rows = "date;until;kind;name\n2027-02-30;;off;none\n\n2027-05-01;2027-04-30;off;back\n2027-05-01;;party;Labour"
    found = read_days(f"{rows}\n2027-06-01;;off;a\n2027-06-01;;work;b\n".encode(), 2027, 2027)
    assert [(fault.row, fault.key) for fault in found.faults] == [
        (2, "city.dayfile.date"), (4, "city.dayfile.span"), (5, "city.dayfile.kind"), (7, "city.dayfile.twice"),
    ]  # fmt: skip
    assert found.faults[0].params == {"value": "2027-02-30"}
    assert found.faults[3].params == {"day": "2027-06-01", "row": 6}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x81", b"nothing,of,this\n1,2,3", b"BEGIN:VCALENDAR\r\nno"])
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_days(content, 2027, 2027)


def test_an_ics_with_marks_keeps_festivals_on_which_people_work_out() -> None:
    found = read_days(
        ics(
            "DTSTART;VALUE=DATE:20270206\nDTEND;VALUE=DATE:20270209\nSUMMARY:春节（休）\nX-APPLE-SPECIAL-DAY:WORK-HOLIDAY",
            "DTSTART;VALUE=DATE:20270220\nSUMMARY:春节 补班",
            "DTSTART;VALUE=DATE:20270221\nSUMMARY:元宵节",
            "DTSTART;VALUE=DATE:20270403\nSUMMARY:Qingming\nCATEGORIES:holiday",
        ),
        2027, 2027,
    )  # fmt: skip
    assert sorted(found.off) == [date(2027, 2, 6), date(2027, 2, 7), date(2027, 2, 8), date(2027, 4, 3)]
    assert sorted(found.make_up) == [date(2027, 2, 20)]
    assert (found.unmarked, found.faults) == (1, ())


def test_an_ics_without_marks_is_all_days_off_and_repeats_as_it_says() -> None:
    content = ics(
        "DTSTART;VALUE=DATE:20200101\nRRULE:FREQ=YEARLY\nSUMMARY:New Year",
        "DTSTART;VALUE=DATE:20271001\nSUMMARY:National Day",
    )
    found = read_days(content, 2026, 2027)
    assert sorted(found.off) == [date(2026, 1, 1), date(2027, 1, 1), date(2027, 10, 1)]
    timed = read_days(ics("DTSTART:20271001T090000Z\nSUMMARY:Meeting"), 2027, 2027)
    assert [(fault.row, fault.key) for fault in timed.faults] == [(1, "city.dayfile.timed")]


def test_a_complete_file_replaces_its_years_and_an_addition_adds() -> None:
    rules = CalendarRules(
        ZoneInfo("Asia/Shanghai"), five_day_week(), off={date(2026, 5, 1): "a", date(2027, 5, 3): "b"},
        published=frozenset({2026}),
    )  # fmt: skip
    days = read_days(b"date,kind,name\n2027-10-01,off,National Day\n2027-10-09,work,instead", 2027, 2027)
    whole, added = (with_days(rules, days, (2027,), complete=complete) for complete in (True, False))
    assert sorted(whole.off) == [date(2026, 5, 1), date(2027, 10, 1)]
    assert whole.published == {2026, 2027}
    assert sorted(added.off) == [date(2026, 5, 1), date(2027, 5, 3), date(2027, 10, 1)]
    assert added.published == {2026}
    assert sorted(whole.make_up) == sorted(added.make_up) == [date(2027, 10, 9)]


_NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
_DAYS = st.dictionaries(st.dates(date(2027, 1, 1), date(2028, 12, 31)), st.tuples(st.booleans(), _NAMES), max_size=30)


@given(_DAYS)
def test_what_was_shown_is_what_is_published(days: dict[date, tuple[bool, str]]) -> None:
    off = {day: name for day, (works, name) in sorted(days.items()) if not works}
    make_up = {day: name for day, (works, name) in sorted(days.items()) if works}
    assert read_days(as_csv(DayFile(off, make_up)).encode(), 2027, 2028) == DayFile(off, make_up)
