"""Where expressions stand, and what they see from there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..model import Node, ProcessModel
from .shapes import ANY, NOTHING, Shape, join
from .sources import Known


@dataclass(slots=True)
class Flow:
    """One process: `known` are the instance's variables, `local` those of single elements."""

    process: ProcessModel
    nodes: Mapping[str, Node]
    known: Known = field(default_factory=dict)
    local: dict[str, Known] = field(default_factory=dict)
    open: bool = False
    """Names may be set that the files do not tell."""


@dataclass(slots=True)
class Place:
    """Where an expression stands: what it sees besides the instance's variables, innermost first."""

    flow: Flow
    layers: Sequence[Known]
    open: bool = False
    """Here even more may be there: the payload of an unknown message."""

    def look(self, name: str) -> Shape | None:
        found = join(layer[name] for layer in (*self.layers, self.flow.known) if name in layer)
        if found != NOTHING or any(name in layer for layer in self.layers):
            return found
        return ANY if self.open or self.flow.open else None

    def so_far(self, name: str) -> Shape:
        """While shapes are still being found: what nothing has set yet is nothing."""
        found = self.look(name)
        return NOTHING if found is None else found

    def names(self) -> list[str]:
        """All that are known here."""
        return sorted({name for layer in (*self.layers, self.flow.known) for name in layer})


@dataclass(slots=True)
class Payload:
    """What an element brings: a form's values, an operation's results."""

    names: Known = field(default_factory=dict)
    open: bool = False
