"""What a block-structured diagram must do, worked out from its blocks alone: it shares no code, no tokens and no BPMN
with the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.unit.engine.blocks import Block, Leaf, Listener, Loop, Par, Seq, Sub, Xor

Option = tuple[str, str]
"""(task | job | fail | message, element or message name). Timers are moved by the clock."""


@dataclass
class World:
    now: datetime
    calls: list[str] = field(default_factory=list)


class Run:
    """A block while it runs. `options` offers what can be done; `act` does it; `over` tells when it is through."""

    over = False

    def options(self) -> Iterator[tuple[Option, Run]]:
        yield from ()

    def timers(self) -> Iterator[tuple[datetime, str, Run]]:
        yield from ()

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        raise AssertionError(option)

    def settle(self) -> None:
        """Go on as far as possible."""


@dataclass
class Thrown:
    """Set by a failing job, looked for by the sub-process around it."""

    here: bool = False


@dataclass
class Place:
    """Where a block runs: its variables and the scope that keeps its stray tokens."""

    world: World
    variables: dict[str, Any]
    scope: ScopeRun | None


class ScopeRun(Run):
    """The content of a process or sub-process: its block, stray handlers and event sub-processes."""

    def __init__(self, block: Block, place: Place, listener: Listener | None) -> None:
        self.place = Place(place.world, place.variables, self)
        self.strays: list[Run] = []
        self.thrown = Thrown()
        self.listener = listener
        self.body: Run | None = None
        self.block = block

    def begin(self) -> ScopeRun:
        self.body = run_of(self.block, self.place)
        self.settle()
        return self

    def parts(self) -> list[Run]:
        return [run for run in (self.body, *self.strays) if run is not None]

    def options(self) -> Iterator[tuple[Option, Run]]:
        for run in self.parts():
            yield from run.options()
        if self.listener is not None and not self.over:
            yield ("message", self.listener.message), self

    def timers(self) -> Iterator[tuple[datetime, str, Run]]:
        for run in self.parts():
            yield from run.timers()

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        assert self.listener is not None
        self.place.variables.update(payload)
        handler = TaskRun(self.listener.task, self.place)
        if self.listener.interrupting:
            self.body, self.strays, self.listener = None, [], None
        self.strays.append(handler)

    def settle(self) -> None:
        for run in self.parts():
            run.settle()
        self.strays = [run for run in self.strays if not run.over]
        if (self.body is None or self.body.over) and not self.strays:
            self.over = True


class TaskRun(Run):
    def __init__(self, name: str, place: Place) -> None:
        self.name, self.place = name, place

    def options(self) -> Iterator[tuple[Option, Run]]:
        if not self.over:
            yield ("task", self.name), self

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        self.place.variables.update(payload)
        self.over = True


class JobRun(TaskRun):
    def options(self) -> Iterator[tuple[Option, Run]]:
        if not self.over:
            yield ("job", self.name), self
            if self.place.scope is not None and isinstance(self.place.scope, Catching):
                yield ("fail", self.name), self

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        if option[0] == "fail":
            assert self.place.scope is not None
            self.place.scope.thrown.here = True
        else:
            super().act(option, payload)


class WaitRun(TaskRun):
    def options(self) -> Iterator[tuple[Option, Run]]:
        if not self.over:
            yield ("message", self.name), self


class SeqRun(Run):
    def __init__(self, blocks: list[Block], place: Place) -> None:
        self.blocks, self.place = list(blocks), place
        self.at: Run | None = None

    def settle(self) -> None:
        while not self.over:
            if self.at is None:
                self.at = run_of(self.blocks.pop(0), self.place)
            self.at.settle()
            if not self.at.over:
                return
            self.at = None
            self.over = not self.blocks

    def options(self) -> Iterator[tuple[Option, Run]]:
        if self.at is not None:
            yield from self.at.options()

    def timers(self) -> Iterator[tuple[datetime, str, Run]]:
        if self.at is not None:
            yield from self.at.timers()


class LoopRun(SeqRun):
    """Again while the variable is not a multiple of three."""

    def __init__(self, loop: Loop, place: Place) -> None:
        super().__init__([loop.body], place)
        self.loop = loop

    def settle(self) -> None:
        while not self.over:
            super().settle()
            if not self.over or self.place.variables.get(self.loop.variable, 0) % 3 == 0:
                return
            self.blocks, self.over = [self.loop.body], False


class ParRun(Run):
    def __init__(self, blocks: list[Block], place: Place) -> None:
        self.runs = [run_of(block, place) for block in blocks]

    def settle(self) -> None:
        for run in self.runs:
            run.settle()
        self.over = all(run.over for run in self.runs)

    def options(self) -> Iterator[tuple[Option, Run]]:
        for run in self.runs:
            yield from run.options()

    def timers(self) -> Iterator[tuple[datetime, str, Run]]:
        for run in self.runs:
            yield from run.timers()


class Catching(ScopeRun):
    """A sub-process with an error boundary event."""


class SubRun(Run):
    """A sub-process or call, its boundary event and what comes behind it."""

    def __init__(self, sub: Sub, place: Place) -> None:
        self.sub, self.outer = sub, place
        inside = Place(place.world, dict(place.variables) if sub.called else place.variables, None)
        kind = Catching if sub.trigger == "error" else ScopeRun
        self.content: ScopeRun | None = kind(sub.body, inside, sub.listener).begin()
        self.handler: Run | None = None
        self.due = place.world.now + sub.delay if sub.trigger in ("timer", "cycle") else None

    def settle(self) -> None:
        if self.content is not None:
            self.content.settle()
            if self.content.thrown.here:
                self.interrupt()
            elif self.content.over:
                if self.sub.called:
                    self.outer.variables.update(self.content.place.variables)
                self.content, self.over = None, True
        elif self.handler is not None:
            self.handler.settle()
            self.over = self.handler.over

    def options(self) -> Iterator[tuple[Option, Run]]:
        if self.content is not None:
            yield from self.content.options()
            if self.sub.trigger == "message":
                yield ("message", self.sub.message), self
        elif self.handler is not None:
            yield from self.handler.options()

    def timers(self) -> Iterator[tuple[datetime, str, Run]]:
        if self.content is not None:
            if self.due is not None:
                yield self.due, self.sub.boundary, self
            yield from self.content.timers()

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        self.outer.variables.update(payload)
        if self.sub.interrupting:
            self.interrupt()
            return
        assert self.outer.scope is not None
        self.outer.scope.strays.append(TaskRun(self.sub.handler, self.outer))
        if self.due is not None:
            self.due = self.due + self.sub.delay if self.sub.trigger == "cycle" else None

    def interrupt(self) -> None:
        self.content, self.handler = None, TaskRun(self.sub.handler, self.outer)


def run_of(block: Block, place: Place) -> Run:
    """The block, entered."""
    match block:
        case Leaf():
            return leaf(block, place)
        case Seq():
            return SeqRun([block.first, block.second], place)
        case Loop():
            return LoopRun(block, place)
        case Par():
            return ParRun(list(block.blocks), place)
        case Xor():
            even = place.variables.get(block.variable, 0) % 2 == 0
            return run_of(block.yes if even else block.no, place)
        case Sub():
            return SubRun(block, place)
    raise TypeError(block)


def leaf(block: Leaf, place: Place) -> Run:
    match block.kind:
        case "user":
            return TaskRun(block.name, place)
        case "job":
            return JobRun(block.name, place)
        case "receive":
            return WaitRun(block.name, place)
    place.world.calls.append(block.name)
    run = Run()
    run.over = True
    return run
