"""A form's patterns are JavaScript's. They are run by `regex`, which can be stopped; Python's `re` cannot."""

from functools import lru_cache

import regex

SECONDS = 0.05
MAX_LENGTH = 2_000
MAX_SIZE = 10_000
"""Of a pattern with its counts written out: `(a{999}){999}` has a million places, and `regex` builds all of them."""
_SPACES = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
JS_SPACES = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
"""What JavaScript's trim() takes away; Python's strip() differs."""

EMAIL = r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@{label}(?:\.{label})*$".replace(
    "{label}", "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
)
"""The HTML standard's "valid e-mail address"."""
PHONE = r"(\+|00)[1-9]\d{6,}$"
"""An international number; the viewer also knows which country codes exist."""


_PIECES = regex.compile(r"\\.|\[(?:\\.|[^\]\\])*\]?|\{(?P<least>\d{1,9}),?(?P<most>\d{0,9})\}|.", regex.DOTALL)


class BadPattern(ValueError):
    """The pattern cannot be compiled."""


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> "regex.Pattern[str]":
    """Compile a JavaScript pattern. Raises BadPattern, also for one that would eat the memory."""
    if len(pattern) > MAX_LENGTH or _written_out(pattern) > MAX_SIZE:
        raise BadPattern("the pattern is too large")
    try:
        return regex.compile(_translate(pattern), regex.ASCII)
    except (regex.error, OverflowError) as fault:
        raise BadPattern(str(fault)) from fault


def matches(pattern: str, value: str) -> bool:
    """JavaScript's `new RegExp(pattern).test(value)`: found anywhere. Too slow or unsound counts as no match."""
    try:
        # keeping the GIL: the time-out counts the whole process, and other threads' work must not refuse a value
        return compile_pattern(pattern).search(value, timeout=SECONDS, concurrent=False) is not None
    except (BadPattern, TimeoutError):
        return False


def _written_out(pattern: str) -> int:
    """How many places a pattern has when `{n,m}` is written out, never fewer than it has."""
    sizes, last = [0], 0
    for piece in _PIECES.finditer(pattern):
        text = piece[0]
        if text == "(":
            sizes.append(0)
        elif text == ")" and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        elif piece["most"] is not None:
            more = last * max(int(piece["least"]), int(piece["most"] or 0))
            last, sizes[-1] = last + more, sizes[-1] + more
        else:
            last = 1
            sizes[-1] += 1
        if max(last, sizes[-1]) > MAX_SIZE:
            break
    return max(last, sum(sizes))


def _translate(pattern: str) -> str:
    """JavaScript's `$` ends at the very end only, `.` stops at four line ends, `\\s` knows more than ASCII."""
    out: list[str] = []
    in_class = escaped = False
    for char in pattern:
        if escaped:
            out.append(_escape(char, in_class))
            escaped = False
        elif char == "\\":
            escaped = True
        elif in_class:
            in_class = char != "]"
            out.append("\\[" if char == "[" else char)
        elif char == "[":
            in_class = True
            out.append(char)
        else:
            out.append({"$": r"\Z", ".": r"[^\n\r\u2028\u2029]"}.get(char, char))
    return "".join(out) + ("\\" if escaped else "")


def _escape(char: str, in_class: bool) -> str:
    if char == "s":
        return _SPACES if in_class else f"[{_SPACES}]"
    if char == "S" and not in_class:
        return f"[^{_SPACES}]"
    return char if char == "/" else "\\" + char
