"""Recording, reading, and finding every kind of tampering in a real database, as its superuser."""

import threading
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import audit
from app.core.db import Sessions
from app.core.ids import new_id
from app.identity.actors import OPERATOR

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def fill(sessions: Sessions, rows: int = 5) -> UUID:
    stream = new_id()
    with sessions.begin() as session:
        for n in range(rows):
            changes, personal = {"name": {"old": n, "new": n + 1}}, {"phone": f"1380000{n}"}
            audit.record(session, stream, "user.changed", actor=OPERATOR, now=NOW, changes=changes, personal=personal)
    return stream


def faults(sessions: Sessions, stream: UUID | None = None) -> list[tuple[int, str]]:
    with sessions() as session:
        return [(fault.no, fault.code) for fault in audit.verify(session, stream)]


def tamper(owner_url: str, sql: str, **params: object) -> None:
    """As a superuser who knows about triggers."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(sql, params)


def test_rows_come_back_as_written_and_verify(sessions: Sessions) -> None:
    stream = fill(sessions)
    with sessions() as session:
        rows = audit.read(session, stream)
    assert [(row.no, row.changes["name"]["new"], row.personal) for row in rows][1] == (2, 2, {"phone": "13800001"})
    assert faults(sessions) == []


TAMPERED = [
    ("update history set changes = '{}' where stream = %(s)s and no = 3", (3, "edited")),
    ("update history set actor_name = 'nobody' where stream = %(s)s and no = 5", (5, "edited")),
    ("update history set recorded_at = recorded_at + interval '1 ms' where stream = %(s)s and no = 1", (1, "edited")),
    ("delete from history where stream = %(s)s and no = 2", (2, "missing")),
    ("delete from history where stream = %(s)s and no = 1", (1, "missing")),
    ("delete from history where stream = %(s)s and no > 3", (3, "head")),
    ("delete from history where stream = %(s)s", (0, "head")),
    ("delete from audit_stream where id = %(s)s", (1, "no-head")),
    ('update history_detail set body = \'{"phone":"0"}\' where stream = %(s)s and no = 4', (4, "detail")),
    (
        "with gone as (delete from history where stream = %(s)s and no in (2, 3) returning *)"
        " insert into history select stream, 5 - no, command_id, kind, actor, actor_name, on_behalf_of, recorded_at,"
        " occurred_at, bundle, steps, changes, result, detail_hash, format, previous, hash from gone",
        (2, "edited"),
    ),
]


@pytest.mark.parametrize(("sql", "expected"), TAMPERED, ids=[sql[:60] for sql, _ in TAMPERED])
def test_tampering_is_found(sessions: Sessions, owner_url: str, sql: str, expected: tuple[int, str]) -> None:
    stream = fill(sessions)
    sound = fill(sessions)
    if sql.startswith("with gone"):  # a row cannot be deleted and put back in one statement
        tamper(owner_url, "update history set no = no + 100 where stream = %(s)s and no in (2, 3)", s=stream)
        tamper(owner_url, "update history set no = 105 - no where stream = %(s)s and no > 100", s=stream)
    else:
        tamper(owner_url, sql, s=stream)
    assert expected in faults(sessions, stream)
    assert expected in faults(sessions)
    assert faults(sessions, sound) == []


def test_a_forged_tail_with_a_right_hash_is_found_by_the_head(sessions: Sessions, owner_url: str) -> None:
    """Somebody who knows the encoding rewrites the last row and its hash; the head still names the true one."""
    stream = fill(sessions)
    with sessions() as session:
        true = audit.read(session, stream)[-1]
        before = session.execute(
            text("select previous, detail_hash from history where stream = :s and no = 5"), {"s": stream}
        )
        previous, detail = (bytes(value) for value in before.one())
    forged = audit.Row(
        stream, 5, true.command_id, true.kind, true.actor, true.actor_name, None, NOW, NOW, None, "[]", "{}", "{}",
        detail,
    )  # fmt: skip
    tamper(
        owner_url, "update history set changes = '{}', hash = %(h)s where stream = %(s)s and no = 5",
        h=audit.chain(previous, forged), s=stream,
    )  # fmt: skip
    assert faults(sessions, stream) == [(5, "head")]


def test_erasing_a_personal_value_leaves_the_chain_whole(sessions: Sessions, owner_url: str) -> None:
    stream = fill(sessions)
    with sessions.begin() as session:
        session.execute(text("delete from history_detail where stream = :s and no = 2"), {"s": stream})
        row = audit.read(session, stream)[1]
    assert (row.personal, row.erased) == (None, True)
    assert faults(sessions) == []


REFUSED = [
    "update history set kind = 'x'", "delete from history", "truncate history", "truncate history_p3",
    "update history_p0 set kind = 'x'", "update history_detail set body = '{}'", "delete from access_log",
]  # fmt: skip


@pytest.mark.parametrize("sql", REFUSED)
@pytest.mark.parametrize("who", ["application", "owner"])
def test_nobody_changes_the_past(sessions: Sessions, owner_url: str, database_url: str, sql: str, who: str) -> None:
    for _ in range(8):
        fill(sessions, 1)  # rows in several partitions
    with sessions.begin() as session:
        audit.log_access(session, OPERATOR, "case.citizen", uuid4(), NOW)
    url = owner_url if who == "owner" else database_url
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(sql)


def test_two_writers_of_one_stream_queue_up(sessions: Sessions) -> None:
    stream = new_id()

    def write() -> None:
        for _ in range(10):
            with sessions.begin() as session:
                audit.record(session, stream, "x", actor=OPERATOR, now=NOW)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sessions() as session:
        assert [row.no for row in audit.read(session, stream)] == list(range(1, 41))
    assert faults(sessions) == []


def test_one_command_is_recorded_once(sessions: Sessions) -> None:
    stream, command = new_id(), new_id()
    with sessions.begin() as session:
        audit.record(session, stream, "x", actor=OPERATOR, now=NOW, command_id=command)
    with pytest.raises(DBAPIError), sessions.begin() as session:
        audit.record(session, stream, "x", actor=OPERATOR, now=NOW, command_id=command)


def test_verify_goes_through_many_streams_in_batches(sessions: Sessions) -> None:
    for _ in range(7):
        fill(sessions, 2)
    with sessions() as session:
        assert audit.verify(session, batch=3) == []
