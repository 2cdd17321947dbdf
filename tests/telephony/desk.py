"""A Chromium at an agent's desk, before the product over the telephone's own city. Import the fixtures into a test."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect
from werkzeug.serving import make_server

from app.core.settings import load_settings
from app.web.app import create_app
from app.wiring import build_runtime
from tests.browser.conftest import ARGUMENTS
from tests.demo_city import PASSWORD
from tests.telephony.conftest import Exchange

MICROPHONE = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
]
"""A microphone that beeps, allowed without a question."""

Sit = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    path = os.environ.get("CITYDESK_CHROMIUM") or shutil.which("chromium")
    if not path:
        pytest.skip("no Chromium here")
    expect.set_options(timeout=20_000)
    opened = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *MICROPHONE])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def address(office: Exchange) -> Iterator[str]:
    """The product's pages over the telephone's database, served by this process."""
    settings = replace(load_settings(office.environ), data_dir=Path(office.data), demo=True)
    runtime = build_runtime(settings)
    server = make_server("127.0.0.1", 0, create_app(runtime, settings), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    runtime.sessions.kw["bind"].dispose()


@pytest.fixture
def sit(exchange: Exchange, chromium: Browser, address: str) -> Iterator[Sit]:
    """`sit("agent")`: somebody signed in at a browser of their own; whatever its pages complain of fails the test."""
    contexts, complaints = [], []

    def at_desk(username: str, language: str = "en", theme: str = "light") -> Page:
        context = chromium.new_context(
            viewport={"width": 1440, "height": 900}, permissions=["microphone"], ignore_https_errors=True
        )  # a certificate of our own, where a test has one
        contexts.append(context)
        context.add_cookies([{"name": "language", "value": language, "url": address},
                             {"name": "theme", "value": theme, "url": address}])  # fmt: skip
        context.on("page", lambda page: page.on("pageerror", lambda error: complaints.append(str(error))))
        page = context.new_page()
        page.goto(f"{address}/sign-in")
        page.fill("#username", username)
        page.fill("#password", PASSWORD)
        page.click("button.btn--primary")
        page.wait_for_selector("#callbar[data-ready=true]")
        return page

    yield at_desk
    for context in contexts:
        context.close()
    assert not complaints
