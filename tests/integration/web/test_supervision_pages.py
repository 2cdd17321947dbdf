"""Supervision by page and by REST: raised with the form, answered by the department, looked at and closed."""

import re
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from .conftest import House, csrf_of
from .test_api import complete
from .test_orders_page import dispatched

TEXT = "照片与地址不符，请重新处理"


def raise_by_page(browser: FlaskClient, case_no: str, query: str = "", **values: object) -> object:
    path = f"/cases/{case_no}/supervision"
    body = {"command_id": str(uuid4()), "values": {"level": "SUPERVISION", "order": "ALL", "text": TEXT,
                                                   "answer_unit": "WORKING_DAY", **values}}  # fmt: skip
    return browser.post(path + query, json=body, headers={"X-CSRFToken": csrf_of(browser, path)})


@pytest.mark.feature("V08")
@pytest.mark.feature("V09")
def test_the_seal_shows_everywhere_and_the_department_answers(house: House) -> None:
    case_no = dispatched(house)
    supervisor, sanitation = house.browser("supervisor"), house.browser("sanitation")
    answer = raise_by_page(supervisor, case_no, answer_value=3)
    summary = house.person("supervisor").get(f"/cases/{case_no}")["incident_summary"]
    assert answer.status_code == 200, answer.text
    for browser, path in (
        (supervisor, "/cases"), (supervisor, f"/cases/{case_no}"), (supervisor, "/supervision"),
        (sanitation, "/orders"), (sanitation, "/orders?as=list"), (sanitation, "/tasks"), (supervisor, "/dashboard"),
    ):  # fmt: skip
        assert 'data-level="SUPERVISION"' in browser.get(path).text, path
    asked = {"q": summary, "csrf_token": csrf_of(supervisor, "/search")}
    assert 'data-level="SUPERVISION"' in supervisor.post("/search", data=asked).text
    [demand] = house.person("supervisor").get("/supervisions", view="awaited")["supervisions"]
    order_no = house.person("sanitation").get("/orders")["orders"][0]["order_no"]
    page = sanitation.get(f"/orders/{order_no}").text
    assert TEXT in page
    form = {"text": "已派人复查", "back": f"/orders/{order_no}", "csrf_token": csrf_of(sanitation, "/orders")}
    assert sanitation.post(f"/supervision/{demand['id']}/answers", data=form).location == f"/orders/{order_no}"
    assert "已派人复查" in sanitation.get(f"/orders/{order_no}").text
    water = house.person("water").post(f"/supervisions/{demand['id']}/answers", {"text": "已关阀"})
    assert water.status_code == 204, water.text
    [shown] = house.person("supervisor").get(f"/cases/{case_no}/supervisions")["supervisions"]
    assert (shown["state"], len(shown["answers"])) == ("ANSWERED", 2)
    raised = raise_by_page(supervisor, case_no, f"?raise={demand['id']}", level="CIRCULAR")
    assert raised.status_code == 200, raised.text
    closing = {"text": "属实", "back": "//evil", "csrf_token": csrf_of(supervisor, "/supervision")}
    assert supervisor.post(f"/supervision/{demand['id']}/closure", data=closing).location == "/"
    told = supervisor.get("/supervision").text
    assert "已被他人办结" in told
    assert "“属实”" in told, "what was typed is not lost"


def test_the_form_says_what_is_missing(house: House) -> None:
    case_no = dispatched(house)
    refused = raise_by_page(house.browser("supervisor"), case_no, text="")
    assert refused.status_code == 422
    assert "text" in refused.json["errors"]
    assert raise_by_page(house.browser("agent"), case_no).status_code == 403


def test_rest_repeats_do_nothing_twice(house: House) -> None:
    case_no, leader, key = dispatched(house), house.person("leader"), str(uuid4())
    body = {"level": "NOTICE", "text": TEXT}
    first, again = (leader.post(f"/cases/{case_no}/supervisions", body, key) for _ in range(2))
    assert (first.status_code, first.json) == (201, again.json)
    assert len(leader.get(f"/cases/{case_no}/supervisions")["supervisions"]) == 1


@pytest.mark.feature("V04")
def test_the_whole_way_is_a_picture_and_the_same_in_a_table(house: House) -> None:
    case_no = dispatched(house)
    supervisor = house.browser("supervisor")
    raise_by_page(supervisor, case_no)
    page = supervisor.get(f"/cases/{case_no}/tracking").text
    assert 'class="way__bar"' in page
    assert page.count('data-kind="stage"') > 4
    assert page.count('data-kind="limit"') == 1 + 2, "each order waits to be signed; one more explains the colour"
    assert page.count('data-kind="demand"') == 1 + 1
    own = house.browser("water").get(f"/cases/{case_no}/tracking").text
    assert own.count('data-kind="order"') == 1 + 1, "a department sees its own order alone"


@pytest.mark.feature("V11")
def test_a_sample_is_drawn_checked_and_seen_by_its_department(house: House) -> None:
    case_no = dispatched(house)
    sanitation = house.person("sanitation")
    for values in ({"decision": "SIGN"}, {}, {"result_text": "已清运", "responsible_person": "梁玉珍"}):
        complete(sanitation, case_no, **values)
    supervisor, today = house.browser("supervisor"), datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    token = csrf_of(supervisor, "/spot-checks")
    drawn = supervisor.post("/spot-checks/samples", data={
        "csrf_token": token, "first_day": today, "last_day": today, "size": "5",
    })  # fmt: skip
    sample = supervisor.get(drawn.location).text
    assert "callout--green" in sample, "it can be drawn again"
    path = re.search(r'/spot-checks/[0-9a-f-]{36}(?=")', sample)[0]
    form = supervisor.get(path).text
    verdicts = dict.fromkeys(re.findall(r'name="(verdict\.[A-Z]+)"', form), "OK") | {"verdict.EVIDENCE": "MAJOR"}
    answer = house.browser("sanitation").get(path)
    assert answer.status_code == 404, "nobody is warned before the check"
    assert supervisor.post(f"{path}/result", data={"csrf_token": token, **verdicts}).location == path
    assert "扣分" in house.browser("sanitation").get(path).text
    assert house.browser("gas").get(path).status_code == 403
    assert ">−3<" in supervisor.get("/dashboard").text
    assert supervisor.post(f"{path}/appeal", data={"csrf_token": token, "text": "不服"}).status_code == 403


@pytest.mark.feature("V12")
def test_a_check_over_rest(house: House) -> None:
    case_no = dispatched(house)
    sanitation, supervisor, leader = house.person("sanitation"), house.person("supervisor"), house.person("leader")
    for values in ({"decision": "SIGN"}, {}, {"result_text": "已清运", "responsible_person": "梁玉珍"}):
        complete(sanitation, case_no, **values)
    today, key = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat(), str(uuid4())
    body = {"first_day": today, "last_day": today, "size": 3}
    first, again = (supervisor.post("/spot-checks/samples", body, key) for _ in range(2))
    assert (first.status_code, first.json["seed"]) == (201, again.json["seed"])
    assert sanitation.get("/spot-checks", view="open")["checks"] == []
    [check] = supervisor.get("/spot-checks", view="open")["checks"]
    incomplete = supervisor.post(f"/spot-checks/{check['id']}/result", {"verdicts": {"TRUTH": "OK"}})
    assert incomplete.status_code == 422
    verdicts = dict.fromkeys(incomplete.json["errors"], "OK") | {"TRUTH": "MINOR"}
    assert supervisor.post(f"/spot-checks/{check['id']}/result", {"verdicts": verdicts}).status_code == 204
    [seen] = sanitation.get("/spot-checks")["checks"]
    assert (seen["deduction"], seen["state"]) == (5.0, "CHECKED")
    decision = {"decision": "REVOKED", "text": "成立"}
    assert leader.post(f"/spot-checks/{check['id']}/decision", decision).status_code == 409, "nobody has appealed"
    assert sanitation.post(f"/spot-checks/{check['id']}/appeal", {"text": "不服"}).status_code == 403
