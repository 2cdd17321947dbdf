"""Texts in Chinese and English. Each feature keeps `texts.json`: {"key": {"en": "...", "zh-CN": "..."}}.

Sentences are whole, with {placeholders}; nothing is glued together. Wiring loads every feature's file at the start.
"""

import json
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = ("zh-CN", "en")
_texts: dict[str, Mapping[str, str]] = {}


def load_texts(root: Path) -> None:
    """Read every `texts.json` below `root`. A key defined twice, or lacking a language, is a programming error."""
    for path in sorted(root.rglob("texts.json")):
        for key, by_language in json.loads(path.read_text(encoding="utf-8")).items():
            if missing := set(LANGUAGES) - set(by_language):
                raise ValueError(f"{path}: {key} lacks {', '.join(sorted(missing))}")
            if _texts.get(key, by_language) != by_language:
                raise ValueError(f"{path}: {key} is defined twice")
            _texts[key] = by_language


def text(key: str, language: str, /, **params: object) -> str:
    """The sentence for `key`. An unknown key shows itself, so that a forgotten text is seen and not hidden."""
    by_language = _texts.get(key)
    if by_language is None:
        return key
    return by_language.get(language, by_language["en"]).format(**params)


def shipped(key: str) -> Mapping[str, str]:
    """The sentence in every language. Raises KeyError."""
    return _texts[key]


def keys_with(*prefixes: str) -> list[str]:
    """Keys that begin so, in order."""
    return sorted(key for key in _texts if key.startswith(prefixes))


def has_text(key: str) -> bool:
    return key in _texts


def choose_language(accepted: str | None, default: str = "zh-CN") -> str:
    """Pick one of ours from an Accept-Language header or a stored preference."""
    for part in (accepted or "").split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh-CN"
        if tag.startswith("en"):
            return "en"
    return default
