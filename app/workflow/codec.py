"""JSON of what the history and the tables keep: FEEL's values tagged, so that they come back as they were."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from app import feel

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


def _tagged(value: Any) -> Any:
    if isinstance(value, str):  # an enum's value
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    try:
        return feel.to_json(value)
    except TypeError:
        return str(value)


def dump(value: object) -> str:
    """JSON text; a date, time, duration or exact number as FEEL's {"$": …, "v": …}."""
    return orjson.dumps(value, default=_tagged, option=_OPTIONS).decode()


def load(value: Any) -> Any:
    """FEEL values out of parsed JSON."""
    return feel.from_json(value)


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def dump_plain(value: object) -> str:
    """JSON text for the server function: times as ISO text."""
    return orjson.dumps(value, default=plain, option=orjson.OPT_NON_STR_KEYS).decode()
