"""Beside a report that is being written: who calls, what is known already, who would be responsible."""

import pytest

from app.cli.demo import REPORT
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
    assert "callout--red" not in ask(house, address="书院路").json["suggestion"]


def test_hints_are_for_who_registers(house: House) -> None:
    browser = house.browser("gas")
    token = csrf_of(browser, "/tasks")
    refused = browser.post("/registrations/hints", json={"values": {}}, headers={"X-CSRFToken": token})
    assert refused.status_code == 403
