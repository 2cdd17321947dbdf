"""What one command did: steps in order, and the first old value of every variable it wrote."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from .expressions import Functions
from .types import Call, Context, Decided, Step, ThrownSignal, VariableChange, Variables

State = Literal["entered", "waiting", "completed", "cancelled", "fired"]
ScopeKey = tuple[str | None, str]


@dataclass(slots=True)
class Journal:
    """One command's surroundings and its trace."""

    now: datetime
    perform: Callable[[Call], Variables]
    functions: Functions
    passing: tuple[type[Exception], ...] = ()
    steps: list[Step] = field(default_factory=list)
    old: dict[ScopeKey, Any] = field(default_factory=dict)
    decided: list[Decided] = field(default_factory=list)
    signals: list[ThrownSignal] = field(default_factory=list)

    @classmethod
    def of(cls, context: Context) -> "Journal":
        """Raises ValueError when the command's time has no zone."""
        now = context.now
        if now.tzinfo is None:
            raise ValueError("a command's time needs a zone")
        return cls(now, context.perform, context.functions, context.passing)

    def wrote(self, scope: str | None, name: str, old: Any) -> None:
        self.old.setdefault((scope, name), old)

    def changes(self, scopes: Mapping[str | None, Mapping[str, Any]]) -> tuple[VariableChange, ...]:
        """Against the scopes that live on; those of finished activities are left out."""
        out = []
        for (scope, name), old in self.old.items():
            values = scopes.get(scope)
            if values is None:
                continue
            new = values.get(name)
            if new is not old and (isinstance(new, bool) != isinstance(old, bool) or new != old):
                out.append(VariableChange(scope, name, old, new))
        return tuple(out)
