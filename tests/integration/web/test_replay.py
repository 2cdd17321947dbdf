"""Replay: who may, what it hides, that looks are written down, and that long histories load at once."""

import json
import time

import pytest

from app import audit
from app.cases.models import CaseFile
from app.identity import actor_of_user
from app.lifecycle.tasks import claim, release
from app.workflow import Runtime, tasks_of
from tests.integration.web.conftest import House, Person
from tests.integration.web.test_search import REPORT

LONG = 300
"""Rows that a case gets by being claimed and put back; a whole office's year of one case is 2,000."""


@pytest.fixture
def case_no(house: House) -> str:
    agent: Person = house.person("agent")
    return str(agent.post("/registrations", {"values": REPORT}).json["case_no"])


@pytest.mark.feature("Q12")
def test_auditors_and_supervisors_replay_and_each_look_is_kept(house: House, runtime: Runtime, case_no: str) -> None:
    page = house.browser("auditor").get(f"/cases/{case_no}/replay")
    assert page.status_code == 200
    assert "13800136721" not in page.text
    film = house.browser("supervisor").get(f"/cases/{case_no}/replay/film")
    assert film.status_code == 200
    assert "13800136721" not in film.text, "telephones stay masked"
    assert film.json["rows"][0]["data"]["status"] == "未处理"
    for username in ("agent", "sanitation", "leader", "analyst", "admin"):
        assert house.browser(username).get(f"/cases/{case_no}/replay").status_code == 403, username
        assert house.browser(username).get(f"/cases/{case_no}/replay/film").status_code == 403, username
    assert house.browser("supervisor_dongcheng").get(f"/cases/{case_no}/replay").status_code == 200
    with runtime.sessions() as session:
        case = session.query(CaseFile).filter_by(case_no=case_no).one()
        looks = [(each.what, each.actor_name) for each in audit.accesses(session, case.id)]
    assert looks == [("case.replay", "吴秀兰"), ("case.replay", "陈建华"), ("case.replay", "郑文博")], (
        "a film alone counts too"
    )


def test_a_long_history_stays_small_and_quick(house: House, runtime: Runtime, case_no: str) -> None:
    with runtime.sessions() as session:
        supervisor = actor_of_user(session, "supervisor")
        case = session.query(CaseFile).filter_by(case_no=case_no).one()
        task_id = tasks_of(session, case.id)[0].task_id
    for _ in range(LONG // 2):
        claim(runtime, task_id, actor=supervisor)
        release(runtime, task_id, actor=supervisor)
    browser = house.browser("supervisor")
    browser.get(f"/cases/{case_no}/replay/film")
    began = time.perf_counter()
    film = browser.get(f"/cases/{case_no}/replay/film")
    took = time.perf_counter() - began
    assert len(film.json["rows"]) == LONG + 1
    assert len(film.data) / LONG < 400, "bytes a row"
    assert took < 2, "a busy machine's patience: some ten milliseconds for a hundred rows"
    assert json.loads(film.data)["rows"][-1]["text"]
