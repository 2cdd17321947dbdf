"""What others can act on: open tasks, timers, subscriptions and jobs, by id."""

from datetime import datetime

from .activities import OperationSpec, UserTaskSpec
from .events import WaitingSpec
from .instance import Instance
from .token import READY, STARTED, WAITING, Token
from .types import SIGNAL, OpenJob, OpenTask, OpenTimer, OpenWait, Surface
from .userwork import DEFAULT_PRIORITY, instant
from .waits import MessageWait, SignalWait, TimerWait


def surface(instance: Instance) -> Surface:
    """Outer scopes first, within a scope in the order in which the tokens came."""
    tasks: dict[str, OpenTask] = {}
    timers: dict[str, OpenTimer] = {}
    waits: dict[str, OpenWait] = {}
    jobs: dict[str, OpenJob] = {}
    for run in instance.runs():
        for token in run.tasks.values():
            spec, state = token.task_spec, token._state
            if state == WAITING and isinstance(spec, WaitingSpec):
                if isinstance(spec.event_definition, MessageWait):
                    waits[token.id] = _wait(token, spec.event_definition)
                elif isinstance(spec.event_definition, SignalWait):
                    name = f"{SIGNAL}{spec.event_definition.name}"
                    waits[token.id] = OpenWait(token.id, token.element, token.process, name, token.id)
                elif isinstance(spec.event_definition, TimerWait):
                    timers[token.id] = _timer(token)
            elif state == READY and isinstance(spec, UserTaskSpec):
                tasks[token.id] = _task(token, spec)
            elif state == STARTED and isinstance(spec, OperationSpec):
                jobs[token.id] = _job(token, spec)
    return Surface(tasks, timers, waits, jobs)


def _task(token: Token, spec: UserTaskSpec) -> OpenTask:
    work = token.internal_data["task"]
    return OpenTask(
        token.id,
        spec.node.id,
        spec.node.process,
        spec.form_id,
        tuple(work.get("groups", ())),
        tuple(work.get("users", ())),
        work.get("assignee"),
        instant(work, "due"),
        instant(work, "follow_up"),
        work.get("priority", DEFAULT_PRIORITY),
    )


def _timer(token: Token) -> OpenTimer:
    return OpenTimer(token.id, token.element, token.process, datetime.fromisoformat(token.internal_data["due"]))


def _wait(token: Token, definition: MessageWait) -> OpenWait:
    return OpenWait(token.id, token.element, token.process, definition.name, token.internal_data.get("key"))


def _job(token: Token, spec: OperationSpec) -> OpenJob:
    node = spec.node
    return OpenJob(token.id, node.id, node.process, spec.operation, spec.inputs(token), node.zeebe.headers)
