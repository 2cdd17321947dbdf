"""Functions on text. Positions count characters (code points) from 1, or from the end by negative numbers."""

from decimal import Decimal
from typing import Any

from app.feel.arithmetic import whole
from app.feel.builtins.patterns import compile_pattern, limited
from app.feel.builtins.registry import builtin
from app.feel.errors import Failure
from app.feel.limits import Run
from app.feel.values import Value


@builtin("substring(string: string, start position: number, length?: number)", run=True)
def substring(run: Run, text: str, start: Decimal, length: Decimal | None = None) -> Value:
    first = whole(start)
    if first == 0 or abs(first) > len(text):
        raise Failure("feel.argument_value")
    begin = first - 1 if first > 0 else len(text) + first
    if length is None:
        return run.made(text[begin:])
    count = whole(length)
    if count < 1:
        raise Failure("feel.argument_value")
    return run.made(text[begin : begin + count])


@builtin("string length(string: string)")
def string_length(text: str) -> Value:
    return Decimal(len(text))


@builtin("upper case(string: string)", run=True)
def upper_case(run: Run, text: str) -> Value:
    return run.made(text.upper())


@builtin("lower case(string: string)", run=True)
def lower_case(run: Run, text: str) -> Value:
    return run.made(text.lower())


@builtin("substring before(string: string, match: string)", run=True)
def substring_before(run: Run, text: str, match: str) -> Value:
    before, found, _ = text.partition(match) if match else ("", "", "")
    return run.made(before) if found else ""


@builtin("substring after(string: string, match: string)", run=True)
def substring_after(run: Run, text: str, match: str) -> Value:
    return run.made(text.partition(match)[2]) if match else text


@builtin("contains(string: string, match: string)")
def contains(text: str, match: str) -> Value:
    return match in text


@builtin("starts with(string: string, match: string)")
def starts_with(text: str, match: str) -> Value:
    return text.startswith(match)


@builtin("ends with(string: string, match: string)")
def ends_with(text: str, match: str) -> Value:
    return text.endswith(match)


@builtin("trim(string: string)", run=True)
def trim(run: Run, text: str) -> Value:
    return run.made(text.strip())


@builtin("is blank(string: string)")
def is_blank(text: str) -> Value:
    return not text.strip()


@builtin("matches(input: string, pattern: string, flags?: string|null)", run=True)
def matches(run: Run, text: str, pattern: str, flags: str | None = None) -> Value:
    found = compile_pattern(pattern, flags or "")
    return limited(run, found.search, text) is not None


@builtin("replace(input: string, pattern: string, replacement: string, flags?: string|null)", run=True)
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None = None) -> Value:
    found = compile_pattern(pattern, flags or "")
    if found.search("") is not None:
        raise Failure("feel.pattern", pattern=pattern[:80])
    parts = _replacement(replacement, found.groups)
    spent = [0]

    def one(match: Any) -> str:
        written = "".join(part if isinstance(part, str) else match[part] or "" for part in parts)
        spent[0] += len(written)
        if spent[0] > run.limits.string:
            raise Failure("feel.limit.string", limit=run.limits.string)
        return written

    return run.made(limited(run, found.sub, one, text))


def _replacement(text: str, groups: int) -> list[str | int]:
    """Texts and group numbers: `$1`, `$12` as far as there are groups, `\\$` and `\\\\` for the signs themselves."""
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        char = text[at]
        following = text[at + 1 : at + 2]
        if char == "\\":
            if following not in ("\\", "$"):
                raise Failure("feel.argument_value")
            parts.append(following)
            at += 2
        elif char == "$":
            if not (following.isascii() and following.isdigit()):
                raise Failure("feel.argument_value")
            at, number = at + 2, int(following)
            while text[at : at + 1].isdigit() and number * 10 + int(text[at]) <= groups:
                number, at = number * 10 + int(text[at]), at + 1
            parts.append(number if number <= groups else "")
        else:
            parts.append(char)
            at += 1
    return parts


@builtin("split(string: string, delimiter: string)", run=True)
def split(run: Run, text: str, delimiter: str) -> Value:
    if not delimiter:
        run.step(len(text))
        return list(text)
    found = compile_pattern(delimiter)
    parts: list[str] = []
    last = 0
    for match in _all_matches(found, text, run):
        if match.end() > match.start():
            parts.append(text[last : match.start()])
            last = match.end()
    run.step(len(parts) + len(text) // 64)
    return [*parts, text[last:]]


@builtin("extract(string: string, pattern: string)", run=True)
def extract(run: Run, text: str, pattern: str) -> Value:
    return [match[0] for match in _all_matches(compile_pattern(pattern), text, run)]


def _all_matches(pattern: Any, text: str, run: Run) -> list[Any]:
    def find(text: str, **limits: Any) -> list[Any]:
        return list(pattern.finditer(text, **limits))

    found: list[Any] = limited(run, find, text)
    return found


@builtin("string join(list: list, delimiter?: string|null)", run=True)
def string_join(run: Run, items: list[Value], delimiter: str | None = None) -> Value:
    texts = [item for item in items if item is not None]
    if not all(isinstance(item, str) for item in texts):
        raise Failure("feel.argument_value")
    total = sum(map(len, texts)) + len(delimiter or "") * max(len(texts) - 1, 0)
    if total > run.limits.string:
        raise Failure("feel.limit.string", limit=run.limits.string)
    return run.made((delimiter or "").join(texts))
