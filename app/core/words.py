"""Comparing short texts in Chinese and English without a dictionary: pairs of characters there, words here."""

import re

_PART = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]+")
_SMALL = frozenset({"of", "and", "the", "a", "to", "in", "or", "for"})


def marks(text: str) -> frozenset[str]:
    """What a text is recognised by: every pair of neighbouring Chinese characters, every English word (no plural s)."""
    found: set[str] = set()
    for part in _PART.findall(text.lower()):
        if part.isascii():
            found |= {part.rstrip("s")} - _SMALL if len(part) > 1 else set()
        else:
            found |= {part[at : at + 2] for at in range(max(1, len(part) - 1))}
    return frozenset(found)


def likeness(name: str, text: str) -> float:
    """How much of the name stands in the text: 0 to 1."""
    wanted = marks(name)
    return len(wanted & marks(text)) / len(wanted) if wanted else 0.0
