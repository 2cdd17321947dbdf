"""From page to page within the shell: the page's own content changes, the call bar and what runs beside it stay."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from app.identity import SEED
from app.knowledge import load_demo_articles
from tests.demo_city import Running

from .conftest import Enter, picture, settled, violations
from .test_departments import given_order, given_report

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def mark(page: Page) -> None:
    """A full load would lose this."""
    page.evaluate("() => { window.stayed = true; document.querySelector('#callbar')?.setAttribute('data-mark', 'it') }")


def stayed(page: Page) -> bool:
    return bool(page.evaluate("() => window.stayed === true"))


def test_from_the_inbox_to_a_case_its_tabs_and_back(enter: Enter, running: Running) -> None:
    for n in range(3):
        given_report(running, f"翻页 {n}")
    page = enter("supervisor")
    page.goto(f"{running.url}/tasks?view=judge&text=翻页")
    settled(page)
    mark(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    row = page.locator("tr.is-focus")
    opened = row.locator("a").first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/tasks?" not in url)
    settled(page)
    assert stayed(page)
    expect(page.locator("#page h1").first).to_be_focused()
    title = page.title()
    case = page.locator(".tabs, a[href^='/cases/']").first
    expect(case).to_be_visible()
    page.go_back()
    page.wait_for_url("**/tasks?**")
    settled(page)
    expect(page).not_to_have_title(title)
    settled(page)
    assert stayed(page)
    expect(page.locator(f"tr a[href='{opened}']").first).to_be_focused()
    page.go_forward()
    page.wait_for_url(lambda url: "/tasks?" not in url)
    expect(page).to_have_title(title)
    assert stayed(page)


def test_tabs_of_a_case_and_filters_of_the_board(enter: Enter, running: Running) -> None:
    number = given_order(running, "标签页").partition("-")[0]
    page = enter("supervisor")
    page.goto(f"{running.url}/cases/{number}")
    settled(page)
    mark(page)
    for tab in ("/diagram", "/tracking", "/supervision", ""):
        page.locator(f".tabs a[href='/cases/{number}{tab}']").click()
        page.wait_for_url(re.compile(f"{number}{tab}$"))
        settled(page)
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url("**/orders")
    settled(page)
    expect(page.locator(".rail [aria-current=page]")).to_contain_text("Orders")
    page.keyboard.press("f")
    page.get_by_label("Overdue only").check()
    page.locator("form.popover__body").get_by_role("button", name="Filter").click()
    page.wait_for_url("**late=1**")
    settled(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert stayed(page)


def test_what_a_page_listened_to_ends_with_it(enter: Enter, running: Running) -> None:
    """Keys of the inbox do nothing on the case, and its news no longer draw a list that is gone."""
    given_report(running, "听到的")
    page = enter("supervisor")
    page.goto(f"{running.url}/tasks?view=judge&text=听到的")
    settled(page)
    mark(page)
    for _ in range(3):
        page.locator(".rail").get_by_role("link", name="Cases").click()
        page.wait_for_url("**/cases")
        page.locator(".rail").get_by_role("link", name="Tasks").click()
        page.wait_for_url("**/tasks**")
        settled(page)
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("tr[aria-selected=true]")).to_have_count(1)  # heard once, not four times
    assert stayed(page)


def test_a_form_that_waits_and_a_page_of_another_kind(enter: Enter, running: Running) -> None:
    """The report's form begins anew after navigation; its draft is whole, however slowly it was saved."""
    page = enter("agent")
    on_their_way: list[Route] = []
    page.route("**/registrations/draft*", lambda route: on_their_way.append(route))
    mark(page)
    page.goto(f"{running.url}/cases")
    settled(page)
    mark(page)
    page.locator(".rail").get_by_role("link", name="Register").click()
    page.wait_for_url("**/registrations/new**")
    settled(page)
    assert stayed(page)
    if page.locator("#callbar").count():
        assert page.locator("#callbar").get_attribute("data-mark") == "it"
    page.get_by_label("Summary").fill("路灯不亮，写到一半")
    page.locator(".rail").get_by_role("link", name="Cases").click()
    page.wait_for_url("**/cases")
    expect(page.locator("#page h1")).to_have_text("Cases")
    page.go_back()
    for route in on_their_way:
        route.continue_()
    page.wait_for_url("**/registrations/new**")
    settled(page)
    expect(page.get_by_label("Summary")).to_have_value("路灯不亮，写到一半")
    assert stayed(page)


def test_an_agent_looks_a_thing_up_and_answers_at_once(enter: Enter, running: Running) -> None:
    with running.runtime.sessions.begin() as session:
        load_demo_articles(session, SEED, running.runtime.clock.now())
    page = enter("supervisor", "zh-CN")
    page.goto(f"{running.url}/knowledge?q=路灯")
    assert violations(page) == ""
    page.keyboard.press("j")
    expect(page.locator("tr.is-focus a")).to_have_text("路灯由谁负责")
    page.keyboard.press("Enter")
    expect(page.locator("#page h1")).to_have_text("路灯由谁负责")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/edit")
    picture(page, "article-form.zh-CN.light")
    page.goto(f"{running.url}/registrations/new")
    settled(page)
    page.keyboard.press("Control+/")
    page.keyboard.type("井盖")
    expect(page.locator("[data-knowledge-found] .article b")).to_have_text("井盖归属的判断")
    picture(page, "console-knowledge.zh-CN.light")
    page.locator("[data-answer]").last.click()
    expect(page.locator(".form-notice").first).to_be_visible()  # what must be filled is asked for first
    assert violations(page) == ""
