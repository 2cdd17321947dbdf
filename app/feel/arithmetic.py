"""The operators + - * / ** on FEEL's values. Errors are ValueError, TypeError or ArithmeticError."""

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from typing import Any

from app.feel.errors import LimitReached
from app.feel.temporal.arithmetic import add, difference, negate, time_difference
from app.feel.temporal.durations import DayTimeDuration, YearMonthDuration
from app.feel.values import NUMBERS, Value, kind

_MAX_STRING = 1_000_000
_DAY_TIME = "days and time duration"
_YEAR_MONTH = "years and months duration"
_DURATIONS = (_DAY_TIME, _YEAR_MONTH)
_MOMENTS = ("date", "time", "date and time")


def whole(value: Decimal) -> int:
    """The number without its fraction."""
    return int(value.to_integral_value(rounding=ROUND_DOWN))


def plus(left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        return NUMBERS.add(left, right)
    one, other = kind(left), kind(right)
    if one == other == "string":
        if len(left) + len(right) > _MAX_STRING:
            raise LimitReached("feel.limit.string", limit=_MAX_STRING)
        return left + right
    if one == other == _DAY_TIME:
        return DayTimeDuration(left.nanos + right.nanos)
    if one == other == _YEAR_MONTH:
        return YearMonthDuration(left.months + right.months)
    if one in _MOMENTS and other in _DURATIONS:
        return add(left, right)
    if one in _DURATIONS and other in _MOMENTS:
        return add(right, left)
    raise TypeError


def minus(left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        return NUMBERS.subtract(left, right)
    one, other = kind(left), kind(right)
    if other in _DURATIONS:
        return plus(left, negate(right))
    if one == other == "time":
        return time_difference(left, right)
    if one in ("date", "date and time") and other in ("date", "date and time"):
        return difference(left, right)
    raise TypeError


_LONGEST = Decimal("1e33")
"""Nanoseconds or months of a duration that calculation makes."""


def _scaled(duration: Value, factor: Callable[[Decimal], Decimal]) -> Value:
    amount = factor(_amount(duration))
    if abs(amount) > _LONGEST:
        raise OverflowError
    return DayTimeDuration(whole(amount)) if isinstance(duration, DayTimeDuration) else YearMonthDuration(whole(amount))


def times(left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        return NUMBERS.multiply(left, right)
    one, other = kind(left), kind(right)
    if one == "number" and other in _DURATIONS:
        left, right, one, other = right, left, other, one
    if one in _DURATIONS and other == "number":
        return _scaled(left, lambda amount: NUMBERS.multiply(amount, right))
    raise TypeError


def _amount(duration: Value) -> Decimal:
    return Decimal(duration.nanos if isinstance(duration, DayTimeDuration) else duration.months)


def divide(left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        return NUMBERS.divide(left, right)
    one, other = kind(left), kind(right)
    if one in _DURATIONS and other == "number":
        return _scaled(left, lambda amount: NUMBERS.divide(amount, right))
    if one in _DURATIONS and one == other:
        return NUMBERS.divide(_amount(left), _amount(right))
    raise TypeError


def power(left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        return NUMBERS.power(left, right) if right else Decimal(1)
    raise TypeError


def opposite(value: Value) -> Value:
    if type(value) is Decimal:
        return NUMBERS.minus(value)
    if kind(value) in _DURATIONS:
        return negate(value)
    raise TypeError


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {"+": plus, "-": minus, "*": times, "/": divide, "**": power}
