"""What a diagram writes where a value is wanted: `=` starts a FEEL expression, anything else is a constant."""

from collections.abc import Callable, Mapping
from typing import Any

from app import feel

from .types import Registry, Variables

Functions = Mapping[str, Callable[..., Any]]


class Expr:
    """A compiled expression or a constant."""

    __slots__ = ("_feel", "static", "text")

    def __init__(self, text: str, registry: Registry) -> None:
        """Raises feel.FeelSyntaxError."""
        self.text = text.strip()
        self.static = not self.text.startswith("=")
        self._feel = None if self.static else feel.compile(self.text[1:], registry.functions)

    @property
    def names(self) -> frozenset[str]:
        """Free names it reads."""
        return frozenset() if self._feel is None else frozenset(self._feel.names)

    def __call__(self, variables: Variables, functions: Functions, *, strict: bool = True) -> Any:
        """The value. With `strict`, a null that came of an error raises feel.FeelError instead."""
        if self._feel is None:
            return self.text or None
        return self._feel(variables, functions, strict=strict)


Compile = Callable[[str], Expr]


def compiler(registry: Registry) -> Compile:
    """Compiles with the registry's functions known."""

    def compile_(text: str) -> Expr:
        return Expr(text, registry)

    return compile_
