"""A real Asterisk, the telephony process, and a small city behind it. Without Asterisk or SIPp: telephone untested."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import psycopg
import pytest
import redis

from app.cli.children import die_with_parent
from app.cli.telephone import Plan, Telephone, find, start_asterisk
from app.contacts import ask_telephone, routing_version, with_vault
from app.contacts.demo import load_demo_telephone
from app.contacts.models import Call, Recording, Seat, SeatState, SkillGroup, TrunkRow
from app.core.db import Sessions, make_engine, make_sessions
from app.core.ids import new_id
from app.core.settings import load_settings
from app.identity import SEED, Actor, actor_of_user
from app.wiring import build_runtime
from app.workflow import Runtime
from tests.demo_city import ROOT, SECRET_KEY, demo_template
from tests.telephony.sipp import Sipp, free_port, there_is_sipp

__all__ = ["demo_template"]
Result = TypeVar("Result")
HOME = find()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.telephony)
            if HOME is None or not there_is_sipp():
                item.add_marker(pytest.mark.skip(reason="telephone untested: no Asterisk or no SIPp here"))


@dataclass
class Line:
    """A seat of the tests: an agent, and the port where SIPp plays the telephone."""

    username: str
    number: str
    port: int


@dataclass
class Exchange:
    """The whole telephone as a test sees it."""

    asterisk: Telephone
    sessions: Sessions
    redis_url: str
    environ: dict[str, str]
    data: Path
    sipp: Sipp
    lines: dict[str, Line]
    outside: int
    """Port where the trunk's other end is."""
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    people: dict[str, Actor] = field(default_factory=dict)

    # ---------------------------------------------------------------- processes
    def start(self) -> None:
        with (self.data / "telephony.log").open("ab") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "telephony"], cwd=ROOT, env=self.environ, stdout=sink, stderr=sink,
                stdin=subprocess.DEVNULL, preexec_fn=die_with_parent(signal.SIGKILL),
            )  # fmt: skip
        self.starts += 1
        self.until(lambda: self.said().count("connected to Asterisk") >= self.starts, 60, "telephony is up")
        self.until(lambda: "all sentences are spoken" in self.said(), 60, "the menu is spoken")

    def kill(self, sign: signal.Signals = signal.SIGKILL) -> None:
        assert self.process is not None
        self.process.send_signal(sign)
        self.process.wait(10)

    def restart_asterisk(self) -> None:
        """Killed, and started again as its supervisor would."""
        server = self.asterisk.server
        server.process.kill()
        server.process.wait()
        server.process = server.relaunch().process
        self.starts += 1
        self.until(lambda: self.said().count("connected to Asterisk") >= self.starts, 30, "telephony is back")

    def asterisk_cli(self, command: str) -> str:
        assert HOME is not None
        asked = [*HOME.command("asterisk"), "-C", str(self.asterisk.folder / "etc" / "asterisk.conf"), "-rx", command]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout

    def ari(self, path: str, method: str = "GET") -> Any:
        """What Asterisk answers; None where it knows no such thing."""
        url = urlsplit(self.environ["ARI_URL"])
        login = (url.username or "", url.password or "")
        answer = httpx.request(method, f"http://{url.hostname}:{url.port}{url.path}{path}", auth=login)
        return answer.json() if answer.status_code == 200 else None

    def endpoints(self) -> dict[str, str]:
        """Trunks and seats that Asterisk knows, and whether they can be reached. Not by `pjsip show endpoints`, nor
        `contacts`: Asterisk 22.10 dies of these while a contact goes (a null status in the printing)."""
        return {each["resource"]: each["state"] for each in self.ari("/endpoints/PJSIP") or ()}

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)

    def said(self) -> str:
        return (self.data / "telephony.log").read_text(errors="replace")

    # ---------------------------------------------------------------- doing
    def person(self, username: str) -> Actor:
        if username not in self.people:
            with self.sessions() as session:
                self.people[username] = actor_of_user(session, username)
        return self.people[username]

    def ask(self, username: str, name: str, **values: Any) -> dict[str, Any]:
        client = redis.Redis.from_url(self.redis_url)
        try:
            return ask_telephone(client, self.person(username), name, **values)
        finally:
            client.close()

    def sign_in(self, *usernames: str) -> None:
        for username in usernames:
            self.ask(username, "login", seat=self.lines[username].number)
            self.ask(username, "state", state="IDLE")

    @cached_property
    def runtime(self) -> Runtime:
        """The product behind the telephone."""
        return build_runtime(load_settings(self.environ | {"CITYDESK_DEMO": "0"}))

    def until_rules_are_known(self) -> None:
        """Telephony has read what was just changed."""
        with self.sessions() as session:
            version = routing_version(session)
        rules = self.data / "telephony" / "routing.json"
        self.until(lambda: json.loads(rules.read_text())["version"] >= version, what="new rules")

    # ---------------------------------------------------------------- seeing
    def until(self, seen: Callable[[], Result], seconds: float = 20, what: str = "") -> Result:
        deadline = time.monotonic() + seconds
        while not (found := seen()):
            assert time.monotonic() < deadline, f"{what or seen}: not seen in {seconds} s\n{self.said()[-3000:]}"
            time.sleep(0.03)
        return found

    def calls(self, **values: object) -> list[Call]:
        with self.sessions() as session:
            return list(session.query(Call).filter_by(**values).order_by(Call.began_at))

    def call(self, caller: str, **values: object) -> Call:
        """The one call of this number that is as told."""
        found = self.until(lambda: self.calls(caller=caller, **values), what=f"a call of {caller} with {values}")
        assert len(found) == 1
        return found[0]

    def ended(self, caller: str) -> Call:
        def seen() -> list[Call]:
            return [call for call in self.calls(caller=caller) if call.ended_at is not None]

        found = self.until(seen, what=f"the end of {caller}'s call")
        assert len(found) == 1
        return found[0]

    def state(self, username: str) -> str:
        with self.sessions() as session:
            query = session.query(SeatState).filter_by(user_id=self.person(username).id, until=None)
            row = query.one_or_none()
            return row.state if row else "LOGGED_OUT"

    def until_state(self, username: str, state: str) -> None:
        self.until(lambda: self.state(username) == state, what=f"{username} is {state}")

    def recordings(self, call_id: UUID) -> list[Recording]:
        with self.sessions() as session:
            return list(session.query(Recording).filter_by(call_id=call_id).order_by(Recording.began_at))

    def sound(self, call_id: UUID) -> Path:
        """The file of the call's only recording, when it is in the store."""

        def kept() -> list[Recording]:
            return [one for one in self.recordings(call_id) if one.storage_key]

        found = self.until(kept, what="the recording is kept")
        assert len(found) == 1
        return self.data / "recordings" / str(found[0].storage_key)


@pytest.fixture(scope="session")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Telephone, int]]:
    """One Asterisk for all tests, and the port where the city trunk's other end is."""
    assert HOME is not None
    outside = free_port()
    plan = Plan(tmp_path_factory.mktemp("ast"), strict_rtp=False, members=["seat-8001"])
    running = start_asterisk(HOME, plan)
    yield running, outside
    running.server.stop()


@pytest.fixture(scope="module")
def office(
    asterisk: tuple[Telephone, int], demo_template: str, postgres_url: str, redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Exchange]:  # fmt: skip
    running, outside = asterisk
    data = tmp_path_factory.mktemp("data")
    name = f"t_{new_id().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {demo_template}")
    url = postgres_url.replace("/postgres?", f"/{name}?")
    engine = make_engine(url)
    sessions = make_sessions(engine, with_vault(SECRET_KEY))
    lines = {user: Line(user, number, free_port()) for user, number in
             (("supervisor", "8000"), ("agent", "8001"), ("agent2", "8002"))}  # fmt: skip
    with sessions.begin() as session:
        load_demo_telephone(session, SEED, datetime.now(UTC))
        session.query(TrunkRow).delete()
        session.query(SkillGroup).update({"survey": False, "calls_back": False})  # tests that want them ask
        for line in lines.values():
            seat = session.query(Seat).filter_by(number=line.number).one()
            seat.kind, seat.contact = "LINE", f"sip:{line.number}@127.0.0.1:{line.port}"
            seat.codecs = ["alaw", "ulaw"]
        session.add(
            TrunkRow(name="city", host="127.0.0.1", port=outside, codecs=["alaw"], caller_id="12319", ask_every=0)
        )
    redis.Redis.from_url(redis_url).flushall()
    environ = os.environ | running.environ | {
        "DATABASE_URL": url.replace("postgres@", "citydesk_app@"), "REDIS_URL": redis_url,
        "CITYDESK_SECRET_KEY": SECRET_KEY, "CITYDESK_DATA": str(data), "PYTHONPATH": str(ROOT),
        "CITYDESK_LOG_LEVEL": "DEBUG",
    }  # fmt: skip
    sipp = Sipp(data, running.ports.sip)
    made = Exchange(running, sessions, redis_url, environ, data, sipp, lines, outside)
    made.start()
    yield made
    made.kill(signal.SIGTERM)
    made.runtime.sessions.kw["bind"].dispose()
    engine.dispose()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def exchange(office: Exchange) -> Iterator[Exchange]:
    """With nobody signed in and no call on any line."""
    yield office
    office.sipp.stop()
    if office.process is None or office.process.poll() is not None:
        office.start()
    office.asterisk_cli("channel request hangup all")
    office.until(lambda: not office.calls(ended_at=None), what="all lines are free")
    for username in office.lines:
        if office.state(username) != "LOGGED_OUT":
            office.ask(username, "logout")
            office.until_state(username, "LOGGED_OUT")
