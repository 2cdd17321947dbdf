"""What the recorded verdicts cannot show: hostile values, languages, faults."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from app import forms
from app.core import i18n

ROOT = Path(__file__).parents[3]
SHIPPED = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "forms").glob("*.form"))}
REGISTRATION = {
    "incident_summary": "Rubbish", "detailed_content": "In front of no. 3", "district": "jz/dongcheng",
    "address": "Gulou street 3", "category": "CITY_APPEARANCE_AND_SANITATION", "service_type": "COMPLAINT",
}  # fmt: skip


def one(component: dict[str, Any], **values: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Check one field; problems by their text key."""
    form = forms.parse({"id": "f", "type": "default", "components": [component]})
    clean, problems = form.check(values)
    return clean, {name: key for name, (key, _) in problems.items()}


# ---------------------------------------------------------------- hostile values
@pytest.mark.parametrize("value", ["\0", "\ud800", "x" * 100_001, {"a": 1}, ["a"], True])
def test_text_that_cannot_be_stored_is_refused(value: Any) -> None:
    assert one({"type": "textarea", "key": "a"}, a=value)[1].keys() == {"a"}


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "1e400", "1" * 41, float("nan"), float("inf"), True, [1], "1_0", "１"]
)
def test_numbers_are_bounded(value: Any) -> None:
    assert one({"type": "number", "key": "a"}, a=value)[1] == {"a": "forms.not_a_number"}


def test_a_pattern_that_never_ends_is_stopped() -> None:
    field = {"type": "textfield", "key": "a", "validate": {"pattern": "^(a|a|aa)+$"}}
    started = time.perf_counter()
    assert one(field, a="a" * 40 + "!")[1] == {"a": "forms.pattern"}
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"^\d+$", "12\n", False),
        (r"^\d+$", "１２", False),
        (r"a.b", "a\u2028b", False),
        (r"^\s$", "\u3000", True),
        (r"^[$.]+$", "$.", True),
        (r"^a\/b$", "a/b", True),
        (r"b", "abc", True),
        (r"^[[a]$", "[", True),
        (r"^\u4e2d$", "中", True),
    ],
)
def test_patterns_are_javascripts(pattern: str, text: str, matches: bool) -> None:
    problems = one({"type": "textarea", "key": "a", "validate": {"pattern": pattern}}, a=text)[1]
    assert (problems == {}) is matches


@pytest.mark.parametrize("value", ["green", 1, {"x": 1}, ["red"], True])
def test_only_offered_options(value: Any) -> None:
    select = {"type": "select", "key": "a", "values": [{"label": "Red", "value": "red"}]}
    assert one(select, a=value)[1] == {"a": "forms.not_an_option"}
    tags = {"type": "taglist", "key": "a", "values": [{"label": "Red", "value": "red"}]}
    assert one(tags, a=value if isinstance(value, str | int) else ["green"])[1] == {"a": "forms.not_an_option"}


def test_true_is_not_one_and_a_list_has_an_end() -> None:
    field = {"type": "radio", "key": "a", "values": [{"label": "1", "value": 1}]}
    assert one(field, a=True)[1] == {"a": "forms.not_an_option"}
    assert one(field, a=1)[1] == {}
    rows = {"type": "dynamiclist", "path": "rows", "components": [{"type": "textfield", "key": "b"}]}
    assert one(rows, rows=[{"b": "x"}] * 201)[1] == {"rows": "forms.too_many"}


def test_what_is_fixed_hidden_or_unknown_is_not_taken() -> None:
    form = forms.parse(
        {
            "components": [
                {"type": "textfield", "key": "readonly", "readonly": True, "validate": {"required": True}},
                {"type": "textfield", "key": "disabled", "disabled": True},
                {"type": "textfield", "key": "hidden", "conditional": {"hide": "=true"}},
                {"type": "expression", "key": "sum", "expression": "=a + 1"},
                {"type": "number", "key": "a"},
            ],
            "type": "default",
        }
    )
    sent = {"readonly": "x", "disabled": "x", "hidden": "x", "sum": 99, "a": 1, "made_up": 1}
    clean, problems = form.check(sent)
    assert clean == {"a": 1, "sum": 2}
    assert problems == {"made_up": ("forms.unknown_field", {})}


def test_left_out_takes_the_default_emptied_does_not() -> None:
    field = {"type": "textfield", "key": "a", "defaultValue": "x"}
    assert one(field)[0] == {"a": "x"}
    assert one(field, a="")[0] == {"a": None}


# ---------------------------------------------------------------- languages
def test_localise_gives_the_viewer_one_language() -> None:
    schema = json.loads((Path(__file__).parent / "everything.form").read_text())
    chinese = forms.localise(schema, "zh-CN")
    shown = {child.get("key") or child["id"]: child for child in chinese["components"]}
    assert shown["name"]["label"] == "姓名"
    assert shown["code"]["validate"]["patternErrorMessage"] == "两个大写字母加数字。"
    assert shown["colour"]["values"] == [{"label": "红", "value": "red"}, {"label": "蓝", "value": "blue"}]
    assert '{label: "玫瑰", value: "rose", offered: (colour = "red")}' in shown["shade"]["valuesExpression"]
    assert "values" not in shown["shade"]
    assert shown["t1"]["text"] == "谢谢"
    assert schema["components"][0]["label"] == "Name", "the given schema is not changed"


def test_a_citys_own_lists_take_the_place_of_the_files() -> None:
    own = [{"value": "x/y", "label": "Y", "label:zh-CN": "某区"}]
    filled = forms.fill(SHIPPED["registration"], {"districts": own, "unknown": []})
    fields = forms.parse(filled).fields
    assert fields["district"]["values"] == own
    assert len(fields["category"]["values"]) == 14
    assert forms.parse(filled).check({**REGISTRATION, "district": "x/y"})[1] == {}
    assert forms.option_label(fields["district"], "x/y", "zh-CN") == "某区"


@pytest.mark.feature("P05")
def test_the_processing_form_begins_with_the_registrations_content() -> None:
    known = {"detailed_content": "In front of no. 3", "method": "TRANSFER"}
    begun = forms.prefilled(SHIPPED["processing"], known)
    assert begun == {**known, "processing_content": "In front of no. 3"}
    own = {**known, "processing_content": "Changed"}
    assert forms.prefilled(SHIPPED["processing"], own) == own


def test_every_problem_has_a_sentence() -> None:
    i18n.load_texts(ROOT / "app" / "forms")
    source = "".join(path.read_text() for path in (ROOT / "app" / "forms").glob("*.py"))
    keys = {f"forms.{part.split(chr(34))[0]}" for part in source.split('problem("')[1:]} | {"forms.required"}
    assert all(i18n.has_text(key) for key in keys), keys


def test_every_fault_has_a_sentence_and_a_remedy() -> None:
    i18n.load_texts(ROOT / "app" / "forms")
    source = (ROOT / "app" / "forms" / "faults.py").read_text()
    codes = set(re.findall(r'"(form-[a-z-]+)"', source))
    assert len(codes) > 8
    for code in codes:
        assert i18n.has_text(f"finding.{code}"), code
        assert i18n.has_text(f"finding.{code}.remedy"), code


# ---------------------------------------------------------------- faults
@pytest.mark.parametrize(
    ("component", "code"),
    [
        ({"type": "html", "content": "<script>"}, "form-component-refused"),
        ({"type": "iframe", "url": "https://x"}, "form-component-refused"),
        ({"type": "hologram"}, "form-component-unknown"),
        ({"type": "textfield", "key": "a", "validate": {"pattern": "("}}, "form-bad-pattern"),
        ({"type": "textfield", "key": "a", "conditional": {"hide": "=1 +"}}, "form-expression"),
        ({"type": "textfield"}, "form-no-key"),
        ({"type": "select", "key": "a"}, "form-no-options"),
        ({"type": "select", "key": "a", "values": [{"value": "x"}, {"value": "x"}]}, "form-option-twice"),
        ({"type": "select", "key": "a", "values": [{"value": "x", "when": "=("}]}, "form-expression"),
        ({"type": "group", "components": [{"type": "html"}]}, "form-component-refused"),
    ],
)
def test_faults_before_a_deploy(component: dict[str, Any], code: str) -> None:
    assert [
        fault.code for fault in forms.faults({"id": "f", "components": [component]}) if fault.severity == "error"
    ] == [code]


def test_faults_of_the_whole() -> None:
    twice = {"type": "textfield", "key": "a", "label": "A"}
    assert [f.code for f in forms.faults({"id": "f", "components": [twice, twice]})] == ["form-key-twice"]
    assert [f.code for f in forms.faults({"components": []})] == ["form-no-id"]
    assert [f.code for f in forms.faults({"id": "f", "schemaVersion": 99, "components": []})] == ["form-too-new"]
    assert [f.code for f in forms.faults([])] == ["form-not-a-form"]
