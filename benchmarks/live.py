"""How soon open pages hear of a change.

    python benchmarks/live.py [--streams 3000] [--rounds 20] [--workers 2]

Starts a PostgreSQL and a Valkey of its own, plays some cases, starts the product's real web server (gunicorn, loopback)
and opens `--streams` streams of `/live` as people who have signed in. Each round claims or releases a real task through
the workflow's own door; the clock starts right after that transaction is committed and stops for each stream when its
page has the event. Prints one JSON object: `streams` (open at the end), `lost` (events that did not come within five
seconds), `p50_ms`, `p95_ms`, `max_ms`, `kb_per_stream` (proportional memory of the web processes, before and after),
`page_p95_ms` (the account page meanwhile), `opened_s`.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import argparse
import asyncio
import json
import re
import statistics
import tempfile
import time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from sqlalchemy import select

from app.cli.servers import start_postgres, start_valkey
from app.core.ids import new_id
from app.core.settings import load_settings
from app.identity import DEMO_PASSWORD, actor_of_user
from app.lifecycle import tasks
from app.wiring import build_runtime
from app.workflow import Runtime
from app.workflow.models import UserTask
from benchmarks.scale import environment, prepare, web

READERS = ("supervisor", "leader", "auditor", "agent", "agent2")
"""People who may read every case, so that every stream hears of every change."""
PATIENCE = 5.0
WARMING = 2
"""Rounds that do not count: a process reads its diagrams with its first command."""


class Pages:
    """All open streams, and when each got the event that is waited for."""

    def __init__(self, most: int) -> None:
        self.most, self.open, self.got = most, 0, []  # type: int, int, list[float]
        self.mark = b""
        self.complete = asyncio.Event()

    def expect(self, instance: UUID) -> None:
        self.got, self.mark = [], str(instance).encode()
        self.complete.clear()

    def told(self, data: bytes) -> None:
        if self.mark and self.mark in data:
            self.got.append(time.perf_counter())
            if len(self.got) >= self.open:
                self.complete.set()


class Page(asyncio.Protocol):
    """One browser's stream, as raw as can be: the measure must not cost more than what is measured."""

    def __init__(self, pages: Pages, request: bytes, begun: asyncio.Future[None]) -> None:
        self.pages, self.request, self.begun = pages, request, begun

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if not self.begun.done():
            assert data.startswith(b"HTTP/1.1 200"), data[:200]
            self.pages.open += 1
            self.begun.set_result(None)
        self.pages.told(data)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        self.pages.open -= 1
        if not self.begun.done():
            self.begun.set_exception(ConnectionError("refused"))


async def open_pages(pages: Pages, url: str, tokens: list[str]) -> list[asyncio.BaseTransport]:
    """Fifty at a time, as a city's browsers would not all press a button at once."""
    place, loop, opened = urlsplit(url), asyncio.get_running_loop(), []
    for first in range(0, pages.most, 50):
        waiting = []
        for n in range(first, min(pages.most, first + 50)):
            begun: asyncio.Future[None] = loop.create_future()
            head = (
                f"GET /live HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {tokens[n % len(tokens)]}\r\n\r\n"
            )
            page = await loop.create_connection(
                lambda head=head, begun=begun: Page(pages, head.encode(), begun), place.hostname, place.port
            )  # type: ignore[misc]
            opened.append(page[0])
            waiting.append(begun)
        await asyncio.gather(*waiting)
    return opened


def claim_or_release(runtime: Runtime, task_id: UUID, *, claim: bool) -> None:
    with runtime.sessions() as session:
        actor = actor_of_user(session, "supervisor")
    (tasks.claim if claim else tasks.release)(runtime, task_id, actor=actor, command_id=new_id())


async def measure(runtime: Runtime, url: str, pid: int, streams: int, rounds: int) -> dict[str, Any]:
    tokens = [_token(url, name) for name in READERS]
    for _ in range(20):
        _one_page(url, tokens[0])  # every worker has loaded what it loads with its first requests
    with runtime.sessions() as session:
        query = select(UserTask.task_id, UserTask.instance_id).where(
            UserTask.groups.contains(["shift_supervisor"]), UserTask.assignee.is_(None), UserTask.district.is_not(None)
        )
        task_id, instance = session.execute(query).first()  # type: ignore[misc]
    committed: list[float] = []
    runtime.committed.insert(0, lambda *_: committed.append(time.perf_counter()))
    pages, before, began = Pages(streams), _memory(pid), time.perf_counter()
    opened = await open_pages(pages, url, tokens)
    told: dict[str, Any] = {"opened_s": round(time.perf_counter() - began, 1)}
    times, page_times, lost = [], [], 0
    for n in range(rounds + WARMING):
        pages.expect(instance)
        await asyncio.to_thread(claim_or_release, runtime, task_id, claim=n % 2 == 0)
        try:
            async with asyncio.timeout(PATIENCE):
                await pages.complete.wait()
        except TimeoutError:
            lost += pages.open - len(pages.got)
        if n >= WARMING:
            times += [(at - committed[-1]) * 1000 for at in pages.got]
        page_times.append(await asyncio.to_thread(_one_page, url, tokens[0]))
        await asyncio.sleep(0.3)
    cuts = statistics.quantiles(times, n=20)
    told |= {"streams": pages.open, "lost": lost, "p50_ms": round(statistics.median(times), 1)}
    told |= {"p95_ms": round(cuts[18], 1), "max_ms": round(max(times), 1)}
    told |= {"kb_per_stream": round((_memory(pid) - before) / 1024 / streams, 1)}
    told |= {"page_p95_ms": round(statistics.quantiles(page_times, n=20)[18], 1)}
    for page in opened:
        page.close()
    return told


def _token(url: str, username: str) -> str:
    answer = httpx.post(f"{url}/api/v1/sessions", json={"username": username, "password": DEMO_PASSWORD})
    return str(answer.json()["token"])


def _one_page(url: str, token: str) -> float:
    began = time.perf_counter()
    assert httpx.get(f"{url}/notices", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    return (time.perf_counter() - began) * 1000


def _memory(pid: int) -> int:
    """Proportional set size in bytes of the server and its workers."""
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    rollups = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in (pid, *workers)]
    return sum(int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.M)[1]) * 1024 for rollup in rollups)  # type: ignore[index]


def run(streams: int, rounds: int, workers: int, folder: Path) -> dict[str, Any]:
    postgres, valkey = start_postgres(folder, fsync=False), start_valkey(folder)
    try:
        environ = environment(postgres.url, valkey.url)
        prepare(environ, postgres.url)
        with web(environ, folder, workers) as (url, pid):
            runtime = build_runtime(load_settings(environ))
            return asyncio.run(measure(runtime, url, pid, streams, rounds))
    finally:
        valkey.stop()
        postgres.stop()


def main() -> None:
    import resource

    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="citydesk-bench-") as name:
        Path(name).chmod(0o711)
        print(json.dumps(run(wanted.streams, wanted.rounds, wanted.workers, Path(name)), indent=2))


if __name__ == "__main__":
    main()
