"""What can go wrong in FEEL, always with a position and a sentence an analyst understands.

Sentences live in `texts.json`. An error of evaluation is never raised to the caller (unless it asks for it, `strict`):
it makes the value null and leaves a `Reason`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.core.i18n import load_texts, text

load_texts(Path(__file__).parent)


class Reason:
    """Why a value became null. `key` names a sentence of `texts.json`."""

    __slots__ = ("key", "params", "position")

    def __init__(self, key: str, params: Mapping[str, object], position: int | None = None) -> None:
        self.key = key
        self.params = params
        self.position = position

    def text(self, language: str = "en") -> str:
        """The sentence, in the person's language."""
        return text(self.key, language, **self.params)

    def __str__(self) -> str:
        sentence = self.text()
        return sentence if self.position is None else f"{sentence} (at character {self.position + 1})"

    def __repr__(self) -> str:
        return f"Reason({self})"


class FeelError(ValueError):
    """An evaluation gave null because of an error, and the caller asked to hear of it."""

    def __init__(self, reason: Reason, expression: str = "") -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.expression = expression

    @property
    def message(self) -> str:
        return str(self.reason)

    @property
    def position(self) -> int | None:
        return self.reason.position


class FeelSyntaxError(ValueError):
    """The text is not FEEL. `position` counts characters from 0."""

    def __init__(self, key: str, position: int, expression: str = "", **params: object) -> None:
        self.reason = Reason(key, params, position)
        super().__init__(str(self.reason))
        self.expression = expression

    @property
    def message(self) -> str:
        return str(self.reason)

    @property
    def position(self) -> int:
        return self.reason.position or 0


class Failure(Exception):
    """Raised inside a built-in function: its result is null, for this reason. Never leaves the package."""

    def __init__(self, key: str, **params: Any) -> None:
        super().__init__(key)
        self.key = key
        self.params = params


class LimitReached(Exception):
    """Evaluation was stopped: too many steps, too deep, too long, too big. Never leaves the package."""

    def __init__(self, key: str, **params: Any) -> None:
        super().__init__(key)
        self.key = key
        self.params = params
