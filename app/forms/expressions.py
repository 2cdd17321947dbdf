"""FEEL in forms, read as the viewer reads it: an expression starts with `=`, a fault gives null."""

from collections.abc import Mapping
from typing import Any

from app import feel


def is_expression(value: object) -> bool:
    return isinstance(value, str) and value.startswith("=")


def evaluate(value: Any, context: Mapping[str, Any]) -> Any:
    """The expression's result, or the value itself if it is none. A faulty expression gives null, as in the viewer."""
    if not is_expression(value):
        return value
    try:
        return feel.compile(value[1:])(context)
    except feel.FeelSyntaxError:
        return None


def holds(condition: Any, context: Mapping[str, Any]) -> bool:
    """Is this FEEL condition true? Null and anything else is not."""
    return is_expression(condition) and evaluate(condition, context) is True


def fault_of(value: Any) -> str | None:
    """What is wrong with an expression, None if it is sound or none at all."""
    if not is_expression(value):
        return None
    try:
        feel.compile(value[1:])
    except feel.FeelSyntaxError as fault:
        return str(fault)
    return None
