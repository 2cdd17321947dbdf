"""The dispatcher: fires timers when they are due, and sweeps. Several may run; one leads, by an advisory lock.

It sleeps until the earliest due time. A command that sets an earlier timer wakes it by NOTIFY; the short check below
only covers the moment in between. What it costs does not depend on how many timers wait.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import psycopg
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.workflow import timerstarts
from app.workflow.errors import Busy
from app.workflow.execute import fire
from app.workflow.models import Timer
from app.workflow.queries import current_bundle_id
from app.workflow.runtime import Runtime
from app.workflow.sweep import sweep

log = logging.getLogger(__name__)

LEADER = 1231907
"""Key of the advisory lock: whoever holds it leads; the database frees it when that process dies."""
CHECK = 0.5
"""Seconds it sleeps at most."""
STAND_BY = 0.4
SWEEP_EVERY = 2.0
FIRST = 60.0
"""Seconds after which a new leader does recurring work for the first time, at the latest."""
BATCH = 500


class Stop(Protocol):
    def is_set(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool: ...


def run(runtime: Runtime, stop: Stop) -> None:
    """Until `stop` is set: lead, or stand by for a leader that dies. A lost database is waited for."""
    while not stop.is_set():
        try:
            with _leadership(runtime) as line:
                if line is None:
                    stop.wait(STAND_BY)
                else:
                    log.info("leading")
                    Lead(runtime, line).until(stop)
        except (psycopg.Error, SQLAlchemyError) as error:
            log.warning("database: %s", str(error).splitlines()[0])
            stop.wait(1.0)


@contextmanager
def _leadership(runtime: Runtime) -> Iterator["psycopg.Connection[Any] | None"]:
    """A connection of its own that holds the lock; None when another leads."""
    engine = runtime.sessions.kw["bind"]
    with engine.connect() as connection:
        line = connection.connection.driver_connection
        connection.detach()  # out of the pool: closing it frees the lock
        line.autocommit = True
        if line.execute("select pg_try_advisory_lock(%s)", (LEADER,)).fetchone() == (True,):
            line.execute("listen citydesk_timer")
            yield line
        else:
            yield None


class Lead:
    """The leading dispatcher's loop."""

    def __init__(self, runtime: Runtime, line: "psycopg.Connection[Any]") -> None:
        self.runtime = runtime
        self.line = line
        self.later: dict[UUID, tuple[float, float]] = {}
        """Instances that could not be fired: not before (monotonic seconds), and the pause that was."""
        self.bundle: UUID | None = None
        self.announced: datetime | None = None
        self.told = False
        self.sweep_at = 0.0
        clock = time.monotonic()
        self.due = {one.name: clock + min(one.interval.total_seconds(), FIRST) for one in runtime.recurring}
        """When each recurring job is due."""

    def until(self, stop: Stop) -> None:
        while not stop.is_set():
            fired = self.fire_due(stop)
            if time.monotonic() >= self.sweep_at:
                self.sweep()
            if not fired:
                self.sleep()

    def fire_due(self, stop: Stop | None = None) -> int:
        """Fire in order of due time; an instance that fails or is locked comes again later, the others go on."""
        clock = time.monotonic()
        self.later = {key: value for key, value in self.later.items() if value[0] + 60 > clock}
        waiting = {key for key, (at, _) in self.later.items() if at > clock}
        now = self.runtime.clock.now()
        query = select(Timer.instance_id).where(Timer.held.is_(None), Timer.due <= now).order_by(Timer.due)
        with self.runtime.sessions() as session:
            found = dict.fromkeys(session.scalars(query.limit(BATCH + len(waiting))))
        due = [instance_id for instance_id in found if instance_id not in waiting]
        for instance_id in due:
            if stop is not None and stop.is_set():
                break
            self._fire(instance_id)
        return len(due)

    def _fire(self, instance_id: UUID) -> None:
        try:
            fire(self.runtime, instance_id)
            self.later.pop(instance_id, None)
        except Busy:
            self._put_off(instance_id, 0.2, 1.0)
        except SQLAlchemyError:
            log.exception("instance %s: its timers come again", instance_id)
            self._put_off(instance_id, 1.0, 10.0)
            self._earliest()  # raises when the whole database is away
        except Exception:
            log.exception("instance %s: its timers come again", instance_id)
            self._put_off(instance_id, 2.0, 60.0)

    def _put_off(self, instance_id: UUID, first: float, most: float) -> None:
        _, last = self.later.get(instance_id, (0.0, 0.0))
        pause = min(max(first, last * 2), most)
        self.later[instance_id] = (time.monotonic() + pause, pause)

    def sweep(self) -> None:
        try:
            self._sync_starts()
            sweep(self.runtime)
            self.keep_house()
        except SQLAlchemyError:
            raise
        except Exception:
            log.exception("the sweep failed and comes again")
        self.sweep_at = time.monotonic() + SWEEP_EVERY

    def keep_house(self) -> None:
        """Recurring work that is due; what fails waits for its next turn."""
        for one in self.runtime.recurring:
            if time.monotonic() < self.due[one.name]:
                continue
            self.due[one.name] = time.monotonic() + one.interval.total_seconds()
            try:
                one.job(self.runtime)
            except SQLAlchemyError:
                raise
            except Exception:
                log.exception("%s failed and comes again", one.name)

    def _sync_starts(self) -> None:
        with self.runtime.sessions() as session:
            bundle = current_bundle_id(session)
        if bundle != self.bundle:
            timerstarts.sync(self.runtime)
            self.bundle = bundle

    def sleep(self) -> None:
        earliest = self._earliest()
        if earliest != self.announced or not self.told:
            self.line.execute("update dispatcher set wakes_at = coalesce(%s::timestamptz, 'infinity')", (earliest,))
            self.announced, self.told = earliest, True
            earliest = self._earliest()  # one that came before our announcement woke nobody
        pause = CHECK
        if earliest is not None:
            pause = min(max((earliest - self.runtime.clock.now()).total_seconds(), 0.0), CHECK)
        if self.later and pause < 0.05:  # due, but put off
            pause = 0.05
        for _ in self.line.notifies(timeout=pause, stop_after=1):
            pass
        self._start_due()

    def _start_due(self) -> None:
        if self._starts_due:
            timerstarts.fire_starts(self.runtime)

    _starts_due = False

    def _earliest(self) -> datetime | None:
        row = self.line.execute(
            "select (select min(due) from timer where held is null),"
            " (select min(next_due) from timer_start where next_due is not null)"
        ).fetchone()
        assert row is not None
        self._starts_due = row[1] is not None and row[1] <= datetime.now(UTC)
        return min((at for at in row if at is not None), default=None)
