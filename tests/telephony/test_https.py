"""The pages by HTTPS and the browser's telephone by WSS, as behind a proxy: certificates that were generated, and sound
that is enciphered."""

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from app.core.settings import load_settings
from app.web.app import create_app
from app.wiring import build_runtime
from tests.telephony.conftest import Exchange
from tests.telephony.desk import Sit, chromium, sit
from tests.telephony.far import variable
from tests.telephony.sipp import Speak, UntilHungUp
from tests.telephony.test_desk import in_state, press
from tests.telephony.test_window import LOUDNESS, lift, sit_down

__all__ = ["chromium", "sit"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def address(office: Exchange) -> Iterator[str]:
    """HTTPS for the pages; and what a proxy does for `/ws`: TLS outside, Asterisk's own port inside."""
    keys = office.asterisk.folder / "keys"
    certificate = (str(keys / "sip.crt"), str(keys / "sip.key"))
    proxy = Proxy(certificate, office.asterisk.ports.http)
    settings = replace(
        load_settings(office.environ), data_dir=Path(office.data), demo=True,
        phone_url=f"wss://127.0.0.1:{proxy.port}/ws",
    )  # fmt: skip
    runtime = build_runtime(settings)
    server = make_server("127.0.0.1", 0, create_app(runtime, settings), threaded=True, ssl_context=certificate)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    proxy.close()
    runtime.sessions.kw["bind"].dispose()


class Proxy:
    """Takes TLS connections and hands their bytes to a port of this machine."""

    def __init__(self, certificate: tuple[str, str], inside: int) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.context, self.inside = context, inside
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self.listener.accept()[0],), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError):
            outside = self.context.wrap_socket(plain, server_side=True)
            inside = socket.create_connection(("127.0.0.1", self.inside))
            threading.Thread(target=self._copy, args=(inside, outside), daemon=True).start()
            self._copy(outside, inside)

    @staticmethod
    def _copy(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


@pytest.mark.feature("X01", "X05", "T25", "T26")
def test_a_remote_browser_is_a_telephone_by_https_and_wss(exchange: Exchange, sit: Sit) -> None:
    page = sit("agent")
    window = sit_down(page, "8003")
    assert window.evaluate("[location.protocol, isSecureContext]") == ["https:", True]
    assert re.match(r"wss://127\.0\.0\.1:\d+/ws", window.locator("[data-island=phone]").get_attribute("data-url"))
    citizen = exchange.sipp.citizen("13800138001", "12310", Speak(), UntilHungUp(60))
    lift(page)
    in_state(page, "ON_CALL")
    expect(window.locator("[data-window-said]")).to_have_text("Talking.")
    exchange.until(lambda: window.evaluate(LOUDNESS) > 0.05, what="the browser hears the citizen")
    listed = exchange.asterisk_cli("core show channels concise").splitlines()
    seat = next(line.split("!")[-1] for line in listed if line.startswith("PJSIP/seat-8003-"))
    assert variable(exchange.asterisk, seat, "CHANNEL(rtp,secure)") == "1"
    press(page, "hang_up")
    citizen.finish()
    assert exchange.ended("13800138001").outcome == "ANSWERED"
