"""execute: one command from outside, with the transactions it takes and what follows after the commit."""

import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.errors import CitydeskError
from app.core.ids import derived_id, new_id
from app.identity.actors import CLOCK, WORKER
from app.workflow.advance import Authorize, TimersFirst, advance
from app.workflow.attempt import Retry
from app.workflow.engine.types import Fault, NotOpen
from app.workflow.errors import Busy, Gone, Stuck
from app.workflow.models import Incident, Message, Subscription, Timer
from app.workflow.running import passing
from app.workflow.runtime import Preparer, Runtime
from app.workflow.schemas import Command, Result
from app.workflow.write import AFTER, FollowUp

log = logging.getLogger(__name__)

TRIES = 8
"""How often one command may start over: due timers before it, deadlocks."""


def execute(
    runtime: Runtime,
    instance_id: UUID,
    command: Command,
    *,
    authorize: Authorize | None = None,
    prepare: Preparer | None = None,
) -> Result:
    """Apply one command, due timers before it, and see to what follows. Owns its transactions.

    `authorize(view)` raises Forbidden; it sees the task the command names, else the instance, and comes before anything
    else, a repeated command's stored result included. `prepare(session, view, on)` runs under the lock and returns what
    the engine gets. Raises Busy, Gone, Conflict, Stuck (an incident was opened), Forbidden, UnknownInstance."""
    if command.kind in ("retry_incident", "resolve"):
        from app.workflow.incidents import repair

        return repair(runtime, instance_id, command, authorize)
    began = time.perf_counter()
    result, followups = attempt(runtime, instance_id, command, authorize, prepare)
    runtime.observe("command_seconds", time.perf_counter() - began, {"kind": command.kind})
    follow_up(runtime, followups)
    return result


def attempt(
    runtime: Runtime,
    instance_id: UUID,
    command: Command,
    authorize: Authorize | None = None,
    prepare: Preparer | None = None,
    retry: Retry | None = None,
) -> tuple[Result, list[FollowUp]]:
    """`execute` without what follows; that is returned."""
    followups: list[FollowUp] = []
    fired = False
    for left in range(TRIES, 0, -1):
        try:
            with runtime.sessions.begin() as session:
                result = advance(runtime, session, instance_id, command, authorize, prepare, retry)
                pending: list[FollowUp] = session.info.get(AFTER, [])
            return result, followups + pending
        except TimersFirst:
            fired = True
            followups += fire_due(runtime, instance_id)
        except NotOpen as error:
            follow_up(runtime, followups)
            raise Gone("workflow.timer_was_first" if fired else "workflow.gone") from error
        except Gone:
            follow_up(runtime, followups)
            if fired:
                raise Gone("workflow.timer_was_first") from None
            raise
        except Fault as fault:
            follow_up(runtime, followups)
            raise stumble(runtime, instance_id, command, fault, retry) from fault
        except DBAPIError as error:
            if not passing(error):
                raise
            state = getattr(error.orig, "sqlstate", None)
            if state in ("55P03", "57014") or left == 1:
                raise Busy from error
            if not error.connection_invalidated and (state is None or not state.startswith("40")):
                raise  # a lost connection is tried again: should the command have committed, its id tells
    raise Busy


# ------------------------------------------------------------------ due timers
def fire(runtime: Runtime, instance_id: UUID) -> None:
    """Fire what is due of one instance, and see to what follows. A timer that fails is held by its incident."""
    follow_up(runtime, fire_due(runtime, instance_id))


def fire_due(runtime: Runtime, instance_id: UUID) -> list[FollowUp]:
    """All that are due in one transaction; when that fails one by one, so that each failure stays alone."""
    try:
        return _fire(runtime, instance_id, None)
    except Fault as fault:
        due = _due_timers(runtime, instance_id)
        if len(due) == 1:
            stumble(runtime, instance_id, _timer_command(due), fault)
            return []
    followups: list[FollowUp] = []
    for timer in due:
        try:
            followups += _fire(runtime, instance_id, (timer,))
        except Fault as fault:
            stumble(runtime, instance_id, _timer_command((timer,)), fault)
    return followups


def _fire(runtime: Runtime, instance_id: UUID, only: Sequence[str] | None) -> list[FollowUp]:
    command = Command(new_id(), "fire_timers", CLOCK) if only is None else _timer_command(only)
    for left in range(3, 0, -1):
        try:
            with runtime.sessions.begin() as session:
                advance(runtime, session, instance_id, command)
                followups: list[FollowUp] = session.info.get(AFTER, [])
            return followups
        except NotOpen:
            return []
        except DBAPIError as error:
            state = str(getattr(error.orig, "sqlstate", None))
            if state in ("55P03", "57014"):
                raise Busy from error
            if not state.startswith("40") or left == 1:
                raise
    return []


def _timer_command(only: Sequence[str]) -> Command:
    return Command(new_id(), "fire_timers", CLOCK, {"only": list(only)})


def _due_timers(runtime: Runtime, instance_id: UUID) -> list[str]:
    query = (
        select(Timer.timer_id)
        .where(Timer.instance_id == instance_id, Timer.held.is_(None), Timer.due <= runtime.clock.now())
        .order_by(Timer.due)
    )
    with runtime.sessions() as session:
        return [timer.hex for timer in session.scalars(query)]


# ------------------------------------------------------------------ incidents
def stumble(runtime: Runtime, instance_id: UUID, command: Command, fault: Fault, retry: Retry | None = None) -> Stuck:
    """Record that `command` failed, in a transaction of its own: the incident, and its history row."""
    target = _target(command)
    log.warning("instance %s: %s failed at %s: %s", instance_id, command.kind, fault.element, fault.message)
    failed = {
        "kind": command.kind,
        "target": target,
        "element": fault.element,
        "message": fault.message[:2000].replace("\0", ""),
        "data": fault.data,
        "command": stored(command),
    }
    actor = retry.command.actor if retry else command.actor
    attempt(runtime, instance_id, Command(new_id(), "open_incident", actor, failed))
    runtime.observe("incidents", 1, {"kind": command.kind})
    query = select(Incident.no).where(
        Incident.instance_id == instance_id, Incident.target == target, Incident.state == "OPEN"
    )
    with runtime.sessions() as session:
        number = session.scalar(query)
    return Stuck(number or 0, fault.element, fault.message)


def _target(command: Command) -> str:
    content = command.content
    if only := content.get("only"):
        return UUID(only[0]).hex
    return str(content.get("task_id") or content.get("message_id") or command.kind)


def stored(command: Command) -> dict[str, Any]:
    """The command as an incident keeps it, to be applied again with its id."""
    actor = command.actor
    return {
        "id": str(command.id),
        "kind": command.kind,
        "actor": {"id": str(actor.id), "name": actor.name, "system": actor.system},
        "content": command.content,
        "on_behalf_of": None if command.on_behalf_of is None else str(command.on_behalf_of),
        "occurred_at": None if command.occurred_at is None else command.occurred_at.isoformat(),
    }


# ------------------------------------------------------------------ after the commit
def after_commit(runtime: Runtime, session: Session) -> None:
    """To be called by whoever used `start` in a transaction of his own, once it has committed: queues outbox rows and
    gives waiting messages to new subscriptions. What a crash leaves out is found by the sweeper."""
    follow_up(runtime, session.info.pop(AFTER, []))


def follow_up(runtime: Runtime, followups: Sequence[FollowUp]) -> None:
    """Never raises: the command is committed, and the sweeper finds what is left."""
    work = deque(followups)
    while work:
        follow = work.popleft()
        try:
            for listener in runtime.committed:
                listener(follow.instance_id, follow.no)
            if follow.outbox and runtime.queue is not None:
                runtime.queue.enqueue(follow.outbox)
            if follow.waits or follow.all_waits:
                work.extend(_take_waiting(runtime, follow))
        except Exception:
            log.exception("instance %s: what follows row %s is left to the sweeper", follow.instance_id, follow.no)


def _take_waiting(runtime: Runtime, follow: FollowUp) -> list[FollowUp]:
    """Messages that came before their receiver."""
    with runtime.sessions() as session:
        found = list(session.scalars(_waiting(runtime, follow)))
    out: list[FollowUp] = []
    for message_id in found:
        out += hand_over(runtime, follow.instance_id, message_id) or []
    return out


def _waiting(runtime: Runtime, follow: FollowUp) -> Any:
    query = (
        select(Message.id)
        .join(Subscription, (Subscription.name == Message.name) & (Subscription.key == Message.key))
        .where(
            Message.state == "WAITING",
            Message.expires_at > runtime.clock.now(),
            Subscription.instance_id == follow.instance_id,
        )
        .order_by(Message.received_at, Message.id)
        .limit(100)
    )
    if follow.all_waits:
        return query
    return query.where(Subscription.name.in_({name for name, _ in follow.waits}))


def hand_over(runtime: Runtime, instance_id: UUID, message_id: UUID) -> list[FollowUp] | None:
    """Let one instance take one message of the inbox. None: it did not (any more), or not now."""
    command = Command(
        derived_id("message", message_id, instance_id), "deliver_message", WORKER, {"message_id": str(message_id)}
    )
    try:
        _, followups = attempt(runtime, instance_id, command)
    except Gone:
        return None
    except CitydeskError as error:  # busy, suspended, or an incident: it waits
        log.info("message %s waits for instance %s: %s", message_id, instance_id, error)
        return None
    return followups
