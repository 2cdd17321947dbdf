"""Equality and order, three-valued: True, False, or None where two values cannot be compared."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.feel.errors import LimitReached
from app.feel.limits import Run
from app.feel.temporal.fields import NANOS, day_nanos, instant, offset_seconds, time_offset, zone_of
from app.feel.values import NotEqual, Range, Value, kind

Ternary = bool | None
_MAX_COMPARED = 200_000
_PLAIN = (str, Decimal, bool)


def equal(left: Value, right: Value, run: Run | None = None) -> Ternary:
    """FEEL's `=`. Different kinds are None; null equals only null; dates and times compare as moments.
    Comparing lists and contexts costs steps of `run`."""
    cls = type(left)
    if cls is type(right) and cls in _PLAIN:
        return bool(left == right)
    spent = [0]
    result = _equal(left, right, spent)
    if run is not None and spent[0] > 1:
        run.step(spent[0])
    return result


def _equal(left: Value, right: Value, spent: list[int]) -> Ternary:
    spent[0] += 1
    if spent[0] > _MAX_COMPARED:
        raise LimitReached("feel.limit.steps", limit=_MAX_COMPARED)
    if left is None or right is None:
        return left is right
    sort = kind(left)
    if sort != kind(right):
        return None
    compare = _EQUALS.get(sort)
    return compare(left, right, spent) if compare else bool(left == right)


def _all(results: list[Ternary]) -> Ternary:
    if False in results:
        return False
    return None if None in results else True


def _equal_lists(left: Value, right: Value, spent: list[int]) -> Ternary:
    if left is right:
        return True
    if len(left) != len(right):
        return False
    return _all([_equal(one, other, spent) for one, other in zip(left, right, strict=True)])


def _equal_contexts(left: Value, right: Value, spent: list[int]) -> Ternary:
    if left is right:
        return True
    if left.keys() != right.keys():
        return False
    return _all([_equal(value, right[key], spent) for key, value in left.items()])


def _equal_ranges(left: Value, right: Value, spent: list[int]) -> Ternary:
    if isinstance(left, NotEqual) or isinstance(right, NotEqual):
        same = isinstance(left, NotEqual) and isinstance(right, NotEqual)
        return _equal(left.value, right.value, spent) if same else False
    flags = (left.start_included, left.end_included, left.start_open, left.end_open)
    if flags != (right.start_included, right.end_included, right.start_open, right.end_open):
        return False
    return _all([_equal(left.start, right.start, spent), _equal(left.end, right.end, spent)])


def _equal_moments(left: Value, right: Value, _spent: list[int]) -> Ternary:
    if (offset_seconds(left) is None) != (offset_seconds(right) is None):
        return False
    return instant(left) == instant(right)


def _equal_times(left: Value, right: Value, _spent: list[int]) -> Ternary:
    if (zone_of(left) is None) != (zone_of(right) is None):
        return False
    return _time_order(left) // NANOS == _time_order(right) // NANOS


def _equal_functions(left: Value, right: Value, _spent: list[int]) -> Ternary:
    return True if left is right else None


_EQUALS: dict[str, Callable[[Any, Any, list[int]], Ternary]] = {
    "list": _equal_lists,
    "context": _equal_contexts,
    "range": _equal_ranges,
    "date and time": _equal_moments,
    "time": _equal_times,
    "function": _equal_functions,
    "unknown": lambda left, right, _spent: bool(left == right),
}


def _time_order(value: Value) -> int:
    return day_nanos(value) - (time_offset(value) or 0) * NANOS


def _date_order(value: Value) -> tuple[int, int, int]:
    return value.year, value.month, value.day


def order_key(value: Value) -> Any:
    """What a value is ordered by among its kind; None where the kind has no order."""
    sort = kind(value)
    if sort == "date and time":
        return instant(value)
    if sort == "time":
        return _time_order(value)
    if sort == "date":
        return _date_order(value)
    ordered = ("number", "string", "days and time duration", "years and months duration")
    return value if sort in ordered else None


def less(left: Value, right: Value) -> Ternary:
    """FEEL's `<`; None for values of different kinds, without an order, or local against zoned."""
    cls = type(left)
    if cls is type(right) and (cls is Decimal or cls is str):
        return bool(left < right)
    sort = kind(left)
    if sort != kind(right):
        return None
    one, other = order_key(left), order_key(right)
    if one is None or other is None:
        return None
    if sort in ("time", "date and time") and (zone_of(left) is None) != (zone_of(right) is None):
        return None
    return bool(one < other)


def compare(operator: str, left: Value, right: Value, run: Run | None = None) -> Ternary:
    """Any of `=`, `!=`, `<`, `<=`, `>`, `>=`."""
    if operator == "=":
        return equal(left, right, run)
    if operator == "!=":
        return negate(equal(left, right, run))
    if operator == "<":
        return less(left, right)
    if operator == ">":
        return less(right, left)
    if operator == "<=":
        return negate(less(right, left))
    return negate(less(left, right))


def negate(value: Ternary) -> Ternary:
    return None if value is None else not value


def both(left: Ternary, right: Ternary) -> Ternary:
    """Three-valued and."""
    if left is False or right is False:
        return False
    return True if left is True and right is True else None


def within(value: Value, interval: Range) -> Ternary:
    """Whether the value lies in the range."""
    above: Ternary = True
    below: Ternary = True
    if not interval.start_open:
        above = compare(">=" if interval.start_included else ">", value, interval.start)
    if not interval.end_open:
        below = compare("<=" if interval.end_included else "<", value, interval.end)
    if above is None or below is None:
        return None
    return above and below


def matches(value: Value, test: Value, run: Run | None = None) -> Ternary:
    """Whether a value satisfies a test's value: it equals it, lies in it, or is among it."""
    if isinstance(test, Range):
        return equal(value, test, run) if isinstance(value, Range) else within(value, test)
    if isinstance(test, NotEqual):
        return negate(equal(value, test.value, run))
    if isinstance(test, list):
        if isinstance(value, list) and equal(value, test, run) is True:
            return True
        return among(value, test, run)
    return equal(value, test, run)


def among(value: Value, tests: list[Value], run: Run | None = None) -> Ternary:
    """Whether any element matches."""
    if run is not None:
        run.step(len(tests))
    result: Ternary = False
    for test in tests:
        found = equal(value, test, run) if isinstance(test, list) else matches(value, test, run)
        if found is True:
            return True
        if found is None:
            result = None
    return result
