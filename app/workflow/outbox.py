"""The outbox: what follows from a command, carried out after its commit by workers, at least once inside our database
and at most once outside. Redis only carries row ids; the rows are the truth."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.identity.actors import WORKER
from app.workflow import codec
from app.workflow.errors import Later, Permanent, Temporary
from app.workflow.execute import attempt, follow_up
from app.workflow.models import Incident, Outbox
from app.workflow.presence import LEFT, WORKERS
from app.workflow.runtime import Runtime
from app.workflow.schemas import Command, OutboxRow

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
CLAIM_TIMEOUT = timedelta(minutes=2)
"""After this a claimed row counts as left, whether its worker lives or not."""
CLAIM_GRACE = timedelta(seconds=3)
"""So long a worker may have been at a row before it is asked whether it lives: it may just have started."""
SETTLED = timedelta(seconds=10)
"""After a start of the database nobody is taken for dead before all had the time to take their locks again."""


def deliver_outbox(runtime: Runtime, row_id: UUID) -> bool:
    """Carry out one row, if it is still to be done. False: there was nothing to do.

    Never raises for what a handler does: a failure is put off, and finally becomes an incident, so one poisonous row
    never stops the queue."""
    with runtime.sessions.begin() as session:
        row = claim(session, row_id, runtime.clock.now(), runtime.worker)
    if row is None:
        return False
    handler, outside = runtime.outbox_handlers.get(row.kind, (None, False))
    try:
        if handler is None:
            raise Temporary(f"no handler for outbox kind {row.kind}")  # an older worker during an upgrade
        handler(runtime, row)
    except Later as later:
        _wait(runtime, row, later.until)
    except Permanent as error:
        _give_up(runtime, row, str(error), "FAILED")
    except Temporary as error:
        _put_off(runtime, row, str(error))
    except Exception as error:
        log.exception("outbox row %s (%s), attempt %s", row.id, row.kind, row.attempts)
        if outside:  # it may have gone out: never silently twice
            _give_up(runtime, row, f"{type(error).__name__}: {error}", "UNKNOWN")
        else:
            _put_off(runtime, row, f"{type(error).__name__}: {error}")
    else:
        done = update(Outbox).where(Outbox.id == row.id, Outbox.state == "CLAIMED")
        with runtime.sessions.begin() as session:
            session.execute(done.values(state="DONE", done_at=runtime.clock.now(), error=None))
        runtime.observe("outbox", 1, {"kind": row.kind, "outcome": "done"})
    return True


def claim(session: Session, row_id: UUID, now: datetime, worker: int | None = None) -> OutboxRow | None:
    """Take a row by a conditional UPDATE: of several workers one gets it. `worker`: its number in `presence`."""
    mine = (
        update(Outbox)
        .where(Outbox.id == row_id, Outbox.state == "PENDING", Outbox.due_at <= now)
        .values(state="CLAIMED", claimed_at=now, claimed_by=worker, attempts=Outbox.attempts + 1)
        .returning(Outbox)
    )
    row = session.scalar(mine)
    if row is None:
        return None
    return _row(row)


def _row(row: Outbox) -> OutboxRow:
    body = codec.load(row.body)
    return OutboxRow(
        row.id, row.kind, body, row.dedupe, row.attempts, row.instance_id, row.history_no, row.created_at
    )  # fmt: skip


def backoff(attempts: int) -> timedelta:
    """2 s, 4 s, 8 s … up to ten minutes."""
    return timedelta(seconds=min(2**attempts, 600))


def _put_off(runtime: Runtime, row: OutboxRow, error: str) -> None:
    if row.attempts >= MAX_ATTEMPTS:
        _give_up(runtime, row, error, "FAILED")
        return
    again = runtime.clock.now() + backoff(row.attempts)
    later = update(Outbox).where(Outbox.id == row.id, Outbox.state == "CLAIMED")
    with runtime.sessions.begin() as session:
        session.execute(later.values(state="PENDING", due_at=again, nudge_at=again, error=error[:2000]))
    runtime.observe("outbox", 1, {"kind": row.kind, "outcome": "put off"})


def _wait(runtime: Runtime, row: OutboxRow, until: datetime) -> None:
    """Its time has not come; this was no attempt."""
    later = update(Outbox).where(Outbox.id == row.id, Outbox.state == "CLAIMED")
    with runtime.sessions.begin() as session:
        session.execute(later.values(state="PENDING", due_at=until, nudge_at=until, attempts=Outbox.attempts - 1))


def _give_up(runtime: Runtime, row: OutboxRow, error: str, state: str) -> None:
    """FAILED, or UNKNOWN where nobody can say whether it went out; an incident tells a person."""
    log.warning("outbox row %s (%s) is %s: %s", row.id, row.kind, state, error)
    over = update(Outbox).where(Outbox.id == row.id, Outbox.state == "CLAIMED")
    with runtime.sessions.begin() as session:
        if not session.execute(over.values(state=state, error=error[:2000]).returning(Outbox.id)).scalar():
            return
        if row.instance_id is None:
            session.add(_incident(runtime, row, error))
    if row.instance_id is not None:
        _report(runtime, row, error)
    runtime.observe("outbox", 1, {"kind": row.kind, "outcome": state.lower()})


def _incident(runtime: Runtime, row: OutboxRow, error: str) -> Incident:
    return Incident(
        instance_id=None, kind="outbox", target=str(row.id), element=None, message=f"{row.kind}: {error}"[:2000],
        data={}, opened_at=runtime.clock.now(),
    )  # fmt: skip


def _report(runtime: Runtime, row: OutboxRow, error: str) -> None:
    """The incident stands with the instance the row came from, and in its history."""
    assert row.instance_id is not None
    failed: dict[str, Any] = {
        "kind": "outbox", "target": str(row.id), "element": None,
        "message": f"{row.kind}: {error}"[:2000].replace("\0", ""),
        "data": {"outbox_kind": row.kind}, "command": {"id": str(row.id)},
    }  # fmt: skip
    _, followups = attempt(runtime, row.instance_id, Command(new_id(), "open_incident", WORKER, failed))
    follow_up(runtime, followups)


def left_claimed(session: Session, now: datetime, limit: int = 100) -> list[tuple[UUID, str]]:
    """Rows whose worker died in between: (id, kind)."""
    bounds = {"late": now - CLAIM_TIMEOUT, "lately": now - CLAIM_GRACE, "workers": WORKERS, "settled": SETTLED,
              "most": limit}  # fmt: skip
    return [(row.id, row.kind) for row in session.execute(text(LEFT), bounds)]


def recover(runtime: Runtime, row_id: UUID, kind: str) -> None:
    """Inside our database the handler is idempotent: again. Outside nobody knows: UNKNOWN, and a person looks."""
    _, outside = runtime.outbox_handlers.get(kind, (None, False))
    now = runtime.clock.now()
    if not outside:
        left = update(Outbox).where(Outbox.id == row_id, Outbox.state == "CLAIMED")
        with runtime.sessions.begin() as session:
            session.execute(left.values(state="PENDING", due_at=now, nudge_at=now))
        return
    with runtime.sessions() as session:
        row = session.get(Outbox, row_id)
    if row is not None:
        _give_up(runtime, _row(row), "its worker died while it was going out", "UNKNOWN")
