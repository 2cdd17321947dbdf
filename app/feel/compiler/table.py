"""Which function compiles which node. The themes' modules register themselves."""

from collections.abc import Callable
from typing import Any, TypeVar

from app.feel.compiler.scope import Code, Scope
from app.feel.errors import FeelSyntaxError
from app.feel.limits import MAX_DEPTH
from app.feel.syntax import Node

NodeType = TypeVar("NodeType", bound=Node)
_COMPILERS: dict[type[Node], Callable[[Any, Scope], Code]] = {}


def compiles(cls: type[NodeType]) -> Callable[[Callable[[NodeType, Scope], Code]], Callable[[NodeType, Scope], Code]]:
    """Registers the function that compiles a kind of node."""

    def register(function: Callable[[NodeType, Scope], Code]) -> Callable[[NodeType, Scope], Code]:
        _COMPILERS[cls] = function
        return function

    return register


def compile_node(node: Node, scope: Scope) -> Code:
    """The node as a closure. Raises FeelSyntaxError (unknown function or type, too deep)."""
    unit = scope.unit
    unit.depth += 1
    if unit.depth > MAX_DEPTH:
        raise FeelSyntaxError("feel.syntax.too_deep", node.at, limit=MAX_DEPTH)
    try:
        return _COMPILERS[type(node)](node, scope)
    finally:
        unit.depth -= 1
