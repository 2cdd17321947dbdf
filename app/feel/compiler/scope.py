"""Where names are found: compile-time scopes and the run-time frames that mirror them, one to one."""

from collections.abc import Callable, Container, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.feel.limits import Run
from app.feel.types import FindType
from app.feel.values import Value, adopt


class Frame:
    """Variables of one scope while an expression runs."""

    __slots__ = ("outer", "run", "vars")

    def __init__(self, variables: Mapping[str, Any], outer: "Frame | None", run: Run) -> None:
        self.vars = variables
        self.outer = outer
        self.run = run


class ElementFrame(Frame):
    """A filter's frame: `vars` are the element's entries, `element` is what `item` means."""

    __slots__ = ("element",)

    def __init__(self, element: Value, outer: Frame) -> None:
        super().__init__(element if isinstance(element, dict) else {}, outer, outer.run)
        self.element = element


Code = Callable[[Frame], Value]
"""A compiled piece of an expression."""


class Unit:
    """What holds for one expression as a whole."""

    def __init__(
        self,
        functions: Mapping[str, tuple[str, ...] | None],
        names: Container[str] = (),
        find_type: FindType = lambda _name: None,
        own_values: bool = False,
    ) -> None:
        self.functions = functions
        """Domain functions: parameter names, or None where unknown."""
        self.names = names
        """Variables known to the caller: they may hold functions."""
        self.find_type = find_type
        self.own_values = own_values
        """Whether the variables hold FEEL's own values already, as they do within a decision model."""
        self.depth = 0
        self.free: set[str] = set()
        self.perhaps_free: set[str] = set()
        """Names inside a filter: entries of its elements, or variables."""


class Scope:
    """Names of one bracket level. `kind`: `root` (the caller's variables), `local`, `filter` (an element's entries)."""

    def __init__(
        self, unit: Unit, outer: "Scope | None" = None, kind: str = "root", names: set[str] | None = None
    ) -> None:
        self.unit = unit
        self.outer = outer
        self.kind = kind
        self.names = names if names is not None else set()

    def inner(self, *names: str, kind: str = "local") -> "Scope":
        return Scope(self.unit, self, kind, set(names))

    def defines(self, name: str) -> bool:
        """Whether an enclosing scope within the expression defines it."""
        if self.kind == "local" and name in self.names:
            return True
        return self.outer is not None and self.outer.defines(name)


def compile_lookup(scope: Scope, name: str, at: int, default: Value = None, raw: bool = False) -> Code:
    """Code that reads a variable. `default`: a built-in function of that name. `raw`: leave
    values from outside as they are."""
    hops, here = 0, scope
    while here.outer is not None:
        if here.kind == "filter":
            return _after_hops(_in_element(here, name, at, default), hops)
        if name in here.names:
            return _local(name, hops)
        here, hops = here.outer, hops + 1
    if default is None:
        scope.unit.free.add(name)
    return _after_hops(_outside(name, at, default, raw or scope.unit.own_values), hops)


def _local(name: str, hops: int) -> Code:
    if hops == 0:
        return lambda frame: frame.vars[name]
    if hops == 1:
        return lambda frame: frame.outer.vars[name]  # type: ignore[union-attr]
    return _after_hops(lambda frame: frame.vars[name], hops)


def _after_hops(code: Code, hops: int) -> Code:
    if hops == 0:
        return code

    def climb(frame: Frame) -> Value:
        here: Frame | None = frame
        for _ in range(hops):
            here = here.outer  # type: ignore[union-attr]
        return code(here)  # type: ignore[arg-type]

    return climb


def _in_element(scope: Scope, name: str, at: int, default: Value) -> Code:
    """A name inside a filter: the element's own entry first, then what lies outside."""
    assert scope.outer is not None
    if name == "item":
        return lambda frame: frame.vars.get("item", frame.element)  # type: ignore[attr-defined]
    if not scope.outer.defines(name):
        scope.unit.perhaps_free.add(name)
    free = set(scope.unit.free)
    outside = compile_lookup(scope.outer, name, at, default)
    scope.unit.free.intersection_update(free)

    def look(frame: Frame) -> Value:
        if name in frame.vars:
            return frame.vars[name]
        return outside(frame.outer)  # type: ignore[arg-type]

    return look


_AS_THEY_ARE = frozenset({str, Decimal, bool, datetime})


def _outside(name: str, at: int, default: Value, raw: bool) -> Code:
    def look(frame: Frame) -> Value:
        try:
            value = frame.vars[name]
        except KeyError:
            return default if default is not None else frame.run.fail("feel.unknown_name", at, name=name)
        if raw or type(value) in _AS_THEY_ARE:
            return value
        return frame.run.adopt(value) if isinstance(value, dict | list | tuple) else adopt(value)

    return look
