"""From a citizen's INVITE to the half-filled form in an agent's Chromium, with many citizens stored, on loopback.

    python -m benchmarks.screen_pop [--calls 30] [--citizens 1000000]

SIPp calls and plays the agent's desk phone; the page is the product's own, by its own server. The form counts as
visible when its fields are drawn and filled. Every citizen who calls is known, and called before. One JSON object at
the end; `load` is the machine's load average when the calls began. `benchmarks.calls` has these figures too."""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime

import httpx
import psycopg
from playwright.sync_api import Page, sync_playwright

from app import city, workflow
from app.cli.files import shipped
from app.cli.servers import create_database, start_postgres, start_valkey
from app.cli.telephone import Plan, find, start_asterisk
from app.contacts.demo import load_demo_telephone
from app.contacts.models import Seat, TrunkRow
from app.core.db import make_engine
from app.core.migrate import migrate
from app.core.settings import load_settings
from app.identity import DEMO_PASSWORD, SEED
from app.wiring import build_runtime
from tests.telephony.sipp import HangUp, Party, Sipp, UntilHungUp, Wait

ROOT = Path(__file__).parents[1]
PORT, SEAT_PORT = 18345, 25344
STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+)")
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]  # fmt: skip
WATCH = """new MutationObserver(() => {
  const field = document.querySelector('#registration[data-ready=true] input')
  if (field && !window.visibleAt) requestAnimationFrame(() => { window.visibleAt = Date.now() })
}).observe(document, {subtree: true, childList: true, attributes: true})"""
"""When the form is drawn, by the machine's clock, which SIPp writes too."""
GIVEN = (
    "create temp table known as select n, uuidv7() as id from generate_series(1, %(n)s) n",
    "insert into citizen(id, name, created_at, last_contact_at) select id, '市民' || n, now(), now() from known",
    """insert into citizen_phone(phone, citizen_id, added_at)
 select '137' || lpad(n::text, 8, '0'), id, now() from known""",
    """insert into call(id, direction, caller, called, began_at, queued_at, answered_at, ended_at, outcome)
 select uuidv7(), 'IN', '137' || lpad(n::text, 8, '0'), '12319', at, at, at, at, 'ANSWERED'
 from known, generate_series(now() - interval '3 days', now() - interval '1 day', '1 day') at where n <= %(n)s / 10""",
    "analyze",
)
"""Citizens, each with a number; every tenth of them called three times before."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=30)
    parser.add_argument("--citizens", type=int, default=1_000_000)
    told = parser.parse_args()
    print(json.dumps(screen_pops(told.calls, told.citizens)))


def screen_pops(calls: int, citizens: int) -> dict[str, float]:
    """`screen_pop_p50_ms`, `screen_pop_p95_ms`, `pops`, `pops_failed`, `citizens`, `load`. Exits where it cannot be
    measured."""
    home, chromium = find(), os.environ.get("CITYDESK_CHROMIUM") or shutil.which("chromium")
    if home is None or chromium is None:
        sys.exit("needs an Asterisk (python -m app.cli.telephone) and a Chromium")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="citydesk-pop-")))
        folder.chmod(0o711)
        postgres, valkey = start_postgres(folder, fsync=False), start_valkey(folder)
        stack.callback(postgres.stop)
        stack.callback(valkey.stop)
        url, owner = create_database(postgres.url)
        asterisk = start_asterisk(home, Plan(folder / "ast", strict_rtp=False))
        stack.callback(asterisk.server.stop)
        environ = os.environ | asterisk.environ | {
            "DATABASE_URL": url, "REDIS_URL": valkey.url, "CITYDESK_SECRET_KEY": "k" * 40, "CITYDESK_DEMO": "1",
            "CITYDESK_DATA": str(folder), "PYTHONPATH": str(ROOT), "CITYDESK_PORT": str(PORT),
            "CITYDESK_WEB_WORKERS": "1", "CITYDESK_LOG_LEVEL": "WARNING",
        }  # fmt: skip
        given_city(environ, owner, citizens)
        for module in (["telephony"], ["app.cli", "web"]):
            part = subprocess.Popen([sys.executable, "-m", *module], cwd=ROOT, env=environ)
            stack.callback(part.wait)
            stack.callback(part.send_signal, signal.SIGTERM)
        until_up()
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        stack.callback(browser.close)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(WATCH)
        load = round(os.getloadavg()[0], 1)
        waits = measured(page, Sipp(folder, asterisk.ports.sip), calls)
    return {
        "screen_pop_p50_ms": round(statistics.median(waits)), "screen_pop_p95_ms": round(waits[int(len(waits) * 0.95)]),
        "pops": len(waits), "pops_failed": calls - len(waits), "citizens": citizens, "load": load,
    }  # fmt: skip


def given_city(environ: dict[str, str], owner: str, citizens: int) -> None:
    engine = make_engine(owner)
    migrate(engine)
    engine.dispose()
    settings, now = load_settings(environ), datetime.now(UTC)
    with build_runtime(settings).sessions.begin() as session:
        city.load_demo_city(session, SEED, now)
        load_demo_telephone(session, SEED, now)
        session.query(TrunkRow).delete()
        session.add(TrunkRow(name="city", host="127.0.0.1", port=9, codecs=["alaw"], ask_every=0))
        for seat in session.query(Seat).filter_by(number="8001"):
            seat.kind, seat.contact, seat.codecs = "LINE", f"sip:8001@127.0.0.1:{SEAT_PORT}", ["alaw"]
    runtime = build_runtime(settings)  # now the candidate groups are known
    with runtime.sessions.begin() as session:
        workflow.deploy(session, shipped(ROOT), actor=SEED, now=now, registry=runtime.registry, replace_all=True)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("update skill_group set wrap_up_seconds = 0")
        for statement in GIVEN:
            connection.execute(statement, {"n": citizens} if "%(n)s" in statement else None)


def until_up() -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{PORT}/sign-in").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    sys.exit("the web server does not start")


def measured(page: Page, sipp: Sipp, calls: int) -> list[float]:
    """Milliseconds of each call, sorted. The first, which warms everything up, does not count."""
    page.goto(f"http://127.0.0.1:{PORT}/sign-in")
    page.fill("#username", "agent")
    page.fill("#password", DEMO_PASSWORD)
    page.click("button.btn--primary")
    page.locator("[data-callbar-shown] [data-phone=log_in]").click()
    page.locator("[data-choose=seat][data-to='8001']").click()
    page.locator("[data-callbar-shown] [data-phone=idle]").click()
    waits = []
    for n in range(calls + 1):
        page.goto(f"http://127.0.0.1:{PORT}/tasks")
        page.locator("#callbar[data-state=IDLE]").wait_for()
        page.wait_for_timeout(300)
        began, visible = one_call(page, sipp, n)
        if n and began and visible:
            waits.append(visible - began)
    return sorted(waits)


def one_call(page: Page, sipp: Sipp, n: int) -> tuple[float, float]:
    """The INVITE, and the form, in milliseconds of the machine's clock; 0 for what did not come."""
    seat = sipp.seat(SEAT_PORT, UntilHungUp())
    citizen = sipp.citizen(f"137{n:08}", "12310", Wait(1), HangUp())
    page.wait_for_url("**/registrations/new?call=*", wait_until="commit")
    page.locator("#registration[data-ready=true]").wait_for()
    page.wait_for_timeout(200)
    visible = float(page.evaluate("() => window.visibleAt ?? 0"))
    for party in (citizen, seat):
        party.finish()
    return began_at(citizen), visible


def began_at(citizen: Party) -> float:
    """When SIPp sent the INVITE, by its own log of messages."""
    found = STAMP.search((citizen.folder / "messages.log").read_text(errors="replace"))
    return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S.%f").timestamp() * 1000 if found else 0


if __name__ == "__main__":
    main()
