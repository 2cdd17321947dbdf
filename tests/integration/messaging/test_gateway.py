"""Short messages through a real HTTP server on loopback: what it may answer, and what we then know (N01)."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.core.clock import SimulatedClock
from app.core.db import Sessions
from app.core.i18n import load_texts
from app.core.ids import new_id
from app.core.settings import SettingsError, load_settings
from app.messaging import (
    OUTBOX_KIND,
    Channel,
    GatewaySettings,
    HttpGateway,
    Message,
    QuietHours,
    carry_out,
    citizen,
    send,
    shipped_providers,
)
from app.messaging.errors import NotSent, Refused
from app.messaging.models import OutgoingMessage
from app.messaging.providers import Parcel
from app.workflow import Runtime, deliver_outbox
from app.workflow.models import Outbox

pytestmark = pytest.mark.feature("N01")
BODY = '{"to": "{address}", "text": "{body}", "id": "{id}", "sign": ["市民热线"]}'
HANG, SLOW = 0, 1
"""As a code: the line is cut without an answer; no answer till the test releases it."""
NOW = time(0)


@dataclass
class Gateway:
    url: str
    code: int = 200
    answer: str = '{"code":0}'
    asked: list[tuple[dict[str, str], str]] = field(default_factory=list)
    """Headers and body of every request."""
    release: threading.Event = field(default_factory=threading.Event)


@contextmanager
def gateway(code: int = 200, answer: str = '{"code":0}') -> Iterator[Gateway]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            known.asked.append((dict(self.headers), body))
            if known.code == SLOW:
                known.release.wait(10)
            if known.code in (HANG, SLOW):
                return
            self.send_response(known.code)
            self.end_headers()
            self.wfile.write(known.answer.encode())

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known = Gateway(f"http://127.0.0.1:{server.server_address[1]}/sms", code, answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield known
        server.shutdown()


def parcel(body: str = "您反映的“垃圾桶满溢”已处理。\n{address}") -> Parcel:
    return Parcel(new_id(), Channel.SMS, "13800136721", "", body)


def test_json_reaches_the_gateway_with_secret_and_id_and_nothing_breaks_out_of_its_text() -> None:
    with gateway() as there:
        one = parcel('a "quoted" {secret} 您好')
        settings = GatewaySettings(there.url, BODY, "Authorization: Bearer {secret}", "s3cret", '"code":0')
        HttpGateway(settings).send(one)
    ((headers, body),) = there.asked
    assert headers["Authorization"] == "Bearer s3cret"
    assert json.loads(body) == {"to": one.address, "text": one.body, "id": str(one.id), "sign": ["市民热线"]}


def test_a_form_reaches_it_too() -> None:
    with gateway() as there:
        HttpGateway(GatewaySettings(there.url, "mobile={address}&content={body}&key={secret}", "", "k&1")).send(
            parcel()
        )
    ((headers, body),) = there.asked
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(body) == {"mobile": ["13800136721"], "content": [parcel().body], "key": ["k&1"]}


@pytest.mark.parametrize(
    ("code", "answer", "known"),
    [(429, "slow down", NotSent), (503, "", NotSent), (401, "who?", NotSent), (400, "no number", Refused),
     (302, "", Refused), (200, '{"code":17,"msg":"blacklisted"}', Refused)],
)  # fmt: skip
def test_what_it_answered_tells_whether_it_may_be_tried_again(code: int, answer: str, known: type[Exception]) -> None:
    with gateway(code, answer) as there, pytest.raises(known):
        HttpGateway(GatewaySettings(there.url, BODY, accepted='"code":0')).send(parcel())


@pytest.mark.parametrize("code", [500, 502, 504, HANG])
def test_a_broken_answer_leaves_open_whether_it_went_out(code: int) -> None:
    with gateway(code) as there, pytest.raises(Exception) as raised:  # noqa: PT011
        HttpGateway(GatewaySettings(there.url, BODY)).send(parcel())
    assert not isinstance(raised.value, NotSent | Refused)


def test_nobody_at_the_door_is_no_delivery_and_nobody_knocks_again_for_a_while() -> None:
    with gateway() as there:
        pass
    provider = HttpGateway(GatewaySettings(there.url, BODY))
    for _ in range(2):
        with pytest.raises(NotSent, match="cannot be reached"):
            provider.send(parcel())


@pytest.fixture
def runtime(sessions: Sessions) -> Runtime:
    load_texts(Path(__file__).parents[3] / "app")
    return Runtime(sessions, SimulatedClock(datetime(2026, 11, 18, 4, tzinfo=UTC)), zone=ZoneInfo("Asia/Shanghai"))


def test_a_slow_answer_is_unknown_with_its_reason_and_is_not_sent_again(runtime: Runtime) -> None:
    """From the row to the gateway: at most once."""
    with gateway(SLOW) as there:
        slow = HttpGateway(GatewaySettings(there.url, BODY), timeout=0.3)
        carrier = partial(carry_out, providers=shipped_providers() | {Channel.SMS: slow}, quiet=QuietHours(NOW, NOW))
        runtime.outbox(OUTBOX_KIND, carrier)
        params = {"case_no": "1", "acceptance_no": "2", "text": "好"}
        with runtime.sessions.begin() as session:
            send(session, Message("REPLY", "case", new_id(), "message.REPLY", params),
                 [citizen(new_id(), phone="13800136721")], [Channel.SMS], occasion="x",
                 now=runtime.clock.now())  # fmt: skip
        for _ in range(2):
            with runtime.sessions() as session:
                rows = session.scalars(select(Outbox.id).where(Outbox.kind == OUTBOX_KIND)).all()
            for row in rows:
                deliver_outbox(runtime, row)
        there.release.set()
    with runtime.sessions() as session:
        (row,) = session.scalars(select(OutgoingMessage))
    assert (row.state, row.provider, len(there.asked)) == ("UNKNOWN", "http gateway", 1)
    assert "ReadTimeout" in str(row.reason)


def test_a_wrong_template_stops_the_start_with_one_line() -> None:
    known = {"DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x", "CITYDESK_SECRET_KEY": "x" * 32}
    for body in ("{", '{"to": "{address}"}', "{address}{body}"):
        with pytest.raises(SettingsError, match="CITYDESK_SMS_BODY"):
            load_settings(known | {"CITYDESK_SMS_BODY": body})
    assert load_settings(known | {"CITYDESK_SMS_URL": "https://sms.example/send"}).sms_url
