"""Runs a voice diagram in memory: the engine decides, the line does. One row of history at its end tells the way."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.contacts import VOICE_OPERATIONS, RoutingSnapshot
from app.workflow.engine import (
    Cancel,
    Compiled,
    CompleteJob,
    Context,
    Fault,
    FireTimers,
    Moved,
    OpenJob,
    Refused,
    Registry,
    Step,
    ThrowError,
    compile_bundle,
)
from app.workflow.engine.types import BpmnError, Call, Status, Variables
from telephony.line import HungUp

log = logging.getLogger(__name__)

Deed = Callable[[OpenJob], Awaitable[Variables]]
LONGEST_RUN = 400
"""Commands of one run: a diagram that circles without asking the caller anything ends."""


@dataclass(slots=True)
class Voices:
    """The voice diagrams of a snapshot, compiled when they are first needed."""

    _bundle: UUID | None = None
    _compiled: Compiled | None = None

    def of(self, snapshot: RoutingSnapshot) -> Compiled | None:
        """None when there are none, or when they ask for what this version does not know."""
        if snapshot.bundle != self._bundle or self._compiled is None:
            registry = Registry(operations={operation.name: operation for operation in VOICE_OPERATIONS})
            try:
                self._compiled = compile_bundle(snapshot.files, registry)
            except Refused as error:
                log.error("the voice diagrams cannot run: %s", error)
                self._compiled = None
            self._bundle = snapshot.bundle
        return self._compiled


@dataclass(slots=True)
class Run:
    """One caller's way through one diagram."""

    compiled: Compiled
    process: str
    deed: Deed
    steps: list[Step] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    end: str = ""
    """How it ended: the last end event, `hung_up` or `fault`."""
    _state: bytes | None = None
    _jobs: dict[str, "asyncio.Task[Variables]"] = field(default_factory=dict)

    async def through(self, variables: Variables) -> None:
        """To its end. Raises HungUp when the caller leaves, after the run was cancelled; a fault ends it quietly."""
        self.variables = dict(variables)
        try:
            moved = self.compiled.start(self.process, variables, _context())
            self._follow(moved)
            for _ in range(LONGEST_RUN):
                if moved.status is not Status.RUNNING:
                    self.end = self.end or (self.steps[-1].element if self.steps else "")
                    return
                moved = await self._next(moved)
                self._follow(moved)
            self._fault("the diagram goes round and round")
        except HungUp:
            self._cancel("hung_up")
            raise
        except Fault as error:
            self._fault(str(error))
        except Exception as error:
            self._fault(repr(error))
            raise
        finally:
            for task in self._jobs.values():
                task.cancel()

    async def _next(self, moved: Moved) -> Moved:
        """Do what is open until one of it is done, or a timer is due."""
        assert self._state is not None
        for id_, job in moved.after.jobs.items():
            if id_ not in self._jobs:
                self._jobs[id_] = asyncio.ensure_future(self.deed(job))
        for id_ in [id_ for id_ in self._jobs if id_ not in moved.after.jobs]:  # a timer or an error came first
            self._jobs.pop(id_).cancel()
        due = min((timer.due for timer in moved.after.timers.values()), default=None)
        pause = None if due is None else max(0.0, (due - datetime.now(UTC)).total_seconds())
        if not self._jobs:
            await asyncio.sleep(pause or 0.0)
            return self.compiled.move(self._state, FireTimers(), _context())
        done, _ = await asyncio.wait(self._jobs.values(), timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            return self.compiled.move(self._state, FireTimers(), _context())
        id_ = next(id_ for id_, task in self._jobs.items() if task.done())
        return self._complete(id_, self._jobs.pop(id_))

    def _complete(self, id_: str, task: "asyncio.Task[Variables]") -> Moved:
        assert self._state is not None
        try:
            result = task.result()
        except BpmnError as error:
            return self.compiled.move(self._state, ThrowError(id_, error.code, error.variables), _context())
        return self.compiled.move(self._state, CompleteJob(id_, result), _context())

    def _follow(self, moved: Moved) -> None:
        log.debug("%s: %s", self.process, " ".join(step.element for step in moved.steps if step.state == "entered"))
        self._state = moved.state
        self.steps += moved.steps
        self.variables |= {change.name: change.new for change in moved.changes if change.scope is None}

    def _cancel(self, end: str) -> None:
        self.end = end
        if self._state is not None:
            self._follow(self.compiled.move(self._state, Cancel(), _context()))

    def _fault(self, why: str) -> None:
        log.error("voice diagram %s: %s", self.process, why)
        self._cancel("fault")

    def told(self) -> list[Mapping[str, Any]]:
        """The steps as history keeps them."""
        return [
            {"element": step.element, "token": step.token, "state": step.state, "process": step.process,
             **({"scope": step.scope} if step.scope else {}), **({"cause": step.cause} if step.cause else {})}
            for step in self.steps
        ]  # fmt: skip


def _context() -> Context:
    return Context(datetime.now(UTC), _no_operation)


def _no_operation(call: Call) -> Variables:
    raise Fault(call.element, f"a voice diagram has no operation {call.operation} of its own")
