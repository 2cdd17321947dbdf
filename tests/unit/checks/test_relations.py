"""How tables and forms fit the diagrams and each other."""

from typing import Any

import pytest

from tests.unit.checks.given import GROUP, around, choice, form, found
from tests.unit.engine.writing import (
    decision,
    element,
    mapping,
    script,
    user,
    zeebe,
)

TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
<decision id="rate" name="rate"><decisionTable id="t" hitPolicy="FIRST">
<input id="i" label="Urgency"><inputExpression id="ie" typeRef="string"><text>{name}</text></inputExpression>
</input>
<output id="o" name="rate" typeRef="string"/>
<rule id="r1"><inputEntry id="c1"><text>"{value}"</text></inputEntry>
<outputEntry id="o1"><text>"HIGH"</text></outputEntry></rule>
<rule id="r2"><inputEntry id="c2"><text>-</text></inputEntry>
<outputEntry id="o2"><text>"LOW"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


@pytest.mark.parametrize(
    ("name", "value", "script_text", "expected"),
    [
        ("urgency", "URGENT", '=rate = "HIGH"', []),
        ("urgency", "URGENTLY", '=rate = "HIGH"', [("cell-value-never", "c1")]),
        ("urgenzy", "URGENT", '=rate = "HIGH"', [("decision-variable", "ie")]),
        ("urgency", "URGENT", '=rate = "MIDDLE"', [("value-never", "x")]),
    ],
)
def test_tables_and_diagrams_fit(name: str, value: str, script_text: str, expected: Any) -> None:
    text = around(decision("d", "rate", "rate"), script("x", script_text, "r"), flows="s > d > x > e")
    assert found(text, {"d.dmn": TABLE.format(name=name, value=value).encode()}) == expected


FORMS: list[tuple[list[dict[str, Any]], list[str]]] = [
    ([choice("urgency", "NORMAL", "URGENT")], []),
    ([choice("urgency", "NORMAL", "HIGH")], ["form-option-unknown"]),
    ([{"type": "textfield", "key": "case_no"}], ["form-key-fixed"]),
    ([{"type": "textfield", "key": "case_no", "readonly": True}], []),
    ([choice("a", "x"), {"type": "textfield", "key": "b", "conditional": {"hide": '=a = "y"'}}], ["value-never"]),
    (
        [choice("answer", "x"), {"type": "textfield", "key": "b", "conditional": {"hide": "=anser = null"}}],
        ["form-variable"],
    ),
    ([{"type": "select", "key": "d", "properties": {"list": "departments"}}], []),
    ([{"type": "select", "key": "d", "properties": {"list": "department"}}], ["form-list-unknown"]),
    ([{"type": "select", "key": "d", "values": []}], ["form-no-options"]),
    ([{"type": "textfield", "key": "a b"}], ["form-bad-key"]),
    ([{"type": "textfield", "key": "a"}, {"type": "textfield", "key": "a.b"}], ["form-key-inside"]),
    ([{"type": "number", "key": "a", "validate": {"min": 5, "max": 1}}], ["form-no-value-fits"]),
    ([{"type": "textfield", "key": "a", "validate": {"minLength": -1}}], ["form-negative-length"]),
    ([{**choice("a", "x"), "defaultValue": "y"}], ["form-default-refused"]),
    ([{**choice("a", "x", "")}], ["form-option-empty"]),
    ([{"type": "textfield", "key": "a", "id": "Field_1"}, {"type": "textfield", "key": "b"}], ["form-id-twice"]),
    ([{"type": "textfield", "key": "a", "label": ""}], ["form-no-label"]),
    ([{"type": "number", "key": "amount", "conditional": {"hide": "=amount > 1 and"}}], ["form-expression"]),
]


@pytest.mark.parametrize(("fields", "codes"), FORMS)
def test_what_is_told_of_forms(fields: list[dict[str, Any]], codes: list[str]) -> None:
    text = around(user("x", zeebe("formDefinition", formId="g") + GROUP + mapping(None, {"a": "=1"})))
    assert [code for code, _ in found(text, {"g.form": form("g", *fields)})] == codes


def test_forms_that_write_the_same_key_as_different_things() -> None:
    first, second = form("g", {"type": "number", "key": "size"}), form("h", choice("size", "S", "L"))
    drawn = [
        element("userTask", name, "", zeebe("formDefinition", formId=name) + GROUP + mapping(None, {"a": "=1"}))
        for name in ("g", "h")
    ]
    told = found(around(*drawn, flows="s > g > h > e"), {"g.form": first, "h.form": second})
    assert told == [("form-keys-clash", "Field_0")]
