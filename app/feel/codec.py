"""Values as JSON and back. What JSON lacks is tagged: {"$": kind, "v": text}.

Kinds: "d" date, "t" time, "dt" date and time, "dur" days and time duration, "ym" years and months duration,
"num" a number that no JSON number holds exactly. Whole numbers become JSON's own.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from app.feel.errors import FeelError, Reason
from app.feel.temporal.durations import DayTimeDuration, YearMonthDuration
from app.feel.temporal.fields import Date, DateTime, Time
from app.feel.temporal.literals import parse_date, parse_date_time, parse_duration, parse_time
from app.feel.temporal.printing import temporal_text
from app.feel.temporal.wide import WideDate, WideDateTime, WideTime
from app.feel.text import number_text
from app.feel.values import MAX_DEPTH, MAX_VALUES, Value, number

_EXACT = 2**53


def to_json(value: Value) -> Any:
    """Plain JSON types with tags. FeelError for functions, ranges, and what is nested too deeply or too large."""
    return _encode(value, 0, [MAX_VALUES])


def _encode(value: Value, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if depth > MAX_DEPTH or left[0] < 0:
        raise FeelError(Reason("feel.limit.nesting", {"limit": MAX_DEPTH}))
    if value is None or isinstance(value, str | bool):
        return value if value is None or type(value) in (str, bool) else str(value)
    if isinstance(value, int | float | Decimal):
        return _encode_number(value)
    if isinstance(value, Mapping):
        if "$" in value:
            return {"$": "ctx", "v": [[key, _encode(each, depth + 1, left)] for key, each in value.items()]}
        return {str(key): _encode(each, depth + 1, left) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_encode(each, depth + 1, left) for each in value]
    return _encode_temporal(value)


def _encode_number(value: int | float | Decimal) -> Any:
    exact = value if isinstance(value, Decimal) else Decimal(value if isinstance(value, int) else repr(value))
    if exact == exact.to_integral_value() and abs(exact) < _EXACT:
        return int(exact)
    return {"$": "num", "v": number_text(exact)}


def _encode_temporal(value: Value) -> Any:
    if isinstance(value, DayTimeDuration):
        return {"$": "dur", "v": str(value)}
    if isinstance(value, YearMonthDuration):
        return {"$": "ym", "v": str(value)}
    if isinstance(value, dt.timedelta):
        return {"$": "dur", "v": str(DayTimeDuration.from_timedelta(value))}
    if isinstance(value, dt.datetime | WideDateTime):
        return {"$": "dt", "v": temporal_text(value)}
    if isinstance(value, dt.date | WideDate):
        return {"$": "d", "v": temporal_text(value)}
    if isinstance(value, dt.time | WideTime):
        return {"$": "t", "v": temporal_text(value)}
    raise FeelError(Reason("feel.no_json", {"kind": type(value).__name__}))


def _decode_tag(
    tag: str, text: Any
) -> Date | Time | DateTime | DayTimeDuration | YearMonthDuration | Decimal | dict[str, Any]:
    if tag == "ctx":
        return {key: from_json(each) for key, each in text}
    if not isinstance(text, str):
        raise FeelError(Reason("feel.bad_tag", {"tag": tag}))
    try:
        if tag == "num":
            return number(text)
        if tag in ("dur", "ym"):
            return parse_duration(text)
        if tag == "dt":
            return parse_date_time(text)
        return {"d": parse_date, "t": parse_time}[tag](text)
    except (ValueError, KeyError, InvalidOperation) as error:
        raise FeelError(Reason("feel.bad_tag", {"tag": tag})) from error


def from_json(value: Any) -> Value:
    """What `to_json` wrote, back; anything else stays as it is. FeelError for a tag that is not ours."""
    if isinstance(value, dict):
        if value.keys() == {"$", "v"}:
            return _decode_tag(value["$"], value["v"])
        return {key: from_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [from_json(each) for each in value]
    return value
