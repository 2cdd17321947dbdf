"""Kill everything at random points of running cases, and see that nothing is lost and nothing happens twice.

    python benchmarks/kills.py [--seed N] [--cases N] [--kills N]

Starts a Citydesk of its own (`bin/up` in a new folder), whose departments have limits of a second, so that
notices fall due. People drive the cases over HTTP and repeat a request that got no answer with the same
Idempotency-Key. Meanwhile `kill -9` hits the web (its master or a worker), the worker, the dispatcher, Valkey and
PostgreSQL, and FLUSHALL empties Valkey, each when the people have got as far as the seed says. Prints one JSON object:

    kills, cases, unfinished, doubled_numbers, missing_numbers, doubled_notices, audit_faults, seed; notices, seconds
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
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import redis

from app.cli.children import die_with_parent
from app.cli.datafolder import DataFolder
from app.cli.demo import PASSWORD, DemoFailed, Journey, Person
from benchmarks.kills_ledger import ledger

ROOT = Path(__file__).parents[1]
VICTIMS = ("web", "web worker", "worker", "dispatcher", "postgres", "valkey", "flush")
STEPS = 8
"""Tasks of a case, roughly: how far the people get is counted in them."""
PATIENCE = 120.0
"""Seconds after which a case that does not move counts as unfinished."""
PEOPLE_AT_ONCE = 6


class PatientClient(httpx.Client):
    """Asks again, with the same Idempotency-Key, until there is an answer: what a good client of the API does."""

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                response = super().send(request, **options)
                if response.status_code < 500 or time.monotonic() > deadline:
                    return response
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.1)


@dataclass
class Office:
    """The people, signed in once for all cases."""

    url: str
    tokens: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    done: int = 0
    """Tasks completed by all of them."""

    def client(self, username: str) -> httpx.Client:
        client = PatientClient(base_url=f"{self.url}/api/v1", timeout=20, headers={"Accept-Language": "en"})
        with self.lock:
            if username not in self.tokens:
                answer = client.post("/sessions", json={"username": username, "password": PASSWORD})
                answer.raise_for_status()
                self.tokens[username] = answer.json()["token"]
        client.headers["Authorization"] = f"Bearer {self.tokens[username]}"
        return client


@dataclass
class ToughJourney(Journey):
    """One case, by people who do not give up when a server dies under their hands."""

    office: Office = field(default_factory=lambda: Office(""))

    def person(self, username: str) -> Person:
        if username not in self.people:
            self.people[username] = Person(username, self.office.client(username))
        return self.people[username]

    def complete(self, person: Person, task_id: str) -> None:
        super().complete(person, task_id)
        with self.office.lock:
            self.office.done += 1

    def leave(self) -> None:
        """Nobody signs out: the sign-ins are shared."""
        for person in self.people.values():
            person.client.close()

    def to_the_end(self) -> bool:
        """Whether the case was closed in time. Somebody else's step in between is no failure: look again."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                self.run_to_the_end()
                return True
            except DemoFailed as error:
                self.log(str(error))
        return False


@dataclass
class Product:
    """A Citydesk of our own, in a folder of its own."""

    folder: DataFolder
    url: str
    command: list[str]
    environ: dict[str, str]
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Once more, if it was killed. It ends with us."""
        with self.folder.path.with_suffix(".out").open("ab") as out:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=self.environ,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )  # fmt: skip

    def pid(self, name: str) -> int | None:
        with suppress(OSError, ValueError, KeyError):
            noted = json.loads((self.folder.path / "children.json").read_text(encoding="utf-8"))
            return int(noted[name][0])
        return None

    def settings(self) -> dict[str, str]:
        return self.folder.read_env()

    def healthy(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/healthz", timeout=3).status_code == 200
        return False

    def wait(self, seconds: float = 180) -> None:
        deadline = time.monotonic() + seconds
        while not self.healthy():
            if self.process.poll() is not None or time.monotonic() > deadline:
                log = (self.folder.path.with_suffix(".out")).read_text(encoding="utf-8", errors="replace")
                raise SystemExit(f"Citydesk did not come up:\n{log[-4000:]}")
            time.sleep(0.1)

    def kill(self, victim: str, chance: random.Random) -> bool:
        """Hit it; False when it was not there to be hit."""
        if victim == "flush":
            with suppress(redis.RedisError):
                redis.Redis.from_url(self.settings()["REDIS_URL"]).flushall()
                return True
            return False
        pid = self.pid(victim.split()[0])
        if pid is None:
            return False
        if victim == "web worker":
            workers = Path(f"/proc/{pid}/task/{pid}/children")
            children = workers.read_text().split() if workers.exists() else []
            if not children:
                return False
            pid = int(chance.choice(children))
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True


@contextmanager
def product(settings: Mapping[str, str] | None = None) -> Iterator[Product]:
    """Start one with the demo city's people, short limits and these settings; stop it and remove its folder
    afterwards."""
    home = Path(tempfile.mkdtemp(prefix="citydesk-kills-"))
    home.chmod(0o711)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("CITYDESK_", "DATABASE_", "REDIS_"))}
    clean |= settings or {}
    command = [sys.executable, "-m", "app.cli.up", "--data", str(home / "data"), "--port", str(port), "--cases", "0"]
    running = Product(DataFolder(home / "data"), f"http://127.0.0.1:{port}", command, clean)
    running.start()
    try:
        running.wait()
        _deploy_short_limits(running, home / "processes")
        yield running
    finally:
        running.process.send_signal(signal.SIGTERM)  # a test may have started it anew
        running.process.wait(60)
        shutil.rmtree(home, ignore_errors=True)


def _deploy_short_limits(running: Product, folder: Path) -> None:
    """Every limit of the departments becomes a second: warned, breached and escalated while people work."""
    shutil.copytree(ROOT / "processes" / "departments", folder / "departments")
    for file in (folder / "departments").glob("*.bpmn"):
        text = file.read_text(encoding="utf-8")
        limit = r"""<zeebe:input source=(['"])[^\n]*?\1 target="due" />"""
        text = re.sub(limit, '<zeebe:input source=\'=duration("PT1S")\' target="due" />', text)
        file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "app.cli", "--data", str(running.folder.path), "deploy", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def campaign(running: Product, seed: int, cases: int, kills: int) -> dict[str, Any]:
    """Run `cases` cases and `kills` kills on a running product; what the database says afterwards."""
    started = time.monotonic()
    chance = random.Random(seed)
    office = Office(running.url)
    waiting = list(range(cases))
    finished: list[str] = []
    told: list[str] = []
    people = [
        threading.Thread(target=_work, args=(office, waiting, finished, told), daemon=True)
        for _ in range(min(PEOPLE_AT_ONCE, cases))
    ]
    for one in people:
        one.start()
    hits = _kill_along(running, office, people, chance, cases, kills)
    for one in people:
        one.join()
    running.wait()
    result = {
        "kills": hits,
        "cases": cases,
        "unfinished": cases - len(finished),
        **ledger(running.settings()["DATABASE_URL"], told),
    }
    return {**result, "seed": seed, "seconds": round(time.monotonic() - started, 1)}


def _work(office: Office, waiting: list[int], finished: list[str], told: list[str]) -> None:
    while True:
        with office.lock:
            if not waiting:
                return
            waiting.pop()
        journey = ToughJourney(office.url, lambda _: None, office=office)
        try:
            told.append(journey.register())
            if journey.to_the_end():
                finished.append(journey.case_no)
        except (DemoFailed, httpx.HTTPError) as error:
            print(f"kills: {error}", file=sys.stderr)
        finally:
            journey.leave()


def _kill_along(
    running: Product, office: Office, people: list[threading.Thread], chance: random.Random, cases: int, kills: int
) -> int:
    """Each kill waits for its point: so many tasks done by then. Every kind of victim comes before one comes again."""
    victims = [victim for _ in range(kills // len(VICTIMS) + 1) for victim in chance.sample(VICTIMS, len(VICTIMS))]
    points = sorted(chance.uniform(0, cases * STEPS * 0.9) for _ in range(kills))
    hits = 0
    for point, victim in zip(points, victims, strict=False):
        pause = chance.uniform(0, 0.3)
        while office.done < point and any(one.is_alive() for one in people):
            time.sleep(0.01)
        time.sleep(pause)
        while any(one.is_alive() for one in people):
            if running.kill(victim, chance):
                hits += 1
                break
            time.sleep(0.05)
    return hits


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=50)
    parser.add_argument("--kills", type=int, default=30)
    arguments = parser.parse_args()
    with product() as running:
        result = campaign(running, arguments.seed, arguments.cases, arguments.kills)
    print(json.dumps(result))
    bad = ("unfinished", "doubled_numbers", "missing_numbers", "doubled_notices", "audit_faults")
    return 1 if any(result[name] for name in bad) else 0


if __name__ == "__main__":
    sys.exit(main())
