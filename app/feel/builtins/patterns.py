"""XPath's regular expressions on the `regex` module, which can be stopped when a pattern takes too long."""

from functools import lru_cache
from typing import Any

import regex

from app.feel.errors import Failure, LimitReached
from app.feel.limits import Run

_FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL, "x": 0}
_NAME_START = r"_:A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u3001-\uD7FF"
_CLASSES = {
    "i": f"[{_NAME_START}]",
    "I": f"[^{_NAME_START}]",
    "c": rf"[{_NAME_START}\-.0-9\u00B7\u0300-\u036F]",
    "C": rf"[^{_NAME_START}\-.0-9\u00B7\u0300-\u036F]",
}
_ESCAPES = frozenset("nrtdDsSwW\\|.?*+(){}-[]^$")
_MAX_PATTERN = 5000
_MAX_SIZE = 10_000
"""Of a pattern with its counts written out: `(a{100}){100}` is 10,000 long, and `regex` builds all of it."""


def compile_pattern(pattern: str, flags: str = "") -> Any:
    """The compiled pattern. Raises Failure for one XPath does not know."""
    try:
        return _compile(pattern, flags)
    except (regex.error, IndexError, ValueError) as error:
        raise Failure("feel.pattern", pattern=pattern[:80]) from error


@lru_cache(maxsize=512)
def _compile(pattern: str, flags: str) -> Any:
    if len(pattern) > _MAX_PATTERN or any(flag not in _FLAGS for flag in flags):
        raise ValueError(pattern)
    bits = regex.VERSION1
    for flag in flags:
        bits |= _FLAGS[flag]
    text = _Translation(pattern, flags).text()
    return regex.compile(("(?-f)" if "i" in flags else "") + text, bits)


_STEPS = 64
"""What one search costs, so that many slow ones are noticed too."""


def limited(run: Run, find: Any, *arguments: Any) -> Any:
    """Run a matching function; LimitReached when it takes too long."""
    run.step(_STEPS)
    try:
        # keeping the GIL: the time-out counts the whole process, and other threads' work must not end a search
        return find(*arguments, timeout=run.limits.pattern_seconds, concurrent=False)
    except TimeoutError as error:
        raise LimitReached("feel.limit.pattern") from error


class _Translation:
    """One pass over an XPath pattern, writing the same for `regex`. ValueError for what XPath lacks."""

    def __init__(self, pattern: str, flags: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._dot_all = "s" in flags
        self._lines = "m" in flags
        self._blanks_out = "x" in flags
        self._opened: list[int] = []
        self._groups = 0
        self._closed: set[int] = set()
        self._sizes = [0]
        """How long each open group is, counts written out; the last item is the innermost."""
        self._last = 0

    def text(self) -> str:
        written = []
        while self._at < len(self._pattern):
            written.append(self._piece())
        if self._opened:
            raise ValueError("open group")
        return "".join(written)

    def _piece(self) -> str:
        char = self._pattern[self._at]
        self._at += 1
        if char == "\\":
            self._grow(1)
            return self._escape(in_class=False)
        if char == "[":
            self._grow(1)
            return self._class()
        if char == "(":
            return self._open()
        if char == ")":
            self._closed.add(self._opened.pop())
            self._grow(self._sizes.pop())
            return ")"
        if char == "{":
            return self._count()
        if char in "*+?}":
            return char + self._after_quantifier()
        self._grow(1)
        if char == ".":
            return "." if self._dot_all else r"[^\n\r]"
        if char == "^":
            return "^" if self._lines else r"\A"
        if char == "$":
            return "$" if self._lines else r"\Z"
        if self._blanks_out and char in " \t\n\r":
            return ""
        if char == "]":
            raise ValueError("lone bracket")
        return char if char.isalnum() or char in "|" else regex.escape(char)

    def _count(self) -> str:
        match = regex.compile(r"\d+(,\d*)?}").match(self._pattern, self._at)
        if not match or len(match[0]) > 12:
            raise ValueError("bad count")
        most = max(int(part) for part in match[0][:-1].split(",") if part)
        self._grow(self._last * max(most - 1, 0))
        self._at = match.end()
        return "{" + match[0] + self._after_quantifier()

    def _grow(self, size: int) -> None:
        self._last = size
        self._sizes[-1] += size
        if self._sizes[-1] > _MAX_SIZE:
            raise ValueError("pattern too large")

    def _after_quantifier(self) -> str:
        """A lazy `?` may follow; a second quantifier may not (XPath has no possessive ones)."""
        rest = self._pattern[self._at : self._at + 1]
        if rest == "?":
            self._at += 1
            rest = self._pattern[self._at : self._at + 1]
            if rest and rest in "*+?{":
                raise ValueError("double quantifier")
            return "?"
        if rest and rest in "*+{":
            raise ValueError("double quantifier")
        return ""

    def _open(self) -> str:
        if self._pattern.startswith("?:", self._at):
            self._at += 2
            self._opened.append(0)
            self._sizes.append(0)
            return "(?:"
        if self._pattern.startswith("?", self._at):
            raise ValueError("unknown group")
        self._groups += 1
        self._opened.append(self._groups)
        self._sizes.append(0)
        return "("

    def _escape(self, in_class: bool) -> str:
        char = self._pattern[self._at]
        self._at += 1
        if char in "pP":
            return self._property(char)
        if char in _CLASSES:
            return _CLASSES[char]
        if char.isdigit() and not in_class:
            return self._back_reference(char)
        if char not in _ESCAPES:
            raise ValueError("unknown escape")
        return "\\" + char

    def _property(self, letter: str) -> str:
        if self._pattern[self._at] != "{":
            raise ValueError("property")
        end = self._pattern.index("}", self._at)
        name = self._pattern[self._at + 1 : end]
        self._at = end + 1
        return f"\\{letter}{{{'In' + name[2:] if name.startswith('Is') else name}}}"

    def _back_reference(self, digit: str) -> str:
        number = int(digit)
        while self._pattern[self._at : self._at + 1].isdigit():
            longer = number * 10 + int(self._pattern[self._at])
            if longer > self._groups:
                break
            number, self._at = longer, self._at + 1
        if number not in self._closed:
            raise ValueError("no such group")
        return f"(?:\\{number})"

    def _class(self) -> str:
        """`[a-z-[aeiou]]`: XPath's subtraction is written `--` in `regex`."""
        written = "["
        if self._pattern.startswith("^", self._at):
            self._at += 1
            written += "^"
        empty = True
        while True:
            char = self._pattern[self._at]
            self._at += 1
            if char == "]":
                if empty:
                    raise ValueError("empty class")
                return written + "]"
            if char == "-" and self._pattern.startswith("[", self._at):
                self._at += 1
                inner = self._class()
                if self._pattern[self._at] != "]":
                    raise ValueError("subtraction must be last")
                self._at += 1
                return f"[{written}]--{inner}]"
            empty = False
            written += self._class_member(char)

    def _class_member(self, char: str) -> str:
        if char == "\\":
            return self._escape(in_class=True)
        if char == "[":
            raise ValueError("nested class")
        if char == "-":
            following = self._pattern[self._at : self._at + 1]
            before = self._pattern[self._at - 2]
            return r"\-" if following == "]" or before in "[^" else "-"
        return char if char.isalnum() else "\\" + char if char in "&|~^" else char
