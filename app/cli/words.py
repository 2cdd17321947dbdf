"""Sentences of the command line, in the language of the terminal (LC_ALL, LC_MESSAGES, LANG)."""

import os
from functools import cache
from pathlib import Path

from app.core.i18n import choose_language, load_texts, text

APP = Path(__file__).parents[1]


@cache
def language() -> str:
    """`zh-CN` for a Chinese terminal, else English."""
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    return choose_language(named, default="en")


@cache
def _loaded() -> bool:
    load_texts(APP)
    return True


def say(key: str, /, **params: object) -> str:
    """The sentence for `key` (of any feature) in the terminal's language."""
    _loaded()
    return text(key, language(), **params)
