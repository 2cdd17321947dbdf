"""Numbers in one shape, whole ones int, others Decimal, so that a value is the same before and after it is stored."""

from decimal import Decimal
from typing import Any

EXACT = 2**53
"""Whole numbers below it are ints, as in the stored state."""


def settled(value: Any) -> Any:
    """The value with its numbers in that shape. What is no number, list or context stays the very same object."""
    cls = type(value)
    if cls is str or cls is bool or value is None:
        return value
    if cls is int:
        return value if -EXACT < value < EXACT else Decimal(value)
    if cls is Decimal:
        return int(value) if value == value.to_integral_value() and abs(value) < EXACT else value
    if cls is float:
        number = Decimal(repr(value))
        return settled(number) if number.is_finite() else None
    if cls is dict:
        return {key: settled(each) for key, each in value.items()}
    if cls is list or cls is tuple:
        return [settled(each) for each in value]
    return value
