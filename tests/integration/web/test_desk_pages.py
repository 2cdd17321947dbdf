"""The bulletin board and one's own plan, as people at seats meet them."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from app import desk
from app.contacts.demo import load_demo_telephone
from app.core.clock import SimulatedClock
from app.identity import SEED
from app.workflow import Runtime
from tests.integration.web.conftest import House, csrf_of

NOW = datetime(2026, 11, 27, 1, tzinfo=UTC)
"""09:00 in the city."""


@pytest.fixture
def clock(runtime: Runtime) -> None:
    runtime.clock = SimulatedClock(NOW)
    with runtime.sessions.begin() as session:
        load_demo_telephone(session, SEED, NOW)


def posted(browser: FlaskClient, path: str, back: str = "", **form: str) -> str:
    """The page that follows."""
    token = csrf_of(browser, back or path)
    return browser.post(path, data={"csrf_token": token} | form, follow_redirects=True).text


@pytest.mark.feature("S18", "S19", "S20")
def test_a_bulletin_reaches_every_seat_until_its_time_is_over(house: House, runtime: Runtime, clock: None) -> None:
    admin, agent = house.browser("admin"), house.browser("agent")
    posted(
        admin, "/bulletins", kind="ADVERTISING", title="供暖季开始", body="两行\n说明", shown_until="2026-11-27T18:00"
    )
    posted(admin, "/bulletins", kind="PRODUCT", title="明日上线", body="新业务", shown_from="2026-11-28T09:00")
    board = agent.get("/bulletins").text
    assert "供暖季开始" in board
    assert "明日上线" not in board, "it is for tomorrow"
    assert "明日上线" in admin.get("/bulletins").text
    assert 'action="/bulletins"' not in board
    assert "供暖季开始</a>" in agent.get("/tasks").text, "in the call bar of every page"
    assert "供暖季开始" in agent.get("/notices/pulse").json["sentence"]
    runtime.clock = SimulatedClock(NOW + timedelta(hours=24, minutes=5))
    admin, agent = house.browser("admin"), house.browser("agent")  # a night has passed
    board = agent.get("/bulletins").text
    assert "供暖季开始" not in board
    assert "明日上线" in board
    withdraw = board_action(admin.get("/bulletins").text)
    posted(admin, withdraw, "/bulletins")
    assert "明日上线" not in agent.get("/bulletins").text
    assert agent.post("/bulletins", data={"csrf_token": csrf_of(agent, "/bulletins")}).status_code == 403


def board_action(page: str) -> str:
    """Of the first bulletin's form."""
    return "/bulletins/" + page.partition('action="/bulletins/')[2].partition('"')[0]


@pytest.mark.feature("S21", "S22", "S23")
def test_a_plan_reminds_its_own_person_once_at_its_time(house: House, runtime: Runtime, clock: None) -> None:
    agent, other = house.browser("agent"), house.browser("agent2")
    posted(agent, "/agenda", kind="CALLBACK", at="2026-11-27T09:30", said="回访王女士")
    posted(agent, "/agenda", kind="APPOINTMENT", at="2026-11-27T15:00", said="班组会议")
    assert "回访王女士" not in other.get("/agenda").text
    assert reminded(runtime, NOW + timedelta(minutes=29)) == 0
    assert reminded(runtime, NOW + timedelta(minutes=30)) == 1
    assert reminded(runtime, NOW + timedelta(minutes=31)) == 0, "once"
    assert "回访王女士" in agent.get("/notices/pulse").json["sentence"]
    assert other.get("/notices/pulse").json["sentence"] == ""
    done = "/agenda/" + agent.get("/agenda").text.partition('action="/agenda/')[2].partition('"')[0]
    assert other.post(done, data={"csrf_token": csrf_of(other, "/agenda")}, follow_redirects=True).status_code == 200
    assert "回访王女士" in agent.get("/agenda").text, "nobody else ends it"
    posted(agent, done, "/agenda")
    page = agent.get("/agenda").text
    assert "回访王女士" not in page
    assert "班组会议" in page


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(house: House, clock: None) -> None:
    page = posted(house.browser("agent"), "/agenda", kind="CALLBACK", at="2026-11-27T08:00", said="太晚了")
    assert 'id="at-fault"' in page
    assert 'value="太晚了"' in page
    page = posted(
        house.browser("supervisor"), "/bulletins", kind="OTHER", title="标题", body="正文",
        shown_until="2026-11-26T09:00",
    )  # fmt: skip
    assert 'id="shown_until-fault"' in page
    assert "正文" in page


def reminded(runtime: Runtime, at: datetime) -> int:
    with runtime.sessions.begin() as session:
        return desk.remind(session, at)
