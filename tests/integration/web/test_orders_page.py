"""The order board and the deeds that need no form: a department signs, a supervisor files and dispatches many."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from app.cases.models import TimeLimit
from app.core.db import transaction
from app.identity import SEED, Grant, Role, add_user
from app.workflow import Runtime

from .conftest import PASSWORD, House, Person, csrf_of
from .test_api import complete, given_a_case

JSON = {"Accept": "application/json"}


def dispatched(house: House, **changed: Any) -> str:
    """A case whose departments have their orders."""
    case_no = given_a_case(house.person("agent"), **changed)
    supervisor = house.person("supervisor")
    complete(supervisor, case_no, judgement="FILE")
    complete(supervisor, case_no, lead_department="sanitation", assist_departments=["water"], method="FILE_CASE")
    return case_no


def columns(browser: FlaskClient, query: str = "") -> dict[str, list[str]]:
    """Ids of the orders in each column that has some."""
    ids = browser.get(f"/orders/pulse{query}").json["ids"]
    return {column: found for column, found in ids.items() if found}


def sign(browser: FlaskClient, orders: list[str], command: UUID | None = None) -> Any:
    form = {"order": orders, "command_id": str(command or uuid4()), "csrf_token": csrf_of(browser, "/orders")}
    return browser.post("/orders/signing", data=form, headers=JSON).json


def test_a_department_sees_and_signs_its_own_orders(house: House) -> None:
    for _ in range(2):
        dispatched(house)
    sanitation, water, supervisor = (house.browser(name) for name in ("sanitation", "water", "supervisor"))
    mine, theirs = columns(sanitation)["SIGN"], columns(water)["SIGN"]
    assert (len(mine), len(theirs)) == (2, 2)
    assert not set(mine) & set(theirs)
    assert set(columns(supervisor)["SIGN"]) == {*mine, *theirs}
    assert columns(supervisor, "?department=water") == {"SIGN": theirs}
    command = uuid4()
    answer = sign(sanitation, [*mine, theirs[0]], command)
    assert "2" in answer["said"]
    assert len(answer["refusals"]) == 1  # another department's
    assert columns(sanitation) == {"HANDLING": mine}
    assert "2" in sign(sanitation, mine, command)["said"]  # the answer got lost, the page asks again
    assert not sign(sanitation, mine)["said"]  # but a new command finds nothing to sign
    assert columns(water) == {"SIGN": theirs}


def test_what_is_overdue_stands_first_and_alone_when_asked_for(house: House, runtime: Runtime) -> None:
    for _ in range(3):
        dispatched(house)
    browser = house.browser("sanitation")
    last = columns(browser)["SIGN"][-1]
    with transaction(runtime.sessions) as session:
        fallen = {"warn_at": TimeLimit.started_at, "due_at": TimeLimit.started_at}
        session.execute(update(TimeLimit).where(TimeLimit.order_id == UUID(last)).values(fallen))
    assert columns(browser)["SIGN"][0] == last
    assert columns(browser, "?late=1") == {"SIGN": [last]}
    assert "callout--red" in browser.get("/orders").text
    listed = re.findall(r'href="/orders/(\d{12}-\d)"', browser.get("/orders?as=list&late=1").text)
    assert len(listed) == 1
    assert len(re.findall(r'href="/orders/(\d{12}-\d)"', browser.get("/orders?as=list").text)) == 3


def test_a_head_gives_orders_to_her_people(house: House, runtime: Runtime) -> None:
    dispatched(house)
    with transaction(runtime.sessions) as session:
        now = runtime.clock.now()
        add_user(
            session,
            "head",
            "韩梅",
            PASSWORD,
            [Grant(Role.DEPARTMENT_HEAD, department="sanitation")],
            SEED,
            now,
            demo=True,
        )
        handler = [Grant(Role.DEPARTMENT_HANDLER, department="sanitation")]
        second = add_user(session, "second", "何静", PASSWORD, handler, SEED, now, demo=True)
    head = house.browser("head")
    page = head.get("/orders?as=list").text
    tasks = re.findall(r'name="task" value="([0-9a-f-]{36})"', page)
    assert len(tasks) == 1
    form = {"deed": "assign", "to": str(second.id), "task": tasks, "csrf_token": csrf_of(head, "/orders")}
    assert head.post("/tasks/deeds", data=form, headers=JSON).json["refusals"] == []
    assert len(columns(head, f"?who={second.id}")["SIGN"]) == 1
    assert re.findall(r'name="task" value="([0-9a-f-]{36})"', head.get("/orders?as=list").text) == tasks
    assert 'name="task"' not in house.browser("sanitation").get("/orders?as=list").text


def tasks_on(browser: FlaskClient, view: str) -> list[str]:
    return re.findall(r'<tr data-task="([0-9a-f-]{36})"', browser.get(f"/tasks?view={view}").text)


def deed(browser: FlaskClient, name: str, tasks: list[str]) -> Any:
    form = {"deed": name, "task": tasks, "csrf_token": csrf_of(browser, "/tasks")}
    return browser.post("/tasks/deeds", data=form, headers=JSON).json


@pytest.fixture
def unclear(house: House) -> Person:
    """Somebody has to say who is responsible for this one."""
    given_a_case(house.person("agent"), category="OTHERS", sub_category="", incident_summary="说不清归谁管")
    return house.person("supervisor")


def test_ten_are_filed_and_dispatched_at_once_with_the_refusals_by_reason(house: House, unclear: Person) -> None:
    for _ in range(9):
        given_a_case(house.person("agent"))
    browser = house.browser("supervisor")
    tasks = tasks_on(browser, "judge")
    assert len(tasks) == 10
    answer = deed(browser, "file_dispatch", tasks)
    assert "9" in answer["said"]
    assert len(answer["refusals"]) == 1  # filed, but its unit is uncertain
    assert answer["undo"] == []
    assert tasks_on(browser, "judge") == []
    assert len(tasks_on(browser, "dispatch")) == 1
    assert len(columns(house.browser("sanitation"))["SIGN"]) == 9
    again = deed(browser, "file", tasks[:3])
    assert again["said"] == ""
    assert len(again["refusals"]) == 1


def test_filing_and_dispatching_are_two_deeds_as_well(house: House) -> None:
    for _ in range(2):
        given_a_case(house.person("agent"))
    browser = house.browser("supervisor")
    assert deed(browser, "dispatch", tasks_on(browser, "judge"))["said"] == ""
    assert deed(browser, "file", tasks_on(browser, "judge"))["refusals"] == []
    waiting = tasks_on(browser, "dispatch")
    assert len(waiting) == 2
    assert deed(browser, "dispatch", waiting)["refusals"] == []
    assert tasks_on(browser, "dispatch") == []
    assert deed(house.browser("agent"), "pass", waiting)["said"] == ""


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def test_a_photo_is_seen_by_whoever_verifies_and_by_no_other_department(house: House, runtime: Runtime) -> None:
    dispatched(house)
    sanitation, water, supervisor = (house.browser(name) for name in ("sanitation", "water", "supervisor"))
    mine = columns(sanitation)["SIGN"]
    number = re.findall(r'href="/orders/(\d{12}-\d)"', sanitation.get("/orders").text)[0]
    headers = JSON | {"X-CSRFToken": csrf_of(sanitation, "/orders"), "Content-Type": "image/png"}
    photo = f"/orders/{number}/documents/{uuid4()}?name=a.png"
    for _ in range(2):  # the answer got lost, the page sends it again
        made = sanitation.put(photo, data=PNG, headers=headers)
        assert made.status_code == 201, made.text
    url = made.json["url"]
    shown = supervisor.get(url)
    assert (shown.status_code, shown.mimetype, shown.data) == (200, "image/png", PNG)
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert url in supervisor.get(f"/orders/{number}").text
    assert water.get(url).status_code == 403
    theirs = JSON | {"X-CSRFToken": csrf_of(water, "/orders"), "Content-Type": "image/png"}
    assert water.put(f"/orders/{number}/documents/{uuid4()}", data=PNG, headers=theirs).status_code == 403
    page = JSON | {"X-CSRFToken": csrf_of(sanitation, "/orders"), "Content-Type": "image/png"}
    assert sanitation.put(f"/orders/{number}/documents/{uuid4()}", data=b"<html>", headers=page).status_code == 422
    assert sanitation.delete(url, headers=headers).status_code == 204
    assert sanitation.get(url).status_code == 404
    assert len(mine) == 1


@pytest.mark.feature("Q02")
def test_more_time_is_asked_for_on_the_orders_page_and_what_was_written_stays(house: House) -> None:
    dispatched(house)
    sanitation, supervisor = house.browser("sanitation"), house.browser("supervisor")
    (order_id,) = columns(sanitation)["SIGN"]
    sign(sanitation, [order_id])
    address = order_address(sanitation)

    def ask(browser: FlaskClient, deed: str, **form: str) -> Any:
        return browser.post(f"{address}/{deed}", data={**form, "csrf_token": csrf_of(browser, address)})

    refused = ask(sanitation, "extension", value="0", reason="垃圾量大")
    assert refused.status_code == 422
    assert "垃圾量大" in refused.text
    assert ask(sanitation, "extension", value="2", reason="垃圾量大").status_code == 302
    assert f'action="{address}/extension"' not in sanitation.get(address).text, "one at a time"
    assert ask(sanitation, "suspension", until="2030-01-01", reason="x").status_code == 403
    assert ask(supervisor, "suspension", until="soon", reason="等待").status_code == 422
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    assert ask(supervisor, "suspension", until=tomorrow, reason="等待补充").status_code == 302
    page = supervisor.get(address).text
    assert "等待补充" in page
    assert f'action="{address}/resumption"' in page
    assert ask(supervisor, "resumption", reason="已补充").status_code == 302
    assert ask(supervisor, "withdrawal", reason="无需办理").status_code == 302


@pytest.mark.feature("Q02", "Q03")
def test_another_department_is_asked_for_and_a_case_is_voided_from_their_pages(house: House) -> None:
    dispatched(house)
    sanitation, supervisor = house.browser("sanitation"), house.browser("supervisor")
    (order_id,) = columns(sanitation)["SIGN"]
    sign(sanitation, [order_id])
    address = order_address(sanitation)

    def send(browser: FlaskClient, where: str, **form: str) -> Any:
        return browser.post(where, data={**form, "csrf_token": csrf_of(browser, address)})

    refused = send(sanitation, f"{address}/assistance", department="nobody", reason="需断电作业")
    assert refused.status_code == 422
    assert "需断电作业" in refused.text
    assert send(sanitation, f"{address}/assistance", department="power", reason="需断电作业").status_code == 302
    assert send(supervisor, f"{address}/reassignment", department="parks", reason="属绿地").status_code == 302
    case = re.search(r'href="(/cases/[\d-]+)"', supervisor.get(address).text)
    assert case
    theirs = columns(house.browser("parks"))
    assert sum(map(len, theirs.values())) == 1
    assert send(sanitation, f"{case[1]}/void", cause="OTHERS", reason="x").status_code == 403
    assert send(supervisor, f"{case[1]}/void", cause="", reason="x").status_code == 303
    assert "作废案件" in supervisor.get(case[1]).text, "without a cause nothing was done"
    assert send(supervisor, f"{case[1]}/void", cause="FALSE_REPORT", reason="并无此事").status_code == 303
    page = supervisor.get(case[1]).text
    assert "并无此事" in page or "虚假" in page
    assert f'action="{case[1]}/void"' not in page


def order_address(browser: FlaskClient) -> str:
    found = re.search(r'href="(/orders/[\d-]+)"', browser.get("/orders").text)
    assert found
    return found[1]
