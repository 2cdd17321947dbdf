"""What one evaluation may use, so that no expression can hang the product or eat the machine."""

import time
from collections.abc import Callable, Mapping, MutableSequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.feel.errors import LimitReached, Reason
from app.feel.values import adopt

MAX_SOURCE = 100_000
"""Characters of one expression."""
MAX_NESTING = 100
"""Brackets within each other."""
MAX_DEPTH = 200
"""Operators within each other, `1 + 1 + …` included; keeps compiler and closures off the recursion limit."""
MAX_REASONS = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """`steps` counts loop rounds, filter tests, calls and copied list elements."""

    steps: int = 500_000
    seconds: float = 2.0
    call_depth: int = 60
    string: int = 1_000_000
    pattern_seconds: float = 0.2


DEFAULT_LIMITS = Limits()
_CLOCK_EVERY = 512
_FREE_CHARACTERS = 64


class Run:
    """One evaluation: its budget, its domain functions, its clock and the reasons collected so far."""

    __slots__ = ("_adopted", "_deadline", "_next_look", "_now", "depth", "functions", "limits", "reasons", "steps")

    def __init__(
        self,
        functions: Mapping[str, Callable[..., Any]],
        reasons: MutableSequence[Reason],
        now: datetime | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.functions = functions
        self.reasons = reasons
        self.limits = limits
        self.steps = 0
        self.depth = 0
        self._now = now
        self._adopted: dict[int, tuple[Any, Any]] | None = None
        self._deadline = 0.0
        self._next_look = _CLOCK_EVERY

    def fail(self, key: str, position: int | None = None, **params: Any) -> Any:
        """Note why a value becomes null. Returns None, so that a closure can return it."""
        if len(self.reasons) < MAX_REASONS:
            self.reasons.append(Reason(key, params, position))
        return None

    def step(self, count: int = 1) -> None:
        """Spend steps; raises LimitReached when there are none left or the time is over."""
        self.steps += count
        if self.steps >= self._next_look:
            self._look()

    def _look(self) -> None:
        if self.steps > self.limits.steps:
            raise LimitReached("feel.limit.steps", limit=self.limits.steps)
        clock = time.monotonic()
        if not self._deadline:
            self._deadline = clock + self.limits.seconds
        elif clock > self._deadline:
            raise LimitReached("feel.limit.time", limit=self.limits.seconds)
        self._next_look = self.steps + _CLOCK_EVERY

    def enter(self) -> None:
        """One user function deeper."""
        self.depth += 1
        if self.depth > self.limits.call_depth:
            raise LimitReached("feel.limit.depth", limit=self.limits.call_depth)

    def leave(self) -> None:
        self.depth -= 1

    def made(self, value: str) -> str:
        """`value` itself, a text that an expression made: long ones cost steps, too long ones raise LimitReached."""
        if len(value) > self.limits.string:
            raise LimitReached("feel.limit.string", limit=self.limits.string)
        if len(value) > _FREE_CHARACTERS:
            self.step(len(value) // _FREE_CHARACTERS)
        return value

    def adopt(self, value: Any) -> Any:
        """A list or context from outside in FEEL's own types; converted once in an evaluation."""
        if self._adopted is None:
            self._adopted = {}
        known = self._adopted.get(id(value))
        if known is None:
            known = self._adopted[id(value)] = (value, adopt(value))
        return known[1]

    def now(self) -> datetime:
        """The command's time, or the machine's, the same throughout one evaluation."""
        if self._now is None:
            self._now = datetime.now().astimezone()
        return self._now
