"""A limit has moved: date timers and due dates that read it are reckoned anew (docs/adr/013)."""

from collections.abc import Iterator
from datetime import UTC, datetime

from . import scopes, userwork
from .activities import UserTaskSpec
from .events import BoundarySpec, waiting
from .expressions import Expr
from .instance import Instance
from .token import READY, Token
from .waits import TimerWait, due, seen_from

PUT_OFF = datetime(9999, 12, 31, tzinfo=UTC)
"""Due time of a timer whose expression gives no time. The engine reads no clock, so not `app.core.clock`'s."""
DATES = ("due", "follow_up")


def recompute(instance: Instance, changed: frozenset[str]) -> list[str]:
    """Of everything that reads one of the changed variables: open date timers move to the time their expression gives
    now, one that gives null is put off; a boundary timer that has fired waits again when its time has come to lie in
    the future; due dates of open tasks follow. Returns the elements that moved. Raises Fault."""
    return [*_timers(instance, changed), *_fired(instance, changed), *_tasks(instance, changed)]


def _timers(instance: Instance, changed: frozenset[str]) -> Iterator[str]:
    for token, definition in list(waiting(instance, TimerWait)):
        if definition.follows(changed):
            instant = _instant(token, definition)
            if instant != datetime.fromisoformat(token.internal_data["due"]):
                token.internal_data["due"] = instant.isoformat()
                token.note("waiting", "reschedule", instant)
                yield token.element


def _instant(token: Token, definition: TimerWait) -> datetime:
    at = seen_from(token)
    value = scopes.evaluate(at, definition.expression)
    return PUT_OFF if value is None else due(at, value, token.journal.now)


def _fired(instance: Instance, changed: frozenset[str]) -> Iterator[str]:
    for run in instance.runs():
        hosts = [token for token in run.tasks.values() if token.live and token.task_spec.boundaries]
        armed = {(token.internal_data.get("host"), token.task_spec.node.id) for token in run.tasks.values()}
        for host in hosts:
            for boundary in host.task_spec.boundaries:
                if (host.id, boundary.node.id) not in armed and _is_ahead(host, boundary, changed):
                    boundary.arm(host)
                    yield boundary.node.id


def _is_ahead(host: Token, boundary: BoundarySpec, changed: frozenset[str]) -> bool:
    definition = boundary.event_definition
    if not isinstance(definition, TimerWait) or not definition.follows(changed):
        return False
    value = scopes.evaluate(host, definition.expression)
    return value is not None and due(host, value, host.journal.now) > host.journal.now


def _tasks(instance: Instance, changed: frozenset[str]) -> Iterator[str]:
    for run in instance.runs():
        for token in run.tasks.values():
            spec = token.task_spec
            if token.state != READY or not isinstance(spec, UserTaskSpec):
                continue
            if any(expression.names & changed for expression in _dates(spec).values()):
                yield from redate(token, spec)


def redate(token: Token, spec: UserTaskSpec) -> list[str]:
    """Evaluate an open task's dates once more. Returns its element when they moved. Raises Fault."""
    work = {name: value for name, value in token.internal_data["task"].items() if name not in DATES}
    work |= userwork.evaluate(token, _dates(spec))
    if work == token.internal_data["task"]:
        return []
    token.internal_data["task"] = work
    token.note("waiting", "reschedule", userwork.instant(work, "due"))
    return [token.element]


def _dates(spec: UserTaskSpec) -> dict[str, Expr]:
    return {name: spec.fields[name] for name in DATES if name in spec.fields}
