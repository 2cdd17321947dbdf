"""A handler in the street where there is no network: nothing taken or written is lost, and nothing goes twice."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Playwright, Route, expect
from sqlalchemy import select

from app.documents import documents_of
from app.identity import actor_of_user
from app.identity.models import User
from app.identity.sessions import revoke
from tests.demo_city import PASSWORD, Running

from .conftest import ARGUMENTS, chromium, picture, settled, violations
from .line import Line
from .test_departments import STREET, a_photo, given_order, order_row, sign_and_handle

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def telephone(playwright: Playwright, running: Running, tmp_path: Path) -> Iterator["Telephone"]:
    made = Telephone(playwright, Line(running.url), tmp_path / "telephone")
    yield made
    made.close()
    made.line.cut()


class Telephone:
    """A browser with a memory: what it keeps outlives its being closed. `offline` cuts its pages and its worker off."""

    def __init__(self, playwright: Playwright, line: Line, folder: Path) -> None:
        self.playwright, self.line, self.folder = playwright, line, folder
        self.context: BrowserContext | None = None
        self.url = line.url

    def open(self, *, offline: bool = False) -> Page:
        self.context = self.playwright.chromium.launch_persistent_context(
            self.folder, executable_path=chromium(), args=ARGUMENTS, viewport=STREET, offline=offline, has_touch=True,
        )  # fmt: skip
        self.context.add_cookies([{"name": "language", "value": "en", "url": self.url}])
        return self.context.pages[0]

    def sign_in(self, page: Page, username: str) -> None:
        page.goto(f"{self.url}/sign-in")
        page.fill("#username", username)
        page.fill("#password", PASSWORD)
        page.click("button.btn--primary")
        page.wait_for_url("**/orders")

    def offline(self) -> None:
        assert self.context
        self.line.cut()
        self.context.set_offline(True)

    def online(self) -> None:
        assert self.context
        self.line.mend()
        self.context.set_offline(False)

    def at_order(self, page: Page, number: str) -> None:
        page.goto(f"{self.url}/orders/{number}")
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= STREET["width"]

    def close(self) -> None:
        if self.context:
            self.context.close()
        self.context = None


KEPT = """async () => {
  const pages = []
  for (const name of await caches.keys()) {
    if (!name.startsWith('citydesk-pages:')) continue
    for (const { url } of await (await caches.open(name)).keys()) pages.push(new URL(url).pathname)
  }
  return pages
}"""
"""Paths of the pages that this browser keeps."""


def until_kept(page: Page, seen: Callable[[list[str]], bool]) -> None:
    """`wait_for_function` takes a promise for an answer, so this asks again and again by itself."""
    deadline = time.monotonic() + 30
    while not seen(kept := page.evaluate(KEPT)):
        assert time.monotonic() < deadline, kept
        page.wait_for_timeout(50)


def kept_by_worker(page: Page) -> None:
    """The service worker has this page."""
    until_kept(page, lambda kept: urlsplit(page.url).path in kept)


def waiting_of(page: Page) -> Locator:
    return page.locator("[data-waiting]")


def keeps_nothing(page: Page) -> None:
    page.wait_for_url(re.compile("/sign-in"))
    until_kept(page, lambda kept: not kept)


@pytest.mark.feature("D05")
def test_a_report_taken_without_network_goes_once_after_the_browser_was_closed(
    telephone: Telephone, running: Running, tmp_path: Path
) -> None:
    number = given_order(running, "没有信号的巷子")
    page = telephone.open()
    telephone.sign_in(page, "sanitation")
    telephone.at_order(page, number)
    sign_and_handle(page)
    kept_by_worker(page)
    telephone.offline()
    page.locator("[data-take]").set_input_files(a_photo(tmp_path))
    expect(page.locator("[data-photos] [data-held]")).to_have_count(1)
    page.get_by_label("What was done").fill("Three bins emptied")
    page.get_by_label("Responsible person").fill("梁玉珍")
    page.get_by_role("button", name=re.compile("^Report back")).click()
    expect(waiting_of(page)).to_contain_text("Waiting to be sent Report back")
    expect(waiting_of(page)).to_contain_text("photos: 1")
    picture(page, "order-waiting.street")
    assert violations(page) == ""
    telephone.close()

    page = telephone.open(offline=True)
    page.goto(f"{telephone.url}/orders/{number}")
    settled(page)
    expect(page.locator("[data-kept-strip]")).to_contain_text("as it stood at")
    expect(waiting_of(page)).to_contain_text("Report back")
    expect(page.locator("[data-held]")).to_have_count(1)
    picture(page, "order-kept.street")
    assert order_row(running, number).state == "IN_HANDLING"
    telephone.online()
    page.wait_for_url("**/orders", wait_until="commit")
    order = order_row(running, number)
    assert (order.state, order.result_text) == ("REPORTED_BACK", "Three bins emptied")
    with running.runtime.sessions() as session:
        assert len(documents_of(session, [order.id])) == 1
    settled(page)
    expect(waiting_of(page)).to_be_hidden()


NO_WORKER = """async () => {
  for (const old of await navigator.serviceWorker.getRegistrations()) await old.unregister()
  for (const name of await caches.keys()) await caches.delete(name)
}"""
WORKER = """async () => {
  const { installing } = await navigator.serviceWorker.register('/service-worker.js', { scope: '/orders' })
  if (!installing) return
  await new Promise(done => { installing.onstatechange = () => installing.state === 'activated' && done() })
}"""


@pytest.mark.feature("D05")
def test_an_order_asked_for_before_its_worker_took_over_is_kept(telephone: Telephone, running: Running) -> None:
    """Its pages are on the way when the worker takes over, which takes over only those that have arrived."""
    number = given_order(running, "还没有服务线程")
    page = telephone.open()
    telephone.sign_in(page, "sanitation")
    page.goto("about:blank")
    assert telephone.context
    beside = telephone.context.new_page()
    beside.goto(f"{telephone.url}/account")
    beside.evaluate(NO_WORKER)

    def hold(route: Route) -> None:
        beside.evaluate(WORKER)
        route.continue_()

    page.route(f"**/orders/{number}", hold, times=1)
    telephone.at_order(page, number)
    kept_by_worker(page)


def test_a_session_that_ended_meanwhile_loses_nothing(telephone: Telephone, running: Running) -> None:
    number = given_order(running, "会话已过期")
    page = telephone.open()
    telephone.sign_in(page, "sanitation")
    telephone.at_order(page, number)
    sign_and_handle(page)
    end_sessions(running, "sanitation")
    page.get_by_label("What was done").fill("Written for an hour")
    page.get_by_label("Responsible person").fill("梁玉珍")
    page.get_by_role("button", name=re.compile("^Report back")).click()
    expect(waiting_of(page)).to_contain_text("You are signed out. Nothing is lost")
    picture(page, "order-signed-out.street")
    page.get_by_role("link", name="Sign in").click()
    keeps_nothing(page)
    # somebody else signs in at this telephone: sees nothing of it, sends nothing of it
    telephone.sign_in(page, "water")
    expect(waiting_of(page)).to_be_hidden()
    assert order_row(running, number).state == "IN_HANDLING"
    page.goto(f"{telephone.url}/account")
    leave(page)
    keeps_nothing(page)
    telephone.sign_in(page, "sanitation")
    expect(waiting_of(page)).to_be_hidden()
    assert order_row(running, number).result_text == "Written for an hour"


def test_signing_out_asks_for_what_waits_and_leaves_nothing(telephone: Telephone, running: Running) -> None:
    number = given_order(running, "离开前")
    page = telephone.open()
    telephone.sign_in(page, "sanitation")
    telephone.at_order(page, number)
    kept_by_worker(page)
    telephone.offline()
    page.get_by_role("button", name=re.compile("^Sign")).click()
    expect(waiting_of(page)).to_contain_text("Waiting to be sent Sign")
    page.set_viewport_size({"width": 1440, "height": 900})
    leave(page)
    dialog = page.get_by_role("dialog", name="Waiting to be sent")
    expect(dialog).to_contain_text("Not sent yet: 1")
    picture(page, "sign-out-waiting")
    dialog.get_by_role("button", name="Stay signed in").click()
    telephone.online()
    page.wait_for_function("() => !document.querySelector('.has-waiting-step')")
    settled(page)
    leave(page)
    assert order_row(running, number).state != "DISPATCHED"
    keeps_nothing(page)
    telephone.offline()
    page.goto(f"{telephone.url}/orders/{number}")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    picture(page, "offline.street")


def leave(page: Page) -> None:
    page.locator("details.me > summary").click()
    page.locator("[data-sign-out] button").click()


def end_sessions(running: Running, username: str) -> None:
    with running.runtime.sessions.begin() as session:
        user = session.scalars(select(User).where(User.username == username)).one()
        revoke(session, user.id, actor=actor_of_user(session, username), now=running.runtime.clock.now())
