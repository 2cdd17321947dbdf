"""The Technology Compatibility Kit of DMN: models and expected results that nobody here wrote.

Read from the folder CONFORMANCE_DIR (any folder with `*.dmn` and `*-test-*.xml` below it); skipped where that is unset.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from app import dmn, feel

FOLDER = os.environ.get("CONFORMANCE_DIR")
KIT = "{http://www.omg.org/spec/DMN/20160719/testcase}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@dataclass(frozen=True)
class Case:
    model: Path
    element: Any

    def __str__(self) -> str:
        return f"{self.model.stem}-{self.element.get('id')}"


def cases() -> Iterator[Case]:
    if not FOLDER:
        return
    for path in sorted(Path(FOLDER).rglob("*-test-*.xml")):
        root = etree.parse(str(path)).getroot()
        model = path.parent / (root.findtext(f"{KIT}modelName") or "")
        for element in root.findall(f"{KIT}testCase"):
            yield Case(model, element)


@cache
def load(path: Path) -> dmn.Model:
    others = [each.read_bytes() for each in sorted(path.parent.glob("*.dmn")) if each != path]
    return dmn.parse(path.read_bytes(), others)


def value_of(element: Any) -> Any:
    """A value as the kit writes it: `<value>`, `<component>`s or a `<list>`."""
    listing = element.find(f"{KIT}list")
    if listing is not None:
        return None if listing.get(NIL) == "true" else [value_of(item) for item in listing.findall(f"{KIT}item")]
    components = element.findall(f"{KIT}component")
    if components:
        return {component.get("name"): value_of(component) for component in components}
    value = element.find(f"{KIT}value")
    if value is None or value.get(NIL) == "true":
        return None
    return scalar((value.get(TYPE) or "string").split(":")[-1], value.text or "")


def scalar(kind: str, text: str) -> Any:
    if kind in ("decimal", "double", "integer", "float", "int", "long"):
        return Decimal(text)
    if kind == "boolean":
        return text.strip() == "true"
    if kind == "date":
        return feel.parse_date(text)
    if kind == "time":
        return feel.parse_time(text)
    if kind == "dateTime":
        return feel.parse_date_time(text)
    return feel.parse_duration(text) if "uration" in kind else text


def same(actual: Any, expected: Any) -> bool:
    if isinstance(expected, Decimal) and isinstance(actual, Decimal):
        return abs(actual - expected) <= Decimal("1e-8") * max(1, abs(expected))
    if isinstance(expected, list) and isinstance(actual, list):
        return len(actual) == len(expected) and all(map(same, actual, expected))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return actual.keys() == expected.keys() and all(same(actual[key], expected[key]) for key in expected)
    return type(actual) is type(expected) and bool(actual == expected)


@pytest.mark.skipif(not FOLDER, reason="CONFORMANCE_DIR is not set: the kit is not part of the project")
@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_kit(case: Case) -> None:
    model = load(case.model)
    inputs = {node.get("name"): value_of(node) for node in case.element.findall(f"{KIT}inputNode")}
    for result in case.element.findall(f"{KIT}resultNode"):
        reasons: list[feel.Reason] = []
        if case.element.get("type") == "decisionService":
            actual = model.evaluate_service(case.element.get("invocableName"), inputs, reasons=reasons)
        else:
            actual = model.evaluate(result.get("name"), inputs, reasons=reasons)
        expected = value_of(result.find(f"{KIT}expected"))
        assert same(actual, expected), f"{result.get('name')}: {actual!r} instead of {expected!r}; {reasons}"
