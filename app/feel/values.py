"""The values of FEEL in Python, and what kind each is.

number: Decimal of 34 digits (int and float are accepted from outside); string: str; boolean: bool; null: None; list:
list; context: dict; date, time, date and time: `datetime`'s own, or `temporal.wide` where those are too narrow;
durations; `Range`; `Function`.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from app.feel.errors import LimitReached
from app.feel.temporal.durations import DayTimeDuration, YearMonthDuration
from app.feel.temporal.wide import WideDate, WideDateTime, WideTime

NUMBERS = Context(prec=34, Emin=-6143, Emax=6144, traps=[InvalidOperation, DivisionByZero, Overflow])
"""IEEE decimal128, as FEEL asks; halves go to the even neighbour."""

Value = Any
"""A FEEL value; see the module's text."""


@dataclass(frozen=True, slots=True)
class Range:
    """An interval. A missing end point (None with `…_open`) is a range to infinity: `> 5` is `(5..)`."""

    start: Value
    end: Value
    start_included: bool
    end_included: bool
    start_open: bool = False
    """No lower bound at all (`< 10`), as opposed to a bound that is null."""
    end_open: bool = False


@dataclass(frozen=True, slots=True)
class NotEqual:
    """The unary test `!= x` as a value."""

    value: Value


class Function:
    """Something an expression may call: a user's `function(…)`, a built-in, a knowledge model."""

    __slots__ = ("call", "name", "parameters", "types", "variadic")

    def __init__(
        self,
        parameters: tuple[str, ...],
        call: Callable[..., Value],
        name: str = "function",
        types: tuple[Any, ...] = (),
        variadic: bool = False,
    ) -> None:
        self.parameters = parameters
        self.call = call
        """`call(run, arguments)`, arguments in the parameters' order."""
        self.name = name
        self.types = types
        self.variadic = variadic


_KINDS: dict[type, str] = {
    Decimal: "number",
    int: "number",
    float: "number",
    str: "string",
    bool: "boolean",
    type(None): "null",
    list: "list",
    tuple: "list",
    dict: "context",
    dt.datetime: "date and time",
    dt.date: "date",
    dt.time: "time",
    WideDateTime: "date and time",
    WideDate: "date",
    WideTime: "time",
    DayTimeDuration: "days and time duration",
    YearMonthDuration: "years and months duration",
    Range: "range",
    NotEqual: "range",
    Function: "function",
}


def kind(value: Value) -> str:
    """FEEL's name for the value's type; `null` for null, `unknown` for what is no FEEL value."""
    found = _KINDS.get(type(value))
    return found if found is not None else _kind_of_subclass(value)


def _kind_of_subclass(value: Value) -> str:
    for cls in type(value).__mro__:
        if cls in _KINDS:
            return _KINDS[cls]
    if isinstance(value, Mapping):
        return "context"
    return "function" if callable(value) else "unknown"


def number(value: int | float | str) -> Decimal:
    """A Decimal within FEEL's limits. InvalidOperation or Overflow where there is none."""
    return NUMBERS.create_decimal(value if isinstance(value, int) else str(value))


MAX_DEPTH = 60
MAX_VALUES = 300_000
_SMALL = tuple(Decimal(each) for each in range(1000))


def adopt(value: Value) -> Value:
    """A value from outside as FEEL's own: numbers to Decimal, tuples to lists, timedelta to a duration.

    Dates, strings and the like stay the very same object. Raises LimitReached where it is too deep or too large.
    """
    cls = type(value)
    if cls is str or cls is Decimal or cls is bool or value is None:
        return value
    if cls is int:
        return _SMALL[value] if 0 <= value < 1000 else _adopt_number(value)
    return _adopt(value, 0, [MAX_VALUES])


def _adopt(value: Value, depth: int, left: list[int]) -> Value:
    cls = type(value)
    if cls is str or cls is Decimal or cls is bool or value is None:
        return value
    if cls is int or cls is float:
        return _adopt_number(value)
    if cls is dict or cls is list or cls is tuple:
        left[0] -= len(value)
        if depth > MAX_DEPTH or left[0] < 0:
            raise LimitReached("feel.limit.nesting", limit=MAX_DEPTH)
        if cls is dict:
            return {key: _adopt(each, depth + 1, left) for key, each in value.items()}
        return [_adopt(each, depth + 1, left) for each in value]
    return _adopt_other(value, depth, left)


def _adopt_number(value: int | float) -> Decimal | None:
    try:
        found = number(value if isinstance(value, int) else repr(value))
    except (InvalidOperation, Overflow):
        return None
    return found if found.is_finite() else None


def _adopt_other(value: Value, depth: int, left: list[int]) -> Value:
    if isinstance(value, dt.timedelta):
        return DayTimeDuration.from_timedelta(value)
    if isinstance(value, Mapping):
        return _adopt(dict(value), depth, left)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int | float):
        return adopt(float(value) if isinstance(value, float) else int(value))
    if isinstance(value, set | frozenset):
        return _adopt(sorted(value), depth, left)
    return value
