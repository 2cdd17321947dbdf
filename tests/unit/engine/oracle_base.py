"""What the oracle's blocks run on: the clock and the calls, where a block runs, and how it is asked and moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.unit.engine.blocks import Block

Option = tuple[str, str, str]
"""(task | job | fail | message | signal, element or message name, key of the instance it belongs to). A signal comes
from another instance, for one wait. Timers are moved by the clock."""


@dataclass
class World:
    now: datetime
    enter: Callable[[Block, Place], Run]
    """What only `oracle_scopes` knows: sub-processes."""
    calls: list[str] = field(default_factory=list)
    top: Run | None = None

    def broadcast(self, signal: str) -> None:
        """Everything that hears it now and still stands when its turn comes."""
        assert self.top is not None
        heard: dict[int, tuple[Run, str]] = {}
        for run in self.top.walk():
            for name, event, _ in run.hears():
                if name == signal:
                    heard.setdefault(id(run), (run, event))
        for run, event in heard.values():
            if any(run is other for other in self.top.walk()):
                run.act(("signal", event, ""), {})


class Run:
    """A block while it runs. `options` offers what can be done; `act` does it; `over` tells when it is through."""

    over = False

    def children(self) -> list[Run]:
        return []

    def walk(self) -> Iterator[Run]:
        """This and everything that runs inside it."""
        yield self
        for child in self.children():
            yield from child.walk()

    def offers(self) -> Iterator[Option]:
        """Of this run alone."""
        yield from ()

    def dues(self) -> Iterator[tuple[datetime, str]]:
        """Of this run alone: when, and which event."""
        yield from ()

    def hears(self) -> list[tuple[str, str, str]]:
        """Signals this run waits for: name, the event that waits, key of the instance."""
        return []

    def options(self) -> Iterator[tuple[Option, Run]]:
        for run in self.walk():
            for option in run.offers():
                yield option, run
            for _, event, key in run.hears():
                yield ("signal", event, key), run

    def timers(self) -> Iterator[tuple[datetime, str, Run]]:
        for run in self.walk():
            for due, name in run.dues():
                yield due, name, run

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        raise AssertionError(option)

    def settle(self) -> None:
        """Go on as far as possible."""


class Scope:
    """What a place knows of the content of the process or sub-process it is in."""

    def __init__(self) -> None:
        self.strays: list[Run] = []
        """Handlers beside its block."""

    def catcher(self, kind: str, what: str | None) -> Run | None:
        """Who takes an error or escalation thrown in it."""
        return None


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
