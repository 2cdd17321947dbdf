"""How a built-in function is declared, found and called.

`@builtin("substring(string: string, start position: number, length?: number)")` declares one signature; several of one
name are tried in order. Kinds are FEEL's, joined by `|`; none means anything, null included. `name?` may be left out,
`list*` takes one list or several values, `name...` takes what is left. An argument of the wrong kind makes null.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.feel.errors import Failure
from app.feel.limits import Run
from app.feel.values import Function, Value, kind


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kinds: frozenset[str]
    """Empty: anything."""
    optional: bool
    gathers: str
    """`*`: one list or several values; `...`: the rest; else empty."""

    def accept(self, value: Value) -> tuple[bool, Value]:
        """Whether the value fits, and what it becomes: one element and a list of one stand for each other."""
        if not self.kinds:
            return True, value
        sort = kind(value)
        if sort in self.kinds:
            return True, value
        if sort == "list" and len(value) == 1 and kind(value[0]) in self.kinds:
            return True, value[0]
        if "list" in self.kinds and sort not in ("null", "list"):
            return True, [value]
        return False, None


@dataclass(frozen=True, slots=True)
class Signature:
    parameters: tuple[Parameter, ...]
    body: Callable[..., Value]
    wants_run: bool
    least: int

    def bind(self, values: list[Value]) -> list[Value] | None:
        """The arguments as the body takes them, or None where they do not fit."""
        parameters = self.parameters
        if parameters and parameters[-1].gathers:
            values = self._gather(values)
        if not self.least <= len(values) <= len(parameters):
            return None
        bound: list[Value] = []
        for parameter, value in zip(parameters, values, strict=False):
            fits, accepted = parameter.accept(value)
            if not fits:
                return None
            bound.append(accepted)
        return bound

    def _gather(self, values: list[Value]) -> list[Value]:
        fixed = len(self.parameters) - 1
        rest = values[fixed:]
        if not rest:
            return values
        if self.parameters[-1].gathers == "*" and len(rest) == 1:
            rest = rest[0] if isinstance(rest[0], list) else rest
        return [*values[:fixed], rest]

    def bind_named(self, given: Mapping[str, Value]) -> list[Value] | None:
        """The same for arguments given by name."""
        names = [parameter.name for parameter in self.parameters]
        if any(name not in names for name in given):
            return None
        bound: list[Value] = []
        for parameter in self.parameters:
            if parameter.name not in given:
                if not parameter.optional:
                    return None
                bound.append(None)
                continue
            value = given[parameter.name]
            fits, accepted = parameter.accept([value] if parameter.gathers and not isinstance(value, list) else value)
            if not fits:
                return None
            bound.append(accepted)
        return bound


class Builtin(Function):
    """All signatures of one name."""

    __slots__ = ("signatures",)

    def __init__(self, name: str) -> None:
        super().__init__((), lambda run, values: self.invoke(run, values, None), name=name)
        self.signatures: list[Signature] = []

    def add(self, signature: Signature) -> None:
        self.signatures.append(signature)
        self.parameters = tuple(parameter.name for parameter in signature.parameters)
        self.variadic = any(each.parameters and each.parameters[-1].gathers for each in self.signatures)

    def invoke(self, run: Run, values: list[Value], at: int | None) -> Value:
        """The result, or null with the reason."""
        for signature in self.signatures:
            bound = signature.bind(values)
            if bound is not None:
                return self._run(signature, bound, run, at)
        given = ", ".join(kind(value) for value in values)
        return run.fail("feel.arguments", at, name=self.name, given=given)

    def call_named(self, run: Run, given: Mapping[str, Value], at: int | None) -> Value:
        """The same for arguments given by name."""
        for signature in self.signatures:
            bound = signature.bind_named(given)
            if bound is not None:
                return self._run(signature, bound, run, at)
        return run.fail("feel.arguments", at, name=self.name, given=", ".join(given))

    def _run(self, signature: Signature, bound: list[Value], run: Run, at: int | None) -> Value:
        run.step()
        try:
            if signature.wants_run:
                return signature.body(run, *bound)
            return signature.body(*bound)
        except Failure as failure:
            return run.fail(failure.key, at, **{"name": self.name, **failure.params})
        except (ArithmeticError, ValueError, OverflowError):
            return run.fail("feel.argument_value", at, name=self.name)


BUILTINS: dict[str, Builtin] = {}


def _parameter(text: str) -> Parameter:
    name, _, kinds = text.partition(":")
    name = name.strip()
    gathers = "..." if name.endswith("...") else "*" if name.endswith("*") else ""
    optional = name.endswith("?")
    wanted = frozenset(part.strip() for part in kinds.split("|") if part.strip())
    return Parameter(name.rstrip("?*."), wanted, optional, gathers)


def builtin(declaration: str, *, run: bool = False) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Registers a function under its FEEL signature; `run=True` passes the evaluation as first argument."""
    name, _, rest = declaration.partition("(")
    parameters = tuple(_parameter(part) for part in rest.rstrip(")").split(",") if part.strip())
    least = sum(not parameter.optional for parameter in parameters)

    def register(body: Callable[..., Value]) -> Callable[..., Value]:
        BUILTINS.setdefault(name, Builtin(name)).add(Signature(parameters, body, run, least))
        return body

    return register


def call_value(function: Any, values: list[Value], run: Run) -> Value:
    """Call a function value (a `precedes`, a `match`) from within a built-in."""
    if isinstance(function, Builtin):
        return function.invoke(run, values, None)
    run.step()
    run.enter()
    try:
        if function.types:
            values = [type_.fit(value) for type_, value in zip(function.types, values, strict=True)]
        return function.call(run, values)
    finally:
        run.leave()
