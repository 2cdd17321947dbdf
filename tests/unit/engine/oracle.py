"""What a block-structured diagram must do, worked out from its blocks alone: it shares no code, no tokens and no BPMN
with the engine. Here what runs within one scope; `oracle_scopes` has sub-processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.unit.engine.blocks import Block, Each, Leaf, Loop, Multi, Par, Race, Seq, Some, Throw, Xor
from tests.unit.engine.oracle_base import Option, Place, Run


class TaskRun(Run):
    kind = "task"

    def __init__(self, name: str, place: Place) -> None:
        self.name, self.place = name, place

    def offers(self) -> Iterator[Option]:
        if not self.over:
            yield self.kind, self.name, self.place.key

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        self.place.variables.update(payload)
        self.over = True


class JobRun(TaskRun):
    kind = "job"

    def offers(self) -> Iterator[Option]:
        yield from super().offers()
        if not self.over and self.place.scope.catcher("error", None) is not None:
            yield "fail", self.name, self.place.key

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        catcher = self.place.scope.catcher("error", None) if option[0] == "fail" else None
        if catcher is None:
            super().act(option, payload)
        else:
            catcher.act(option, {})


class WaitRun(TaskRun):
    kind = "message"


class ThrowRun(TaskRun):
    """A task, and behind it at once the throw: whoever takes it may end this very run."""

    def __init__(self, block: Throw, place: Place) -> None:
        super().__init__(block.name, place)
        self.block = block

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        super().act(option, payload)
        if self.block.kind == "signal":
            self.place.world.broadcast(self.block.what)
            return
        catcher = self.place.scope.catcher("escalation", self.block.what)
        if catcher is not None:
            catcher.act(("escalation", self.block.what, ""), {})


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

    def children(self) -> list[Run]:
        return [] if self.at is None else [self.at]


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

    def children(self) -> list[Run]:
        return self.runs


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

    def children(self) -> list[Run]:
        return [] if self.at is None else [self.at]

    def waits(self) -> Iterator[tuple[str, timedelta | str | None]]:
        if self.at is None:
            for n, (what, _) in enumerate(self.race.branches):
                yield self.race.event(n), what

    def offers(self) -> Iterator[Option]:
        for name, what in self.waits():
            if what is None:
                yield "message", name, self.place.key

    def dues(self) -> Iterator[tuple[datetime, str]]:
        for name, what in self.waits():
            if isinstance(what, timedelta):
                yield self.opened + what, name

    def hears(self) -> list[tuple[str, str, str]]:
        return [(what, name, self.place.key) for name, what in self.waits() if isinstance(what, str)]

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        self.place.variables.update(payload)
        chosen = next(block for n, (_, block) in enumerate(self.race.branches) if option[1] == self.race.event(n))
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
        case Throw():
            return ThrowRun(block, place)
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
