"""FEEL's built-in library, by theme. Importing it registers all functions."""

from app.feel.builtins import contexts, conversion, dates, lists, logic, numeric, ranges, strings
from app.feel.builtins.registry import BUILTINS, Builtin, call_value


def find_builtin(name: str) -> Builtin | None:
    """A built-in function by its name."""
    return BUILTINS.get(name)


__all__ = [
    "BUILTINS",
    "Builtin",
    "call_value",
    "contexts",
    "conversion",
    "dates",
    "find_builtin",
    "lists",
    "logic",
    "numeric",
    "ranges",
    "strings",
]
