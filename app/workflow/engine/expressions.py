"""What a diagram writes where a value is wanted: `=` starts a FEEL expression, anything else is a constant."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from app import feel

from .types import Registry, Variables

ABSENT = frozenset({"feel.unknown_name", "feel.no_entry", "feel.index"})
"""Reasons for a null that are no error: the variable, entry or element is not there."""

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

    def __call__(self, variables: Variables, functions: Functions, now: datetime) -> tuple[Any, str | None]:
        """The value, and if it is null because of an error the error. What is not there is null without one."""
        if self._feel is None:
            return self.text or None, None
        reasons: list[feel.Reason] = []
        value = self._feel(variables, functions, now=now, reasons=reasons)
        return value, None if value is not None else first_error(reasons)


def first_error(reasons: Iterable[feel.Reason]) -> str | None:
    """Of a null's reasons the first that is an error."""
    return next((str(reason) for reason in reasons if reason.key not in ABSENT), None)


Compile = Callable[[str], Expr]


def compiler(registry: Registry) -> Compile:
    """Compiles with the registry's functions known."""

    def compile_(text: str) -> Expr:
        return Expr(text, registry)

    return compile_
