"""What the recorded verdicts cannot show: hostile values, languages, faults, the shipped forms' content."""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app import forms
from app.cases import enums
from app.cases.form_fields import FIXED, FORM_WRITABLE
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


def fields(name: str) -> Mapping[str, Any]:
    return forms.parse(SHIPPED[name]).fields


def labels(name: str, key: str) -> list[str]:
    return [option["label"] for option in fields(name)[key]["values"]]


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
    assert [fault[1] for fault in forms.faults({"id": "f", "components": [component]})] == [code]


def test_faults_of_the_whole() -> None:
    twice = {"type": "textfield", "key": "a"}
    assert [f[1] for f in forms.faults({"id": "f", "components": [twice, twice]})] == ["form-key-twice"]
    assert [f[1] for f in forms.faults({"components": []})] == ["form-no-id"]
    assert [f[1] for f in forms.faults({"id": "f", "schemaVersion": 99, "components": []})] == ["form-too-new"]
    assert [f[1] for f in forms.faults([])] == ["form-not-a-form"]


# ---------------------------------------------------------------- the shipped forms
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_forms_are_sound_and_bilingual(name: str) -> None:
    form = SHIPPED[name]
    assert form["id"] == name
    assert forms.faults(form) == []
    for component in every(form):
        properties = component.get("properties", {})
        for text in ("label", "description", "text", "dateLabel", "timeLabel"):
            assert (text in component) == (f"{text}:zh-CN" in properties), component["id"]
        for option in component.get("values", ()):
            assert option["label:zh-CN"], component["id"]


def every(component: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [found for child in component["components"] for found in (child, *every({"components": [], **child}))]


@pytest.mark.feature("W01", "W02", "W03", "W04", "W05", "W06", "W07", "W08", "W09", "W10")
def test_the_sources_values_are_there_as_printed() -> None:
    assert labels("registration", "incident_source") == [
        "Reported by Supervisor", "Reported by the Public", "Transferred by Other Departments", "Leader's Mailbox",
        "Others",
    ]  # fmt: skip
    assert labels("registration", "category") == [
        "Water Supply", "Power Supply", "Gas Supply", "Heating Supply", "Municipal Administration",
        "Real Estate Management", "Administrative Law Enforcement", "Environmental Protection", "Urban Planning",
        "City Appearance and Sanitation", "Landscaping", "Property Management", "Building Quality", "Others",
    ]  # fmt: skip
    assert labels("registration", "service_type") == [
        "Consultation", "Complaint", "Criticism and Suggestion", "Incident Reporting", "Others",
    ]  # fmt: skip
    assert labels("leader_instruction", "instruction") == ["Verification", "Approval", "Others"]
    assert labels("registration", "leader_instruction") == ["Verification", "Approval", "Others"]
    printed = ["General", "Relatively Satisfactory", "Satisfactory", "Others"]
    assert labels("return_visit", "processing_result") == [*printed, "Unsatisfied"]
    assert labels("processing", "method")[:2] == ["File a Case for Handling", "Report to the Leader"]
    registration = fields("registration")
    names = ["caller_name", "reported_at", "caller_phone", "duty_staff", "incident_summary", "detailed_content"]
    assert [forms.label(registration[name], "en") for name in names] == [
        "Caller", "Reporting Time", "Reporting Telephone", "Name of Duty Staff", "Time Summary", "Detailed Content",
    ]  # fmt: skip


@pytest.mark.feature("W20", "W21", "W22")
def test_lists_are_the_catalogues() -> None:
    def rows(path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((ROOT / "app/city" / path).read_text())
        return found

    def offered(key: str) -> set[str]:
        return {option["value"] for option in fields("registration")[key]["values"]}

    categories = rows("catalogue/categories.json")
    assert offered("category") == {row["code"] for row in categories if "parent" not in row}
    assert {(o["value"], o["when"]) for o in fields("registration")["sub_category"]["values"]} == {
        (row["code"], f'=category = "{row["parent"]}"') for row in categories if "parent" in row
    }
    terms = rows("catalogue/terms.json")
    assert offered("submission_kind") == {row["code"] for row in terms if row["kind"] == "SUBMISSION"}
    assert offered("consultation_topic") == {row["code"] for row in terms if row["kind"] == "CONSULTATION_TOPIC"}
    assert offered("component_class") == {row["code"] for row in rows("catalogue/components.json")}
    assert offered("component_owner") == {row["code"] for row in rows("demo/departments.json")}


def test_closed_lists_are_those_of_the_case() -> None:
    """A form that offers what the case's column refuses would be refused when it is too late."""
    for name in SHIPPED:
        for key, component in fields(name).items():
            attribute = FORM_WRITABLE.get(key)
            if attribute is not None and attribute.values is not None:
                offered = {option["value"] for option in component["values"]}
                assert offered == set(attribute.values), (name, key)
    assert set(labels_of("return_visit", "visit_result")) == set(enums.VisitResult)
    assert set(labels_of("processing", "method")) == set(enums.ProcessingMethod)


def labels_of(name: str, key: str) -> list[str]:
    return [option["value"] for option in fields(name)[key]["values"]]


def test_no_form_but_the_registration_asks_for_what_only_registering_sets() -> None:
    for name in SHIPPED.keys() - {"registration"}:
        assert not fields(name).keys() & (FIXED - {"lead_department_of_case"}), name


@pytest.mark.feature("D01")
def test_a_component_needs_class_and_owner_an_event_a_place() -> None:
    form = forms.parse(SHIPPED["registration"])
    assert form.check(REGISTRATION)[1] == {}
    assert form.check({**REGISTRATION, "kind": "COMPONENT"})[1].keys() == {"component_class", "component_owner"}
    assert form.check({**REGISTRATION, "address": ""})[1].keys() == {"address"}


def test_sub_category_follows_the_category() -> None:
    form = forms.parse(SHIPPED["registration"])
    gas = {**REGISTRATION, "category": "GAS_SUPPLY"}
    assert form.check({**gas, "sub_category": "GAS_LEAK"})[1] == {}
    assert form.check({**gas, "sub_category": "WATER_LEAK"})[1] == {"sub_category": ("forms.not_an_option", {})}


@pytest.mark.parametrize(
    "phone", ["13800138000", "0571-8888 1234", "+86 138 0013 8000", "(010) 12345678"[1:4] + "12345"]
)
def test_telephone_numbers(phone: str) -> None:
    assert forms.parse(SHIPPED["registration"]).check({**REGISTRATION, "caller_phone": phone})[1] == {}


@pytest.mark.parametrize(("name", "values", "missing"), [
    ("judgement", {"judgement": "FILE"}, set()),
    ("judgement", {"judgement": "VOID"}, {"void_reason", "judgement_reason"}),
    ("judgement", {"judgement": "ANSWER"}, {"answer_text"}),
    ("judgement", {"judgement": "ASK_BACK", "judgement_reason": "Where?"}, set()),
    ("verification", {"verification": "PASSED"}, set()),
    ("verification", {"verification": "REWORK"}, {"verification_note"}),
    ("reply", {"reply_way": "NONE"}, set()),
    ("reply", {"reply_way": "SMS"}, {"reply_text"}),
    ("return_visit", {"visit_result": "UNREACHED"}, set()),
    ("return_visit", {"visit_result": "SATISFIED"}, {"resolved"}),
    ("sign", {"decision": "SIGN"}, set()),
    ("sign", {"decision": "RETURN"}, {"objection_rule", "objection_text"}),
    ("objection_review", {"review": "REFUSED"}, {"review_note"}),
    ("handle", {}, set()),
    ("report_back", {"result_text": "Done."}, {"responsible_person"}),
])  # fmt: skip
def test_what_each_choice_asks_for(name: str, values: dict[str, Any], missing: set[str]) -> None:
    assert forms.parse(SHIPPED[name]).check(values)[1].keys() == missing
