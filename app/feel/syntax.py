"""The syntax tree. Every node knows where it stands (`at`, characters from 0)."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    at: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    value: Any
    written: str | None = None
    """The text of an `@"…"` literal that is no date, time or duration."""


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Negation(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    operator: str
    """`and` or `or`."""
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    operand: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class UnaryComparison(Node):
    """`> 5` as a test or a range value."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Tests(Node):
    """Alternatives of `in (…)` or of a decision table's cell."""

    tests: tuple[Node, ...]
    negated: bool = False
    any: bool = False


@dataclass(frozen=True, slots=True)
class Membership(Node):
    operand: Node
    tests: Node


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as written. `name` is its name (`list`, `context`, `function`, `tItem`), `inner` its arguments."""

    at: int
    name: str
    inner: tuple["TypeName", ...] = ()
    members: tuple[tuple[str, "TypeName"], ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    operand: Node
    type: TypeName


@dataclass(frozen=True, slots=True)
class Path(Node):
    source: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    source: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    callee: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] | None = None
    """Names of the arguments, where they were given by name."""


@dataclass(frozen=True, slots=True)
class RangeNode(Node):
    start: Node
    end: Node
    start_included: bool
    end_included: bool


@dataclass(frozen=True, slots=True)
class ListNode(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextNode(Node):
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iterator:
    name: str
    source: Node
    until: Node | None
    """End of `a..b`."""


@dataclass(frozen=True, slots=True)
class Loop(Node):
    iterators: tuple[Iterator, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    every: bool
    iterators: tuple[Iterator, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class FunctionNode(Node):
    parameters: tuple[tuple[str, TypeName | None], ...]
    body: Node
    external: bool
