"""The way to the database: facts out, rules and case states in. In threads; the telephone never waits for it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from app.contacts import (
    Actor,
    Due,
    Fact,
    RoutingSnapshot,
    actor_for_command,
    area_of_caller,
    begin_attempt,
    claim_callback,
    due_callbacks,
    end_attempt,
    keep_recording,
    state_by_number,
    take_facts,
)
from app.contacts import routing_snapshot as read_snapshot
from app.contacts import routing_version as read_version
from app.core.db import Sessions
from telephony.spool import Spool

log = logging.getLogger(__name__)

Result = TypeVar("Result")
THREADS = 4
REMEMBERED = timedelta(days=730)
"""For so long a caller's earlier reports tell where they call from."""
LOOK = 1.0
"""Seconds between looks at whether the rules changed."""
GATHER = 0.02
"""Seconds in which more facts may come along: a batch costs nearly the same whatever it holds."""
FIRST_PAUSE, LONGEST_PAUSE = 0.3, 5.0


class Database:
    """Calls `app.contacts` in a bounded pool of threads."""

    def __init__(self, sessions: Sessions, zone: ZoneInfo, language: str, data: Path) -> None:
        self.sessions = sessions
        self.zone = zone
        self.language = language
        self.data = data
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="database")

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def take(self, facts: Sequence[Fact], folder: Path) -> None:
        def work() -> None:
            with self.sessions.begin() as session:
                take_facts(session, facts, datetime.now(UTC), keep_recording(self.data), folder)

        await self._run(work)

    async def version(self) -> int:
        def work() -> int:
            with self.sessions() as session:
                return read_version(session)

        return await self._run(work)

    async def snapshot(self) -> RoutingSnapshot:
        def work() -> RoutingSnapshot:
            with self.sessions() as session:
                return read_snapshot(session, self.zone, self.language)

        return await self._run(work)

    async def state_by_number(self, typed: str, caller: str) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            with self.sessions() as session:
                return state_by_number(session, typed, caller, datetime.now(self.zone).date())

        return await self._run(work)

    async def area_of(self, caller: str) -> str | None:
        def work() -> str | None:
            with self.sessions() as session:
                return area_of_caller(session, caller, datetime.now(UTC) - REMEMBERED)

        return await self._run(work)

    async def due_callbacks(self, now: datetime) -> list[Due]:
        def work() -> list[Due]:
            with self.sessions() as session:
                return due_callbacks(session, now)

        return await self._run(work)

    async def claim_callback(self, request: UUID, phone: str, call: UUID, now: datetime) -> int | None:
        def work() -> int | None:
            with self.sessions.begin() as session:
                return claim_callback(session, request, phone, call, now)

        return await self._run(work)

    async def begin_attempt(self, number: str, line: str, call: UUID) -> int | None:
        def work() -> int | None:
            with self.sessions.begin() as session:
                return begin_attempt(session, number, line, call, datetime.now(UTC))

        return await self._run(work)

    async def end_attempt(self, attempt: int, *, right: bool) -> None:
        def work() -> None:
            with self.sessions.begin() as session:
                end_attempt(session, attempt, datetime.now(UTC), right=right)

        await self._run(work)

    async def actor(self, actor_id: UUID, command: str) -> Actor:
        def work() -> Actor:
            with self.sessions() as session:
                return actor_for_command(session, actor_id, command)

        return await self._run(work)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


class Handover:
    """Takes facts from the spool to the database, in order; waits while that is away."""

    def __init__(self, spool: Spool, database: Database) -> None:
        self.spool = spool
        self.database = database
        self._wake = asyncio.Event()
        self.idle = asyncio.Event()

    def wake(self) -> None:
        self.idle.clear()
        self._wake.set()

    async def run(self) -> None:
        pause = FIRST_PAUSE
        while True:
            self._wake.clear()
            batch = self.spool.waiting()
            if not batch:
                self.idle.set()
                await self._wake.wait()
                await asyncio.sleep(GATHER)
                continue
            try:
                await self._take(batch)
                pause = FIRST_PAUSE
            except SQLAlchemyError as error:
                log.warning("the database does not take facts (%s); %s wait", type(error).__name__, len(batch))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _take(self, batch: Sequence[tuple[int, Fact]]) -> None:
        facts = [fact for _, fact in batch]
        try:
            await self.database.take(facts, self.spool.files)
        except Exception as error:
            if _away(error):
                raise
            if len(batch) == 1:
                log.exception("fact %s of %s is set aside", facts[0].no, facts[0].subject)
                self.spool.set_aside(batch[0][0], f"{type(error).__name__}: {error}")
                return
            for one in batch:  # one of them is poisonous: find it
                await self._take([one])
            return
        self.spool.handed_over(seq for seq, _ in batch)
        for fact in facts:
            if name := fact.body.get("file"):
                (self.spool.files / name).unlink(missing_ok=True)


def _away(error: BaseException) -> bool:
    """Is it the moment's fault, and not the fact's?"""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    if isinstance(error, DBAPIError):
        return bool(error.connection_invalidated) or getattr(error.orig, "sqlstate", None) in ("40001", "40P01")
    return False


class Rules:
    """The newest routing snapshot, on disk too."""

    def __init__(self, database: Database, folder: Path, use: Callable[[RoutingSnapshot], None]) -> None:
        self.database = database
        self.file = folder / "routing.json"
        self._use = use
        self.version = 0

    def stored(self) -> RoutingSnapshot | None:
        try:
            return RoutingSnapshot.from_json(self.file.read_bytes())
        except (OSError, ValueError, KeyError, TypeError) as error:
            if not isinstance(error, FileNotFoundError):
                log.warning("the rules on disk cannot be read: %s", error)
            return None

    async def run(self) -> None:
        while True:
            try:
                await self.refresh()
            except SQLAlchemyError as error:
                log.info("rules stay as they are: %s", type(error).__name__)
            await asyncio.sleep(LOOK)

    async def refresh(self) -> None:
        if await self.database.version() == self.version:
            return
        snapshot = await self.database.snapshot()
        fresh = self.file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(snapshot.to_json())
        fresh.replace(self.file)
        self.version = snapshot.version
        self._use(snapshot)
