"""Two people before the same list: what one does the other sees, and nothing moves under the hand."""

from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from app import lifecycle
from app.core.db import transaction
from app.identity import SEED, Grant, Role, actor_of_user, add_user, revoke, user_by_name
from app.lifecycle import quick
from tests.demo_city import PASSWORD, Running

from .conftest import Enter, picture, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

REPORT = {
    "detailed_content": "东门外三个垃圾桶两天未清运。", "district": "jz/dongcheng", "kind": "EVENT",
    "address": "书院路 88 号",
    "category": "CITY_APPEARANCE_AND_SANITATION", "sub_category": "OVERFLOWING_BIN", "service_type": "COMPLAINT",
    "caller_name": "王丽华", "caller_phone": "13800136721", "channel": "PHONE", "incident_source": "PUBLIC",
    "reply_wish": "PHONE", "urgency": "NORMAL", "origin": "PUBLIC_HOTLINE",
}  # fmt: skip


def report(running: Running, summary: str) -> None:
    with running.runtime.sessions() as session:
        agent = actor_of_user(session, "agent")
    lifecycle.register(running.runtime, REPORT | {"incident_summary": summary}, actor=agent)


@pytest.fixture(scope="module")
def colleague(running: Running) -> str:
    with transaction(running.runtime.sessions) as session:
        grants = [Grant(Role.SHIFT_SUPERVISOR)]
        add_user(session, "second", "何静", PASSWORD, grants, SEED, running.runtime.clock.now(), demo=True)
    for number in range(4):
        report(running, f"垃圾桶满溢 {number}")
    return "second"


def at_the_list(page: Page, running: Running) -> Page:
    page.goto(f"{running.url}/tasks")
    settled(page)
    expect(page.locator("tr[data-task]")).not_to_have_count(0)
    return page


def test_what_one_does_the_other_sees_at_once(enter: Enter, running: Running, colleague: str) -> None:
    mine, hers = at_the_list(enter("supervisor"), running), at_the_list(enter(colleague), running)
    order = mine.locator("tr[data-task]").evaluate_all("rows => rows.map(row => row.dataset.task)")
    hers.keyboard.press("j")
    hers.keyboard.press("x")
    hers.keyboard.press("j")
    hers.keyboard.press("x")
    expect(hers.locator("[data-bulk]")).to_be_visible()
    picture(hers, "inbox-selected")
    hers.keyboard.press("c")
    expect(hers.locator(".toast")).to_contain_text("Claimed: 2")
    rows = mine.locator("tr[data-task]")
    expect(rows.nth(0)).to_contain_text("何静")
    expect(rows.nth(1)).to_contain_text("何静")
    report(running, "刚刚登记的一件")
    expect(mine.locator("[data-newpill]")).to_be_visible()
    expect(mine.locator("[data-newpill]")).to_contain_text("New tasks: 1")
    assert rows.evaluate_all("rows => rows.map(row => row.dataset.task)") == order
    picture(mine, "inbox-live")
    mine.keyboard.press(".")
    expect(mine.locator("tr[data-task]", has_text="刚刚登记的一件")).to_be_visible()
    hers.keyboard.press("u")
    expect(hers.locator(".toast")).to_contain_text("Undone: 2")
    expect(hers.locator('[data-count="mine"]')).to_have_text("0")


def test_the_keyboard_alone(enter: Enter, running: Running, colleague: str) -> None:
    page = at_the_list(enter("supervisor"), running)
    page.keyboard.press("j")
    expect(page.locator("[data-preview] h2").first).to_contain_text("垃圾桶满溢")
    page.keyboard.press("a")
    page.locator("[data-chooser] button", has_text="何静").press("Enter")
    expect(page.locator(".toast")).to_contain_text("Assigned to 何静: 1")
    page.keyboard.press("u")
    expect(page.locator(".toast")).to_contain_text("Undone: 1")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Ctrl K")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*")


def test_without_a_heartbeat_the_page_says_so(enter: Enter, running: Running, colleague: str) -> None:
    page = enter("supervisor")
    page.route("**/live", lambda route: route.abort())
    at_the_list(page, running)
    expect(page.locator("[data-live-lost]")).to_contain_text("Live updates are interrupted")


@pytest.mark.feature("Q21")
def test_a_list_whose_session_was_ended_asks_in_vain_and_breaks_nothing(
    enter: Enter, running: Running, colleague: str
) -> None:
    page = at_the_list(enter(colleague), running)
    with transaction(running.runtime.sessions) as session:
        admin, person = actor_of_user(session, "admin"), user_by_name(session, colleague).id
        revoke(session, person, actor=admin, now=running.runtime.clock.now())
    with page.expect_response(lambda answer: "/tasks/pulse?" in answer.url and answer.status == 401):
        report(running, "垃圾桶又满溢")  # a script that asks what is new is told no, not led to the sign-in page


@pytest.mark.feature("Q14")
def test_rows_that_go_while_they_are_ticked_are_ticked_no_more(enter: Enter, running: Running, colleague: str) -> None:
    page = at_the_list(enter("supervisor"), running)
    page.locator("[data-all]").check()
    ticked = page.locator("tr[data-task] .check:checked")
    before = ticked.count()
    expect(page.locator("[data-selected]")).to_have_text(f"Selected: {before}")
    first = page.locator("tr[data-task]").first.get_attribute("data-task")
    with running.runtime.sessions() as session:
        other = actor_of_user(session, colleague)
    quick.answer(running.runtime, UUID(first), "file", actor=other)
    expect(page.locator(f'tr[data-task="{first}"] .check')).to_be_disabled()
    expect(page.locator("[data-selected]")).to_have_text(f"Selected: {before - 1}")
    expect(page.locator(f'tr[data-task="{first}"]')).to_have_attribute("aria-selected", "false")


@pytest.mark.feature("Q14")
def test_a_finished_task_leads_back_to_the_list_it_came_from(enter: Enter, running: Running, colleague: str) -> None:
    page = enter("supervisor")
    page.goto(f"{running.url}/tasks?view=judge")
    settled(page)
    page.keyboard.press("j")
    expect(page.locator("[data-preview] h2").first).to_contain_text("垃圾桶满溢")
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="Accept and file").check()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/tasks?view=judge", wait_until="commit")
    expect(page.get_by_role("heading", name="To judge")).to_be_visible()
