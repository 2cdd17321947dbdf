"""Members' codes cannot be guessed: wrong ones lock the number and the line, for a while or until somebody unlocks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from app import audit
from app.contacts.code_attempts import LINE, MOST, NUMBER, WINDOW, begin_attempt, end_attempt, locked, unlock
from app.contacts.models import CodeAttempt
from app.core.db import Sessions
from app.core.errors import Forbidden
from app.core.ids import new_id
from app.identity import Actor, actor_of_user
from app.workflow import Runtime
from tests.demo_city import demo_template, demo_url, runtime, settings

__all__ = ["demo_template", "demo_url", "runtime", "settings"]
NOW = datetime(2026, 11, 28, 2, tzinfo=UTC)
MEMBER, CITIZEN = "600123", "13800136721"


@pytest.fixture
def sessions(runtime: Runtime) -> Sessions:
    return runtime.sessions


def typed(
    sessions: Sessions, number: str = MEMBER, line: str = CITIZEN, at: datetime = NOW, *, right: bool = False
) -> bool:
    """Was the code looked at?"""
    with sessions.begin() as session:
        attempt = begin_attempt(session, number, line, new_id(), at)
    if attempt is not None:
        with sessions.begin() as session:
            end_attempt(session, attempt, at, right=right)
    return attempt is not None


def now_locked(sessions: Sessions, at: datetime = NOW) -> set[tuple[str, str]]:
    with sessions() as session:
        return {(one.about, one.shown) for one in locked(session, at)}


@pytest.mark.feature("S15")
def test_wrong_codes_lock_the_number_on_every_line_and_the_line_for_every_number(sessions: Sessions) -> None:
    assert [typed(sessions) for _ in range(MOST + 2)] == [True] * MOST + [False] * 2
    assert now_locked(sessions) == {(NUMBER, MEMBER), (LINE, "138••••6721")}
    assert not typed(sessions, line="13900000001", right=True), "the number, from another line"
    assert not typed(sessions, number="600124", right=True), "the line, for another number"
    assert typed(sessions, number="600124", line="13900000001")
    later = NOW + WINDOW + timedelta(seconds=1)
    assert now_locked(sessions, later) == set()
    assert typed(sessions, at=later, right=True)


def test_right_codes_lock_nothing_and_a_withheld_line_is_not_counted(sessions: Sessions) -> None:
    assert all(typed(sessions, right=True) for _ in range(MOST + 2))
    assert all(typed(sessions, number=f"60020{n}", line="") for n in range(MOST + 2))
    assert now_locked(sessions) == set()


def test_guesses_at_the_same_time_count_too(sessions: Sessions) -> None:
    with ThreadPoolExecutor(4) as pool:
        looked_at = list(pool.map(lambda _: typed(sessions), range(MOST + 5)))
    assert looked_at.count(True) == MOST


def test_an_administrator_unlocks_and_the_history_tells_it(sessions: Sessions) -> None:
    for _ in range(MOST):
        typed(sessions)
    with sessions() as session:
        people: dict[str, Actor] = {name: actor_of_user(session, name) for name in ("admin", "agent")}
        attempts = {one.about: one.attempt for one in locked(session, NOW)}
    with sessions.begin() as session, pytest.raises(Forbidden):
        unlock(session, attempts[NUMBER], NUMBER, actor=people["agent"], now=NOW)
    for _ in range(2):
        with sessions.begin() as session:
            unlock(session, attempts[NUMBER], NUMBER, actor=people["admin"], now=NOW)
    assert typed(sessions, line="13900000001", right=True)
    assert now_locked(sessions) == {(LINE, "138••••6721")}, "the line it was typed on stays locked"
    with sessions() as session:
        told = [row for row, _ in audit.latest(session, ("telephone",), limit=20) if row.kind.startswith("phone.code")]
        assert [(row.kind, row.actor_name) for row in reversed(told)] == [
            ("phone.code.locked", "telephone"), ("phone.code.locked", "telephone"),
            ("phone.code.unlocked", people["admin"].name),
        ]  # fmt: skip
        assert CITIZEN not in str([(row.result, row.changes) for row in told]), "masked in the history"
        assert session.query(CodeAttempt).filter(CodeAttempt.number_unlocked_at.is_not(None)).count() == MOST
