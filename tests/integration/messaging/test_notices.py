"""Notices: everybody once, newest first, read once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.core.db import Sessions
from app.core.i18n import load_texts
from app.core.ids import new_id
from app.messaging import mark_all_read, mark_read, notices, send_notice, unread_count

NOW = datetime(2026, 11, 18, 2, tzinfo=UTC)
ANN, BEN = new_id(), new_id()


def told(sessions: Sessions, *people: object, dedupe: str, minutes: int = 0) -> int:
    with sessions.begin() as session:
        return send_notice(
            session, people, kind="ALARM", subject_kind="case", subject_id=new_id(), text_key="notice.ALARM",
            params={"order_no": "1", "summary": "s", "reason": "", "alarm": "enum.Reason.OVERDUE"}, dedupe=dedupe,
            now=NOW + timedelta(minutes=minutes),
        )  # type: ignore[arg-type]  # fmt: skip


def test_a_repeat_tells_only_those_who_do_not_know(sessions: Sessions) -> None:
    assert told(sessions, ANN, ANN, dedupe="limit 7 due") == 1
    assert told(sessions, ANN, BEN, dedupe="limit 7 due") == 1
    assert told(sessions, dedupe="nobody") == 0
    with sessions() as session:
        assert [unread_count(session, person) for person in (ANN, BEN)] == [1, 1]


def test_newest_first_by_pages_and_read_once(sessions: Sessions) -> None:
    for minute in range(5):
        told(sessions, ANN, dedupe=f"{minute}", minutes=minute)
    with sessions.begin() as session:
        first = notices(session, ANN, limit=2)
        rest = notices(session, ANN, after=(first[-1].created_at, first[-1].id))
        assert [n.created_at.minute for n in (*first, *rest)] == [4, 3, 2, 1, 0]
        assert mark_read(session, BEN, [first[0].id], NOW) == 0, "only one's own"
        assert mark_read(session, ANN, [first[0].id], NOW) == 1
        assert mark_read(session, ANN, [first[0].id], NOW) == 0
        assert len(notices(session, ANN, unread_only=True)) == 4
        assert mark_all_read(session, ANN, NOW) == 4


def test_the_sentence_is_in_the_readers_language(sessions: Sessions) -> None:
    load_texts(Path(__file__).parents[3] / "app")
    told(sessions, ANN, dedupe="x")
    with sessions() as session:
        (notice,) = notices(session, ANN)
    assert "超期" in notice.sentence("zh-CN")
    assert "past its limit" in notice.sentence("en")
