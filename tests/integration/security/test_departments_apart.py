"""Two departments work on one case: each reads and does its own part only."""

import pytest

from app.cli.demo import REPORT
from tests.integration.web.conftest import House, Person


@pytest.fixture
def shared(house: House) -> str:
    """The number of a case with an order of sanitation and one of water."""
    agent, supervisor = house.person("agent"), house.person("supervisor")
    case_no = str(agent.post("/registrations", {"values": REPORT}).json["case_no"])
    finish(supervisor, case_no, judgement="FILE")
    finish(supervisor, case_no, lead_department="sanitation", assist_departments=["water"], method="FILE_CASE")
    return case_no


def finish(person: Person, case_no: str, **values: object) -> None:
    (task,) = person.get("/tasks", case_no=case_no)["tasks"]
    answer = person.post(f"/tasks/{task['id']}/completion", {"values": values})
    assert answer.status_code == 201, answer.text


def test_a_department_reads_its_own_order_only(house: House, shared: str) -> None:
    water, supervisor = house.person("water"), house.person("supervisor")
    by_department = {o["department"]: o["order_no"] for o in supervisor.get(f"/cases/{shared}/orders")["orders"]}
    assert set(by_department) == {"sanitation", "water"}
    assert [o["department"] for o in water.get(f"/cases/{shared}/orders")["orders"]] == ["water"]
    assert [o["department"] for o in water.get("/orders")["orders"]] == ["water"]
    foreign = by_department["sanitation"]
    assert water.ask("GET", f"/orders/{foreign}").status_code == 403
    browser = house.browser("water")
    (task,) = house.person("sanitation").get("/tasks", case_no=shared)["tasks"]
    assert task["id"] not in browser.get(f"/cases/{shared}").text
    assert f"?order={foreign}" not in browser.get(f"/cases/{shared}/diagram").text
    assert "department_" not in browser.get(f"/cases/{shared}/diagram?order={foreign}").text
    told = water.get(f"/cases/{shared}/history")["history"]
    assert {row["order_no"] for row in told} <= {None, by_department["water"]}


def test_a_department_does_its_own_tasks_only(house: House, shared: str) -> None:
    water, sanitation = house.person("water"), house.person("sanitation")
    (task,) = sanitation.get("/tasks", case_no=shared)["tasks"]
    for method, path, body in (
        ("GET", f"/tasks/{task['id']}", None),
        ("POST", f"/tasks/{task['id']}/completion", {"values": {"decision": "SIGN"}}),
        ("PUT", f"/tasks/{task['id']}/claim", None),
        ("POST", f"/orders/{task['order_no']}/withdrawal", {"reason": "x"}),
        ("POST", f"/cases/{shared}/withdrawal", {"reason": "x"}),
    ):
        assert water.ask(method, path, json=body).status_code == 403, path
    assert [t["id"] for t in sanitation.get("/tasks", case_no=shared)["tasks"]] == [task["id"]]


def test_an_analyst_reads_no_citizens_case(house: House, shared: str) -> None:
    analyst, agent = house.person("analyst"), house.person("agent")
    acceptance_no = agent.get(f"/cases/{shared}")["registrations"][0]["acceptance_no"]
    for path in (
        f"/cases/{shared}",
        f"/cases/{shared}/history",
        f"/registrations/{acceptance_no}",
        "/cases",
        "/orders",
    ):
        assert analyst.ask("GET", path).status_code == 403, path
    assert analyst.get("/tasks")["tasks"] == []
    task = house.person("sanitation").get("/tasks", case_no=shared)["tasks"][0]["id"]
    assert analyst.ask("GET", f"/tasks/{task}").status_code == 403


def test_another_person_gets_nothing_out_of_a_used_command_id(house: House) -> None:
    agent, other, key = house.person("agent"), house.person("agent2"), "0197a3c2-7d51-7b11-9d6a-000000000001"
    made = agent.post("/registrations", {"values": REPORT}, key)
    answer = other.post("/registrations", {"values": REPORT}, key)
    assert answer.status_code == 409
    assert made.json["acceptance_no"] not in answer.text


def test_a_token_in_the_address_is_no_token(house: House) -> None:
    token = house.person("leader").token
    for name in ("token", "access_token", "Authorization"):
        assert house.app.test_client().get("/api/v1/people/me", query_string={name: token}).status_code == 401
