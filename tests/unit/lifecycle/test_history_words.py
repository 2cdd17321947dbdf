"""Every field of the shipped forms is told in words of the reader's language, with its value."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from app.cases.form_fields import FORM_WRITABLE
from app.core.i18n import load_texts
from app.lifecycle.history_changes import Words, told_changes

ROOT = Path(__file__).parents[3]


def _fields(component: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for part in component.get("components", ()):
        if part.get("key"):
            yield part
        yield from _fields(part)


FIELDS = [
    (file.stem, field)
    for file in sorted(ROOT.glob("forms/*.form"))
    for field in _fields(json.loads(file.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize(("form", "field"), FIELDS, ids=[f"{form}.{field['key']}" for form, field in FIELDS])
def test_a_field_is_told_in_words(form: str, field: Mapping[str, Any], language: str) -> None:
    load_texts(ROOT / "app")
    key = field["key"]
    words = Words(language, {}, UTC, True, {field["key"]: field}, {field["key"]: field})
    options = [option["value"] for option in field.get("values", ())] or ["2026-11-22T08:00:00+00:00"]
    for value in options:
        name = key if key in FORM_WRITABLE else f"custom.{key}"
        for told in told_changes({name: {"old": None, "new": value}}, {}, words):
            assert not told.startswith(key)
            assert "_" not in told, "a code is told by its label"
            assert language == "en" or any("\u4e00" <= char <= "\u9fff" for char in told)
