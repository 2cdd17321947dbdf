"""The door's functions: compile once, evaluate often."""

from collections.abc import Callable, Container, Mapping, MutableSequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from app.feel.compiler import INPUT, Code, Frame, Scope, Test, Unit, compile_node, compile_tests
from app.feel.errors import FeelError, FeelSyntaxError, LimitReached, Reason
from app.feel.limits import DEFAULT_LIMITS, Limits, Run
from app.feel.parser import parse_expression, parse_tests
from app.feel.scanner import is_simple
from app.feel.syntax import Tests
from app.feel.types import FindType
from app.feel.values import Value, adopt

Functions = Mapping[str, Callable[..., Any]]
_NONE: Functions = {}


class Expression:
    """A compiled expression. Call it with a mapping of variables."""

    __slots__ = ("_code", "names", "perhaps_names", "text")

    def __init__(self, text: str, code: Code, names: frozenset[str], perhaps_names: frozenset[str]) -> None:
        self.text = text
        self._code = code
        self.names = names
        """Variables it reads."""
        self.perhaps_names = perhaps_names
        """Names within filters: entries of the list's elements, or variables."""

    def __call__(
        self,
        context: Mapping[str, Any],
        functions: Functions = _NONE,
        *,
        strict: bool = False,
        now: datetime | None = None,
        reasons: MutableSequence[Reason] | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Value:
        """The value. Errors make null and are appended to `reasons`; with `strict`, null that came of an error is a
        FeelError. `now` is what `now()` and `today()` go by."""
        run = Run(functions, [] if reasons is None else reasons, now, limits)
        try:
            value = self._code(Frame(context, None, run))
        except (LimitReached, RecursionError) as error:
            value = stopped(error, run)
        if strict and value is None and run.reasons:
            raise FeelError(run.reasons[0], self.text)
        return value

    def run(self, context: Mapping[str, Any], run: Run) -> Value:
        """The same within an evaluation that has begun (a decision table's cells share one budget)."""
        try:
            return self._code(Frame(context, None, run))
        except (LimitReached, RecursionError) as error:
            return stopped(error, run)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


class UnaryTest:
    """A compiled cell of a decision table. Call it with the input's value and the variables."""

    __slots__ = ("any", "judge", "names", "perhaps_names", "text")

    def __init__(
        self, text: str, test: Test, names: frozenset[str], perhaps_names: frozenset[str], any_value: bool
    ) -> None:
        self.text = text
        self.judge = test
        """The closure itself: (frame that defines `?`, value) → True, False or None."""
        self.names = names
        self.perhaps_names = perhaps_names
        self.any = any_value
        """Whether it is `-`: everything satisfies it."""

    def __call__(
        self,
        value: Value,
        context: Mapping[str, Any] = {},
        functions: Functions = _NONE,
        *,
        now: datetime | None = None,
        reasons: MutableSequence[Reason] | None = None,
    ) -> bool:
        """Whether the value satisfies the test; what cannot be compared does not."""
        return self.run(adopt(value), context, Run(functions, [] if reasons is None else reasons, now))

    def run(self, value: Value, context: Mapping[str, Any], run: Run) -> bool:
        """The same within an evaluation that has begun; `value` is FEEL's own."""

        try:
            return self.judge(Frame({INPUT: value}, Frame(context, None, run), run), value) is True
        except (LimitReached, RecursionError) as error:
            stopped(error, run)
            return False

    def __repr__(self) -> str:
        return f"UnaryTest({self.text!r})"


def stopped(error: LimitReached | RecursionError, run: Run) -> Value:
    """Null, and the note why an evaluation was stopped."""
    if isinstance(error, LimitReached):
        return run.fail(error.key, **error.params)
    return run.fail("feel.recursion")


def guarded(work: Callable[[], Value], run: Run) -> Value:
    """Run closures; what must stop them becomes null and a reason."""
    try:
        return work()
    except (LimitReached, RecursionError) as error:
        return stopped(error, run)


def _known(functions: Container[str] | Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, tuple[str, ...] | None], ...]:
    if isinstance(functions, Mapping):
        return tuple((name, tuple(parameters)) for name, parameters in sorted(functions.items()))
    return tuple((str(name), None) for name in sorted(functions))  # type: ignore[call-overload]


def compile_expression(
    expression: str,
    functions: Container[str] | Mapping[str, tuple[str, ...]] = (),
    names: frozenset[str] = frozenset(),
) -> Expression:
    """Parse and compile, cached. `functions`: domain functions, with their parameters' names where known. `names`:
    variables in scope; needed only for those with operators or keywords inside, or that hold functions.
    Raises FeelSyntaxError: not FEEL, or an unknown function."""
    return _compile(expression, _known(functions) if functions else (), frozenset(names), None)


def compile_unary(
    test: str,
    functions: Container[str] | Mapping[str, tuple[str, ...]] = (),
    names: frozenset[str] = frozenset(),
) -> UnaryTest:
    """The same for a decision table's cell."""
    return _compile_unary(test, _known(functions) if functions else (), frozenset(names), None)


KnownFunctions = tuple[tuple[str, tuple[str, ...] | None], ...]


@lru_cache(maxsize=4096)
def _compile(text: str, functions: KnownFunctions, names: frozenset[str], find_type: FindType | None) -> Expression:
    unit = Unit(dict(functions), names, find_type or _no_type, own_values=find_type is not None)
    try:
        code = compile_node(parse_expression(text, _scanned(functions, names)), Scope(unit))
    except FeelSyntaxError as error:
        raise FeelSyntaxError(error.reason.key, error.position, text, **error.reason.params) from error
    except RecursionError as error:
        raise FeelSyntaxError("feel.recursion", 0, text) from error
    return Expression(text, code, frozenset(unit.free), frozenset(unit.perhaps_free))


@lru_cache(maxsize=4096)
def _compile_unary(
    text: str, functions: KnownFunctions, names: frozenset[str], find_type: FindType | None
) -> UnaryTest:
    unit = Unit(dict(functions), names, find_type or _no_type, own_values=find_type is not None)
    try:
        node = parse_tests(text, _scanned(functions, names))
        test = compile_tests(node, Scope(unit).inner(INPUT))
    except FeelSyntaxError as error:
        raise FeelSyntaxError(error.reason.key, error.position, text, **error.reason.params) from error
    except RecursionError as error:
        raise FeelSyntaxError("feel.recursion", 0, text) from error
    any_value = isinstance(node, Tests) and node.any
    return UnaryTest(text, test, frozenset(unit.free), frozenset(unit.perhaps_free), any_value)


def _no_type(_name: str) -> None:
    return None


def _scanned(functions: KnownFunctions, names: frozenset[str]) -> list[str]:
    return [*names, *(name for name, _ in functions)]


def compile_in_model(
    text: str, names: frozenset[str], find_type: FindType, functions: KnownFunctions = ()
) -> Expression:
    """An expression of a decision model, which knows its variables and item definitions."""
    return _compile(text, functions, names, find_type)


def compile_unary_in_model(
    text: str, names: frozenset[str], find_type: FindType, functions: KnownFunctions = ()
) -> UnaryTest:
    """A cell of a decision model."""
    return _compile_unary(text, functions, names, find_type)


def special_names(value: Any, depth: int = 0) -> set[str]:
    """Names within a context that the scanner must be told of, at any depth."""
    found: set[str] = set()
    if isinstance(value, Mapping) and depth < 8:
        for name, each in value.items():
            if not is_simple(name) or callable(each):
                found.add(name)
            found |= special_names(each, depth + 1)
    elif isinstance(value, list) and value and depth < 8:
        found |= special_names(value[0], depth + 1)
    return found


def evaluate(
    expression: str,
    context: Mapping[str, Any] = {},
    functions: Functions = _NONE,
    *,
    strict: bool = False,
    now: datetime | None = None,
    reasons: MutableSequence[Reason] | None = None,
) -> Value:
    """Compile (cached) and evaluate at once. Raises FeelSyntaxError only."""
    compiled = compile_expression(expression, tuple(functions), frozenset(special_names(context)))
    return compiled(context, functions, strict=strict, now=now, reasons=reasons)


def unary_test(
    test: str,
    value: Any,
    context: Mapping[str, Any] = {},
    functions: Functions = _NONE,
    *,
    now: datetime | None = None,
) -> bool:
    """Whether the value satisfies a decision table's cell."""
    return compile_unary(test, tuple(functions), frozenset(special_names(context)))(value, context, functions, now=now)
