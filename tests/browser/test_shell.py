"""What stands around every page, at work: the omnibox, keys, the person's menu, undo, and the call bar."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from app import lifecycle
from app.identity import actor_of_user
from app.web.app import create_app
from app.web.around import SEAT, Seat
from tests.demo_city import PASSWORD, Running

from .conftest import Enter, picture, violations
from .test_inbox import REPORT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


SUMMARY = "书院路垃圾桶满溢"


@pytest.fixture(scope="module")
def case_no(running: Running) -> str:
    with running.runtime.sessions() as session:
        agent = actor_of_user(session, "agent")
    made = lifecycle.register(running.runtime, REPORT | {"incident_summary": SUMMARY}, actor=agent)
    assert made.case_no
    return made.case_no


def ask(page: Page, words: str) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.press("Control+a")
    page.keyboard.type(words)


def test_the_omnibox_leads_anywhere_by_keys_alone(enter: Enter, running: Running, case_no: str) -> None:
    page = enter("supervisor")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    found = page.locator("#omnibox-found")
    ask(page, "13800136721")
    expect(found.locator("[role=option]").first).to_contain_text("138••••6721")
    expect(found).to_contain_text("telephone")
    picture(page, "omnibox-telephone")
    assert not violations(page)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{running.url}/cases/{case_no}")
    assert not [url for url in asked if "6721" in url], "a telephone stands in no address"
    with page.context.expect_page() as opened:
        ask(page, case_no)
        expect(found.locator("[aria-selected=true]")).to_contain_text(SUMMARY)
        page.keyboard.press("Control+Enter")
    expect(opened.value.locator("h1")).to_have_text(SUMMARY)
    ask(page, f"jud {case_no[6:11]}")
    expect(found).to_contain_text("Judge")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Judge")
    page.goto(f"{running.url}/cases")
    page.keyboard.press("Control+k")
    expect(found.locator("[role=group]").first).to_contain_text("Recent")
    expect(found).to_contain_text(SUMMARY)
    page.keyboard.press("Escape")
    expect(found).to_be_hidden()


def test_without_scripts_a_plain_form_searches(browser: Browser, running: Running, case_no: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{running.url}/sign-in")
    page.fill("#username", "supervisor")
    page.fill("#password", PASSWORD)
    page.click("button.btn--primary")
    page.fill("#omnibox", "6721")
    page.press("#omnibox", "Enter")
    expect(page.locator("table")).to_contain_text("138••••6721")
    assert page.url == f"{running.url}/search"
    page.fill("#omnibox", case_no)
    page.press("#omnibox", "Enter")
    assert page.url == f"{running.url}/cases/{case_no}"
    context.close()


def test_keys_lead_hide_and_can_be_switched_off(enter: Enter, running: Running, case_no: str) -> None:
    page = enter("supervisor", "zh-CN")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url(f"{running.url}/cases")
    page.goto(f"{running.url}/cases/{case_no}")
    pane = page.locator("aside.context")
    page.keyboard.press("]")
    expect(pane).to_be_hidden()
    page.reload()
    expect(pane).to_be_hidden()
    page.keyboard.press("]")
    expect(pane).to_be_visible()
    page.set_viewport_size({"width": 1000, "height": 800})
    expect(pane).to_be_hidden()
    page.keyboard.press("]")
    expect(pane).to_be_visible()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.click("details.me summary")
    page.get_by_text("紧凑").click()
    expect(page.locator("html")).to_have_attribute("data-density", "compact")
    page.click("details.me summary")
    page.locator("[data-letters-switch]").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.keyboard.press("?")
    expect(page.locator("[data-keys-help]")).to_be_hidden()
    assert page.url == f"{running.url}/cases/{case_no}"


def test_what_was_done_can_be_undone(enter: Enter, running: Running, case_no: str) -> None:
    page = enter("supervisor")
    ask(page, f"jud {case_no[6:11]}")
    expect(page.locator("#omnibox-found")).to_contain_text("Judge")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Claim", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("Claimed: 1")
    expect(page.locator(".tag--accent")).to_be_visible()
    page.locator(".toast [data-undo]").click()
    expect(page.locator(".toast")).to_contain_text("Put back: 1")
    expect(page.get_by_role("button", name="Claim", exact=True)).to_be_visible()


@contextmanager
def with_telephone(running: Running) -> Iterator[str]:
    """The same city by a web server in this process, whose people have an extension."""
    app = create_app(running.runtime, running.settings)
    app.extensions[SEAT] = lambda _session, _actor: Seat("8208", "IDLE", 6)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


PHONE = """call => {
  const channel = new BroadcastChannel('citydesk-phone')
  channel.onmessage = ({data}) => {
    if (data.command === 'hold') call = {...call, state: 'HOLDING'}
    if (data.ask || data.command) channel.postMessage({call})
  }
}"""
LISTEN = "pressed = []; document.addEventListener('citydesk:phone', event => pressed.push(event.detail.command))"


def tell(page: Page, **call: object) -> None:
    page.evaluate("call => document.dispatchEvent(new CustomEvent('citydesk:call', {detail: call}))", call)


@pytest.mark.parametrize(("language", "theme"), [("zh-CN", "light"), ("en", "dark")])
def test_the_call_bar_says_and_does_what_the_telephone_does(
    browser: Browser, running: Running, language: str, theme: str
) -> None:
    with with_telephone(running) as url:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies(
            [{"name": n, "value": v, "url": url} for n, v in (("language", language), ("theme", theme))]
        )
        page = context.new_page()
        page.goto(f"{url}/sign-in")
        page.fill("#username", "agent")
        page.fill("#password", PASSWORD)
        page.click("button.btn--primary")
        bar = page.locator("#callbar")
        expect(bar).to_contain_text("8208")
        page.evaluate(
            "window.pressed = []; document.addEventListener('citydesk:phone', e => pressed.push(e.detail.command))"
        )
        caller = {"name": "王丽华", "phone": "138••••6721", "about": "12319 · 2"}
        page.focus("#omnibox")
        for state, key in (("RINGING", "F2"), ("ON_CALL", "F4"), ("HOLDING", "F4"), ("WRAP_UP", "F10")):
            tell(page, state=state, since="2026-11-27T10:00:00Z", recording=True, **caller)
            expect(bar).to_have_attribute("data-state", state)
            assert not violations(page), state
            picture(page, f"callbar-{state}.{language}.{theme}")
            page.keyboard.press(key)
        tell(page, state="ON_CALL", **caller)
        expect(bar).to_contain_text("138••••6721")
        page.keyboard.press("F9")
        page.keyboard.press("F9")
        assert page.evaluate("pressed") == ["answer", "hold", "resume", "wrapped_up", "hang_up"]
        phone = context.new_page()  # a window of its own, which goes on when pages are left
        phone.goto(f"{url}/static/citydesk.svg")
        phone.evaluate(PHONE, caller | {"state": "ON_CALL"})
        page.goto(f"{url}/cases")
        expect(bar).to_have_attribute("data-state", "ON_CALL")
        page.get_by_role("button", name="F4").click()
        expect(bar).to_have_attribute("data-state", "HOLDING")
        tell(page, state="DISCONNECTED")
        assert not violations(page)
        context.close()
