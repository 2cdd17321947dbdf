"""What each kind of command does to a locked instance. Each function fills the attempt's draft."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select, update

from app.core.errors import Conflict, Invalid
from app.workflow import codec
from app.workflow.attempt import Attempt
from app.workflow.engine.types import (
    SIGNAL,
    Cancel,
    CompleteJob,
    CompleteTask,
    DeliverMessage,
    DeliverSignal,
    EngineCommand,
    Fault,
    FireTimers,
    Modify,
    Reschedule,
    SetVariables,
    ThrowError,
)
from app.workflow.errors import Gone
from app.workflow.migration import migrate
from app.workflow.models import Incident, Outbox, Timer
from app.workflow.running import compiled_of, move

IDLE = object()
"""Returned when there was nothing to do: no row is written."""


def run(attempt: Attempt, *commands: EngineCommand) -> None:
    state = attempt.locked.state
    if state is None:
        raise Gone("workflow.ended")
    moved = move(attempt.runtime, attempt.session, attempt.on, state, commands)
    attempt.draft.take(moved, attempt.locked.holds)


def hex_id(text: str) -> str:
    """The engine's ids are 32 hex digits, whatever form a caller holds. Raises Invalid."""
    try:
        return UUID(str(text)).hex
    except ValueError:
        raise Invalid("workflow.no_id", id=text) from None


# ------------------------------------------------------------------ people's work
def complete_task(attempt: Attempt) -> object:
    if attempt.locked.task is None:
        raise Gone("workflow.task_gone")
    values = attempt.prepared(attempt.content.get("values", {}))
    run(attempt, CompleteTask(hex_id(attempt.content["task_id"]), values))
    return None


def claim(attempt: Attempt) -> object:
    """Content may name another `assignee`: whether one may assign others is the caller's `authorize`."""
    task = _task(attempt)
    assignee = str(attempt.content.get("assignee") or attempt.command.actor.id)
    if task["assignee"] not in (None, assignee) and "assignee" not in attempt.content:
        raise Conflict("workflow.claimed")
    _assign(attempt, task, assignee)
    return None


def release(attempt: Attempt) -> object:
    _assign(attempt, _task(attempt), None)
    return None


def _task(attempt: Attempt) -> Mapping[str, Any]:
    if attempt.locked.task is None:
        raise Gone("workflow.task_gone")
    return attempt.locked.task


def _assign(attempt: Attempt, task: Mapping[str, Any], assignee: str | None) -> None:
    attempt.draft.doc["assign"] = {"task_id": task["task_id"], "assignee": assignee}
    attempt.draft.changes["assignee"] = {"element": task["element"], "old": task["assignee"], "new": assignee}


# ------------------------------------------------------------------ messages, timers, jobs
def deliver_message(attempt: Attempt) -> object:
    message = attempt.locked.message
    open_states = ("WAITING", "HELD") if attempt.retry else ("WAITING",)
    if message is None or message["state"] not in open_states:
        raise Gone("workflow.message_gone")
    variables = attempt.prepared(codec.load(message["payload"]))
    if message["name"].startswith(SIGNAL):
        run(attempt, DeliverSignal(hex_id(message["key"]), variables))
    else:
        run(attempt, DeliverMessage(message["name"], message["key"] or None, variables))
    attempt.draft.doc["message"] = {"id": message["id"]}
    attempt.draft.result |= {"message": message["name"], "message_id": message["id"]}
    return None


def fire_timers(attempt: Attempt) -> object:
    """All that are due and not held by an incident; with content {only: [ids]} just these."""
    locked, now = attempt.locked, attempt.now
    if attempt.retry is None and (locked.next_due is None or locked.next_due > now):
        return IDLE
    only = attempt.content.get("only")
    if only is None and locked.held:  # the engine knows nothing of incidents
        compiled = compiled_of(attempt.runtime, attempt.session, attempt.on)
        timers = compiled.surface(locked.state or b"").timers.values()
        only = [timer.timer_id for timer in timers if timer.due <= now and timer.timer_id not in locked.held]
    run(attempt, FireTimers(None if only is None else tuple(only)))
    if attempt.retry is not None and attempt.retry.target:
        attempt.draft.doc["unhold"] = attempt.retry.target
    if not attempt.draft.steps:
        return _none_fired(attempt, only)
    late = attempt.locked.next_due
    if late is not None:
        attempt.runtime.observe("timer_lateness_seconds", (now - late).total_seconds(), MappingProxyType({}))
    return None


def _none_fired(attempt: Attempt, only: Sequence[str] | None) -> object:
    """Another process was faster; or table and engine differ, and trying again would turn for ever."""
    query = select(Timer.timer_id).where(
        Timer.instance_id == attempt.on.instance_id, Timer.held.is_(None), Timer.due <= attempt.now
    )
    if only is not None:
        query = query.where(Timer.timer_id.in_([UUID(timer) for timer in only]))
    if attempt.session.scalars(query).first() is None:
        return IDLE
    raise Fault(None, "a timer is due that the engine does not know")


def complete_job(attempt: Attempt) -> object:
    variables = attempt.prepared(attempt.content.get("variables", {}))
    run(attempt, CompleteJob(hex_id(attempt.content["task_id"]), variables))
    return None


def fail_job(attempt: Attempt) -> object:
    """With a `code` the diagram may catch it; without one it is an incident."""
    content = attempt.content
    if not content.get("code"):
        raise Fault(content.get("element"), content.get("message") or "the job failed", content.get("variables"))
    run(attempt, ThrowError(hex_id(content["task_id"]), content["code"], content.get("variables", {})))
    return None


# ------------------------------------------------------------------ repair by authorised people
def reschedule(attempt: Attempt) -> object:
    """{due: {timer id or element: time}}; an element means all its open timers. `variables` are set first."""
    compiled = compiled_of(attempt.runtime, attempt.session, attempt.on)
    timers = compiled.surface(attempt.locked.state or b"").timers.values()
    due: dict[str, datetime] = {}
    for name, at in attempt.content["due"].items():
        found = [timer.timer_id for timer in timers if name == timer.element or name.replace("-", "") == timer.timer_id]
        if not found:
            raise Gone("workflow.timer_gone", timer=name)
        due |= dict.fromkeys(found, at if isinstance(at, datetime) else datetime.fromisoformat(at))
    _reason(attempt)
    changed = attempt.content.get("variables")
    run(attempt, *([SetVariables(codec.load(changed))] if changed else []), Reschedule(due))
    return None


def set_variables(attempt: Attempt) -> object:
    _reason(attempt)
    run(attempt, SetVariables(codec.load(dict(attempt.content["variables"]))))
    return None


def amend(attempt: Attempt) -> object:
    """The subject's own data change, not the way through the diagram: the preparer writes them and says which variables
    follow."""
    _reason(attempt)
    variables = attempt.prepared({})
    if variables or attempt.on.moved_limits or attempt.on.redated:
        run(attempt, *([SetVariables(variables)] if variables else ()))
    return None


def modify(attempt: Attempt) -> object:
    _reason(attempt)
    content = attempt.content
    run(attempt, Modify(tuple(content.get("cancel_tokens", ())), tuple(content.get("start_before", ()))))
    return None


def cancel(attempt: Attempt) -> object:
    _reason(attempt)
    run(attempt, Cancel())
    return None


def suspend(attempt: Attempt) -> object:
    if attempt.locked.view.suspended:
        raise Conflict("workflow.suspended")
    _reason(attempt)
    attempt.prepared({})
    attempt.draft.doc["suspended"] = True
    return None


def resume(attempt: Attempt) -> object:
    if not attempt.locked.view.suspended:
        raise Conflict("workflow.not_suspended")
    _reason(attempt)
    attempt.prepared({})
    attempt.draft.doc["suspended"] = False
    attempt.draft.all_waits = True
    return None


def resolve(attempt: Attempt) -> object:
    """A person has dealt with an incident in another way. A held message is given up; a held timer runs again, and is
    heard again should it fail once more (who does not want it reschedules it, or cancels its token)."""
    reason = _reason(attempt)
    if not reason:
        raise Invalid("workflow.reason_needed")
    incident = _incident(attempt)
    close = {"no": incident.no, "state": "RESOLVED", "by": str(attempt.command.actor.id), "reason": reason}
    attempt.draft.doc["close"] = close
    if incident.kind == "fire_timers" and incident.target:
        attempt.draft.doc["unhold"] = incident.target
    elif incident.kind == "deliver_message":
        attempt.draft.doc["message"] = {"id": incident.target, "state": "DISCARDED"}
    attempt.draft.changes["resolved"] = {"incident": incident.no}
    return None


def retry_incident(attempt: Attempt) -> object:
    """Of an outbox row or external job: hand it to a worker again. (A failed command is applied by
    `incidents.repair`.)"""
    incident = _incident(attempt)
    assert incident.target is not None
    job = and_(Outbox.dedupe == f"job:{incident.target}", Outbox.instance_id == attempt.on.instance_id)
    which = job if incident.kind == "fail_job" else Outbox.id == UUID(incident.target)
    again = {"state": "PENDING", "attempts": 0, "due_at": attempt.now, "nudge_at": attempt.now, "claimed_at": None}
    rows = attempt.session.scalars(update(Outbox).where(which).values(again).returning(Outbox.id)).all()
    attempt.draft.doc["close"] = {"no": incident.no, "state": "RETRIED", "by": str(attempt.command.actor.id)}
    attempt.draft.changes["retried"] = {"incident": incident.no}
    attempt.draft.outbox.extend(rows)
    return None


def _incident(attempt: Attempt) -> Incident:
    """The open incident that the command names; the instance's lock guards it. Raises Conflict."""
    number = int(attempt.content["incident"])
    incident = attempt.session.get(Incident, number)
    if incident is None or incident.state != "OPEN":
        raise Conflict("workflow.incident_closed", incident=number)
    return incident


def open_incident(attempt: Attempt) -> object:
    """Written by `execute` in a transaction of its own, after what failed was rolled back."""
    content = attempt.content
    failed = {"element": content["element"], "command": content["command"]["id"], "kind": content["kind"]}
    attempt.draft.changes["incident"] = failed
    attempt.on.personal["incident"] = {"message": content["message"]}
    names = ("kind", "target", "element", "message", "data", "command")
    attempt.draft.doc["incident"] = {name: content[name] for name in names}
    if content["kind"] == "fire_timers":
        attempt.draft.doc["hold"] = content["target"]
    elif content["kind"] == "deliver_message":
        attempt.draft.doc["message"] = {"id": content["target"], "state": "HELD"}
    return None


def _reason(attempt: Attempt) -> str:
    reason = str(attempt.content.get("reason") or "").strip()
    if reason:
        attempt.draft.changes["reason"] = reason
    return reason


APPLY: Mapping[str, Callable[[Attempt], object]] = MappingProxyType({
    "complete_task": complete_task, "claim": claim, "release": release, "deliver_message": deliver_message,
    "fire_timers": fire_timers, "complete_job": complete_job, "fail_job": fail_job, "reschedule": reschedule,
    "set_variables": set_variables, "modify": modify, "migrate": migrate, "cancel": cancel, "suspend": suspend,
    "resume": resume, "resolve": resolve, "retry_incident": retry_incident, "open_incident": open_incident,
    "amend": amend,
})  # fmt: skip

WHILE_SUSPENDED = frozenset({
    "resume", "cancel", "modify", "migrate", "reschedule", "set_variables", "claim", "release", "resolve",
    "retry_incident", "open_incident", "fire_timers", "amend",
})  # fmt: skip
"""Fire_timers finds none: they are held."""
