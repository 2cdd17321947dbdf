"""Makes up one random block-structured process from a seed."""

import random
from collections.abc import Callable
from datetime import timedelta

from tests.unit.engine import writing as w
from tests.unit.engine.blocks import Block, Each, Leaf, Loop, Multi, Par, Race, Seq, Some, Throw, Xor
from tests.unit.engine.marks import escalation, signal
from tests.unit.engine.sub_blocks import Listener, Sub

TRIGGERS = ["message", "timer", "cycle", "error", "signal", "escalation"]
CALLED_OUT = ["signal", "escalation"]
"""What a diagram throws itself."""


class Maker:
    """Draws one random process `p` from a seed."""

    def __init__(self, seed: int, depth: int = 5) -> None:
        self.random = random.Random(seed)  # noqa: S311 repeatable
        self.count = 0
        self.messages: list[str] = []
        self.called: list[Sub] = []
        self.choose_theme()
        self.block = self.make(depth)

    def id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def message(self, name: str) -> str:
        self.messages.append(name)
        return name

    def make(self, depth: int) -> Block:
        return self.random.choice([self.leaf] if depth <= 0 else [*self.kinds, *self.kinds, self.leaf])(depth)

    def choose_theme(self) -> None:
        """Each diagram is made of a few kinds of block and event only, so that these meet often."""
        kinds = [self.seq, self.loop, self.par, self.sub, self.xor, self.each, self.race, self.some, self.throw]
        self.kinds: list[Callable[[int], Block]] = [self.seq, self.sub, *self.random.choices(kinds, k=4)]
        self.triggers = self.random.choices(TRIGGERS, k=2)
        if {"signal", "escalation"} & {*self.triggers}:
            self.kinds += [self.throw, self.throw]

    def leaf(self, depth: int) -> Leaf:
        kind = self.random.choice(["user", "user", "user", "job", "local", "receive"])
        name = self.id("t")
        if kind == "receive":
            self.message(name)
        return Leaf(kind, name)

    def each(self, depth: int) -> Block:
        leaf = self.leaf(depth)
        return Each(leaf, self.multi(until=leaf.kind != "local"))

    def multi(self, until: bool) -> Multi:
        """`until` only where an instance cannot end as soon as it is opened: the others would race it."""
        ends = until and self.random.random() < 0.3
        return Multi(self.random.randint(0, 3), self.random.random() < 0.4, self.variable() if ends else None)

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

    def some(self, depth: int) -> Block:
        branches = tuple(self.make(depth - 1) for _ in range(self.random.choice([2, 3, 3])))
        return Some(self.id("i"), self.variable(), self.random.choice([1, 2, 2, 3]), branches)

    def race(self, depth: int) -> Block:
        name, branches = self.id("r"), []
        for n in range(self.random.choice([2, 2, 3])):
            block, what = self.make(depth - 1), self.random.choice([None, self.delay(), self.name_of("signal")])
            if what is None:
                self.message(f"{name}c{n}")
            elif isinstance(what, str):  # several may hear it at once: they rest before they race
                block = Seq(Leaf("user", self.id("t")), block)
            branches.append((what, block))
        return Race(name, tuple(branches))

    def throw(self, depth: int) -> Block:
        kind = self.random.choice([kind for kind in self.triggers if kind in CALLED_OUT] or CALLED_OUT)
        return Throw(self.id("t"), kind, self.name_of(kind) or "E0")

    def name_of(self, kind: str) -> str | None:
        """Of a signal or escalation; None stands for any escalation."""
        return self.random.choice(["S0", "S1"] if kind == "signal" else ["E0", "E1", None])

    def delay(self) -> timedelta:
        self.count += 1
        return timedelta(seconds=1009 * self.random.randint(3, 40) + self.count)

    def sub(self, depth: int) -> Block:
        name = self.id("S")
        trigger = self.random.choice([*self.triggers, "none"])
        interrupting = trigger == "error" or (trigger != "cycle" and self.random.random() < 0.5)
        listener = None
        if self.random.random() < 0.4:
            listener = self.listener()
        delay = self.delay()
        multi = self.multi(until=True) if self.random.random() < 0.25 else None
        small = multi is not None and multi.until is not None
        body = Seq(Leaf("user", self.id("t")), self.leaf(0)) if small else self.make(depth - 1)
        if trigger == "error" and not small and self.random.random() < 0.7:
            body = Seq(Leaf("job", self.id("t")), body)
        sub = Sub(
            name,
            body,
            trigger,
            self.name_of(trigger),
            interrupting,
            delay,
            listener,
            self.random.random() < 0.25,
            multi,
        )
        if trigger == "message":
            self.message(sub.message)
        if sub.called:
            self.called.append(sub)
        return sub

    def listener(self) -> Listener:
        v = self.id("V")
        kind = self.random.choice([kind for kind in self.triggers if kind in CALLED_OUT] + ["message"])
        message = self.message(f"{v}m") if kind == "message" else ""
        return Listener(v, kind, self.name_of(kind), message, f"{v}t", self.random.random() < 0.5)

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
        named = [signal("S0"), signal("S1"), escalation("E0", "E0"), escalation("E1", "E1")]
        return w.diagram(*messages, *named, *processes)


def _process(id: str, nodes: list[str], flows: str) -> str:
    return f'<bpmn:process id="{id}" isExecutable="true">{"".join(nodes)}{w.sequence(flows)}</bpmn:process>'
