"""Running the engine inside a command's transaction: its context, its operations, and what listens to its steps."""

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache, reduce
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from app.workflow.bundles import with_grants
from app.workflow.engine import Compiled
from app.workflow.engine.types import (
    BpmnError,
    Call,
    Context,
    Element,
    EngineCommand,
    Fault,
    Moved,
    NotOpen,
    Recompute,
    Redate,
    Refused,
    Step,
    Variables,
)
from app.workflow.errors import Busy
from app.workflow.runtime import OnInstance, Runtime


def compiled_of(runtime: Runtime, session: Session, on: OnInstance) -> Compiled:
    """The instance's own bundle. A bundle that no longer compiles here is a Fault, not a crash."""
    try:
        return runtime.bundles.get(session, on.bundle_id, runtime.registry)
    except Refused as refused:
        raise Fault(None, f"this instance's bundle cannot be loaded: {refused}") from refused


def context_of(runtime: Runtime, session: Session, on: OnInstance, as_of: datetime | None = None) -> Context:
    """What the engine is given for a command; `as_of`: for expressions, as they would have been then."""
    now = as_of or on.now

    def perform(call: Call) -> Variables:
        handler = runtime.handlers.get(call.operation)
        if handler is None:
            raise Fault(call.element, f"no handler for operation {call.operation}")
        if not _may_call(runtime, session, on, call.operation):
            raise Fault(call.element, f"{on.instance.process_id} may not call {call.operation}")
        try:
            return guarded(call.element, lambda: handler(session, call, on))
        except NotOpen as error:  # of an instance the handler touched, not of ours
            raise Fault(call.element, f"not open: {error}") from error

    functions: dict[str, Callable[..., Any]] = {}
    for provider in runtime.providers:
        functions |= guarded(None, lambda provider=provider: provider(session, on.instance, now))  # type: ignore[misc]
    return Context(now.astimezone(runtime.zone), perform, functions, passing=(DBAPIError,))


def _may_call(runtime: Runtime, session: Session, on: OnInstance, operation: str) -> bool:
    """Deploying checks the process an element is drawn in; here the one that runs, which may have called that one."""
    root, known = on.instance.process_id, runtime.registry.operations.get(operation)
    if known is None or _fits(root, tuple(known.processes)):
        return True
    return (root, operation) in with_grants(session, runtime.registry).grants


@lru_cache(4096)
def _fits(process: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(process, pattern) for pattern in patterns)


T = TypeVar("T")


def guarded(element: str | None, action: Callable[[], T]) -> T:
    """Whatever fails in an operation is a Fault of its element; a lost or locked database is not: it passes through."""
    try:
        return action()
    except (BpmnError, Fault, NotOpen):
        raise
    except DBAPIError as error:
        if passing(error):
            raise
        raise Fault(element, f"{type(error.orig).__name__}: {error.orig}") from error
    except Exception as error:
        raise Fault(element, f"{type(error).__name__}: {error}") from error


LOCK_NOT_AVAILABLE = "55P03"
PASSING = (LOCK_NOT_AVAILABLE, "40P01", "40001", "57014")
"""Lock not available, deadlock, serialisation failure, statement cancelled: another try may go through."""


def passing(error: DBAPIError) -> bool:
    """Whether the failure is the moment's and not the command's."""
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state is None or state in PASSING or state.startswith(("08", "57P"))


@contextmanager
def busy_when_locked() -> Iterator[None]:
    """For who opens a transaction of their own: a lock that somebody else holds too long is Busy."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise Busy from error
        raise


def move(runtime: Runtime, session: Session, on: OnInstance, state: bytes, commands: Sequence[EngineCommand]) -> Moved:
    """Apply the commands one after the other, then what operations and preparers have moved; the result tells of all of
    them."""
    compiled = compiled_of(runtime, session, on)
    context = context_of(runtime, session, on)
    moves: list[Moved] = []

    def at() -> bytes | None:
        """None: the instance is over."""
        return moves[-1].state if moves else state

    def apply(command: EngineCommand, within: Context = context) -> None:
        if (before := at()) is not None:
            moves.append(guarded(None, lambda: compiled.move(before, command, within)))

    for command in commands:
        apply(command)
    if on.moved_limits and (now := at()) is not None:
        apply(Recompute(limits_in(compiled.variables(now), on.moved_limits)))
    for task_id, opened_at in on.redated.items():
        apply(Redate(task_id), context_of(runtime, session, on, opened_at))
    whole = reduce(joined, moves)
    listen(runtime, session, on, whole.steps, compiled)
    return whole


def limits_in(variables: Variables, moved: Mapping[str, Variables]) -> dict[str, Any]:
    """Those of an instance's variables that hold a moved limit (a context with its `id`), with its new times."""
    held = {name: value for name, value in variables.items() if isinstance(value, dict) and value.get("id") in moved}
    return {name: {key: moved[value["id"]].get(key, old) for key, old in value.items()} for name, value in held.items()}


def joined(first: Moved, second: Moved) -> Moved:
    return replace(
        second,
        steps=first.steps + second.steps,
        before=first.before,
        changes=first.changes + second.changes,
        result={**first.result, **second.result},
        decided=first.decided + second.decided,
        signals=first.signals + second.signals,
    )


def listen(runtime: Runtime, session: Session, on: OnInstance, steps: Sequence[Step], compiled: Compiled) -> None:
    if not steps:
        return
    elements = elements_of(compiled, {step.process for step in steps})
    for listener in runtime.listeners:
        guarded(None, lambda listener=listener: listener(session, on, steps, elements))  # type: ignore[misc]


def elements_of(compiled: Compiled, processes: set[str]) -> Mapping[str, Element]:
    """Elements by id, of the processes that took part."""
    maps: list[Mapping[str, Element]] = [compiled.processes[process].elements for process in sorted(processes)]
    return maps[0] if len(maps) == 1 else ChainMap(*(dict(one) for one in maps))
