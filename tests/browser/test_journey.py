"""People at their browsers: a report is registered and judged; nothing is sent twice and no text is lost."""

import re

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.demo_city import PASSWORD, Running

from .conftest import Enter, choose, picture, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def given_a_report(page: Page, running: Running, summary: str) -> None:
    """The registration form, filled in and not yet sent."""
    page.goto(f"{running.url}/registrations/new")
    settled(page)
    page.get_by_label("Time Summary").fill(summary)
    page.get_by_label("Detailed Content").fill("Three bins at the east gate have not been emptied for two days.")
    choose(page, "District", "Binjiang")
    page.get_by_label(re.compile("^Place")).fill("88 Shuyuan Road, east gate")
    choose(page, "Problem Category", "City Appearance and Sanitation")
    choose(page, "Service Type", "Complaint")


def cases_called(running: Running, summary: str) -> int:
    with httpx.Client(base_url=f"{running.url}/api/v1") as client:
        token = client.post("/sessions", json={"username": "supervisor", "password": PASSWORD}).json()["token"]
        cases = client.get("/cases", headers={"Authorization": f"Bearer {token}"}, params={"limit": 200}).json()[
            "cases"
        ]
    return sum(case["incident_summary"] == summary for case in cases)


@pytest.mark.feature("W14")
def test_a_report_is_registered_and_judged(enter: Enter, running: Running) -> None:
    agent = enter("agent")
    given_a_report(agent, running, "Overflowing bins at Jinxiu Garden")
    picture(agent, "registration")
    agent.locator("[data-sends=registration]").dblclick()
    agent.wait_for_url("**/cases/*", wait_until="commit")
    expect(agent.get_by_text(re.compile(r"Registered\. Acceptance number \d{14}\."))).to_be_visible()
    expect(agent.locator(".stage[aria-current=step]")).to_contain_text("Acceptance")
    picture(agent, "case-registered")
    assert cases_called(running, "Overflowing bins at Jinxiu Garden") == 1

    supervisor = enter("supervisor")
    supervisor.goto(f"{running.url}/tasks")
    picture(supervisor, "inbox")
    supervisor.keyboard.press("j")
    supervisor.keyboard.press("c")
    expect(supervisor.locator("tr", has_text="Overflowing bins").get_by_text("Me", exact=True)).to_be_visible()
    supervisor.locator("tr", has_text="Overflowing bins").locator("a").click()
    settled(supervisor)
    supervisor.get_by_label("Accept and file").check()
    picture(supervisor, "task-judge")
    supervisor.keyboard.press("Control+Enter")
    supervisor.wait_for_url("**/tasks", wait_until="commit")
    agent.reload()
    expect(agent.locator(".status").first).to_have_text("In Processing")


def test_a_report_sent_over_a_broken_line_counts_once(enter: Enter, running: Running) -> None:
    """The server took it, the answer never came: the page sends again, with the same command id."""
    page = enter("agent")
    given_a_report(page, running, "Sent over a broken line")
    sent: list[int] = []

    def lose_the_first_answer(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
        elif not sent:
            sent.append(route.fetch().status)
            route.abort()
        else:
            sent.append(0)
            route.continue_()

    page.route("**/registrations/new", lose_the_first_answer)
    page.locator("[data-sends=registration]").click()
    page.wait_for_url("**/cases/*", wait_until="commit")
    assert sent[0] == 200
    assert len(sent) == 2
    assert cases_called(running, "Sent over a broken line") == 1


def test_what_the_server_refuses_stands_at_its_field_and_nothing_is_lost(enter: Enter, running: Running) -> None:
    page = enter("agent")
    given_a_report(page, running, "Refused at first")

    def empty_the_place(route: Route) -> None:
        if route.request.method == "POST":
            body = route.request.post_data_json
            route.continue_(post_data={**body, "values": {**body["values"], "address": ""}})
        else:
            route.continue_()

    page.route("**/registrations/new", empty_the_place)
    page.locator("[data-sends=registration]").click()
    field = page.locator(".fjs-form-field", has=page.locator("label", has_text=re.compile("^Place")))
    expect(field.locator(".fjs-form-field-error")).to_be_visible()
    expect(page.locator("#registration .form-notice")).to_be_visible()
    expect(page.get_by_label("Time Summary")).to_have_value("Refused at first")
    picture(page, "registration-refused")
    page.unroute("**/registrations/new")
    page.locator("[data-sends=registration]").click()
    page.wait_for_url("**/cases/*", wait_until="commit")
    assert cases_called(running, "Refused at first") == 1


def test_somebody_was_faster_and_my_text_is_still_there(enter: Enter, running: Running) -> None:
    agent = enter("agent")
    given_a_report(agent, running, "Judged by two")
    agent.locator("[data-sends=registration]").click()
    agent.wait_for_url("**/cases/*", wait_until="commit")
    pages = [enter("supervisor"), enter("supervisor")]
    for page in pages:
        page.goto(f"{running.url}/tasks")
        page.locator("tr", has_text="Judged by two").locator("a").click()
        page.locator("[data-sends=task]").wait_for()
        settled(page)
        page.get_by_label("Ask").check()
        page.get_by_label("Reason").fill("Which of the two gates does the caller mean?")
    pages[0].locator("[data-sends=task]").click()
    pages[0].wait_for_url("**/tasks", wait_until="commit")
    pages[1].locator("[data-sends=task]").click()
    expect(pages[1].locator(".form-notice.conflict, .form-notice.callout--red")).to_be_visible()
    expect(pages[1].get_by_label("Reason")).to_have_value("Which of the two gates does the caller mean?")
    picture(pages[1], "task-somebody-was-faster")


def test_a_session_that_ended_costs_no_text(enter: Enter, running: Running) -> None:
    """Signed out meanwhile: the page says so; signed in again in another tab, it sends as if nothing had happened."""
    page = enter("agent")
    given_a_report(page, running, "Written while the session ended")
    other = page.context.new_page()
    other.goto(f"{running.url}/account")
    other.click("details.me summary")
    other.get_by_role("button", name="Sign out", exact=True).click()
    other.wait_for_url("**/sign-in", wait_until="commit")
    page.locator("[data-sends=registration]").click()
    expect(page.locator("#registration .form-notice")).to_contain_text("Sign in")
    expect(page.get_by_label("Time Summary")).to_have_value("Written while the session ended")
    other.fill("#username", "agent")
    other.fill("#password", PASSWORD)
    other.click("button.btn--primary")
    other.wait_for_selector(".rail")
    page.locator("[data-sends=registration]").click()
    page.wait_for_url("**/cases/*", wait_until="commit")
    assert cases_called(running, "Written while the session ended") == 1
