"""An agent at the registration form: by the keyboard alone, on a bad line, with a session that ends, beside a case that
is known already; and two people at one report."""

import re
import time
from base64 import b64decode
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.cases.models import CaseFile, Registration
from tests.demo_city import Running

from .conftest import Enter, picture, settled, violations
from .test_journey import cases_called, given_a_report

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


CTRL_ENTER = """() => document.body.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true }))"""
"""False when something took it."""


def reach(page: Page, label: str) -> None:
    """Tab on until the field of this label has the focus."""
    named = """label => document.activeElement.closest('.fjs-form-field')?.querySelector('label')
        ?.textContent.startsWith(label) ?? false"""
    for _ in range(60):
        if page.evaluate(named, label):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {label}")


def type_into(page: Page, label: str, words: str) -> None:
    reach(page, label)
    page.keyboard.type(words)


def pick(page: Page, label: str, begins: str) -> None:
    """A list narrows to what is typed, Enter takes the first."""
    type_into(page, label, begins)
    expect(page.locator(".fjs-dropdownlist-item").first).to_contain_text(begins)
    page.keyboard.press("Enter")


@pytest.mark.feature("S08")
def test_by_keyboard_alone_within_a_minute(enter: Enter, running: Running) -> None:
    agent = enter("agent")
    agent.goto(f"{running.url}/registrations/new")
    settled(agent)
    began = time.monotonic()
    type_into(agent, "Caller", "Wang Lihua")
    type_into(agent, "Reporting Telephone", "13800006721")
    type_into(agent, "Time Summary", "Gas smell by keyboard")
    type_into(agent, "Detailed Content", "Gas leak since nine o'clock.")
    pick(agent, "District", "Dongcheng")
    type_into(agent, "Place", "88 Shuyuan Road")
    reach(agent, "Problem Category")
    expect(agent.get_by_text(re.compile("From your words: Gas"))).to_be_visible()
    agent.keyboard.press("Tab")  # takes it over
    expect(agent.get_by_label("Sub-category")).to_have_value("Gas leak", timeout=8000)
    pick(agent, "Service Type", "Complaint")
    agent.keyboard.press("Control+Enter")
    expect(agent.get_by_role("dialog")).to_be_visible()
    expect(agent.get_by_label("Incident content for the department")).to_have_value(re.compile("^Gas leak since"))
    assert not violations(agent)
    picture(agent, "registration-processing")
    agent.keyboard.press("Escape")
    expect(agent.get_by_role("dialog")).to_be_hidden()
    expect(agent.get_by_label("Service Type")).to_be_focused()
    agent.keyboard.press("Control+Enter")
    expect(agent.get_by_role("dialog")).to_be_visible()
    assert cases_called(running, "Gas smell by keyboard") == 0, "only what is confirmed is filed"
    expect(agent.locator("[data-sends=processing]")).to_be_focused()
    agent.keyboard.press("Control+Enter")
    agent.wait_for_url("**/cases/*", wait_until="commit")
    assert time.monotonic() - began < 60
    assert cases_called(running, "Gas smell by keyboard") == 1
    expect(agent.get_by_role("heading", name="Gas smell by keyboard")).to_be_visible()
    assert agent.evaluate(CTRL_ENTER), "nothing folded away is the page's main deed"


def test_the_session_ends_and_the_draft_survives(enter: Enter, running: Running) -> None:
    agent = enter("agent2")
    given_a_report(agent, running, "A draft that survives")
    agent.set_input_files("[data-take]", {"name": "bins.png", "mimeType": "image/png", "buffer": PNG})
    expect(agent.locator("[data-photos] [data-document]")).to_have_count(1)
    expect(agent.locator("[data-draft-said]")).to_contain_text(re.compile(r"Draft saved \d\d:\d\d:\d\d"))
    agent.wait_for_timeout(2500)  # the last words are written down two seconds later
    agent.context.clear_cookies()
    agent.goto(f"{running.url}/registrations/new")
    expect(agent).to_have_url(re.compile("/sign-in"))

    again = enter("agent2")
    again.goto(f"{running.url}/registrations/new")
    settled(again)
    expect(again.get_by_label("Time Summary")).to_have_value("A draft that survives")
    expect(again.get_by_text("Your unsaved report stands here again")).to_be_visible()
    expect(again.locator("[data-photos] [data-document] img")).to_be_visible()
    assert not violations(again)
    again.locator("[data-photos]").scroll_into_view_if_needed()
    picture(again, "registration-photos")
    again.keyboard.press("Control+s")
    again.wait_for_url("**/cases/*", wait_until="commit")
    expect(again.locator(".documents img")).to_be_visible()
    assert not violations(again)
    again.goto(f"{running.url}/registrations/new")
    settled(again)
    expect(again.get_by_label("Time Summary")).to_have_value("")


def test_a_second_window_says_that_the_report_was_sent_and_keeps_another(enter: Enter, running: Running) -> None:
    agent = enter("agent2")
    given_a_report(agent, running, "Two windows, one draft")
    expect(agent.locator("[data-draft-said]")).to_contain_text("Draft saved")
    other = agent.context.new_page()
    other.goto(f"{running.url}/registrations/new")
    settled(other)
    expect(other.get_by_label("Time Summary")).to_have_value(re.compile("Two windows"))
    agent.keyboard.press("Control+s")
    agent.wait_for_url("**/cases/*", wait_until="commit")
    other.get_by_label("Time Summary").fill("Written in the second window")
    another = other.get_by_role("button", name="Keep it as another report")
    expect(another).to_be_visible()
    assert not violations(other)
    with other.expect_response(lambda answer: answer.url.endswith("/registrations/new")):
        another.click()
    expect(other.get_by_text("Your unsaved report stands here again")).to_be_visible()
    settled(other)
    other.keyboard.press("Control+s")
    other.wait_for_url("**/cases/*", wait_until="commit")
    assert cases_called(running, "Written in the second window") == 1


def test_a_slow_line_never_sends_twice(enter: Enter, running: Running) -> None:
    agent = enter("agent")
    given_a_report(agent, running, "Sent on a slow line")
    line = agent.context.new_cdp_session(agent)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions",
              {"offline": False, "latency": 1500, "downloadThroughput": 20_000, "uploadThroughput": 8_000})  # fmt: skip
    for _ in range(4):
        agent.keyboard.press("Control+s")
    agent.locator("[data-sends=registration]").click(force=True)
    agent.wait_for_url("**/cases/*", wait_until="commit")
    assert cases_called(running, "Sent on a slow line") == 1


@pytest.mark.feature("Q04")
def test_a_second_caller_joins_what_is_known_and_is_taken_out(enter: Enter, running: Running) -> None:
    agent = enter("agent")
    given_a_report(agent, running, "Overflowing bins by the north bridge")
    agent.keyboard.press("Control+s")
    agent.wait_for_url("**/cases/*", wait_until="commit")

    other = enter("agent2")
    given_a_report(other, running, "Overflowing bins at the north bridge")
    hint = other.locator("[data-similar]", has_text="Overflowing bins by the north bridge")
    expect(hint).to_be_visible()
    assert not violations(other)
    picture(other, "registration-hints")
    hint.focus()
    other.keyboard.press("m")
    other.wait_for_url("**/cases/*", wait_until="commit")
    toast = other.locator(".toast", has_text="Joined case")
    expect(toast).to_be_visible()
    assert cases_called(running, "Overflowing bins at the north bridge") == 0
    toast.locator("button").first.click()
    expect(other.get_by_role("status").filter(has_text="Taken out")).to_be_visible()
    assert cases_called(running, "Overflowing bins at the north bridge") == 1


@pytest.mark.feature("W13")
def test_two_people_correct_one_report_and_nothing_is_lost(enter: Enter, running: Running) -> None:
    agent = enter("agent")
    given_a_report(agent, running, "A report that two correct")
    agent.keyboard.press("Control+s")
    agent.wait_for_url("**/cases/*", wait_until="commit")
    url = f"{agent.url.partition('#')[0]}/edit"
    reported_at = when_reported(running, url)
    other = enter("agent2")
    for page in (agent, other):
        page.goto(url)
        settled(page)
    agent.get_by_label(re.compile("^Place")).fill("90 Shuyuan Road")
    agent.get_by_role("textbox", name="Caller", exact=True).fill("Wang Lihua the elder")
    agent.keyboard.press("Control+Enter")
    agent.wait_for_url(re.compile(r"/cases/\d+$"), wait_until="commit")

    other.get_by_label(re.compile("^Place")).fill("92 Shuyuan Road")
    other.keyboard.press("Control+Enter")
    expect(other.get_by_text(re.compile("somebody changed the same fields first"))).to_be_visible()
    expect(other.get_by_text(re.compile("it says now: 90 Shuyuan Road"))).to_be_visible()
    expect(other.get_by_label(re.compile(r"^Place\b(?!:)"))).to_have_value("92 Shuyuan Road")
    row = other.get_by_role("row", name=re.compile("^Place"))
    expect(row).to_contain_text("88 Shuyuan Road")
    row.get_by_label("Place: Theirs").check()
    expect(other.get_by_label(re.compile("^Place\\b(?!:)"))).to_have_value("90 Shuyuan Road")
    row.get_by_label("Place: Mine").check()
    expect(other.get_by_label(re.compile("^Place\\b(?!:)"))).to_have_value("92 Shuyuan Road")
    assert not violations(other)
    picture(other, "amend-overtaken")
    other.keyboard.press("Control+Enter")
    other.wait_for_url(re.compile(r"/cases/\d+$"), wait_until="commit")
    expect(other.get_by_text("The registration was corrected.")).to_be_visible()
    other.goto(url)
    settled(other)
    expect(other.get_by_role("textbox", name="Caller", exact=True)).to_have_value("Wang Lihua the elder")
    assert when_reported(running, url) == reported_at, "to the second: the form shows every minute"


def when_reported(running: Running, url: str) -> datetime:
    with running.runtime.sessions() as session:
        case_no = url.rsplit("/", 2)[1]
        report = select(Registration).join(CaseFile, CaseFile.id == Registration.case_id)
        return session.scalars(report.where(CaseFile.case_no == case_no)).one().reported_at


def test_a_slash_offers_phrases(enter: Enter, running: Running) -> None:
    supervisor = enter("supervisor")
    supervisor.goto(f"{running.url}/phrases")
    supervisor.get_by_label("Name").fill("Stay on the line")
    supervisor.get_by_label("Text", exact=True).fill("Please stay on the line while I register this.")
    supervisor.get_by_label("For everybody").check()
    supervisor.get_by_role("button", name="Keep phrase").click()
    expect(supervisor.get_by_text("The phrase is kept.")).to_be_visible()

    agent = enter("agent")
    agent.goto(f"{running.url}/registrations/new")
    settled(agent)
    agent.get_by_label("Detailed Content").click()
    agent.keyboard.type("Noted. /stay")
    expect(agent.get_by_role("option", name=re.compile("Stay on the line"))).to_be_visible()
    assert not violations(agent)
    agent.keyboard.press("Enter")
    expect(agent.get_by_label("Detailed Content")).to_have_value(
        "Noted. Please stay on the line while I register this."
    )
