"""A Chromium before the running product. Pictures of every page seen go to .artifacts/pictures, or where
CITYDESK_PICTURES says."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.demo_city import PASSWORD, Running, demo_template, running

__all__ = ["demo_template", "running"]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]

PICTURES = Path(os.environ.get("CITYDESK_PICTURES") or Path(__file__).parents[2] / ".artifacts" / "pictures")

expect.set_options(timeout=30_000)

Enter = Callable[..., Page]


def chromium() -> str:
    path = os.environ.get("CITYDESK_CHROMIUM") or shutil.which("chromium")
    assert path, "no Chromium: install it or set CITYDESK_CHROMIUM"
    return path


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
    yield opened
    opened.close()


@pytest.fixture
def enter(browser: Browser, running: Running) -> Iterator[Enter]:
    """`enter("agent", language="en", theme="dark")`: somebody signed in at a browser of their own.

    Whatever the page complains of (an error, a script or style that its own policy refuses) fails the test."""
    contexts, complaints = [], []

    def open_as(username: str | None, language: str = "en", theme: str = "light") -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        contexts.append(context)
        context.add_cookies(
            [
                {"name": "language", "value": language, "url": running.url},
                {"name": "theme", "value": theme, "url": running.url},
            ]
        )
        page = context.new_page()
        page.set_default_timeout(60_000)  # patience for a busy machine; nothing waits that long by itself
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said.type, said.text) else None)
        page.goto(f"{running.url}/sign-in")
        if username:
            page.fill("#username", username)
            page.fill("#password", PASSWORD)
            page.click("button.btn--primary")
            page.wait_for_selector(".rail")
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert not complaints


def _is_complaint(kind: str, text: str) -> bool:
    """Refusals that a test provokes (409, 422) are the server's answers, not the page's faults."""
    expected = ("the server responded with a status of", "ERR_FAILED", "ERR_INTERNET_DISCONNECTED")
    return kind == "error" and not any(words in text for words in expected)


def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def violations(page: Page) -> str:
    """What axe finds once the page that was asked for is here; empty when nobody is shut out."""
    page.wait_for_function("() => !document.querySelector('.htmx-request')")
    found = Axe().run(page)
    return found.generate_report() if found.violations_count else ""


def settled(page: Page) -> None:
    """All islands are drawn."""
    for island in page.locator("[data-island]").all():
        island.and_(page.locator("[data-ready=true]")).wait_for(state="attached")


def choose(page: Page, label: str, option: str) -> None:
    """Pick from one of the form's lists, as a mouse would."""
    field = page.locator(".fjs-form-field", has=page.locator("label", has_text=label)).last
    field.locator(".fjs-input-group").click()
    page.locator(".fjs-dropdownlist-item", has_text=option).first.click()
