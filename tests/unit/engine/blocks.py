"""Blocks of which random diagrams are made, and how each is drawn. What they do is `oracle`'s business."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from tests.unit.engine import writing as w
from tests.unit.engine.marks import multi, on_escalation, on_signal, throw


@dataclass(frozen=True)
class Drawn:
    nodes: list[str]
    flows: list[str]
    entry: str
    exit: str


class Block(Protocol):
    def draw(self) -> Drawn: ...


@dataclass(frozen=True)
class Multi:
    """One instance for each of `count` items. Each has a `key` of its own, and leaves `v0 * 10 + its number`."""

    count: int
    sequential: bool
    until: str | None
    """The rest ends when this variable is a multiple of three."""

    def draw(self, name: str) -> str:
        items = ", ".join(f'key + ".{n + 1}"' for n in range(self.count))
        until = f"=modulo({self.until}, 3) = 0" if self.until else ""
        output = (f"o_{name}", "=v0 * 10 + loopCounter")
        return multi(f"=[{items}]", "key", output, sequential=self.sequential, until=until)


@dataclass(frozen=True)
class Leaf:
    """A user task, external job, receive task, or local operation."""

    kind: str
    name: str

    def draw(self, mark: str = "") -> Drawn:
        match self.kind:
            case "user":
                node = w.user(self.name, inner=mark)
            case "job":
                node = w.service(self.name, "outside", inner=mark)
            case "receive":
                node = w.element("receiveTask", self.name, mark, messageRef=f"M{self.name}")
            case _:
                node = w.service(self.name, inner=mark)
        return Drawn([node], [], self.name, self.name)


@dataclass(frozen=True)
class Each:
    """A multi-instance leaf."""

    leaf: Leaf
    multi: Multi

    def draw(self) -> Drawn:
        return self.leaf.draw(self.multi.draw(self.leaf.name))


@dataclass(frozen=True)
class Throw:
    """A user task, and behind it a signal or an escalation."""

    name: str
    kind: str
    what: str

    def draw(self) -> Drawn:
        event = on_signal(self.what) if self.kind == "signal" else on_escalation(self.what)
        behind = f"{self.name}t"
        return Drawn([w.user(self.name), throw(behind, event)], [f"{self.name} > {behind}"], self.name, behind)


@dataclass(frozen=True)
class Seq:
    first: Block
    second: Block

    def draw(self) -> Drawn:
        a, b = self.first.draw(), self.second.draw()
        return Drawn(a.nodes + b.nodes, [*a.flows, *b.flows, f"{a.exit} > {b.entry}"], a.entry, b.exit)


@dataclass(frozen=True)
class Loop:
    name: str
    body: Block
    variable: str

    def draw(self) -> Drawn:
        a, into, out, through = self.body.draw(), f"{self.name}i", f"{self.name}x", f"{self.name}o"
        again = f"{out} > {into} [=modulo({self.variable}, 3) != 0]"
        nodes = [w.gateway(into), w.gateway(out, default=w.flow(out, through, "")), w.gateway(through), *a.nodes]
        return Drawn(
            nodes, [*a.flows, f"{into} > {a.entry}", f"{a.exit} > {out}", f"{out} > {through}", again], into, through
        )


@dataclass(frozen=True)
class Par:
    name: str
    blocks: tuple[Block, ...]

    def draw(self) -> Drawn:
        fork, join = f"{self.name}f", f"{self.name}j"
        nodes, flows = [w.gateway(fork, "parallel"), w.gateway(join, "parallel")], []
        for block in self.blocks:
            drawn = block.draw()
            nodes += drawn.nodes
            flows += [*drawn.flows, f"{fork} > {drawn.entry}", f"{drawn.exit} > {join}"]
        return Drawn(nodes, flows, fork, join)


@dataclass(frozen=True)
class Xor:
    name: str
    variable: str
    yes: Block
    no: Block

    def draw(self) -> Drawn:
        a, b, split, merge = self.yes.draw(), self.no.draw(), f"{self.name}s", f"{self.name}m"
        nodes = [w.gateway(split, default=w.flow(split, b.entry, "")), w.gateway(merge), *a.nodes, *b.nodes]
        chosen = f"{split} > {a.entry} [=modulo({self.variable}, 2) = 0]"
        flows = [*a.flows, *b.flows, chosen, f"{split} > {b.entry}", f"{a.exit} > {merge}", f"{b.exit} > {merge}"]
        return Drawn(nodes, flows, split, merge)


@dataclass(frozen=True)
class Some:
    """An inclusive gateway: each branch with a remainder is taken when `variable + its number` leaves it; the first,
    without, when none is."""

    name: str
    variable: str
    modulo: int
    branches: tuple[Block, ...]

    def draw(self) -> Drawn:
        split, join = f"{self.name}s", f"{self.name}j"
        nodes, flows, default = [w.gateway(join, "inclusive")], [], ""
        for n, block in enumerate(self.branches):
            drawn = block.draw()
            nodes += drawn.nodes
            default = default or w.flow(split, drawn.entry, "")
            condition = f" [=modulo({self.variable} + {n}, {self.modulo}) = 0]" if n else ""
            flows += [*drawn.flows, f"{split} > {drawn.entry}{condition}", f"{drawn.exit} > {join}"]
        return Drawn([w.gateway(split, "inclusive", default=default), *nodes], flows, split, join)


@dataclass(frozen=True)
class Race:
    """An event-based gateway: messages (None), timers (delay) and signals (name), and what follows each."""

    name: str
    branches: tuple[tuple[timedelta | str | None, Block], ...]

    def event(self, n: int) -> str:
        return f"{self.name}c{n}"

    def draw(self) -> Drawn:
        gate, merge = f"{self.name}g", f"{self.name}m"
        nodes, flows = [w.gateway(gate, "eventBased"), w.gateway(merge)], []
        for n, (what, block) in enumerate(self.branches):
            drawn, event = block.draw(), self.event(n)
            match what:
                case timedelta():
                    awaited = w.on_timer(f"PT{int(what.total_seconds())}S")
                case str():
                    awaited = on_signal(what)
                case _:
                    awaited = w.on_message(f"M{event}")
            nodes += [w.catch(event, awaited), *drawn.nodes]
            flows += [*drawn.flows, f"{gate} > {event} > {drawn.entry}", f"{drawn.exit} > {merge}"]
        return Drawn(nodes, flows, gate, merge)
