"""advance: the only writer of an existing instance. One transaction, in the order that keeps everybody honest:

lock → permission → a command seen before returns its result → clock → due timers first → prepare → engine → listeners →
one write. `execute` owns the transactions around it.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.workflow.attempt import Attempt, Retry
from app.workflow.commands import APPLY, IDLE, WHILE_SUSPENDED
from app.workflow.decided import DECIDED
from app.workflow.errors import Gone
from app.workflow.locking import Locked, lock
from app.workflow.models import Incident
from app.workflow.runtime import OnInstance, Preparer, Runtime
from app.workflow.schemas import Command, Result, View
from app.workflow.write import Draft, write

Authorize = Callable[[View], object]
"""Raises Forbidden."""


class TimersFirst(Exception):
    """A timer is due: it goes first, in a transaction of its own."""


def advance(
    runtime: Runtime,
    session: Session,
    instance_id: UUID,
    command: Command,
    authorize: Authorize | None = None,
    prepare: Preparer | None = None,
    retry: Retry | None = None,
) -> Result:
    """Apply one command and commit, in a transaction that does nothing else. Raises what its parts raise; then nothing
    must be committed."""
    locked = lock(session, instance_id, command)
    if authorize is not None:
        authorize(locked.view if retry else locked.view_of())
    sealed = locked.digest(command.content)
    if locked.seen_no is not None:
        return _repeated(locked, command, sealed, retry)
    if retry is not None and not _still_open(session, retry.incident):
        raise Conflict("workflow.incident_closed", incident=retry.incident)
    view = locked.view
    now = max(runtime.clock.now(), view.last_at)
    if locked.next_due is not None and locked.next_due <= now and command.kind not in ("fire_timers", "open_incident"):
        raise TimersFirst
    if view.ended_at is not None and command.kind not in ("resolve", "retry_incident", "open_incident"):
        raise Gone("workflow.ended")
    if view.suspended and command.kind not in WHILE_SUSPENDED:
        raise Conflict("workflow.suspended")
    on = OnInstance(runtime, view, command, view.version + 1, now)
    draft = Draft(on, command, now, locked.head, view.process_id)
    attempt = Attempt(runtime, session, locked, command, on, draft, prepare, retry)
    if APPLY[command.kind](attempt) is IDLE:
        return Result(instance_id, 0, view.status, {}, now)
    _close_incident(attempt)
    draft.result |= {"content": sealed, "status": draft.doc.get("moved", view.status)}
    if locked.task is not None:
        draft.result["task"] = _kept(locked.task)
    write(session, draft, commit=True)
    return Result(instance_id, on.no, draft.result["status"], _shown(draft.result), now, steps=draft.steps)


def _repeated(locked: Locked, command: Command, sealed: str, retry: Retry | None) -> Result:
    """The first run's result, to the same actor with the same content only."""
    same = locked.seen_actor == command.actor.id and locked.seen_result.get("content") == sealed
    if not same and retry is None:
        raise Conflict("workflow.other_command")
    stored = locked.seen_result
    assert locked.seen_no is not None
    return Result(locked.view.id, locked.seen_no, stored["status"], _shown(stored), locked.seen_at, repeated=True)


def _still_open(session: Session, number: int) -> bool:
    return session.scalar(select(Incident.state).where(Incident.no == number)) == "OPEN"


def _kept(task: Mapping[str, Any]) -> dict[str, Any]:
    """Enough of a task to judge a repeated command's permission after the task is gone."""
    names = ("task_id", "element", "process_id", "form_id", "groups", "users", "assignee")
    return {name: task[name] for name in names if task[name] is not None}


def _shown(result: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in ("content", "status", "task", DECIDED)}


def _close_incident(attempt: Attempt) -> None:
    """What stuck here went through now: after a retry, or because somebody did it again."""
    if not attempt.locked.incidents or "close" in attempt.draft.doc or attempt.command.kind == "open_incident":
        return
    by = (attempt.retry.command if attempt.retry else attempt.command).actor
    close: dict[str, Any] = {"state": "RETRIED", "by": str(by.id)}
    if attempt.retry:
        close["no"] = attempt.retry.incident
        attempt.draft.changes["retried"] = {"incident": attempt.retry.incident, "by": str(by.id), "name": by.name}
    else:
        close["target"] = attempt.content.get("task_id") or attempt.content.get("message_id")
    attempt.draft.doc["close"] = close
