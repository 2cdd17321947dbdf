"""The oracle's processes and sub-processes: stray handlers, event sub-processes, boundary events, calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.unit.engine.blocks import Block
from tests.unit.engine.oracle import ManyRun, TaskRun, run_of
from tests.unit.engine.oracle_base import Option, Place, Run, Scope, World
from tests.unit.engine.sub_blocks import Listener, Sub


class InnerScope(Scope):
    """Of a sub-process: what is thrown goes to its event sub-process, its boundary event, and outward."""

    def __init__(self, sub: SubRun) -> None:
        super().__init__()
        self.sub = sub
        self.run: ScopeRun | None = None

    def catcher(self, kind: str, what: str | None) -> Run | None:
        listener = self.run.listener if self.run is not None else None
        if listener is not None and listener.kind == kind and listener.what in (None, what):
            return self.run
        if self.sub.sub.trigger == kind and (kind == "error" or self.sub.sub.what in (None, what)):
            return self.sub
        return self.sub.outer.scope.catcher(kind, what)


class ScopeRun(Run):
    """The content of a process or sub-process: its block, stray handlers and event sub-processes."""

    def __init__(self, block: Block, place: Place, listener: Listener | None) -> None:
        self.place, self.scope, self.listener = place, place.scope, listener
        self.body: Run | None = run_of(block, place)
        self.settle()

    def children(self) -> list[Run]:
        return [run for run in (self.body, *self.scope.strays) if run is not None]

    def offers(self) -> Iterator[Option]:
        if self.listener is not None and self.listener.kind == "message" and not self.over:
            yield "message", self.listener.message, self.place.key

    def hears(self) -> list[tuple[str, str, str]]:
        listener = self.listener
        if listener is None or listener.kind != "signal" or self.over:
            return []
        return [(listener.what or "", f"{listener.name}_start", self.place.key)]

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        assert self.listener is not None
        self.place.variables.update(payload)
        handler = TaskRun(self.listener.task, self.place)
        if self.listener.interrupting:
            self.body, self.listener = None, None
            self.scope.strays.clear()
        self.scope.strays.append(handler)

    def settle(self) -> None:
        for run in self.children():
            run.settle()
        self.scope.strays[:] = [run for run in self.scope.strays if not run.over]
        if (self.body is None or self.body.over) and not self.scope.strays:
            self.over = True


class ContentRun(ScopeRun):
    """What runs inside one visit of a sub-process or call."""

    def __init__(self, around: SubRun, outside: Place) -> None:
        sub, scope = around.sub, InnerScope(around)
        self.sub, self.outside = sub, outside
        inside = replace(outside, scope=scope)
        if sub.called:
            inside = replace(inside, variables=dict(outside.variables), hidden=frozenset())
        scope.run = self
        super().__init__(sub.body, inside, sub.listener)

    def settle(self) -> None:
        before = self.over
        super().settle()
        if self.over and not before and self.sub.called:
            back = {n: v for n, v in self.place.variables.items() if n not in self.outside.hidden}
            self.outside.variables.update(back)


class SubRun(Run):
    """A sub-process or call, once or for each item, its boundary event and what comes behind it."""

    def __init__(self, sub: Sub, place: Place) -> None:
        self.sub, self.outer = sub, place
        self.due = place.world.now + sub.delay if sub.trigger in ("timer", "cycle") else None
        self.handler: Run | None = None
        self.content: Run | None
        if sub.multi is None:
            self.content = self.open(place)
        else:
            self.content = ManyRun(sub.name, sub.multi, place, self.open)

    def open(self, outside: Place) -> Run:
        return ContentRun(self, outside)

    def settle(self) -> None:
        if self.content is not None:
            self.content.settle()
            if self.content.over:
                self.content, self.over = None, True
        elif self.handler is not None:
            self.handler.settle()
            self.over = self.handler.over

    def children(self) -> list[Run]:
        return [run for run in (self.content, self.handler) if run is not None]

    def offers(self) -> Iterator[Option]:
        if self.content is not None and self.sub.trigger == "message":
            yield "message", self.sub.message, self.outer.key

    def dues(self) -> Iterator[tuple[datetime, str]]:
        if self.content is not None and self.due is not None:
            yield self.due, self.sub.boundary

    def hears(self) -> list[tuple[str, str, str]]:
        if self.content is None or self.sub.trigger != "signal":
            return []
        return [(self.sub.what or "", self.sub.boundary, self.outer.key)]

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        self.outer.variables.update(payload)
        if self.sub.interrupting:
            self.interrupt()
            return
        self.outer.scope.strays.append(TaskRun(self.sub.handler, self.outer))
        if self.due is not None:
            self.due = self.due + self.sub.delay if self.sub.trigger == "cycle" else None

    def interrupt(self) -> None:
        self.content, self.handler = None, TaskRun(self.sub.handler, self.outer)


def enter(block: Block, place: Place) -> Run:
    """The blocks that `oracle` leaves to us."""
    if not isinstance(block, Sub):
        raise TypeError(block)
    return SubRun(block, place)


def whole(block: Block, now: datetime, variables: dict[str, Any]) -> ScopeRun:
    """The process instance."""
    world = World(now, enter)
    world.top = top = ScopeRun(block, Place(world, variables, Scope()), None)
    return top
