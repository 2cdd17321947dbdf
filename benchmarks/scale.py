"""How quickly pages answer in a city with many cases.

    python benchmarks/scale.py [--cases 1000000] [--asks 60] [--looks 20] [--folder /tmp/city]

Starts a PostgreSQL and a Valkey of its own, plays some dozens of cases through the lifecycle, copies them up to the
number asked for (`scale_city`), makes calls, notices, demands and more around them (`scale_around`) and the figures by
day, starts the product's real web server (gunicorn, one process, loopback) and asks it as people who have signed in by
the page: a shift supervisor of the whole city, who reads everything, and a department's handler. Every figure is a
whole HTTP answer, HTML included. With `--folder` the city stays, and the next run begins with it; one that was not
built to its end is built anew. A million cases take some ten minutes and 15 GB.

Prints one JSON object: `cases`, `fill_s`, `database_mb`, then p50 and p95 in milliseconds of `inbox` (the supervisor's
open tasks with all counts), `case` (the page of any open or recent case), `number` (a number typed into the search box,
up to the redirect), `telephone` (eleven digits), `text2` and `text4` (two and four characters cut out of any report, so
as common as words are); `department_*` is the handler's. Then the other pages of the daily work (`scale_pages`), each
looked at `--looks` times by whoever opens it, and `slow`: those whose p95 is over the aim, 50 ms.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import argparse
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg

from app import city, workflow
from app.cli.files import shipped
from app.cli.servers import start_postgres, start_valkey
from app.core.db import make_engine, transaction
from app.core.migrate import migrate
from app.core.settings import load_settings
from app.identity import DEMO_PASSWORD, SEED
from app.lifecycle.seed import seed
from app.reports.rollup import roll_up
from app.wiring import build_runtime
from benchmarks.scale_around import fill_around
from benchmarks.scale_city import fill
from benchmarks.scale_pages import pages, samples_of

ROOT = Path(__file__).parents[1]
MODELS = 60
AIM = 50
"""Milliseconds."""
BUILT = "built"
"""A file that says that the city in its folder is whole."""
SUPERVISOR, HANDLER = "supervisor", "sanitation"


def environment(owner_url: str, redis_url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": owner_url.replace("postgres@", "citydesk_app@"), "REDIS_URL": redis_url,
        "CITYDESK_SECRET_KEY": "a key of forty characters for figures...", "CITYDESK_DEMO": "1",
    }  # fmt: skip


def prepare(environ: dict[str, str], owner_url: str) -> None:
    """Migrate, load the city, deploy, play the models."""
    migrate(make_engine(owner_url))
    settings = load_settings(environ)
    runtime = build_runtime(settings)
    with transaction(runtime.sessions) as session:
        city.load_demo_city(session, SEED, datetime.now(UTC))
    runtime = build_runtime(settings)  # now candidate groups are known
    with transaction(runtime.sessions) as session:
        workflow.deploy(
            session, shipped(ROOT), actor=SEED, now=datetime.now(UTC), registry=runtime.registry, replace_all=True
        )
    seed(runtime, MODELS)


@contextmanager
def web(environ: dict[str, str], folder: Path, workers: int = 1) -> Iterator[tuple[str, int]]:
    """The running product: its address, and the id of the server's process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"CITYDESK_PORT": str(port), "CITYDESK_DATA": str(folder), "CITYDESK_WEB_WORKERS": str(workers)}
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "web"], cwd=ROOT, env={**os.environ, **environ, **settings}, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, folder / "web.log")
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        try:
            if httpx.get(f"{url}/sign-in").status_code == 200:
                return
        except httpx.TransportError:
            pass
        if process.poll() is not None:
            raise SystemExit(log.read_text()[-3000:])
        time.sleep(0.1)
    raise SystemExit("the web server did not start")


class Browser:
    """Somebody signed in by the page, with cookies."""

    def __init__(self, url: str, username: str) -> None:
        self.client = httpx.Client(base_url=url, timeout=60)
        form = {"username": username, "password": DEMO_PASSWORD, "csrf_token": self._csrf("/sign-in")}
        answer = self.client.post("/sign-in", data=form)
        assert answer.status_code == 302, answer.text
        self.csrf = self._csrf("/account")

    def _csrf(self, path: str) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get(path).text)
        assert found, path
        return found[1]

    def get(self, path: str) -> None:
        answer = self.client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"

    def look_for(self, asked: str) -> None:
        answer = self.client.post("/search", data={"q": asked, "csrf_token": self.csrf})
        assert answer.status_code in (200, 302), f"{asked}: {answer.status_code}"


def samples(owner_url: str, dice: random.Random, asks: int) -> dict[str, list[str]]:
    """What is asked: cut out of the cases that are there, any of them."""
    with psycopg.connect(owner_url.replace("+psycopg", "")) as db:
        query = """select c.case_no, c.detailed_content, r.caller_phone, c.departments from case_file c
                     join registration r on r.case_id = c.id"""
        share = min(1.0, asks * 10 / _count(db))
        some = db.execute(f"{query} where random() < %s", [share]).fetchall()
        newest = f"""{query} where exists (select from history h where h.stream = c.instance_id)
                      order by c.registered_at desc limit 20000"""
        recent = db.execute(newest).fetchall()
    dice.shuffle(some)
    own = [row[0] for row in recent if "sanitation" in row[3]]
    return {
        "case": [dice.choice(recent)[0] for _ in range(asks)],
        "department_case": [dice.choice(own) for _ in range(asks)],
        "number": [row[0] for row in some[:asks]],
        "telephone": [row[2] for row in some[:asks]],
        "text2": [_cut(row[1], 2, dice) for row in some[:asks]],
        "text4": [_cut(row[1], 4, dice) for row in some[:asks]],
    }


def _count(db: psycopg.Connection[Any]) -> int:
    row = db.execute("select count(*) from case_file").fetchone()
    return int(row[0]) if row else 0


def _cut(report: str, length: int, dice: random.Random) -> str:
    pieces = [piece for piece in re.findall(r"[\u4e00-\u9fff]+", report) if len(piece) >= length]
    piece = dice.choice(pieces)
    at = dice.randrange(len(piece) - length + 1)
    return piece[at : at + length]


def measure_pages(url: str, places: dict[str, str], looks: int, known: set[str]) -> dict[str, float]:
    """Every page of the daily work that is not `known` yet."""
    people: dict[str, Browser] = {}
    told: dict[str, float] = {}
    for page in pages():
        if page.name not in known:
            browser = people.setdefault(page.username, Browser(url, page.username))
            path = page.path.format(**places)
            told |= _times(page.name, [lambda browser=browser, path=path: browser.get(path)] * looks)  # type: ignore[misc]
    return told


def measure(url: str, asked: dict[str, list[str]], asks: int) -> dict[str, float]:
    chief, handler = Browser(url, SUPERVISOR), Browser(url, HANDLER)
    told: dict[str, float] = {}
    told |= _times("inbox", [lambda: chief.get("/tasks")] * asks)
    told |= _times("case", [lambda no=no: chief.get(f"/cases/{no}") for no in asked["case"]])  # type: ignore[misc]
    for kind in ("number", "telephone", "text2", "text4"):
        told |= _times(kind, [lambda words=words: chief.look_for(words) for words in asked[kind]])  # type: ignore[misc]
    told |= _times("department_inbox", [lambda: handler.get("/tasks")] * asks)
    cases = asked["department_case"]
    told |= _times("department_case", [lambda no=no: handler.get(f"/cases/{no}") for no in cases])  # type: ignore[misc]
    words2 = asked["text2"]
    return told | _times("department_text2", [lambda w=w: handler.look_for(w) for w in words2])  # type: ignore[misc]


def _times(name: str, deeds: list[Callable[[], None]]) -> dict[str, float]:
    for deed in deeds[:5]:
        deed()  # the server's process has compiled its templates and met the tables
    times = []
    for deed in deeds:
        began = time.perf_counter()
        deed()
        times.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(times, n=20)
    return {f"{name}_p50_ms": round(statistics.median(times), 1), f"{name}_p95_ms": round(cuts[18], 1)}


def build(environ: dict[str, str], owner_url: str, cases: int, built: Path) -> None:
    """The city, unless it is there: then only its tables are brought up to date."""
    if built.exists():
        migrate(make_engine(owner_url))
        return
    prepare(environ, owner_url)
    fill(owner_url, cases)
    fill_around(owner_url)
    roll_up(build_runtime(load_settings(environ)), patience=3600)
    built.touch()


def run(cases: int, asks: int, looks: int, folder: Path) -> dict[str, Any]:
    if not (folder / BUILT).exists():
        shutil.rmtree(folder / "pg", ignore_errors=True)  # what an interrupted run left
    postgres, valkey = start_postgres(folder, fsync=False), start_valkey(folder)
    try:
        environ = environment(postgres.url, valkey.url)
        began = time.perf_counter()
        build(environ, postgres.url, cases, folder / BUILT)
        told: dict[str, Any] = {"cases": cases, "fill_s": round(time.perf_counter() - began)}
        with psycopg.connect(postgres.url) as db:
            size = db.execute("select pg_database_size(current_database()) / 1048576").fetchone()
            told |= {"database_mb": size[0] if size else 0, "cases": _count(db), "load": round(os.getloadavg()[0], 1)}
            places = samples_of(db)
        with web(environ, folder) as (url, _):
            told |= measure(url, samples(postgres.url, random.Random(12319), asks), asks)
            known = {name.removesuffix("_p95_ms") for name in told}
            told |= measure_pages(url, places, looks, known)
        slow = [name for name, found in told.items() if name.endswith("_p95_ms") and found > AIM]
        return told | {"slow": slow}
    finally:
        valkey.stop()
        postgres.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--asks", type=int, default=60)
    parser.add_argument("--looks", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="keep the city here, or measure the one that is here")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="citydesk-bench-") as name:
        folder = wanted.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
        print(json.dumps(run(wanted.cases, wanted.asks, wanted.looks, folder), indent=2))


if __name__ == "__main__":
    main()
