"""At a seat: a bulletin and a reminder pop up on whatever page is open, without waiting for its next load."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from app import desk
from app.contacts.demo import load_demo_telephone
from app.core.db import transaction
from app.identity import SEED, actor_of_user
from tests.browser.conftest import Enter, Running, picture, violations

pytestmark = pytest.mark.browser


@pytest.mark.feature("S18", "S19", "S20", "S23")
def test_what_is_new_pops_up_at_the_seat(enter: Enter, running: Running) -> None:
    sessions, now = running.runtime.sessions, datetime.now(UTC)
    with sessions.begin() as session:
        load_demo_telephone(session, SEED, now)
    agent, supervisor = enter("agent", "zh-CN"), enter("supervisor", "zh-CN")
    agent.goto(f"{running.url}/phrases")
    agent.wait_for_selector("#callbar[data-ready=true]")
    supervisor.goto(f"{running.url}/bulletins")
    supervisor.select_option("#kind", "OTHER")
    supervisor.fill("#title", "今晚系统升级")
    supervisor.fill("#body", "22:00 起十分钟。")
    supervisor.click("form[action='/bulletins'] button")
    expect(agent.locator("[data-toasts]")).to_contain_text("今晚系统升级")
    agent.goto(f"{running.url}/bulletins")
    expect(agent.locator("main")).to_contain_text("22:00 起十分钟。")
    with transaction(sessions) as session:
        person, now = actor_of_user(session, "agent"), datetime.now(UTC)
        desk.plan(session, "CALLBACK", now + timedelta(seconds=1), "回访李先生", actor=person, now=now)
        desk.remind(session, now + timedelta(seconds=2))
    expect(agent.locator("[data-toasts]")).to_contain_text("回访李先生")
    agent.goto(f"{running.url}/agenda")
    assert not violations(agent)
    picture(agent, "agenda")
    agent.locator("form[action$='/end'] button").click()
    expect(agent.locator("main")).not_to_contain_text("回访李先生")
