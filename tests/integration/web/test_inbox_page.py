"""The inbox without scripts: views, conditions, one's own settings, and deeds for many tasks with one answer."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.core.db import transaction
from app.identity import SEED, Grant, Role, actor_of_user, add_user
from app.workflow import Runtime

from .conftest import House, csrf_of
from .test_api import given_a_case

JSON = {"Accept": "application/json"}


@pytest.fixture
def cases(house: House) -> list[str]:
    """Three reports that wait for a supervisor's judgement."""
    agent = house.person("agent")
    return [given_a_case(agent) for _ in range(3)]


def tasks_on(browser: FlaskClient, query: str = "") -> list[str]:
    return re.findall(r'<tr data-task="([0-9a-f-]{36})"', browser.get(f"/tasks{query}").text)


def counts(browser: FlaskClient, query: str = "") -> dict[str, str]:
    return dict(browser.get(f"/tasks/pulse{query}").json["counts"])


def deed(browser: FlaskClient, deed: str, tasks: list[str], **more: str) -> Any:
    form = {"deed": deed, "task": tasks, "csrf_token": csrf_of(browser, "/tasks"), **more}
    return browser.post("/tasks/deeds", data=form, headers=JSON).json


def test_one_claim_for_many_answers_once_with_the_refusals_by_reason(
    house: House, runtime: Runtime, cases: list[str]
) -> None:
    with runtime.sessions() as session:
        me = actor_of_user(session, "supervisor").id
    mine, other = house.browser("supervisor"), house.browser("supervisor")
    tasks = tasks_on(mine)
    assert len(tasks) == 3
    assert counts(mine)["claimable"] == "3"
    assert deed(other, "claim", tasks[:1])["refusals"] == []
    answer = deed(mine, "claim", [*tasks, "00000000-0000-7000-8000-000000000000"])
    assert answer["said"].endswith("3 条") or answer["said"].endswith("3")
    assert len(answer["refusals"]) == 1
    assert answer["undo"] == [f"{tasks[0]}:{me}", f"{tasks[1]}:", f"{tasks[2]}:"]
    assert counts(mine)["mine"] == "3"
    form = {"task": answer["undo"][1:], "csrf_token": csrf_of(mine, "/tasks")}
    mine.post("/tasks/undoing", data=form, headers=JSON)
    assert counts(mine)["mine"] == "1"


def test_a_task_is_handed_to_a_colleague_who_may_and_to_nobody_else(
    house: House, runtime: Runtime, cases: list[str]
) -> None:
    with transaction(runtime.sessions) as session:
        grants = [Grant(Role.SHIFT_SUPERVISOR)]
        second = add_user(session, "second", "何静", "a password of some length", grants, SEED, runtime.clock.now())
        stranger = actor_of_user(session, "gas")
    browser = house.browser("supervisor")
    task = tasks_on(browser)[0]
    assert browser.get(f"/tasks/colleagues?task={task}").json == [{"id": str(second.id), "name": "何静"}]
    form = {"deed": "assign", "task": task, "csrf_token": csrf_of(browser, "/tasks")}
    assert "何静" in browser.post("/tasks/deeds", data=form).text
    answer = deed(browser, "assign", [task], to=str(second.id))
    assert answer["refusals"] == []
    assert "何静" in answer["rows"][task]
    assert tasks_on(browser, "?view=others") == [task]
    assert deed(browser, "assign", [task], to=str(stranger.id))["refusals"]


def test_conditions_are_kept_as_a_view_and_shared_with_a_role(house: House, cases: list[str]) -> None:
    browser, stranger = house.browser("supervisor"), house.browser("gas")
    assert len(tasks_on(browser, "?category=CITY_APPEARANCE_AND_SANITATION&stage=ACCEPTANCE")) == 3
    assert tasks_on(browser, "?category=GAS_SUPPLY") == []
    assert len(tasks_on(browser, "?text=" + cases[0][-6:])) >= 1
    token = csrf_of(browser, "/tasks")
    form = {"view": "claimable", "category": "GAS_SUPPLY", "name": "夜班留待复核", "shared_with": "shift_supervisor"}
    saved = browser.post("/tasks/views", data=form | {"csrf_token": token})
    assert "夜班留待复核" in browser.get(saved.location).text
    assert tasks_on(browser, saved.location.removeprefix("/tasks")) == []
    assert "夜班留待复核" not in stranger.get("/tasks").text
    view_id = saved.location.partition("=")[2]
    browser.post(f"/tasks/views/{view_id}/removal", data={"csrf_token": token})
    assert "夜班留待复核" not in browser.get(f"/tasks?saved={view_id}").text


def test_columns_and_density_go_with_the_person(house: House, cases: list[str]) -> None:
    browser = house.browser("supervisor")
    form = {"density": "compact", "column": ["task", "since"], "csrf_token": csrf_of(browser, "/tasks")}
    browser.post("/tasks/setting", data=form)
    page = house.browser("supervisor").get("/tasks").text
    assert 'data-density="compact"' in page
    assert "col-since" in page
    assert "col-assignee" not in page


def test_a_follow_up_comes_back_on_its_day(house: House, cases: list[str]) -> None:
    browser = house.browser("supervisor")
    tasks = tasks_on(browser)
    deed(browser, "follow_up", tasks[:2], on="2020-01-02")
    assert tasks_on(browser, "?view=followup") == tasks[:2]
    deed(browser, "follow_up", tasks[:1], on="")
    deed(browser, "follow_up", tasks[1:2], on="2999-01-02")
    assert counts(browser)["followup"] == "0"


def test_claim_and_next_opens_what_is_due_first(house: House, cases: list[str]) -> None:
    browser = house.browser("supervisor")
    first = tasks_on(browser)[0]
    answer = browser.post("/tasks/next", data={"view": "all", "csrf_token": csrf_of(browser, "/tasks")})
    assert answer.location == f"/tasks/{first}"
    assert counts(browser)["mine"] == "1"


def test_the_preview_shows_what_one_may_read_and_no_more(house: House, cases: list[str]) -> None:
    browser = house.browser("supervisor")
    task = tasks_on(browser)[0]
    shown = browser.get(f"/tasks/{task}/preview").text
    assert "••••" in shown
    assert house.browser("gas").get(f"/tasks/{task}/preview").status_code == 403
    assert house.browser("gas").get(f"/tasks/rows?id={task}").json == {task: None}
