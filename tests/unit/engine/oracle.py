"""What a block-structured diagram must do, worked out from its blocks alone: it shares no code, no tokens and no BPMN
with the engine. Here what runs within one scope; `oracle_scopes` has sub-processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.unit.engine.blocks import Block, Each, Leaf, Loop, Multi, Par, Race, Seq, Some, Xor

Option = tuple[str, str, str]
"""(task | job | fail | message, element or message name, key of the instance it belongs to). Timers are moved by the
clock."""


@dataclass
class World:
    now: datetime
    enter: Callable[[Block, Place], Run]
    """What only `oracle_scopes` knows: sub-processes."""
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
class Scope(Run):
    """What a place knows of the content of the process or sub-process it is in."""

    catching: bool
    """An error boundary event stands around it."""
    thrown: bool = False
    strays: list[Run] = field(default_factory=list)
    """Handlers beside its block."""


@dataclass(frozen=True)
class Place:
    """Where a block runs: its variables, the scope that keeps its stray tokens, and the key of its instance."""

    world: World
    variables: dict[str, Any]
    scope: Scope
    key: str = "k"
    hidden: frozenset[str] = frozenset()
    """Variables that a multi-instance activity around it has of its own."""

    def instance(self, number: int, output: str) -> Place:
        return replace(self, key=f"{self.key}.{number}", hidden=self.hidden | {output})


class TaskRun(Run):
    kind = "task"

    def __init__(self, name: str, place: Place) -> None:
        self.name, self.place = name, place

    def options(self) -> Iterator[tuple[Option, Run]]:
        if not self.over:
            yield (self.kind, self.name, self.place.key), self

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        self.place.variables.update(payload)
        self.over = True


class JobRun(TaskRun):
    kind = "job"

    def options(self) -> Iterator[tuple[Option, Run]]:
        yield from super().options()
        if not self.over and self.place.scope.catching:
            yield ("fail", self.name, self.place.key), self

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        if option[0] == "fail":
            self.place.scope.thrown = True
        else:
            super().act(option, payload)


class WaitRun(TaskRun):
    kind = "message"


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


class Several(Run):
    """Blocks at the same time."""

    runs: list[Run]

    def options(self) -> Iterator[tuple[Option, Run]]:
        for run in self.runs:
            yield from run.options()

    def timers(self) -> Iterator[tuple[datetime, str, Run]]:
        for run in self.runs:
            yield from run.timers()


class ParRun(Several):
    def __init__(self, blocks: list[Block], place: Place) -> None:
        self.runs = [run_of(block, place) for block in blocks]

    def settle(self) -> None:
        for run in self.runs:
            run.settle()
        self.over = all(run.over for run in self.runs)


class RaceRun(Run):
    """Waits for the first of several events, then follows it."""

    def __init__(self, race: Race, place: Place) -> None:
        self.race, self.place, self.opened = race, place, place.world.now
        self.at: Run | None = None

    def options(self) -> Iterator[tuple[Option, Run]]:
        if self.at is not None:
            yield from self.at.options()
            return
        for n, (delay, _) in enumerate(self.race.branches):
            if delay is None:
                yield ("message", self.race.event(n), self.place.key), self

    def timers(self) -> Iterator[tuple[datetime, str, Run]]:
        if self.at is not None:
            yield from self.at.timers()
            return
        for n, (delay, _) in enumerate(self.race.branches):
            if delay is not None:
                yield self.opened + delay, self.race.event(n), self

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        self.place.variables.update(payload)
        chosen = next(b for n, (_, b) in enumerate(self.race.branches) if self.race.event(n) == option[1])
        self.at = run_of(chosen, self.place)

    def settle(self) -> None:
        if self.at is not None:
            self.at.settle()
            self.over = self.at.over


class ManyRun(Several):
    """Instances of one activity, each at a place of its own, and their results by number."""

    def __init__(self, name: str, multi: Multi, place: Place, make: Callable[[Place], Run]) -> None:
        self.output, self.multi, self.place, self.make = f"o_{name}", multi, place, make
        self.results: list[int | None] = [None] * multi.count
        self.number: dict[int, int] = {}
        self.runs = []
        self.opened = 0
        self.open(1 if multi.sequential else multi.count)

    def open(self, count: int) -> None:
        for _ in range(min(count, self.multi.count - self.opened)):
            self.opened += 1
            run = self.make(self.place.instance(self.opened, self.output))
            self.number[id(run)] = self.opened
            self.runs.append(run)

    def settle(self) -> None:
        while not self.over:
            for run in self.runs:
                run.settle()
            ended = next((run for run in self.runs if run.over), None)
            if ended is not None:
                self.collect(ended)
            elif self.runs:
                return
            if not self.runs:
                self.over = True
                self.place.variables[self.output] = list(self.results)

    def collect(self, run: Run) -> None:
        self.runs.remove(run)
        number, variables = self.number[id(run)], self.place.variables
        self.results[number - 1] = variables["v0"] * 10 + number
        if self.multi.until is not None and variables[self.multi.until] % 3 == 0:
            self.runs.clear()
        elif self.multi.sequential:
            self.open(1)


def run_of(block: Block, place: Place) -> Run:
    """The block, entered."""
    match block:
        case Leaf():
            return leaf(block, place)
        case Each():
            return ManyRun(block.leaf.name, block.multi, place, lambda inside: leaf(block.leaf, inside))
        case Seq():
            return SeqRun([block.first, block.second], place)
        case Loop():
            return LoopRun(block, place)
        case Par():
            return ParRun(list(block.blocks), place)
        case Some():
            value = place.variables[block.variable]
            chosen = [b for n, b in enumerate(block.branches) if n and (value + n) % block.modulo == 0]
            return ParRun(chosen or [block.branches[0]], place)
        case Race():
            return RaceRun(block, place)
        case Xor():
            even = place.variables.get(block.variable, 0) % 2 == 0
            return run_of(block.yes if even else block.no, place)
    return place.world.enter(block, place)


def leaf(block: Leaf, place: Place) -> Run:
    kinds = {"user": TaskRun, "job": JobRun, "receive": WaitRun}
    if block.kind in kinds:
        return kinds[block.kind](block.name, place)
    place.world.calls.append(block.name)
    run = Run()
    run.over = True
    return run
