"""Processes that a clock starts: their next time is kept in a table, for the current bundle only."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.core.ids import derived_id
from app.identity.actors import CLOCK
from app.workflow.engine import Compiled
from app.workflow.engine.types import Fault, NotOpen, Status
from app.workflow.execute import after_commit
from app.workflow.models import BundleFile, Incident, TimerStart
from app.workflow.queries import current_bundle_id
from app.workflow.runtime import Runtime
from app.workflow.schemas import InstanceView
from app.workflow.start import start

log = logging.getLogger(__name__)


def sync(runtime: Runtime) -> None:
    """Bring the table in line with the current bundle; a start whose diagram is unchanged keeps its rhythm."""
    with runtime.sessions.begin() as session:
        bundle = current_bundle_id(session)
        if bundle is None:
            return
        compiled = runtime.bundles.get(session, bundle, runtime.registry)
        hashes = {
            path: bytes(digest)
            for path, digest in session.execute(
                select(BundleFile.path, BundleFile.content_hash).where(BundleFile.bundle_id == bundle)
            )
        }
        known = {(row.process_id, row.element): row for row in session.scalars(select(TimerStart))}
        wanted = [(process, element) for process, starts in compiled.timer_starts().items() for element in starts]
        for process, element in set(known) - set(wanted):
            gone = (TimerStart.process_id == process) & (TimerStart.element == element)
            session.execute(delete(TimerStart).where(gone))
        for process, element in wanted:
            digest = hashes[compiled.processes[process].file]
            if (row := known.get((process, element))) is not None and bytes(row.content_hash) == digest:
                continue
            due = _next(runtime, session, compiled, bundle, process, element, None, 0)
            fresh = {"content_hash": digest, "next_due": due, "last_due": None, "count": 0}
            new = upsert(TimerStart).values(process_id=process, element=element, **fresh)
            session.execute(new.on_conflict_do_update(index_elements=["process_id", "element"], set_=fresh))


def _next(
    runtime: Runtime, session: Session, compiled: Compiled, bundle: UUID, process: str, element: str,
    last: datetime | None, count: int,
) -> datetime | None:  # fmt: skip
    now = runtime.clock.now()
    nobody = InstanceView(
        UUID(int=0), bundle, process, Status.RUNNING, 0, now, now, None, None, None, None, (), False, False
    )  # fmt: skip
    functions: dict[str, Callable[..., Any]] = {}
    for provider in runtime.providers:
        functions |= provider(session, nobody, now)
    try:
        return compiled.next_start(process, element, now.astimezone(runtime.zone), functions, last, count)
    except Fault as fault:
        log.warning("%s never starts: %s", element, fault)
        return None


def earliest(session: Session) -> datetime | None:
    query = select(TimerStart.next_due).where(TimerStart.next_due.is_not(None)).order_by(TimerStart.next_due)
    return session.scalar(query.limit(1))


def fire_starts(runtime: Runtime) -> int:
    """Start what is due; one that fails becomes an incident and goes on with its next time. Returns how many."""
    fired = 0
    while _fire_one(runtime):
        fired += 1
    return fired


def _fire_one(runtime: Runtime) -> bool:
    now = runtime.clock.now()
    query = select(TimerStart).where(TimerStart.next_due <= now).order_by(TimerStart.next_due).limit(1)
    failed: Exception | None = None
    with runtime.sessions.begin() as session:
        row = session.scalar(query.with_for_update(skip_locked=True))
        bundle = current_bundle_id(session)
        if row is None or row.next_due is None or bundle is None:
            return False
        process, element, due = row.process_id, row.element, row.next_due
        compiled = runtime.bundles.get(session, bundle, runtime.registry)
        row.last_due, row.count = due, row.count + 1
        row.next_due = _next(runtime, session, compiled, bundle, process, element, due, row.count)
        command = derived_id("timer_start", process, element, due)
        session.flush()
        inner = session.begin_nested()
        try:
            start(runtime, session, process, {}, actor=CLOCK, now=now, command_id=command, at=element, bundle_id=bundle)
            inner.commit()
        except (Fault, NotOpen) as error:
            inner.rollback()
            failed = error
            session.add(
                Incident(
                    instance_id=None, kind="timer_start", target=f"{process}:{element}", element=element,
                    message=str(error)[:2000], data={"due": due.isoformat()}, opened_at=now,
                )
            )  # fmt: skip
    if failed is None:
        after_commit(runtime, session)
    else:
        log.warning("%s could not be started: %s", element, failed)
    return True
