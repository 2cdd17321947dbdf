"""The shipped forms: complete, in both languages, and in step with the city's catalogue and the case's columns."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app import forms
from app.cases import enums
from app.cases.form_fields import FIXED, FORM_WRITABLE

ROOT = Path(__file__).parents[3]
SHIPPED = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "forms").glob("*.form"))}
REGISTRATION = {
    "incident_summary": "Rubbish", "detailed_content": "In front of no. 3", "district": "jz/dongcheng",
    "address": "Gulou street 3", "category": "CITY_APPEARANCE_AND_SANITATION", "service_type": "COMPLAINT",
}  # fmt: skip


def fields(name: str) -> Mapping[str, Any]:
    return forms.parse(SHIPPED[name]).fields


def labels(name: str, key: str) -> list[str]:
    return [option["label"] for option in fields(name)[key]["values"]]


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
    owners = {row["code"] for row in rows("demo/departments.json")} - {"higher_authority"}
    assert offered("component_owner") == owners, "the higher authority owns nothing here"


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
