"""Any value as text: what `string()` gives."""

from decimal import Decimal

from app.feel.errors import LimitReached
from app.feel.scanner import is_simple
from app.feel.temporal.durations import DayTimeDuration, YearMonthDuration
from app.feel.temporal.printing import temporal_text
from app.feel.values import Function, NotEqual, Range, Value

MAX_TEXT = 1_000_000


def value_text(value: Value) -> str:
    """Numbers plain, texts as they are, lists and contexts as FEEL writes them."""
    return value if isinstance(value, str) else _written(value, [MAX_TEXT])


def _written(value: Value, left: list[int]) -> str:
    left[0] -= 10  # nested values cost time, whatever their length
    text = _scalar(value)
    if text is None:
        if isinstance(value, list):
            text = "[" + ", ".join(_written(item, left) for item in value) + "]"
        elif isinstance(value, dict):
            text = "{" + ", ".join(f"{_key(key)}: {_written(item, left)}" for key, item in value.items()) + "}"
        elif isinstance(value, Range):
            text = _range_text(value, left)
        else:
            text = temporal_text(value)
    left[0] -= len(text)
    if left[0] < 0:
        raise LimitReached("feel.limit.string", limit=MAX_TEXT)
    return text


def _scalar(value: Value) -> str | None:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, DayTimeDuration | YearMonthDuration):
        return str(value)
    if isinstance(value, Function):
        return f"function({', '.join(value.parameters)})"
    return None


def number_text(value: Decimal) -> str:
    """Plain digits, never an exponent."""
    return format(value, "f") if value else "0"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _key(key: str) -> str:
    return key if is_simple(key) else _quoted(key)


def _range_text(value: Range | NotEqual, left: list[int]) -> str:
    if isinstance(value, NotEqual):
        return f"(!= {_written(value.value, left)})"
    start = "" if value.start_open else _written(value.start, left)
    end = "" if value.end_open else _written(value.end, left)
    return f"{'[' if value.start_included else '('}{start}..{end}{']' if value.end_included else ')'}"
