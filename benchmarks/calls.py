"""Calls a second through the telephone, against Asterisk's own Queue() in the same run, on loopback.

    python -m benchmarks.calls [--rate 20] [--seconds 15] [--agents 60] [--rtp 400]
                               [--pops 30] [--citizens 1000000]

SIPp plays citizens and seats. First telephony distributes (`calls_per_s`); then the shipped diagrams are deployed,
and citizens choose in the voice menu (`menu_calls_per_s`); then calls with sound both ways (`rtp_calls`, `rtp_lost`:
packets that Asterisk missed). At last telephony is stopped and the dialplan's Queue() does it alone, with the same
seats (`queue_calls_per_s`). Ringing is from the citizen's INVITE to the seat's. After that, alone and over a city of
its own with many citizens stored, from the INVITE to the form in a Chromium (`screen_pop_p95_ms`, `citizens`; see
`benchmarks.screen_pop`; `--pops 0` leaves it out). One JSON object at the end; `failed` counts calls that were not
answered in any part."""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime

import psycopg
import redis

from app import workflow
from app.cli.servers import create_database, start_postgres, start_valkey
from app.cli.telephone import Plan, Telephone, find, start_asterisk
from app.contacts import ask_telephone
from app.contacts.actions import add_agent
from app.contacts.models import Seat, SkillGroup, TrunkRow
from app.core.db import make_engine, make_sessions
from app.core.i18n import load_texts
from app.core.ids import new_id
from app.core.migrate import migrate
from app.identity import DEMO_PASSWORD, OPERATOR, SEED, Actor, Grant, Role, add_user
from app.wiring import build_registry
from benchmarks.calls_parties import HOLD, citizen, seat
from benchmarks.screen_pop import screen_pops
from tests.telephony.sipp import alaw_tone

ROOT = Path(__file__).parents[1]
SPOKEN = "all sentences are spoken"
STATISTICS = re.compile(r"^\s*\S+\s+(\S+)\s+[\d:]+\s+\S+\s+\d+\s+(\d+)\s", re.MULTILINE)
"""Of `pjsip show channelstats`: channel, packets that were lost on the way to us."""
STAMP = re.compile(r"(\d+\.\d+) (138\d+)x")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=20, help="calls a second that are offered")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--agents", type=int, default=60)
    parser.add_argument("--rtp", type=int, default=400, help="calls with sound, ten a second")
    parser.add_argument("--pops", type=int, default=30, help="calls that open a form")
    parser.add_argument("--citizens", type=int, default=1_000_000)
    told = parser.parse_args()
    home = find()
    if home is None:
        sys.exit("no Asterisk here: python -m app.cli.telephone fetches one")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="citydesk-calls-")))
        folder.chmod(0o711)
        postgres, valkey = start_postgres(folder, fsync=False), start_valkey(folder)
        stack.callback(postgres.stop)
        stack.callback(valkey.stop)
        url, owner = create_database(postgres.url)
        plan = Plan(folder / "ast", strategy="rrmemory",
                    members=[f"seat-{8000 + n}" for n in range(told.agents)], strict_rtp=False)  # fmt: skip
        asterisk = start_asterisk(home, plan)
        stack.callback(asterisk.server.stop)
        people = given_city(url, owner, told.agents, seat_port := 24000 + os.getpid() % 1000 * 2)
        environ = os.environ | asterisk.environ | {
            "DATABASE_URL": url, "REDIS_URL": valkey.url, "CITYDESK_SECRET_KEY": "k" * 40,
            "CITYDESK_DATA": str(folder), "PYTHONPATH": str(ROOT), "CITYDESK_LOG_LEVEL": "INFO",
        }  # fmt: skip
        said = folder / "telephony.log"
        with said.open("wb") as sink:
            telephony = subprocess.Popen(
                [sys.executable, "-m", "telephony"], cwd=ROOT, env=environ, stdout=sink, stderr=sink
            )
        stack.callback(telephony.kill)
        sign_in(valkey.url, people)
        ours = load(folder / "ours", asterisk, seat_port, told.rate, told.seconds)
        deploy_menu(url, said)
        menu = load(folder / "menu", asterisk, seat_port, told.rate, told.seconds, citizen(chooses=True))
        rtp, lost = with_sound(folder, asterisk, seat_port, told.rtp)
        handed = all_handed_over(url, ours["answered"] + menu["answered"] + rtp["answered"])
        telephony.send_signal(signal.SIGKILL)
        telephony.wait()
        native = load(folder / "native", asterisk, seat_port, told.rate, told.seconds)
    pops = screen_pops(told.pops, told.citizens) if told.pops else {}
    print(json.dumps({
        "offered_per_s": told.rate, "calls_per_s": ours["per_s"], "queue_calls_per_s": native["per_s"],
        "throughput_ratio_to_queue": round(ours["per_s"] / native["per_s"], 3),
        "ring_p50_ms": ours["p50"], "ring_p95_ms": ours["p95"], "queue_ring_p95_ms": native["p95"],
        "ring_p95_ratio_to_queue": round(ours["p95"] / native["p95"], 2), "menu_calls_per_s": menu["per_s"],
        "rtp_calls": rtp["answered"], "rtp_lost": lost, "records": handed,
        "failed": sum(part["failed"] for part in (ours, menu, rtp, native)) + pops.get("pops_failed", 0), **pops,
    }))  # fmt: skip


def deploy_menu(url: str, said: Path) -> None:
    """The shipped diagrams; then wait until telephony has spoken what they say."""
    spoken = said.read_text(errors="replace").count(SPOKEN)
    files = [*ROOT.glob("processes/**/*.bpmn"), *ROOT.glob("processes/**/*.dmn"), *ROOT.glob("forms/*.form")]
    shipped = {str(file.relative_to(ROOT)): file.read_bytes() for file in files}
    engine = make_engine(url)
    with make_sessions(engine).begin() as session:
        workflow.deploy(session, shipped, actor=OPERATOR, now=datetime.now(UTC), registry=build_registry())
    engine.dispose()
    deadline = time.monotonic() + 120
    while said.read_text(errors="replace").count(SPOKEN) <= spoken:
        if time.monotonic() > deadline:
            sys.exit(f"the menu was not spoken: {said.read_text(errors='replace')[-2000:]}")
        time.sleep(0.2)


def with_sound(folder: Path, asterisk: Telephone, seat_port: int, calls: int) -> tuple[dict[str, float], int]:
    """Calls with a tone both ways, ten a second; packets that Asterisk missed of any of them."""
    tone = folder / "tone.al"
    tone.write_bytes(alaw_tone(440, 2.0))
    lost: dict[str, int] = {}
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.5):
            for channel, received in STATISTICS.findall(ask_asterisk(asterisk, "pjsip show channelstats")):
                lost[channel] = max(lost.get(channel, 0), int(received))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        loaded = load(
            folder / "rtp", asterisk, seat_port, 10, calls // 10, citizen(speaks=tone), hold_ms=3000, echo=True
        )
    finally:
        over.set()
        looking.join()
    return loaded, sum(lost.values())


def ask_asterisk(asterisk: Telephone, command: str) -> str:
    home = find()
    assert home is not None
    asked = [*home.command("asterisk"), "-C", str(asterisk.folder / "etc" / "asterisk.conf"), "-rx", command]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout


def given_city(url: str, owner: str, agents: int, port: int) -> list[Actor]:
    """People with seats that SIPp plays at one port; no recording, no wrap-up, as Queue() has none either."""
    load_texts(ROOT / "app")
    engine = make_engine(owner)
    migrate(engine)
    engine.dispose()
    sessions, now, people = make_sessions(make_engine(url)), datetime.now(UTC), []
    with sessions.begin() as session:
        session.add(SkillGroup(code="GENERAL", names={}, wrap_up_seconds=0, record=False))
        session.add(TrunkRow(name="city", host="127.0.0.1", port=9, codecs=["alaw"], ask_every=0))
        session.flush()
        for n in range(agents):
            name, grants = f"a{n}", [Grant(Role.AGENT)]
            user = add_user(session, name, name, DEMO_PASSWORD, grants, actor=SEED, now=now, demo=True)
            add_agent(session, user.id, str(1000 + n), str(7000 + n), actor=SEED, now=now, skills={"GENERAL": 1})
            where = {"number": str(8000 + n), "kind": "LINE", "contact": f"sip:{8000 + n}@127.0.0.1:{port}"}
            session.add(Seat(id=new_id(), codecs=["alaw"], created_at=now, **where))
            people.append(Actor(user.id, user.name, user.grants))
    return people


def sign_in(redis_url: str, people: list[Actor]) -> None:
    client = redis.Redis.from_url(redis_url)
    deadline = time.monotonic() + 60
    for n, person in enumerate(people):
        while True:
            try:
                ask_telephone(client, person, "login", seat=str(8000 + n))
                break
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)
        ask_telephone(client, person, "state", state="IDLE")


def load(
    folder: Path, asterisk: Telephone, seat_port: int, rate: int, seconds: int, scenario: str | None = None,
    hold_ms: int = HOLD, echo: bool = False,
) -> dict[str, float]:  # fmt: skip
    folder.mkdir()
    for name, text in (("caller", scenario or citizen()), ("seat", seat(hold_ms))):
        (folder / f"{name}.xml").write_text(f'<?xml version="1.0"?>\n{text}\n')
    address, calls = f"127.0.0.1:{asterisk.ports.sip}", rate * seconds
    out = (folder / "screen").open("wb")

    def sipp(name: str, port: int, *more: str) -> subprocess.Popen[bytes]:
        command = ["sipp", address, "-sf", f"{name}.xml", "-p", str(port), "-i", "127.0.0.1", "-nostdin", "-trace_logs",
                   "-log_file", f"{name}.log", *more]  # fmt: skip
        return subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, stdin=subprocess.DEVNULL)

    answering = sipp("seat", seat_port, *(["-rtp_echo"] if echo else []))
    time.sleep(0.5)
    began = time.monotonic()
    sipp("caller", seat_port + 1, "-r", str(rate), "-m", str(calls), "-l", str(calls), "-timeout",
         str(seconds + 60)).wait()  # fmt: skip
    took = time.monotonic() - began - hold_ms / 1000
    answering.kill()
    answering.wait()
    sent, rung = stamps(folder / "caller.log"), stamps(folder / "seat.log")
    waits = sorted((rung[number] - at) * 1000 for number, at in sent.items() if number in rung)
    if not waits:
        sys.exit(f"no call was answered in {folder.name}")
    return {
        "answered": len(waits), "failed": calls - len(waits), "per_s": round(len(waits) / took, 1),
        "p50": round(statistics.median(waits), 1), "p95": round(waits[int(len(waits) * 0.95)], 1),
    }  # fmt: skip


def stamps(file: Path) -> dict[str, float]:
    return {number: float(at) for at, number in STAMP.findall(file.read_text(errors="replace"))}


def all_handed_over(url: str, calls: float) -> int:
    """Every call's record is in the database, once."""
    deadline = time.monotonic() + 60
    while True:
        with psycopg.connect(url) as connection:
            row = connection.execute("select count(*) from call where ended_at is not null").fetchone()
        if row is not None and (row[0] >= calls or time.monotonic() > deadline):
            return int(row[0])
        time.sleep(0.2)


if __name__ == "__main__":
    main()
