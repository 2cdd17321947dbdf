"""A finding in a person's language."""

from pathlib import Path

from app.core import i18n

from .types import Finding

i18n.load_texts(Path(__file__).parent)


def describe(finding: Finding, language: str) -> tuple[str, str]:
    """What is wrong, and what helps."""
    params = {name: _said(value, language) for name, value in finding.params.items()}
    key = f"finding.{finding.code}"
    remedy = i18n.text(f"{key}.remedy", language, **params) if i18n.has_text(f"{key}.remedy") else ""
    return i18n.text(key, language, **params), remedy


def _said(value: object, language: str) -> object:
    """A reason of FEEL speaks both languages itself."""
    speak = getattr(value, "text", None)
    return speak(language) if callable(speak) else value
