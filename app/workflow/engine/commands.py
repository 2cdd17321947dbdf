"""Each command applied to an instance, and run to rest. Returns what the caller gets as `Moved.result`."""

from datetime import datetime
from functools import singledispatch

from . import modify, scopes, throwing
from .activities import OperationSpec, UserTaskSpec
from .events import WaitingSpec, waiting
from .instance import Instance
from .recompute import recompute, redate
from .token import READY, STARTED, Token
from .types import (
    ArmNew,
    Cancel,
    CompleteJob,
    CompleteTask,
    DeliverMessage,
    DeliverSignal,
    EngineCommand,
    Fault,
    FireTimers,
    Modify,
    NotOpen,
    Recompute,
    Redate,
    Reschedule,
    SetVariables,
    ThrowError,
    Variables,
)
from .waits import MessageWait, SignalWait, TimerWait

MAX_TIMERS = 1000
"""Timers one command may fire. What a cycle that slept for long has left stays due, for the next command."""


@singledispatch
def apply(command: EngineCommand, instance: Instance) -> Variables:
    """Raises NotOpen, Fault."""
    raise TypeError(f"no command: {command!r}")


@apply.register
def _(command: CompleteTask, instance: Instance) -> Variables:
    token = instance.find(command.task_id)
    if token is None or token.state != READY or not isinstance(token.task_spec, UserTaskSpec):
        raise NotOpen(command.task_id)
    return finish(token, command.variables)


@apply.register
def _(command: CompleteJob, instance: Instance) -> Variables:
    return finish(open_job(instance, command.task_id), command.variables)


@apply.register
def _(command: ThrowError, instance: Instance) -> Variables:
    token = open_job(instance, command.task_id)
    throwing.throw_error(token, command.code, scopes.admit(token.element, command.variables))
    instance.run_to_rest()
    return {"element": token.element}


@apply.register
def _(command: DeliverMessage, instance: Instance) -> Variables:
    for token, definition in waiting(instance, MessageWait):
        if definition.takes(token, command.name, command.key):
            fire(token, scopes.admit(token.element, command.variables))
            instance.run_to_rest()
            return {"element": token.element, "wait": token.id}
    raise NotOpen(f"{command.name} {command.key}")


@apply.register
def _(command: DeliverSignal, instance: Instance) -> Variables:
    for token, _ in waiting(instance, SignalWait):
        if token.id == command.wait_id:
            fire(token, scopes.admit(token.element, command.variables))
            instance.run_to_rest()
            return {"element": token.element, "wait": token.id}
    raise NotOpen(command.wait_id)


@apply.register
def _(command: FireTimers, instance: Instance) -> Variables:
    fired: list[str] = []
    cycle = False
    now = instance.journal.now
    while len(fired) < MAX_TIMERS:
        due = [(datetime.fromisoformat(t.internal_data["due"]), t) for t, _ in waiting(instance, TimerWait)]
        due = [pair for pair in due if pair[0] <= now and (command.only is None or pair[1].id in command.only)]
        if not due:
            return {"fired": fired}
        _, token = min(due, key=lambda pair: pair[0])
        cycle = "left" in token.internal_data
        fired.append(token.element)
        fire(token, {})
        instance.run_to_rest()
    if not cycle:
        raise Fault(fired[-1], f"more than {MAX_TIMERS} timers were due at once: a loop without end")
    return {"fired": fired}


@apply.register
def _(command: Reschedule, instance: Instance) -> Variables:
    open_timers = {token.id: token for token, _ in waiting(instance, TimerWait)}
    for timer_id, due in command.due.items():
        token = open_timers.get(timer_id)
        if token is None:
            raise NotOpen(timer_id)
        if due.tzinfo is None:
            raise Fault(token.element, f"a new due time needs a zone: {due}")
        token.internal_data["due"] = due.isoformat()
        token.note("waiting", "reschedule", due)
    return {"rescheduled": [open_timers[timer_id].element for timer_id in command.due]}


@apply.register
def _(command: Recompute, instance: Instance) -> Variables:
    _assign(instance, command.variables)
    instance.run_to_rest()
    return {"rescheduled": [] if instance.completed else recompute(instance, frozenset(command.variables))}


@apply.register
def _(command: Redate, instance: Instance) -> Variables:
    token = instance.find(command.task_id)
    if token is None or token.state != READY or not isinstance(token.task_spec, UserTaskSpec):
        raise NotOpen(command.task_id)
    return {"rescheduled": redate(token, token.task_spec)}


@apply.register
def _(command: SetVariables, instance: Instance) -> Variables:
    _assign(instance, command.variables)
    instance.run_to_rest()
    return {}


@apply.register
def _(command: Modify, instance: Instance) -> Variables:
    modify.modify(instance, command)
    instance.run_to_rest()
    return {}


@apply.register
def _(command: ArmNew, instance: Instance) -> Variables:
    modify.arm_new(instance, command.elements)
    instance.run_to_rest()
    return {}


@apply.register
def _(command: Cancel, instance: Instance) -> Variables:
    instance.stop("cancel")
    return {}


def _assign(instance: Instance, variables: Variables) -> None:
    """To the instance's own scope."""
    assert instance.variables is not None
    for name, value in scopes.admit(None, variables).items():
        scopes.assign(instance.journal, [(None, instance.variables)], name, value)


def finish(token: Token, variables: Variables) -> Variables:
    """Complete a task or job with what it brings, and go on."""
    token.internal_data["payload"] = scopes.admit(token.element, variables)
    token.complete()
    token.workflow.top_workflow.run_to_rest()
    return {"element": token.element}


def open_job(instance: Instance, task_id: str) -> Token:
    token = instance.find(task_id)
    if token is None or token.state != STARTED or not isinstance(token.task_spec, OperationSpec):
        raise NotOpen(task_id)
    return token


def fire(token: Token, payload: Variables) -> None:
    spec = token.task_spec
    assert isinstance(spec, WaitingSpec)
    spec.fire(token, payload)
