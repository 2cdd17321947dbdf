"""A case's page at work: the task in place, news while a form is open, the history narrowed."""

import pytest
from playwright.sync_api import expect

from app import lifecycle
from app.cli.demo import run_demo
from app.identity import actor_of_user
from tests.demo_city import Running

from .conftest import Enter, picture, settled, violations
from .test_inbox import REPORT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def given_case(running: Running, summary: str) -> str:
    with running.runtime.sessions() as session:
        agent = actor_of_user(session, "agent")
    made = lifecycle.register(running.runtime, REPORT | {"incident_summary": summary}, actor=agent)
    assert made.case_no
    return made.case_no


def test_a_task_is_done_on_the_page_and_others_see_it(enter: Enter, running: Running) -> None:
    url = f"{running.url}/cases/{given_case(running, '垃圾桶满溢')}"
    mine, hers = enter("supervisor"), enter("supervisor_dongcheng", "zh-CN", "dark")
    for page in (mine, hers):
        page.goto(url)
        settled(page)
    hers.get_by_role("radio", name="作废").check()
    mine.get_by_role("radio", name="Accept and file").check()
    mine.keyboard.press("Control+Enter")
    mine.wait_for_url(url)
    expect(mine.locator(".stage[data-state=now]")).not_to_contain_text("Acceptance")
    banner = hers.locator("[data-conflict]")
    expect(banner).to_contain_text("陈建华刚办理了本案")
    expect(hers.locator(".stage[data-state=now]")).not_to_contain_text("受理")
    expect(hers.locator(".fjs-form-field input:checked")).to_have_count(1)
    assert not violations(hers)
    picture(hers, "case-conflict.zh-CN.dark")
    banner.get_by_role("link").click()
    settled(hers)
    expect(hers.locator("[data-conflict]")).to_be_hidden()


def test_the_history_is_narrowed_and_tells_why(enter: Enter, running: Running) -> None:
    page = enter("supervisor")
    page.goto(f"{running.url}/cases/{given_case(running, '垃圾桶满溢 2')}")
    settled(page)
    page.get_by_role("radio", name="Accept and file").check()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".stage[data-state=now]")).not_to_contain_text("Acceptance")
    expect(page.get_by_role("heading", name="Why this department")).to_be_visible()
    expect(page.locator(".reasons")).to_contain_text("Responsible unit")
    rows = page.locator("#history .history > li")
    expect(rows.locator("visible=true").first).to_contain_text("陈建华")
    page.get_by_role("button", name="Calls").click()
    expect(rows.locator("visible=true")).to_have_count(0)
    page.get_by_role("button", name="All", exact=True).click()
    expect(rows.locator("visible=true")).not_to_have_count(0)


@pytest.mark.feature("P08")
def test_a_case_is_replayed_by_keys(enter: Enter, running: Running) -> None:
    case_no = run_demo(running.url, lambda _: None)["case_no"]
    page = enter("auditor")
    page.goto(f"{running.url}/cases/{case_no}/replay")
    settled(page)
    number, slider = page.locator("[data-number]"), page.locator("#slider")
    last = int(slider.get_attribute("max") or 0) + 1
    expect(number).to_have_text(f"#{last}")
    expect(page.locator("[data-diagram=case] .is-done").first).to_be_attached()
    page.keyboard.press("Home")
    expect(number).to_have_text("#1")
    expect(page.locator("[data-facts]")).to_contain_text("Not Processed")
    expect(page.locator("[data-tokens]")).to_contain_text("Judge")
    expect(page.locator("[data-diagram=case] .token")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(number).to_have_text("#2")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-facts]")).to_contain_text("→")
    picture(page, "replay-middle.en.light")
    assert not violations(page)
    page.get_by_role("button", name="16×").click()
    page.keyboard.press("Home")
    page.locator("h1").click()
    page.keyboard.press(" ")
    expect(number).to_have_text(f"#{last}", timeout=60_000)
    page.goto(f"{running.url}/cases/{case_no}/replay#row-2")
    page.reload()
    expect(number).to_have_text("#2")
