"""Numbers in one shape, whole ones int, others Decimal, so that a value is the same before and after it is stored."""

from decimal import Decimal
from typing import Any

from .types import Fault

EXACT = 2**53
"""Whole numbers below it are ints, as in the stored state."""
MAX_PARTS = 200_000
"""Of one value. Lists that share their elements are small in FEEL and endless when written out."""


def settled(value: Any) -> Any:
    """The value with its numbers in that shape. What is no number, list or context stays the very same object.
    Raises Fault for a value of too many parts."""
    return _settled(value, [MAX_PARTS])


def _settled(value: Any, left: list[int]) -> Any:
    cls = type(value)
    if cls is str or cls is bool or value is None:
        return value
    if cls is int:
        return value if -EXACT < value < EXACT else Decimal(value)
    if cls is Decimal:
        return int(value) if value == value.to_integral_value() and abs(value) < EXACT else value
    if cls is float:
        number = Decimal(repr(value))
        return _settled(number, left) if number.is_finite() else None
    if cls is dict or cls is list or cls is tuple:
        left[0] -= len(value)
        if left[0] < 0:
            raise Fault(None, f"a value of more than {MAX_PARTS} parts")
        if cls is dict:
            return {key: _settled(each, left) for key, each in value.items()}
        return [_settled(each, left) for each in value]
    return value
