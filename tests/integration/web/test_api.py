"""The REST API as programs use it: tokens, problems, numbers, idempotency, tasks, history."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app import workflow
from app.cli.demo import REPORT
from app.workflow import Runtime

from .conftest import House, Person


def values_of(**changed: Any) -> dict[str, Any]:
    return {"values": {**REPORT, **changed}}


def given_a_case(agent: Person, **changed: Any) -> str:
    """The number of a case just registered."""
    answer = agent.post("/registrations", values_of(**changed))
    assert answer.status_code == 201, answer.text
    return str(answer.json["case_no"])


def the_task(person: Person, case_no: str) -> dict[str, Any]:
    tasks = person.get("/tasks", case_no=case_no)["tasks"]
    assert len(tasks) == 1
    return dict(person.get(f"/tasks/{tasks[0]['id']}"))


def complete(person: Person, case_no: str, **values: Any) -> None:
    answer = person.post(f"/tasks/{the_task(person, case_no)['id']}/completion", {"values": values})
    assert answer.status_code == 201, answer.text


@pytest.mark.feature("W14")
def test_a_report_gets_its_number_once(house: House) -> None:
    agent, key = house.person("agent"), str(uuid4())
    first = agent.post("/registrations", values_of(), key)
    again = agent.post("/registrations", values_of(), key)
    assert first.json["acceptance_no"] == again.json["acceptance_no"]
    assert again.json["repeated"]
    other = agent.post("/registrations", values_of(incident_summary="something else"), key)
    assert other.status_code == 409
    assert len(agent.get("/cases")["cases"]) == 1


def test_refused_values_are_named_by_field_in_the_askers_language(house: House) -> None:
    agent = house.person("agent")
    answer = agent.post("/registrations", values_of(incident_summary="", no_such_field=1))
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert set(answer.json["errors"]) == {"incident_summary", "no_such_field"}
    headers = {"Authorization": f"Bearer {agent.token}", "Accept-Language": "zh-CN"}
    chinese = agent.client.post("/api/v1/registrations", json=values_of(incident_summary=""), headers=headers)
    assert chinese.json["errors"]["incident_summary"] != answer.json["errors"]["incident_summary"]
    assert agent.get("/cases")["cases"] == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("[]", "application/json", 422),
        ('{"values": 3}', "application/json", 422),
        ("x" * 1_100_000, "application/json", 413),
        ("values=1", "application/x-www-form-urlencoded", 422),
    ],
)
def test_what_cannot_be_read_is_a_problem_not_a_crash(house: House, body: str, kind: str, status: int) -> None:
    answer = house.person("agent").ask("POST", "/registrations", data=body, content_type=kind)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_a_bad_idempotency_key_is_refused(house: House) -> None:
    assert house.person("agent").post("/registrations", values_of(), "once").status_code == 422


def test_a_wrong_method_says_which_are_right(house: House) -> None:
    answer = house.person("agent").ask("PUT", "/registrations")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_case_is_found_by_each_of_its_numbers(house: House) -> None:
    agent = house.person("agent")
    made = agent.post("/registrations", values_of()).json
    by_case, by_report = agent.get(f"/cases/{made['case_no']}"), agent.get(f"/cases/{made['acceptance_no']}")
    assert by_case == by_report
    assert by_case["status"] == "NOT_PROCESSED"
    assert agent.get(f"/registrations/{made['acceptance_no']}")["case_no"] == made["case_no"]
    mistyped = made["case_no"][:-1] + str((int(made["case_no"][-1]) + 1) % 10)
    assert agent.ask("GET", f"/cases/{mistyped}").json["code"] == "cases.number_mistyped"


def test_tasks_are_shown_to_those_who_may_do_them(house: House) -> None:
    agent, supervisor = house.person("agent"), house.person("supervisor")
    case_no = given_a_case(agent)
    assert agent.get("/tasks", case_no=case_no)["tasks"] == []
    task = the_task(supervisor, case_no)
    assert (task["form_id"], task["name"]) == ("judgement", "Judge")
    refused = agent.post(f"/tasks/{task['id']}/completion", {"values": {"judgement": "FILE"}})
    assert refused.status_code == 403
    assert "shift supervisor" in refused.json["detail"]


def test_a_task_is_claimed_by_one_and_given_back(house: House) -> None:
    supervisor, second = house.person("supervisor"), house.person("supervisor_dongcheng")
    case_no = given_a_case(house.person("agent"), district="jz/dongcheng")
    task = the_task(supervisor, case_no)["id"]
    assert supervisor.ask("PUT", f"/tasks/{task}/claim").status_code == 204
    assert supervisor.ask("PUT", f"/tasks/{task}/claim").status_code in (204, 409)
    assert second.ask("PUT", f"/tasks/{task}/claim").status_code in (403, 409)
    assert the_task(supervisor, case_no)["assignee"]["name"]
    assert supervisor.ask("DELETE", f"/tasks/{task}/claim").status_code == 204
    assert the_task(supervisor, case_no)["assignee"] is None


def test_a_case_moves_on_when_its_task_is_completed(house: House) -> None:
    agent, supervisor = house.person("agent"), house.person("supervisor")
    case_no = given_a_case(agent)
    complete(supervisor, case_no, judgement="FILE")
    assert agent.get(f"/cases/{case_no}")["status"] == "IN_PROCESSING"
    told = [row["text"] for row in agent.get(f"/cases/{case_no}/history")["history"]]
    assert any("completed “Judge”" in sentence for sentence in told), told
    stages = [stage["stage"] for stage in agent.get(f"/cases/{case_no}/stages")["stages"]]
    assert stages[:2] == ["REPORTING", "ACCEPTANCE"]


def test_completing_twice_is_completing_once(house: House) -> None:
    supervisor, key = house.person("supervisor"), str(uuid4())
    case_no = given_a_case(house.person("agent"))
    path, body = f"/tasks/{the_task(supervisor, case_no)['id']}/completion", {"values": {"judgement": "FILE"}}
    assert supervisor.post(path, body, key).json["repeated"] is False
    assert supervisor.post(path, body, key).json["repeated"] is True
    late = supervisor.post(path, body)
    assert late.status_code in (404, 409)


def test_a_department_sees_its_own_orders_only(house: House) -> None:
    agent, supervisor = house.person("agent"), house.person("supervisor")
    case_no = given_a_case(agent)
    complete(supervisor, case_no, judgement="FILE")
    task = the_task(supervisor, case_no)
    complete(supervisor, case_no, **{k: task["values"][k] for k in ("lead_department", "method")})
    orders = house.person("sanitation").get("/orders")["orders"]
    assert [order["case_no"] for order in orders] == [case_no]
    assert house.person("gas").get("/orders")["orders"] == []
    assert house.person("gas").ask("GET", f"/cases/{case_no}").status_code == 403
    taken = supervisor.post(f"/orders/{orders[0]['order_no']}/withdrawal", {"reason": "sent by mistake"})
    assert taken.status_code == 204, taken.text
    assert supervisor.get(f"/orders/{orders[0]['order_no']}")["outcome"] == "WITHDRAWN"


def test_a_citizen_takes_the_report_back(house: House) -> None:
    agent = house.person("agent")
    case_no = given_a_case(agent)
    complete(house.person("supervisor"), case_no, judgement="FILE")
    answer = agent.post(f"/cases/{case_no}/withdrawal", {"reason": "solved by the neighbours"})
    assert answer.status_code == 204, answer.text
    case = agent.get(f"/cases/{case_no}")
    assert (case["closed"], case["outcome"]) == (True, "WITHDRAWN")


@pytest.mark.feature("Q02")
def test_an_ended_case_is_opened_again(house: House) -> None:
    agent, supervisor = house.person("agent"), house.person("supervisor")
    case_no = given_a_case(agent)
    early = agent.post(f"/cases/{case_no}/reopening", {"reason": "not yet over"})
    assert early.status_code == 409, early.text
    complete(supervisor, case_no, judgement="FILE")
    agent.post(f"/cases/{case_no}/withdrawal", {"reason": "solved by the neighbours"})
    assert house.person("gas").post(f"/cases/{case_no}/reopening", {"reason": "x"}).status_code == 403
    assert agent.post(f"/cases/{case_no}/reopening", {"reason": "it was not"}).status_code == 204
    assert agent.get(f"/cases/{case_no}")["closed"], "the shift supervisor has not decided"
    complete(supervisor, case_no, reopening_decision="GRANTED")
    assert not agent.get(f"/cases/{case_no}")["closed"]
    told = [row["text"] for row in agent.get(f"/cases/{case_no}/history")["history"]]
    assert any("opened again" in sentence or "重启" in sentence for sentence in told)


def test_lists_go_on_where_the_page_before_ended(house: House) -> None:
    agent = house.person("agent")
    made = [given_a_case(agent) for _ in range(5)]
    first = agent.get("/cases", limit=2)
    second = agent.get("/cases", limit=2, after=first["next"])
    third = agent.get("/cases", limit=2, after=second["next"])
    found = [case["case_no"] for page in (first, second, third) for case in page["cases"]]
    assert found == made[::-1]
    assert third["next"] is None
    assert agent.ask("GET", "/cases", query_string={"after": "nonsense"}).status_code == 422


@pytest.mark.feature("Q05")
def test_a_number_in_full_is_a_look_that_is_logged(house: House, runtime: Runtime) -> None:
    made = house.person("agent").post("/registrations", values_of()).json
    listed = house.person("agent").get("/registrations")["registrations"]
    of_case = house.person("agent").get(f"/cases/{made['case_no']}")["registrations"]
    assert {report["caller_phone"] for report in (*listed, *of_case)} == {"138••••6721"}
    assert looks(runtime) == 0
    report = house.person("agent").get(f"/registrations/{made['acceptance_no']}")
    assert report["caller_phone"] == REPORT["caller_phone"]
    assert looks(runtime) == 1
    assert house.person("analyst").ask("GET", f"/registrations/{made['acceptance_no']}").status_code == 403


def test_a_diagram_is_handed_out_for_ever(house: House, runtime: Runtime) -> None:
    with runtime.sessions() as session:
        bundle = workflow.current_bundle(session)
    assert bundle is not None
    answer = house.person("analyst").ask("GET", f"/processes/{bundle.id}/lifecycle/diagram")
    assert answer.data.lstrip().startswith(b"<?xml")
    assert "immutable" in answer.headers["Cache-Control"]
    assert house.person("analyst").ask("GET", f"/processes/{uuid4()}/lifecycle/diagram").status_code == 404


def test_a_session_can_be_ended_from_another(house: House) -> None:
    here, there = house.person("leader"), house.person("leader")
    sessions = here.get("/sessions")["sessions"]
    other = next(session for session in sessions if not session["current"])
    assert here.ask("DELETE", f"/sessions/{other['id']}").status_code == 204
    assert there.ask("GET", "/people/me").status_code == 401
    assert here.get("/people/me")["grants"][0]["role"] == "leader"


def test_guessing_passwords_is_slowed_down(house: House) -> None:
    client = house.app.test_client()
    answers = [client.post("/api/v1/sessions", json={"username": "agent", "password": "guess"}) for _ in range(7)]
    assert [answer.status_code for answer in answers][:5] == [401] * 5
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_every_operation_is_described(house: House) -> None:
    spec = house.app.test_client().get("/api/v1/openapi.json").json
    operations = [(path, method, entry) for path, item in spec["paths"].items() for method, entry in item.items()]
    methods = ("get", "post", "put", "delete")
    undescribed = [
        (path, method) for path, method, entry in operations if method in methods and not entry.get("summary")
    ]
    assert len(operations) > 20
    assert not undescribed


def test_times_carry_their_zone(house: House) -> None:
    agent = house.person("agent")
    case = agent.get(f"/cases/{given_a_case(agent)}")
    assert datetime.fromisoformat(case["registered_at"]).utcoffset() == timedelta(0)


def looks(runtime: Runtime) -> int:
    with runtime.sessions() as session:
        return session.execute(text("select count(*) from access_log where what = 'citizen'")).scalar_one()
