"""Looking at expressions without running them: parts, constants, what a part must give. For checks before a deploy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.feel import syntax as s
from app.feel.compiler import Frame, Scope, Unit, compile_node
from app.feel.errors import FeelSyntaxError, Reason
from app.feel.expression import guarded
from app.feel.limits import Limits, Run
from app.feel.values import Value

CLOCKS = frozenset({"now", "today"})
"""Functions whose result depends on the moment."""
LIMITS = Limits(steps=20_000, seconds=0.2, string=20_000)


@dataclass(frozen=True, slots=True)
class Constant:
    """What a part without variables gives, whenever it runs."""

    value: Value
    reasons: tuple[Reason, ...]
    """Why the value is null, if an error made it so."""


def parts(node: Any) -> Iterator[s.Node]:
    """The nodes directly below a node, in the order of the text."""
    if isinstance(node, tuple):
        for each in node:
            yield from (each,) if isinstance(each, s.Node) else parts(each)
    elif isinstance(node, s.Node | s.Iterator):
        for name in node.__dataclass_fields__:
            value = getattr(node, name)
            if isinstance(value, s.Node):
                yield value
            elif isinstance(value, tuple | s.Iterator):
                yield from parts(value)


def walk(node: s.Node) -> Iterator[s.Node]:
    """The node and all below it."""
    yield node
    for each in parts(node):
        yield from walk(each)


def constant(node: s.Node) -> Constant | None:
    """The value of a part without variables, domain functions and clocks; None for any other part."""
    if any(isinstance(each, s.Name) and each.name in CLOCKS for each in walk(node)):
        return None
    unit = Unit({})
    try:
        code = compile_node(node, Scope(unit))
    except (FeelSyntaxError, RecursionError):
        return None
    if unit.free or unit.perhaps_free:
        return None
    reasons: list[Reason] = []
    run = Run({}, reasons, None, LIMITS)
    return Constant(guarded(lambda: code(Frame(NOTHING, None, run)), run), tuple(reasons))


NOTHING: Mapping[str, Any] = {}
