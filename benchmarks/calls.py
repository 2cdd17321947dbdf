"""Calls a second through the telephone, against Asterisk's own Queue() in the same run, on loopback.

    python -m benchmarks.calls [--rate 20] [--seconds 15] [--agents 60]

SIPp plays citizens and seats. First telephony distributes (`calls_per_s`), then it is stopped and the dialplan's
Queue() does it alone, with the same seats (`queue_calls_per_s`). Ringing is from the citizen's INVITE to the seat's.
One JSON object at the end; `failed` counts calls that were not answered in either part."""

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
import time
from contextlib import ExitStack
from datetime import UTC, datetime

import psycopg
import redis

from app.cli.servers import create_database, start_postgres, start_valkey
from app.cli.telephone import Plan, Telephone, Trunk, find, start_asterisk
from app.contacts import ask_telephone
from app.contacts.actions import add_agent
from app.contacts.models import Seat, SkillGroup
from app.core.db import make_engine, make_sessions
from app.core.i18n import load_texts
from app.core.ids import new_id
from app.core.migrate import migrate
from app.identity import DEMO_PASSWORD, SEED, Actor, Grant, Role, add_user

ROOT = Path(__file__).parents[1]
HOLD = 1000
"""Milliseconds of each talk."""
CALLER = """<scenario name="caller"><nop><action><log message="[timestamp] 138[call_number]x"/></action></nop>
<send retrans="500"><![CDATA[
INVITE sip:12310@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:138[call_number]@[local_ip]:[local_port]>;tag=[pid]T[call_number]
To: <sip:12310@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:c@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=u 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
<recv response="100" optional="true"/><recv response="180" optional="true"/><recv response="183" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[
ACK sip:12310@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:138[call_number]@[local_ip]:[local_port]>;tag=[pid]T[call_number]
To: <sip:12310@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Content-Length: 0

]]></send>
<recv request="BYE" timeout="20000"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send></scenario>"""
SEAT = """<scenario name="seat"><recv request="INVITE" rrs="true"><action>
<ereg regexp="sip:([0-9]*)@" search_in="hdr" header="From:" assign_to="all,number"/>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
<ereg regexp="sip:([^>]*)" search_in="hdr" header="Contact:" assign_to="whole,contact"/>
<log message="[timestamp] [$number]x"/></action></recv>
<Reference variables="all,whole,number,from,to,contact"/>
<send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]S[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:s@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=a 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
<recv request="ACK"/><pause milliseconds="HOLD"/>
<send retrans="500"><![CDATA[
BYE sip:[$contact] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: [$to];tag=[pid]S[call_number]
To: [$from]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send><recv response="200"/></scenario>""".replace("HOLD", str(HOLD))
STAMP = re.compile(r"(\d+\.\d+) (138\d+)x")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=20, help="calls a second that are offered")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--agents", type=int, default=60)
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
        plan = Plan(folder / "ast", trunks=[Trunk("city", "127.0.0.1", 9, ask_every=0)], strategy="rrmemory",
                    members=[f"seat-{8000 + n}" for n in range(told.agents)], strict_rtp=False)  # fmt: skip
        asterisk = start_asterisk(home, plan)
        stack.callback(asterisk.server.stop)
        people = given_city(url, owner, told.agents, seat_port := 24000 + os.getpid() % 1000 * 2)
        environ = os.environ | asterisk.environ | {
            "DATABASE_URL": url, "REDIS_URL": valkey.url, "CITYDESK_SECRET_KEY": "k" * 40,
            "CITYDESK_DATA": str(folder), "PYTHONPATH": str(ROOT), "CITYDESK_LOG_LEVEL": "WARNING",
        }  # fmt: skip
        telephony = subprocess.Popen([sys.executable, "-m", "telephony"], cwd=ROOT, env=environ)
        stack.callback(telephony.kill)
        sign_in(valkey.url, people)
        ours = load(folder / "ours", asterisk, seat_port, told.rate, told.seconds)
        handed = all_handed_over(url, ours["answered"])
        telephony.send_signal(signal.SIGKILL)
        telephony.wait()
        native = load(folder / "native", asterisk, seat_port, told.rate, told.seconds)
    print(json.dumps({
        "offered_per_s": told.rate, "calls_per_s": ours["per_s"], "queue_calls_per_s": native["per_s"],
        "throughput_ratio_to_queue": round(ours["per_s"] / native["per_s"], 3),
        "ring_p50_ms": ours["p50"], "ring_p95_ms": ours["p95"], "queue_ring_p95_ms": native["p95"],
        "ring_p95_ratio_to_queue": round(ours["p95"] / native["p95"], 2), "records": handed,
        "failed": ours["failed"] + native["failed"],
    }))  # fmt: skip


def given_city(url: str, owner: str, agents: int, port: int) -> list[Actor]:
    """People with seats that SIPp plays at one port; no recording, no wrap-up, as Queue() has none either."""
    load_texts(ROOT / "app")
    engine = make_engine(owner)
    migrate(engine)
    engine.dispose()
    sessions, now, people = make_sessions(make_engine(url)), datetime.now(UTC), []
    with sessions.begin() as session:
        session.add(SkillGroup(code="GENERAL", names={}, wrap_up_seconds=0, record=False))
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


def load(folder: Path, asterisk: Telephone, seat_port: int, rate: int, seconds: int) -> dict[str, float]:
    folder.mkdir()
    for name, text in (("caller", CALLER), ("seat", SEAT)):
        (folder / f"{name}.xml").write_text(f'<?xml version="1.0"?>\n{text}\n')
    address, calls = f"127.0.0.1:{asterisk.ports.sip}", rate * seconds
    out = (folder / "screen").open("wb")

    def sipp(name: str, port: int, *more: str) -> subprocess.Popen[bytes]:
        command = ["sipp", address, "-sf", f"{name}.xml", "-p", str(port), "-i", "127.0.0.1", "-nostdin", "-trace_logs",
                   "-log_file", f"{name}.log", *more]  # fmt: skip
        return subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, stdin=subprocess.DEVNULL)

    seat = sipp("seat", seat_port)
    time.sleep(0.5)
    began = time.monotonic()
    sipp("caller", seat_port + 1, "-r", str(rate), "-m", str(calls), "-l", str(calls), "-timeout",
         str(seconds + 40)).wait()  # fmt: skip
    took = time.monotonic() - began - HOLD / 1000
    seat.kill()
    seat.wait()
    sent, rung = stamps(folder / "caller.log"), stamps(folder / "seat.log")
    waits = sorted((rung[number] - at) * 1000 for number, at in sent.items() if number in rung)
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
