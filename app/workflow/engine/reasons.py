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


def suggested(name: str, known: Iterable[str]) -> str:
    """The most similar of the known names, else the first of them."""
    names = list(known)
    close = get_close_matches(name, names, 1, 0.6)
    return close[0] if close else ", ".join(names[:8]) or "–"
