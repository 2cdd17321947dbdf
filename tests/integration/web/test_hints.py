"""Beside a report that is being written: who calls, what is known already, who would be responsible."""

import re

import pytest

from app.cli.demo import REPORT
from app.core.ids import new_id
from tests.integration.web.conftest import House, csrf_of

GAS = REPORT | {
    "caller_phone": "13800006721", "category": "GAS_SUPPLY", "sub_category": "GAS_LEAK", "district": "jz/dongcheng",
    "address": "书院路 88 号锦绣花园 3 栋", "incident_summary": "锦绣花园楼道有燃气味",
    "detailed_content": "楼道闻到燃气味，9 点后加重。",
}  # fmt: skip


def ask(house: House, username: str = "agent", **values: str):
    browser = house.browser(username)
    token = csrf_of(browser, "/registrations/new")
    return browser.post("/registrations/hints", json={"values": values}, headers={"X-CSRFToken": token})


@pytest.mark.feature("Q04")
def test_a_second_caller_about_the_same_matter_is_told_of_the_first(house: House) -> None:
    made = house.person("agent").post("/registrations", {"values": GAS}).json
    parts = ask(
        house, category="GAS_SUPPLY", sub_category="GAS_LEAK", district="jz/dongcheng", address="书院路88号锦绣花园4栋",
        incident_summary="楼道有煤气味",
    ).json  # fmt: skip
    assert f'data-similar="{made["case_no"]}"' in parts["similar"]
    elsewhere = ask(house, category="LANDSCAPING", address="湖心大街 1 号", incident_summary="行道树倒伏").json
    assert "data-similar" not in elsewhere["similar"]


@pytest.mark.feature("S07")
@pytest.mark.feature("W19")
def test_the_number_shows_what_it_reported_before(house: House) -> None:
    house.person("agent").post("/registrations", {"values": GAS})
    known = ask(house, caller_phone="138 0000 6721").json["caller"]
    assert GAS["incident_summary"] in known
    unknown = ask(house, caller_phone="13900000000").json["caller"]
    assert GAS["incident_summary"] not in unknown


@pytest.mark.feature("D08")
def test_the_tables_say_who_would_be_responsible_and_for_how_long(house: House) -> None:
    said = ask(house, category="GAS_SUPPLY", sub_category="GAS_LEAK", district="jz/dongcheng").json["suggestion"]
    assert "callout--red" in said
    assert "燃气" in said
    assert "紧急工作时" in said
    assert "燃气泄漏" in said, "the rule by its name"
    assert "GAS_LEAK" not in said
    assert "callout--red" not in ask(house, address="书院路").json["suggestion"]


def test_hints_are_for_who_registers(house: House) -> None:
    browser = house.browser("gas")
    token = csrf_of(browser, "/tasks")
    refused = browser.post("/registrations/hints", json={"values": {}}, headers={"X-CSRFToken": token})
    assert refused.status_code == 403


@pytest.mark.feature("Q04")
def test_a_second_caller_joins_at_the_form_and_is_taken_out_again(house: House) -> None:
    made = house.person("agent").post("/registrations", {"values": GAS}).json
    browser = house.browser("agent2")
    headers = {"X-CSRFToken": csrf_of(browser, "/registrations/new")}
    body = {"command_id": str(new_id()), "values": GAS | {"caller_phone": "13911112222"}, "joins": made["case_no"]}
    joined = browser.post("/registrations/new", json=body, headers=headers)
    assert joined.json["next"] == f"/cases/{made['case_no']}"
    page = browser.get(joined.json["next"]).text
    undo = re.search(r'action="(/cases/\d+/merges/[0-9a-f-]+/undo)"', page)
    assert undo, "what was done can be undone at once"
    back = browser.post(undo[1], headers=headers)
    assert back.status_code == 302
    assert back.location != f"/cases/{made['case_no']}", "a case of its own"


@pytest.mark.feature("W13")
def test_a_saved_report_is_corrected_and_an_overtaken_field_is_told(house: House) -> None:
    made = house.person("agent").post("/registrations", {"values": GAS}).json
    url = f"/cases/{made['case_no']}/edit"
    one, two = house.browser("agent"), house.browser("agent2")
    before = one.get(f"{url}/values").json["values"]
    assert before["duty_staff"] == "周晓雯", "who registered it, also when a colleague corrects it"
    assert "周晓雯" in two.get(url).text

    def save(browser, address: str):
        body = {"command_id": str(new_id()), "values": {**before, "address": address}, "before": before}
        return browser.post(url, json=body, headers={"X-CSRFToken": csrf_of(browser, url)})

    assert save(one, "书院路 90 号").status_code == 200
    refused = save(two, "书院路 92 号")
    assert refused.status_code == 409
    assert "书院路 90 号" in str(refused.json["errors"]["address"])
    assert house.browser("gas").get(url).status_code == 403
