"""Search: every way to ask finds the case, only for those who may read it, newest first, page by page."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.cases import numbers
from app.cases import search as searching
from app.cases.models import CaseFile, Registration
from app.cases.search import Found, Kind, search
from app.core.db import Sessions
from app.core.ids import new_id
from app.identity import Actor, Grant, Role

NOW = datetime(2026, 11, 18, 4, tzinfo=UTC)
SUPERVISOR = Actor(new_id(), "值班长", (Grant(Role.SHIFT_SUPERVISOR),))
AGENT = Actor(new_id(), "agent", (Grant(Role.AGENT),))
GAS = Actor(new_id(), "gas", (Grant(Role.DEPARTMENT_HANDLER, department="gas"),))
ANALYST = Actor(new_id(), "analyst", (Grant(Role.ANALYST),))

REPORTS = (
    ("王丽华", "13800136721", "垃圾桶满溢", "三个垃圾桶两天未清运，污水流出。", "书院路 88 号", ("sanitation",), False),
    ("李明", "+86 138-0013-6799", "燃气异味", "楼道里有煤气味，请派人。", "解放路 3 号 2 单元", ("gas",), False),
    ("欧阳娜娜", "0571-87651234", "噪音", "KTV 夜间营业，１００％吵人_。", "书院路 90 号", (), False),
    ("张三", "13911112222", "燃气表被盗", "某局长家的燃气表。", "西湖路 1 号", ("gas",), True),
)  # fmt: skip


@pytest.fixture
def office(sessions: Sessions) -> Sessions:
    with sessions.begin() as session:
        for n, report in enumerate(REPORTS):
            _save(session, n, *report)
    return sessions


def _save(
    session: Session, n: int, name: str, phone: str, summary: str, content: str, address: str,
    departments: tuple[str, ...], confidential: bool,
) -> None:  # fmt: skip
    case_id, at = new_id(), NOW - timedelta(minutes=n)
    session.add(
        CaseFile(
            id=case_id, case_no=numbers.next_case_numbers(session, at, UTC)[0], instance_id=case_id, stage="HANDLING",
            status="IN_PROCESSING", origin="PUBLIC_HOTLINE", kind="EVENT", category="OTHERS", service_type="COMPLAINT",
            incident_summary=summary, detailed_content=content, address=address, district="jz", urgency="NORMAL",
            departments=list(departments), confidential=confidential, registered_at=at,
        )
    )  # fmt: skip
    session.flush()
    session.add(
        Registration(
            id=new_id(), case_id=case_id, acceptance_no=numbers.next_acceptance_no(session, at, UTC),
            command_id=new_id(), command_hash=b"", caller_name=name, caller_phone=phone, reported_at=at,
            channel="PHONE", incident_source="PUBLIC", reply_wish="PHONE", duty_staff=case_id, duty_staff_name="x",
            created_at=at,
        )
    )  # fmt: skip
    session.flush()


def _ask(sessions: Sessions, asked: str, person: Actor = SUPERVISOR, kind: Kind | None = None) -> Found:
    with sessions() as session:
        return search(session, person, asked, today=NOW.date(), kind=kind)


def _summaries(found: Found) -> list[str]:
    return [hit.line.incident_summary for hit in found.hits]


@pytest.mark.feature("W15")
@pytest.mark.parametrize(
    ("asked", "kind", "summaries"),
    [
        ("垃圾", Kind.TEXT, ["垃圾桶满溢"]),
        ("桶", Kind.TEXT, ["垃圾桶满溢"]),
        ("煤气味", Kind.TEXT, ["燃气异味"]),
        ("燃气", Kind.TEXT, ["燃气异味", "燃气表被盗"]),
        ("书院路 90", Kind.TEXT, ["噪音"]),
        ("污水 书院", Kind.TEXT, ["垃圾桶满溢"]),
        ("ktv", Kind.TEXT, ["噪音"]),
        ("100% 吵人", Kind.TEXT, ["噪音"]),
        ("水污", Kind.TEXT, []),
        ("王丽华", Kind.PERSON, ["垃圾桶满溢"]),
        ("欧阳", Kind.PERSON, ["噪音"]),
        ("13800136721", Kind.TELEPHONE, ["垃圾桶满溢"]),
        ("+86 138 0013 6799", Kind.TELEPHONE, ["燃气异味"]),
        ("6799", Kind.TELEPHONE, ["燃气异味"]),
        ("1234", Kind.TELEPHONE, ["噪音"]),
        ("%", Kind.TEXT, []),
        ("   ", Kind.TEXT, []),
    ],
)
def test_each_way_of_asking(office: Sessions, asked: str, kind: Kind, summaries: list[str]) -> None:
    found = _ask(office, asked)
    assert _summaries(found) == summaries
    assert {hit.kind for hit in found.hits} <= {kind}


def test_words_are_found_by_the_index_of_characters_as_by_looking_through_the_newest(
    office: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "GLANCE", 1)
    for asked, summaries in (("垃圾", ["垃圾桶满溢"]), ("桶", ["垃圾桶满溢"]), ("燃气", ["燃气异味", "燃气表被盗"])):
        assert _summaries(_ask(office, asked)) == summaries
    assert _summaries(_ask(office, "书院路", kind=Kind.ADDRESS)) == ["垃圾桶满溢", "噪音"]
    ways = iter([50, None])
    monkeypatch.setattr(searching, "_worth_looking_through", lambda *_: next(ways))
    assert _summaries(_ask(office, "燃气")) == ["燃气异味", "燃气表被盗"], "looked through to the end, then the index"


def test_words_go_the_way_that_reads_less() -> None:
    ways = searching._worth_looking_through
    assert ways(0, 600, 0, 50) is None, "in none of the newest: the index has them in no time"
    assert ways(40, 600, 66_000, 50) == 1125, "common: the newest will do"
    assert ways(3, 600, 50_000, 50) == 15_000, "common, but few of them may be read: still less than by the index"
    assert ways(30, 15_000, 50_000, 50) == 37_500, "there were fewer than it seemed"
    assert ways(1, 600, 3300, 50) is None, "the index has few of them"
    assert ways(49, 37_500, 50_000, 50) is None, "too far back"


@pytest.mark.feature("W15")
@pytest.mark.feature("U05")
def test_only_what_one_may_read_and_no_caller_of_a_confidential_case(office: Sessions) -> None:
    assert _summaries(_ask(office, "燃气", AGENT)) == ["燃气异味"]
    assert _summaries(_ask(office, "燃气", GAS)) == ["燃气异味", "燃气表被盗"], "their order, so they may read it"
    assert _summaries(_ask(office, "2222", GAS)) == [], "but not find it by who called"
    assert _summaries(_ask(office, "2222", SUPERVISOR)) == ["燃气表被盗"]
    assert _summaries(_ask(office, "垃圾", ANALYST)) == []
    number = _ask(office, "2222").hits[0].line.case_no
    assert _ask(office, number, AGENT).hits == []


def test_callers_are_masked_and_the_excerpt_shows_the_word(office: Sessions) -> None:
    hit = _ask(office, "两天").hits[0]
    assert (hit.caller_name, hit.caller_phone) == ("王••", "138••••6721")
    assert "两天未清运" in hit.excerpt


def test_pages_join(office: Sessions) -> None:
    seen, after = [], None
    with office() as session:
        while True:
            found = search(session, SUPERVISOR, "路", today=NOW.date(), after=after, limit=1)
            seen += _summaries(found)
            if (after := found.after) is None:
                break
    assert seen == [report[2] for report in REPORTS]


def test_changed_words_are_found_at_once(office: Sessions) -> None:
    case_id = _ask(office, "噪音").hits[0].line.id
    with office.begin() as session:
        session.get_one(CaseFile, case_id).incident_summary = "广场舞"
    assert _summaries(_ask(office, "广场")) == ["广场舞"]
    assert _summaries(_ask(office, "噪音")) == []


def test_the_databases_written_form_is_ours(office: Sessions) -> None:
    from sqlalchemy import func, select

    samples = ["  Ａbc，１２３。《好》—— “x” ", "a_b%c\\d'e", "1-2(3)[4]{5}~`6·7…8", "路\t88\n号", ""]
    with office() as session:
        for sample in samples:
            assert session.scalar(select(func.search_plain(sample))) == searching.plain(sample)
