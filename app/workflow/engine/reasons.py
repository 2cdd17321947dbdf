"""Why an expression cannot be read, as a finding's code; and what was probably meant."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from app.feel.builtins import BUILTINS

from .types import Registry

LIKE_FEEL = re.compile(r'"|[<>]=?|!=| (and|or) |^\s*[\[{].*[\]}]\s*$|\b(if|then|else)\b')
"""Quotation marks, comparisons and the like: a text that was meant as an expression."""


def reason_code(reason: Any, registry: Registry) -> tuple[str, dict[str, object]]:
    """Code and parameters for a reason of FEEL's or a fault of a decision model (both have `key` and `params`)."""
    if reason.key == "feel.syntax.unknown_function":
        name = str(reason.params.get("name"))
        return "unknown-function", {"function": name, "known": suggested(name, [*registry.functions, *BUILTINS])}
    if reason.key in ("feel.arguments", "feel.argument_name"):
        return "bad-arguments", {"function": reason.params.get("name"), "given": reason.params.get("given", ""),
                                 "wanted": _wanted(str(reason.params.get("name")), registry)}  # fmt: skip
    return "bad-expression", {"detail": reason}


def _wanted(function: str, registry: Registry) -> str:
    return f"{function}({', '.join(registry.functions.get(function, ()))})"


def slip_of(name: str, known: Iterable[str]) -> str | None:
    """A known name from which this one differs by one letter too many, too few, exchanged or swapped."""
    return next((each for each in known if _is_slip(name, each)), None)


def _is_slip(name: str, other: str) -> bool:
    """Other digits make another name, and so does another letter in a short one."""
    short, long = sorted((name, other), key=len)
    if len(short) < 4 or name == other or len(long) > len(short) + 1:
        return False
    place = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(long) > len(short):
        return short[place:] == long[place + 1 :] and not long[place].isdigit()
    if short[place + 1 :] == long[place + 1 :]:
        return len(short) >= 6 and not (short[place].isdigit() or long[place].isdigit())
    return short[place : place + 2] == long[place : place + 2][::-1] and short[place + 2 :] == long[place + 2 :]


def suggested(name: str, known: Iterable[str]) -> str:
    """The most similar of the known names, else the first of them."""
    names = list(known)
    close = get_close_matches(name, names, 1, 0.6)
    return close[0] if close else ", ".join(names[:8]) or "–"
