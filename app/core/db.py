"""The database: engine, sessions, and the base of all models."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import orjson
import psycopg
from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

IDLE = 1.0
"""Seconds after which a pooled connection is asked whether it still lives."""

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Sessions = sessionmaker[Session]


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


def _to_json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str).decode()


def make_engine(url: str, *, lock_timeout_ms: int = 2000, pool_size: int = 10) -> Engine:
    """Connect by psycopg 3 (`postgresql://` urls are taken too). Waiting for a lock ends after `lock_timeout_ms`:
    then a person gets 409 and a job tries again."""
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        hide_parameters=True,  # an error's text must not carry a citizen's words into the log
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
        connect_args={
            # compiling and helpers pay off for statements of seconds; here they would cost more than the page
            "options": f"-c lock_timeout={lock_timeout_ms} -c timezone=UTC -c jit=off"
            " -c max_parallel_workers_per_gather=0",
            # each rollback would drop what the driver prepared, and every read ends in one: it prepared for nothing
            "prepare_threshold": None,
        },
    )
    event.listen(engine, "checkin", _note_time)
    event.listen(engine, "checkout", partial(_ping, engine))
    return engine


def _note_time(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["left"] = time.monotonic()


def _ping(engine: Engine, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Like `pool_pre_ping`, but only where a connection lay idle: a round trip before every transaction costs a tenth
    of its time. One that was lost a moment ago fails one statement, and empties the pool."""
    if time.monotonic() - record.info.get("left", time.monotonic()) > IDLE:
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error


def make_sessions(engine: Engine, info: Mapping[str, Any] | None = None) -> Sessions:
    """`info`: what each of them carries (`session.info`)."""
    return sessionmaker(engine, expire_on_commit=False, info=dict(info or {}))


@contextmanager
def transaction(sessions: Sessions) -> Iterator[Session]:
    """One transaction: commits at the end, rolls back on any error. Enqueue jobs only after it."""
    with sessions.begin() as session:
        yield session
