"""Random block-structured diagrams, and what they must do, worked out from the blocks alone: it shares no code, no
tokens and no BPMN with the engine."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.unit.engine import writing as w

Option = tuple[str, str]
"""(task | job | fail | message, element or message name). Timers are moved by the clock."""


# ------------------------------------------------------------------ running blocks
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
        self.body = self.block.run(self.place)
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
                self.at = self.blocks.pop(0).run(self.place)
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
        self.runs = [block.run(place) for block in blocks]

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


# ------------------------------------------------------------------ blocks
@dataclass(frozen=True)
class Drawn:
    nodes: list[str]
    flows: list[str]
    entry: str
    exit: str


class Block:
    def run(self, place: Place) -> Run:
        raise NotImplementedError

    def draw(self) -> Drawn:
        raise NotImplementedError


@dataclass(frozen=True)
class Leaf(Block):
    """A user task, external job, receive task, or local operation."""

    kind: str
    name: str

    def run(self, place: Place) -> Run:
        match self.kind:
            case "user":
                return TaskRun(self.name, place)
            case "job":
                return JobRun(self.name, place)
            case "receive":
                return WaitRun(self.name, place)
        place.world.calls.append(self.name)
        run = Run()
        run.over = True
        return run

    def draw(self) -> Drawn:
        match self.kind:
            case "user":
                node = w.user(self.name)
            case "job":
                node = w.service(self.name, "outside")
            case "receive":
                node = w.receive(self.name, f"M{self.name}")
            case _:
                node = w.service(self.name)
        return Drawn([node], [], self.name, self.name)


@dataclass(frozen=True)
class Seq(Block):
    first: Block
    second: Block

    def run(self, place: Place) -> Run:
        return SeqRun([self.first, self.second], place)

    def draw(self) -> Drawn:
        a, b = self.first.draw(), self.second.draw()
        return Drawn(a.nodes + b.nodes, [*a.flows, *b.flows, f"{a.exit} > {b.entry}"], a.entry, b.exit)


@dataclass(frozen=True)
class Loop(Block):
    name: str
    body: Block
    variable: str

    def run(self, place: Place) -> Run:
        return LoopRun(self, place)

    def draw(self) -> Drawn:
        a, into, out, through = self.body.draw(), f"{self.name}i", f"{self.name}x", f"{self.name}o"
        again = f"{out} > {into} [=modulo({self.variable}, 3) != 0]"
        nodes = [w.gateway(into), w.gateway(out, default=w.flow(out, through, "")), w.gateway(through), *a.nodes]
        return Drawn(
            nodes, [*a.flows, f"{into} > {a.entry}", f"{a.exit} > {out}", f"{out} > {through}", again], into, through
        )


@dataclass(frozen=True)
class Par(Block):
    name: str
    blocks: tuple[Block, ...]

    def run(self, place: Place) -> Run:
        return ParRun(list(self.blocks), place)

    def draw(self) -> Drawn:
        fork, join = f"{self.name}f", f"{self.name}j"
        nodes, flows = [w.gateway(fork, "parallel"), w.gateway(join, "parallel")], []
        for block in self.blocks:
            drawn = block.draw()
            nodes += drawn.nodes
            flows += [*drawn.flows, f"{fork} > {drawn.entry}", f"{drawn.exit} > {join}"]
        return Drawn(nodes, flows, fork, join)


@dataclass(frozen=True)
class Xor(Block):
    name: str
    variable: str
    yes: Block
    no: Block

    def run(self, place: Place) -> Run:
        return (self.yes if place.variables.get(self.variable, 0) % 2 == 0 else self.no).run(place)

    def draw(self) -> Drawn:
        a, b, split, merge = self.yes.draw(), self.no.draw(), f"{self.name}s", f"{self.name}m"
        nodes = [w.gateway(split, default=w.flow(split, b.entry, "")), w.gateway(merge), *a.nodes, *b.nodes]
        chosen = f"{split} > {a.entry} [=modulo({self.variable}, 2) = 0]"
        flows = [*a.flows, *b.flows, chosen, f"{split} > {b.entry}", f"{a.exit} > {merge}", f"{b.exit} > {merge}"]
        return Drawn(nodes, flows, split, merge)


@dataclass(frozen=True)
class Listener:
    name: str
    message: str
    task: str
    interrupting: bool

    def draw(self) -> str:
        n = self.name
        return w.event_sub(n, w.on_message(f"M{self.message}"), w.user(self.task), w.end(f"{n}e"),
                           flows=f"{n}_start > {self.task} > {n}e", interrupting=self.interrupting)  # fmt: skip


@dataclass(frozen=True)
class Sub(Block):
    name: str
    body: Block
    trigger: str
    """none, message, timer, cycle, error: of its boundary event."""
    interrupting: bool
    delay: timedelta
    listener: Listener | None
    called: bool
    """A called process instead of an embedded one."""

    @property
    def boundary(self) -> str:
        return f"{self.name}b"

    @property
    def message(self) -> str:
        return f"{self.name}m"

    @property
    def handler(self) -> str:
        return f"{self.name}h"

    def run(self, place: Place) -> Run:
        return SubRun(self, place)

    def content(self) -> tuple[list[str], str]:
        n, a = self.name, self.body.draw()
        nodes = [w.start(f"{n}s"), *a.nodes, w.end(f"{n}e"), *([self.listener.draw()] if self.listener else [])]
        return nodes, "; ".join([*a.flows, f"{n}s > {a.entry}", f"{a.exit} > {n}e"])

    def draw(self) -> Drawn:
        nodes, flows = self.content()
        host = (
            w.call(self.name, f"process_{self.name}")
            if self.called
            else w.element("subProcess", self.name, "".join(nodes) + w.sequence(flows))
        )
        if self.trigger == "none":
            return Drawn([host], [], self.name, self.name)
        event = {
            "message": w.on_message(f"M{self.message}"),
            "error": w.on_error(),
            "timer": w.on_timer(f"PT{int(self.delay.total_seconds())}S"),
            "cycle": w.on_timer(f"R/PT{int(self.delay.total_seconds())}S", "timeCycle"),
        }[self.trigger]
        edge = w.boundary(self.boundary, self.name, event, self.interrupting)
        drawn = [host, edge, w.user(self.handler)]
        if not self.interrupting:
            stop = f"{self.name}z"
            return Drawn([*drawn, w.end(stop)], [f"{self.boundary} > {self.handler} > {stop}"], self.name, self.name)
        merge = f"{self.name}x"
        flows_out = [f"{self.boundary} > {self.handler} > {merge}", f"{self.name} > {merge}"]
        return Drawn([*drawn, w.gateway(merge)], flows_out, self.name, merge)


# ------------------------------------------------------------------ making them up
class Maker:
    """Draws one random process `p` from a seed."""

    def __init__(self, seed: int, depth: int = 5) -> None:
        self.random = random.Random(seed)  # noqa: S311 repeatable
        self.count = 0
        self.messages: list[str] = []
        self.called: list[Sub] = []
        self.block = self.make(depth)

    def id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def message(self, name: str) -> str:
        self.messages.append(name)
        return name

    def make(self, depth: int) -> Block:
        leaves: list[Callable[[int], Block]] = [self.leaf]
        inner = [self.seq, self.seq, self.loop, self.par, self.sub, self.sub, self.sub, self.xor]
        return self.random.choice(leaves if depth <= 0 else inner + leaves)(depth)

    def leaf(self, depth: int) -> Block:
        kind = self.random.choice(["user", "user", "user", "job", "local", "receive"])
        name = self.id("t")
        if kind == "receive":
            self.message(name)
        return Leaf(kind, name)

    def seq(self, depth: int) -> Block:
        return Seq(self.make(depth - 1), self.make(depth - 1))

    def loop(self, depth: int) -> Block:
        # the body holds a task, so that a loop always waits and the variable can change
        task = Leaf("user", self.id("t"))
        return Loop(self.id("l"), Seq(task, self.make(depth - 1)), self.variable())

    def par(self, depth: int) -> Block:
        return Par(self.id("g"), tuple(self.make(depth - 1) for _ in range(self.random.choice([2, 2, 3]))))

    def xor(self, depth: int) -> Block:
        return Xor(self.id("x"), self.variable(), self.make(depth - 1), self.make(depth - 1))

    def sub(self, depth: int) -> Block:
        name = self.id("S")
        trigger = self.random.choice(["none", "message", "timer", "cycle", "error"])
        interrupting = trigger == "error" or (trigger != "cycle" and self.random.random() < 0.5)
        listener = None
        if self.random.random() < 0.4:
            v = self.id("V")
            listener = Listener(v, self.message(f"{v}m"), f"{v}t", self.random.random() < 0.5)
        delay = timedelta(seconds=1009 * self.random.randint(3, 40) + self.count)
        sub = Sub(name, self.make(depth - 1), trigger, interrupting, delay, listener, self.random.random() < 0.25)
        if trigger == "message":
            self.message(sub.message)
        if sub.called:
            self.called.append(sub)
        return sub

    def variable(self) -> str:
        return f"v{self.random.randint(0, 2)}"

    def text(self) -> str:
        """The whole file."""
        drawn = self.block.draw()
        flows = "; ".join([*drawn.flows, f"s > {drawn.entry}", f"{drawn.exit} > e"])
        processes = [_process("p", [w.start(), *drawn.nodes, w.end()], flows)]
        processes += [_process(f"process_{sub.name}", *sub.content()) for sub in self.called]
        messages = [
            f'<bpmn:message id="M{m}" name="{m}"><bpmn:extensionElements><zeebe:subscription correlationKey="=key"/>'
            "</bpmn:extensionElements></bpmn:message>"
            for m in self.messages
        ]
        return w.diagram(*messages, *processes)


def _process(id: str, nodes: list[str], flows: str) -> str:
    return f'<bpmn:process id="{id}" isExecutable="true">{"".join(nodes)}{w.sequence(flows)}</bpmn:process>'
