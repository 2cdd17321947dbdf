"""What an instance is about, and small things that operations say."""

from typing import Any

from app.core.i18n import has_text
from app.workflow import OnInstance

CASE = "case"
ORDER = "order"


def said(value: Any, fallback: str = "") -> str:
    """An input mapping's text; FEEL gives null where a field was left empty."""
    return fallback if value is None else str(value)


def reason_key(code: str) -> str:
    """Diagrams give reasons as codes; a code that has a text is said in the reader's language."""
    key = f"enum.Reason.{code}"
    return key if has_text(key) else code


def persons_reason(on: OnInstance) -> str | None:
    """What the person wrote who asked for this (a withdrawal); it goes to the erasable part of the history."""
    reason = on.command.content.get("reason")
    if reason:
        on.change("reason", None, str(reason), personal=True)
    return str(reason) if reason else None
