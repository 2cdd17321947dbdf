"""A finding in a person's language."""

from pathlib import Path
from typing import Any

from app.core import i18n

from .types import Finding

i18n.load_texts(Path(__file__).parent)


def describe(finding: Finding, language: str) -> tuple[str, str]:
    """What is wrong, and what helps."""
    params = {name: _said(value, language) for name, value in finding.params.items()}
    key = f"finding.{finding.code}"
    remedy = i18n.text(f"{key}.remedy", language, **params) if i18n.has_text(f"{key}.remedy") else ""
    return i18n.text(key, language, **params), remedy


def as_json(finding: Finding) -> dict[str, Any]:
    """The stable form of `citydesk check --json`: file, element_id, element_name, severity, code, and for each language
    message and remedy. See `docs/checks.md`."""
    said = {language: describe(finding, language) for language in i18n.LANGUAGES}
    return {
        "file": finding.file,
        "element_id": finding.element,
        "element_name": finding.name,
        "severity": finding.severity,
        "code": finding.code,
        "message": {language: said[language][0] for language in ("en", "zh-CN")},
        "remedy": {language: said[language][1] for language in ("en", "zh-CN")},
    }


def _said(value: object, language: str) -> object:
    """A reason of FEEL speaks both languages itself."""
    speak = getattr(value, "text", None)
    return speak(language) if callable(speak) else value
