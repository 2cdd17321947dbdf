"""Faults of decision models, with the element they stand in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.core.i18n import load_texts, text

load_texts(Path(__file__).parent)


class DmnError(ValueError):
    """The file is no decision model that can be read. `element` is the id (or name) of where it fails."""

    def __init__(self, key: str, element: str | None = None, **params: object) -> None:
        self.key = key
        self.element = element
        self.params = params
        super().__init__(f"{element}: {text(key, 'en', **params)}" if element else text(key, "en", **params))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a model that will give null: an expression that is not FEEL, an unknown type or requirement."""

    element: str | None
    """Id of the nearest element that has one."""
    name: str | None
    """Name of the decision or knowledge model it belongs to."""
    key: str
    """Of a sentence in `texts.json`, here or FEEL's."""
    params: Mapping[str, object] = field(default_factory=dict)
    expression: str | None = None
    position: int | None = None

    def text(self, language: str = "en") -> str:
        return text(self.key, language, **self.params)
