"""The oracle's processes and sub-processes: stray handlers, event sub-processes, boundary events, calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.unit.engine.blocks import Block, Listener, Sub
from tests.unit.engine.oracle import ManyRun, Option, Place, Run, Scope, TaskRun, World, run_of


class ScopeRun(Run):
    """The content of a process or sub-process: its block, stray handlers and event sub-processes."""

    def __init__(self, block: Block, place: Place, listener: Listener | None) -> None:
        self.place, self.scope, self.listener = place, place.scope, listener
        self.body: Run | None = run_of(block, place)
        self.settle()

    def parts(self) -> list[Run]:
        return [run for run in (self.body, *self.scope.strays) if run is not None]

    def options(self) -> Iterator[tuple[Option, Run]]:
        for run in self.parts():
            yield from run.options()
        if self.listener is not None and not self.over:
            yield ("message", self.listener.message, self.place.key), self

    def timers(self) -> Iterator[tuple[datetime, str, Run]]:
        for run in self.parts():
            yield from run.timers()

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        assert self.listener is not None
        self.place.variables.update(payload)
        handler = TaskRun(self.listener.task, self.place)
        if self.listener.interrupting:
            self.body, self.listener = None, None
            self.scope.strays.clear()
        self.scope.strays.append(handler)

    def settle(self) -> None:
        for run in self.parts():
            run.settle()
        self.scope.strays[:] = [run for run in self.scope.strays if not run.over]
        if (self.body is None or self.body.over) and not self.scope.strays:
            self.over = True


class ContentRun(ScopeRun):
    """What runs inside one visit of a sub-process or call."""

    def __init__(self, sub: Sub, outside: Place) -> None:
        self.sub, self.outside = sub, outside
        inside = replace(outside, scope=Scope(sub.trigger == "error"))
        if sub.called:
            inside = replace(inside, variables=dict(outside.variables), hidden=frozenset())
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
        self.scopes: list[Scope] = []
        self.content: Run | None
        if sub.multi is None:
            self.content = self.open(place)
        else:
            self.content = ManyRun(sub.name, sub.multi, place, self.open)

    def open(self, outside: Place) -> Run:
        content = ContentRun(self.sub, outside)
        self.scopes.append(content.scope)
        return content

    def settle(self) -> None:
        if self.content is not None:
            self.content.settle()
            if any(scope.thrown for scope in self.scopes):
                self.interrupt()
            elif self.content.over:
                self.content, self.over = None, True
        elif self.handler is not None:
            self.handler.settle()
            self.over = self.handler.over

    def options(self) -> Iterator[tuple[Option, Run]]:
        if self.content is not None:
            yield from self.content.options()
            if self.sub.trigger == "message":
                yield ("message", self.sub.message, self.outer.key), self
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
    return ScopeRun(block, Place(World(now, enter), variables, Scope(False)), None)
