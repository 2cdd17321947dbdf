"""Reading JSON from outside: what our database and our own code cannot hold is refused here, once for all routes."""

import json
import math
from collections.abc import Mapping
from typing import Any

import orjson

MAX_DEPTH = 32
"""Lists and objects within each other. No form of ours comes near; recursion elsewhere need not be afraid."""


def loads(text: str | bytes) -> Any:
    """Parse strictly: UTF-8 without lone surrogates, no NaN, no NUL (PostgreSQL's text has none), not deeper than
    `MAX_DEPTH`. Whole numbers beyond 64 bits become floats. Raises json.JSONDecodeError, a ValueError."""
    value = orjson.loads(text)
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        if not level:
            return value
        level = [inner for outer in level for inner in _inside(outer)]
    raise json.JSONDecodeError("too deep", "…", 0)


def _inside(value: Any) -> list[Any]:
    if isinstance(value, str) and "\0" in value:
        raise json.JSONDecodeError("a NUL character", "…", 0)
    if isinstance(value, float) and not math.isfinite(value):
        raise json.JSONDecodeError("a number without end", "…", 0)
    if isinstance(value, Mapping):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []
