"""Which workers live: each holds an advisory lock while it runs. The database frees it when the process dies, so what a
dead worker had claimed is found within seconds, and a slow one is not taken for dead."""

import logging
import secrets
import threading
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

WORKERS = 1231908
"""First half of the advisory locks' keys; the second is the worker's number."""
EVERY = 1.0
"""Seconds between two looks whether the line still holds; a new line takes the lock again."""
LEFT = """
select id, kind from outbox where state = 'CLAIMED' and (claimed_at < :late
  or (claimed_by is not null and claimed_at < :lately
    and pg_postmaster_start_time() < now() - cast(:settled as interval) -- else not all had the time to come back
    and not exists (select from pg_locks join pg_database on pg_database.oid = pg_locks.database
      where locktype = 'advisory' and datname = current_database() and classid = :workers
        and objid = claimed_by::oid)))
order by claimed_at limit :most"""
"""Outbox rows that a worker claimed and will not finish: it holds its lock no more, or it has had them too long."""


class Presence(threading.Thread):
    """Holds the lock of one worker, from a thread of its own, for as long as the process runs."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(name="presence", daemon=True)
        self.number = secrets.randbelow(2**31 - 1) + 1
        self._engine = engine
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self._hold()
            except (psycopg.Error, SQLAlchemyError) as error:
                log.warning("database: %s", str(error).splitlines()[0])
                self._over.wait(EVERY)

    def _hold(self) -> None:
        with self._engine.connect() as connection:
            line: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
            connection.detach()  # out of the pool: closing it frees the lock
            line.autocommit = True
            line.execute("select pg_advisory_lock(%s, %s)", (WORKERS, self.number))
            while not self._over.wait(EVERY):
                line.execute("select 1")

    def end(self) -> None:
        self._over.set()
        self.join()
