"""The two server functions of every command go straight to the driver, in one trip each: BEGIN together with the lock,
the write together with COMMIT.

A trip to the server costs about as much as the work done there, and SQLAlchemy describes the columns of a text
statement anew at every call. Still in the session's transaction: the driver's state is what SQLAlchemy asks for.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

LOCK, WRITE = "advance_lock", "advance_write"
_STATEMENTS = {
    LOCK: b"select * from advance_lock($1, $2, $3, $4, $5)",
    WRITE: b"select advance_write(%s)" % b", ".join(b"$%d" % n for n in range(1, 22)),
}
PREPARE = "prepare"
_PREPARED: "WeakKeyDictionary[PGconn, set[str]]" = WeakKeyDictionary()
"""Functions a connection's server knows by name: parsed and planned once. `core.db` keeps the driver from preparing
and dropping statements of its own."""
_OK = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.PIPELINE_SYNC)


class Message(NamedTuple):
    """Something to tell the server, by its name in logs and tests."""

    text: str
    send: Callable[[], None]


def call(session: Session, function: str, parameters: Sequence[str | bytes | None], *, commit: bool) -> tuple[Any, ...]:
    """The one row of a server function; with `commit` the transaction is over then.

    Raises SQLAlchemy's errors, like any other statement of the session; then nothing is committed."""
    connection = session.connection()
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    try:
        with raw.lock:
            row = _exchange(raw, function, parameters, commit)
    except psycopg.Error as error:
        lost = raw.closed
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            function,
            (),
            error,
            psycopg.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=connection.dialect,
        ) from error
    return row


def _exchange(
    raw: "psycopg.Connection[Any]", function: str, parameters: Sequence[str | bytes | None], commit: bool
) -> tuple[Any, ...]:
    pgconn = raw.pgconn
    known = _PREPARED.setdefault(pgconn, set())
    values = [value.encode() if isinstance(value, str) else value for value in parameters]
    formats = [Format.BINARY if isinstance(value, bytes) else Format.TEXT for value in parameters]
    messages = []
    if function not in known:
        messages.append(Message(PREPARE, partial(pgconn.send_prepare, function.encode(), _STATEMENTS[function])))
    if pgconn.transaction_status == TransactionStatus.IDLE:
        messages.append(Message("begin", partial(pgconn.send_query_params, b"begin", None)))
    run = partial(pgconn.send_query_prepared, function.encode(), values, formats, Format.BINARY)
    messages.append(Message(function, run))
    if commit:
        messages.append(Message("commit", partial(pgconn.send_query_params, b"commit", None)))
    results = in_one_trip(raw, messages)
    if messages[0].text == PREPARE and results[0].status == ExecStatus.COMMAND_OK:
        known.add(function)  # whatever follows: what is prepared outlives the transaction
    for result in results:
        if result.status not in _OK:
            raise error_from_result(result, raw.info.encoding)
    rows = Transformer(raw)
    rows.set_pgresult(next(result for result in results if result.status == ExecStatus.TUPLES_OK), format=Format.BINARY)
    return tuple(rows.load_row(0, tuple) or ())


def in_one_trip(raw: "psycopg.Connection[Any]", messages: Sequence[Message]) -> list[PGresult]:
    """Send all, then read one result for each and one for the end. After an error the server skips the rest."""
    raw.pgconn.enter_pipeline_mode()
    try:
        for message in messages:
            message.send()
        raw.pgconn.pipeline_sync()
        return raw.wait(_read(raw.pgconn, len(messages) + 1))
    finally:
        if raw.pgconn.transaction_status != TransactionStatus.UNKNOWN:
            raw.pgconn.exit_pipeline_mode()


def _read(pgconn: PGconn, count: int) -> PQGen[list[PGresult]]:
    found: list[PGresult] = yield from generators.execute(pgconn)
    for _ in range(count - 1):
        found += yield from generators.fetch_many(pgconn)
    return found
