"""Sub-processes, called processes and event sub-processes of random diagrams."""

from dataclasses import dataclass
from datetime import timedelta

from tests.unit.engine import writing as w
from tests.unit.engine.blocks import Block, Drawn, Multi
from tests.unit.engine.marks import on_escalation, on_signal


@dataclass(frozen=True)
class Listener:
    """An event sub-process with one user task."""

    name: str
    kind: str
    """message, signal, escalation."""
    what: str | None
    """Signal or escalation code; None: every code."""
    message: str
    task: str
    interrupting: bool

    def draw(self) -> str:
        n = self.name
        event = {
            "message": w.on_message(f"M{self.message}"),
            "signal": on_signal(self.what or ""),
            "escalation": on_escalation(self.what),
        }[self.kind]
        return w.event_sub(n, event, w.user(self.task), w.end(f"{n}e"),
                           flows=f"{n}_start > {self.task} > {n}e", interrupting=self.interrupting)  # fmt: skip


@dataclass(frozen=True)
class Sub:
    name: str
    body: Block
    trigger: str
    """none, message, timer, cycle, error, signal, escalation: of its boundary event."""
    what: str | None
    """Signal or escalation code; None: every code."""
    interrupting: bool
    delay: timedelta
    listener: Listener | None
    called: bool
    """A called process instead of an embedded one."""
    multi: Multi | None = None

    @property
    def boundary(self) -> str:
        return f"{self.name}b"

    @property
    def message(self) -> str:
        return f"{self.name}m"

    @property
    def handler(self) -> str:
        return f"{self.name}h"

    def content(self) -> tuple[list[str], str]:
        n, a = self.name, self.body.draw()
        nodes = [w.start(f"{n}s"), *a.nodes, w.end(f"{n}e"), *([self.listener.draw()] if self.listener else [])]
        return nodes, "; ".join([*a.flows, f"{n}s > {a.entry}", f"{a.exit} > {n}e"])

    def draw(self) -> Drawn:
        nodes, flows = self.content()
        mark = self.multi.draw(self.name) if self.multi else ""
        called = w.zeebe("calledElement", processId=f"process_{self.name}")
        host = (
            w.element("callActivity", self.name, mark, called)
            if self.called
            else w.element("subProcess", self.name, "".join(nodes) + w.sequence(flows) + mark)
        )
        if self.trigger == "none":
            return Drawn([host], [], self.name, self.name)
        event = {
            "message": w.on_message(f"M{self.message}"),
            "error": w.on_error(),
            "signal": on_signal(self.what or ""),
            "escalation": on_escalation(self.what),
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
