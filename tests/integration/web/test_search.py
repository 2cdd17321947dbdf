"""Searching and saved queries through API and pages, as the people of the demo city."""

from typing import Any

import pytest
from sqlalchemy import event

from app.core.db import transaction
from tests.integration.web.conftest import House, Person, csrf_of

REPORT = {
    "incident_summary": "垃圾桶满溢", "detailed_content": "三个垃圾桶两天未清运。", "district": "jz/dongcheng",
    "address": "书院路 88 号", "kind": "EVENT", "category": "CITY_APPEARANCE_AND_SANITATION",
    "sub_category": "OVERFLOWING_BIN", "service_type": "COMPLAINT", "caller_name": "王丽华",
    "caller_phone": "13800136721", "channel": "PHONE", "incident_source": "PUBLIC", "reply_wish": "PHONE",
    "urgency": "NORMAL", "origin": "PUBLIC_HOTLINE",
}  # fmt: skip


@pytest.fixture
def agent(house: House) -> Person:
    return house.person("agent")


def _register(agent: Person, **values: Any) -> dict[str, str]:
    answer = agent.post("/registrations", {"values": {**REPORT, **values}})
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


@pytest.mark.feature("W15")
def test_an_agent_finds_a_case_by_what_a_caller_says(house: House, agent: Person) -> None:
    made = _register(agent)
    for asked in (made["case_no"], made["acceptance_no"], "6721", "丽华", "书院路", "垃圾"):
        hits = agent.post("/search", {"q": asked}).json["hits"]
        assert [hit["case_no"] for hit in hits] == [made["case_no"]], asked
        assert (hits[0]["caller_phone"], hits[0]["caller_name"]) == ("138••••6721", "王••")
    assert house.person("gas").post("/search", {"q": "垃圾"}).json["hits"] == []
    assert house.person("admin").post("/search", {"q": "1"}).status_code == 403
    browser = house.browser("agent")
    assert made["case_no"] not in browser.get("/search?q=垃圾").text, "nothing is asked in an address"
    page = browser.post("/search", data={"q": "垃圾", "csrf_token": csrf_of(browser, "/account")}).text
    assert made["case_no"] in page
    assert "138••••6721" in page
    assert "13800136721" not in page


def test_the_box_in_the_top_bar_answers_masked_and_by_post(house: House, agent: Person) -> None:
    made = _register(agent)
    browser = house.browser("agent")
    token = {"X-CSRFToken": csrf_of(browser, "/account")}

    def answer(asked: object, recent: object = ()) -> str:
        return browser.post("/omnibox", json={"asked": asked, "recent": recent}, headers=token).text

    for asked in ("13800136721", "王丽华", "书院路 88", "垃圾"):
        said = answer(asked)
        assert f'href="/cases/{made["case_no"]}"' in said, asked
        assert "13800136721" not in said
    assert "138••••6721" in answer("6721")
    assert made["case_no"] in answer("", [made["case_no"], "no-such-case", 7])
    assert house.browser("gas").post("/omnibox", json={}, headers=token).status_code in (403, 422)
    assert browser.post("/omnibox", json={"asked": 1}, headers=token).status_code == 422
    form = {"q": "13800136721", "csrf_token": token["X-CSRFToken"]}
    assert "138••••6721" in browser.post("/search", data=form).text
    assert browser.post("/search", data={**form, "q": made["case_no"]}).location == f"/cases/{made['case_no']}"


@pytest.mark.feature("F07")
def test_conditions_are_saved_shared_and_run_in_one_statement(house: House, agent: Person) -> None:
    bins, lamp = _register(agent), _register(agent, incident_summary="路灯不亮", urgency="URGENT", channel="WEB")
    supervisor = house.person("supervisor")
    tree = {"all": [{"field": "registered_at", "is": "last_days", "value": 3},
                    {"any": [{"field": "urgency", "is": "is", "value": "URGENT"},
                             {"field": "words", "is": "contains", "value": "垃圾 书院"}]}]}  # fmt: skip
    mine = supervisor.post("/queries", {"name": "三日内", "conditions": tree})
    assert mine.status_code == 201, mine.text
    found = supervisor.get(f"/queries/{mine.json['id']}/cases")["cases"]
    assert {case["case_no"] for case in found} == {bins["case_no"], lamp["case_no"]}
    assert agent.ask("GET", f"/queries/{mine.json['id']}/cases").status_code == 404, "private"
    web = {"all": [{"field": "channel", "is": "is", "value": "WEB"}]}
    assert agent.post("/queries", {"name": "网络", "conditions": web, "shared": True}).status_code == 403
    shared = supervisor.post("/queries", {"name": "网络", "conditions": web, "shared": True}).json
    assert [case["case_no"] for case in agent.get(f"/queries/{shared['id']}/cases")["cases"]] == [lamp["case_no"]]
    assert agent.ask("DELETE", f"/queries/{shared['id']}").status_code == 403
    wrong = supervisor.post("/queries", {"name": "x", "conditions": {"all": [{"field": "nothing", "is": "is"}]}})
    assert wrong.status_code == 422
    asked: list[str] = []
    event.listen(house.app.extensions["citydesk"].sessions.kw["bind"], "before_cursor_execute",
                 lambda *args: asked.append(args[2]))  # fmt: skip
    supervisor.post("/queries/cases", {"conditions": tree})
    assert sum("FROM case_file" in each or "AS page" in each for each in asked) == 1


@pytest.mark.feature("F09")
def test_an_administrator_adds_a_field_that_forms_write(house: House, agent: Person) -> None:
    made = _register(agent)
    other = _register(agent)
    with transaction(house.app.extensions["citydesk"].sessions) as session:
        from app.cases.models import CaseFile

        case = session.query(CaseFile).filter_by(case_no=made["case_no"]).one()
        case.custom = {**case.custom, "floors": 12, "lift": "坏"}
    admin, supervisor = house.person("admin"), house.person("supervisor")
    tree = {"all": [{"field": "custom.floors", "is": "more", "value": 10}]}
    assert supervisor.post("/queries/cases", {"conditions": tree}).status_code == 422, "not known yet"
    floors = {"key": "floors", "names": {"en": "Floors", "zh-CN": "楼层"}, "shape": "NUMBER"}
    assert supervisor.post("/case-fields", floors).status_code == 403
    assert admin.post("/case-fields", floors).status_code == 201
    assert admin.post("/case-fields", floors).status_code == 409
    found = supervisor.post("/queries/cases", {"conditions": tree}).json["cases"]
    assert [case["case_no"] for case in found] == [made["case_no"]]
    few = {"all": [{"field": "custom.floors", "is": "empty"}]}
    assert [c["case_no"] for c in supervisor.post("/queries/cases", {"conditions": few}).json["cases"]] == [
        other["case_no"]
    ]
    assert "custom.floors" in {field["key"] for field in supervisor.get("/case-fields")["fields"]}
    assert admin.ask("DELETE", "/case-fields/floors").status_code == 204
    assert supervisor.post("/queries/cases", {"conditions": tree}).status_code == 422


@pytest.mark.feature("F07")
def test_conditions_work_as_a_plain_form(house: House, agent: Person) -> None:
    made = _register(agent, urgency="URGENT")
    browser = house.browser("supervisor")
    address = "/queries?way=all&f=urgency&c=is&v=URGENT&f=registered_at&c=last_days&v=2"
    assert made["case_no"] in browser.get(address).text
    form = {"csrf_token": csrf_of(browser, address), "way": "all", "f": "urgency", "c": "is", "v": "URGENT",
            "name": "紧急"}  # fmt: skip
    saved = browser.post("/queries", data=form)
    assert saved.status_code == 302
    assert made["case_no"] in browser.get(saved.location).text
    assert "紧急" in browser.get("/search").text
    assert "2026-11-18" in browser.get("/queries?way=all&f=registered_at&c=on&v=gestern").text


@pytest.mark.feature("F07")
def test_conditions_take_the_words_that_people_see(house: House, agent: Person) -> None:
    urgent = _register(agent, urgency="URGENT")
    usual = _register(agent)
    browser = house.browser("supervisor")
    both = browser.get("/queries?way=all&f=urgency&c=any_of&v=紧急，一般").text
    assert urgent["case_no"] in both
    assert usual["case_no"] in both
    one = browser.get("/queries?way=all&f=category&c=is&v=市容环卫&f=urgency&c=is&v=URGENT").text
    assert urgent["case_no"] in one
    assert usual["case_no"] not in one
    assert 'value="市容环卫"' in one
    assert 'value="紧急"' in one, "a code is shown by its word"
