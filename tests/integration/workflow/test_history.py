"""An instance's history: enough to draw the diagram at any row, and no way to change it unseen."""

import psycopg
import pytest

from app import audit, workflow
from app.core.db import Sessions
from tests.integration.workflow.office import DESK, Office


@pytest.fixture
def office(sessions: Sessions) -> Office:
    return Office(sessions, DESK)


def test_replay_draws_the_diagram_after_every_row(office: Office) -> None:
    instance = office.start().instance_id
    office.complete(instance, "note")
    office.later(hours=2)
    office.complete(instance, "hurry")
    office.deliver("letter", "k1")
    with office.runtime.sessions() as session:
        drawn = [workflow.replay(session, instance, no) for no in range(1, 6)]
        now = workflow.tokens(office.runtime, session, instance)
    steps = [one for one in drawn if one is not None]
    standing = [sorted(token.element for token in one.open) for one in steps]
    assert standing == [["note"], ["check", "late"], ["hurry"], ["answer"], []]
    assert steps[1].passed["desk", "stamp"] == 1
    due = [token.due for token in steps[1].open if token.element == "late"]
    assert due == [office.history(instance)[1].recorded_at.replace(hour=10)]
    assert now == steps[-1]


def test_replay_agrees_with_the_tables_at_every_step(office: Office) -> None:
    instance = office.start().instance_id
    for step in ("note", "check"):
        office.complete(instance, step)
        with office.runtime.sessions() as session:
            tokens = workflow.tokens(office.runtime, session, instance)
        assert tokens is not None
        waiting = {token.element for token in tokens.open if token.state == "waiting"}
        tables = office.rows(
            "select element from user_task union select element from timer union select element from subscription"
        )
        assert waiting == {row.element for row in tables}


TAMPERED = [
    ("update history set steps = '[]' where no = 2", (2, "edited")),
    ("delete from history where no = 2", (2, "missing")),
    ("delete from history where no = 3", (2, "head")),
    ("delete from history", (0, "head")),
    ("delete from instance", (1, "no-head")),
    ("update instance set version = 2, head = (select hash from history where no = 2)", (3, "head")),
]


@pytest.mark.parametrize(("sql", "expected"), TAMPERED, ids=[sql for sql, _ in TAMPERED])
def test_a_tampered_instance_is_found(office: Office, owner_url: str, sql: str, expected: tuple[int, str]) -> None:
    instance = office.start().instance_id
    office.complete(instance, "note")
    office.complete(instance, "check")
    assert office.sound()
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(sql)
    with office.runtime.sessions() as session:
        assert expected in [(fault.no, fault.code) for fault in audit.verify(session, instance)]
        assert expected in [(fault.no, fault.code) for fault in audit.verify(session)]


def test_verify_runs_beside_writers(office: Office) -> None:
    from tests.integration.workflow.office import together

    def act(n: int) -> object:
        if n < 3:
            for _ in range(5):
                instance = office.start().instance_id
                office.complete(instance, "note")
            return None
        with office.runtime.sessions() as session:
            return [audit.verify(session, batch=2) for _ in range(5)]

    results = together(4, act)
    assert results == [None, None, None, [[]] * 5]
