"""How long a changed calendar takes to reckon the open limits anew.

    python benchmarks/recount.py [--limits 2000] [--workers 1]

Starts a PostgreSQL of its own (fsync on), plays the demo city's running cases through the lifecycle and copies them,
with states, timers, tasks and subscriptions of their own, until about `limits` open limits are counted in working time.
Then tomorrow is a holiday (which moves most of them), and a day a year ahead (which moves none), each carried out by
`workers` processes. Prints one JSON object: `limits`, `workers`, `fill_s`, and of both changes, `moving` and
`still`: `reckoned`, `seconds`, `limits_per_s`, `for_100000_s`, `cpu_ms_each` (of the workers), `stuck` (limits whose
instance cannot be moved) and what would be wrong, if not 0: `left` (others that are reckoned by the old version),
`doubled` (instances that heard of it twice), `apart` (limits whose timers are due at another time).
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import argparse
import hashlib
import json
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from app import city, workflow
from app.city import CalendarRules
from app.cli.files import shipped
from app.cli.servers import start_postgres
from app.core.clock import SystemClock
from app.core.db import make_engine, make_sessions, transaction
from app.core.i18n import load_texts
from app.core.migrate import migrate
from app.identity import SEED, actor_of_user
from app.lifecycle.calendar_change import OUTBOX_KIND, RECOUNTED, change_calendar
from app.lifecycle.seed import OPEN, seed
from app.wiring import register
from app.workflow import Runtime, deliver_outbox
from benchmarks.scale_city import OWN_IDS

ROOT = Path(__file__).parents[1]
TABLES = {
    "case_file": "id = %(case)s", "registration": "case_id = %(case)s", "processing_form": "case_id = %(case)s",
    "work_order": "case_id = %(case)s", "time_limit": "case_id = %(case)s", "stage_time": "case_id = %(case)s",
    "instance": "id = any(%(instances)s)", "user_task": "instance_id = any(%(instances)s)",
    "timer": "instance_id = any(%(instances)s)", "subscription": "instance_id = any(%(instances)s)",
}  # fmt: skip
NUMBERS = ("case_no", "acceptance_no", "order_no", "processing_no")
WRONG = ("left", "doubled", "apart")
BATCH = 200
ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
OPEN_LIMITS = "from time_limit where ended_at is null and unit in ('WORKING_DAY', 'WORKING_HOUR')"
Connection = psycopg.Connection[Any]
Row = dict[str, Any]


def runtime_at(url: str) -> Runtime:
    load_texts(ROOT / "app")
    runtime = Runtime(make_sessions(make_engine(url)), SystemClock(), zone=ZoneInfo("Asia/Shanghai"))
    register(runtime)
    return runtime


def prepare(url: str, owner_url: str) -> Runtime:
    """Migrate, load the city, deploy, play the models."""
    migrate(make_engine(owner_url))
    runtime = runtime_at(url)
    with transaction(runtime.sessions) as session:
        city.load_demo_city(session, SEED, datetime.now(UTC))
    runtime = runtime_at(url)  # now candidate groups are known
    with transaction(runtime.sessions) as session:
        workflow.deploy(session, shipped(ROOT), actor=SEED, now=datetime.now(UTC), registry=runtime.registry)
    seed(runtime, len(OPEN))
    return runtime


# ------------------------------------------------------------------ copies
def fill(owner_url: str, limits: int) -> None:
    """Copy the running cases till there are so many open limits."""
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as db:
        db.execute("set session_replication_role = replica")  # copies need no triggers, their models had them
        running = db.execute("select id from case_file where ended_at is null").fetchall()
        models = [_model(db, case) for (case,) in running]
        columns = {table: _columns(db, table) for table in TABLES}
        each = _count(db, f"select count(*) {OPEN_LIMITS}")
        numbers = range(1, limits // each)
        for first in range(0, len(numbers), max(1, BATCH // len(models))):
            some = numbers[first : first + max(1, BATCH // len(models))]
            for table in TABLES:
                rows = [row for number in some for model in models for row in _copied(model[table], number)]
                names = ", ".join(columns[table])
                db.execute(
                    f"insert into {table} ({names}) select {names} from json_populate_recordset(null::{table}, %s)",
                    [json.dumps(rows)],
                )
        db.execute("vacuum analyze")


def _model(db: Connection, case: UUID) -> dict[str, str]:
    """Its rows by table, each table as one JSON text in which states are readable and ids of its own bear an @."""
    query = """select instance_id from case_file where id = %(case)s
                union select instance_id from work_order where case_id = %(case)s"""
    about = {"case": case, "instances": [instance for (instance,) in db.execute(query, {"case": case})]}
    found = {}
    for table, which in TABLES.items():
        rows = [row for (row,) in db.execute(f"select to_jsonb(t) from {table} t where {which}", about)]
        for row in rows:
            if row.get("state") and table == "instance":
                row["state"] = bytes.fromhex(row["state"].removeprefix("\\x")).decode()
        found[table] = rows
    own = {UUID(row[name]) for rows in found.values() for row in rows for name in OWN_IDS & row.keys() if row[name]}

    def marked(id_: re.Match[str]) -> str:
        return f"@{id_[0]}" if UUID(id_[0]) in own else id_[0]

    return {table: ID.sub(marked, json.dumps(rows)) for table, rows in found.items()}


def _copied(model: str, number: int) -> list[Row]:
    """The rows with ids and numbers of their own."""
    rows: list[Row] = json.loads(re.sub(f"@({ID.pattern})", lambda found: _other(found[1], number), model))
    for row in rows:
        row |= {name: f"{row[name]}-{number}" for name in NUMBERS if row.get(name)}
        if "bundle_id" in row and row.get("state"):
            row["state"] = "\\x" + row["state"].encode().hex()
    return rows


def _other(id_: str, number: int) -> str:
    """The same moment in a UUIDv7, so that copies lie in the indexes as real ones would."""
    known = UUID(id_)
    other = UUID(bytes=known.bytes[:6] + hashlib.blake2b(known.bytes + number.to_bytes(4), digest_size=10).digest())
    return str(other) if "-" in id_ else other.hex


def _columns(db: Connection, table: str) -> list[str]:
    query = """select column_name from information_schema.columns where table_schema = 'public' and table_name = %s
                  and is_generated = 'NEVER' and is_identity = 'NO'"""
    return [name for (name,) in db.execute(query, [table])]


# ------------------------------------------------------------------ the change
def measure(runtime: Runtime, url: str, owner_url: str, day: date, workers: int) -> dict[str, Any]:
    """Let the city be free on `day`, and wait until every limit is reckoned by that."""

    def free(rules: CalendarRules) -> CalendarRules:
        return replace(rules, off={**rules.off, day: "市运会"})

    processes = [_worker(url) for _ in range(workers)]
    with transaction(runtime.sessions) as session:
        actor = actor_of_user(session, "admin")
        _, count = change_calendar(session, "city", "jz", free, reason="市运会", actor=actor, now=runtime.clock.now())
    began = time.monotonic()
    for process in processes:
        print("go", file=process.stdin, flush=True)
    told = [process.communicate()[0] for process in processes]
    seconds = time.monotonic() - began
    assert not any(process.returncode for process in processes), told
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as db:
        wrong = _wrong(db)
    return {
        "reckoned": count, "seconds": round(seconds, 1), "limits_per_s": round(count / seconds),
        "for_100000_s": round(seconds / count * 100_000),
        "cpu_ms_each": round(sum(map(float, told)) / count * 1000, 2), **wrong,
    }  # fmt: skip


def _worker(url: str) -> subprocess.Popen[str]:
    """One that has loaded everything and waits for the word."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--work", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def _wrong(db: Connection) -> dict[str, int]:
    newest = """select body->>'calendar_id', (body->>'version')::int from outbox where kind = %s
                 order by created_at desc limit 1"""
    row = db.execute(newest, [OUTBOX_KIND]).fetchone()
    assert row is not None
    calendar, version = row
    told = "select result->>'stuck' from history where kind = %s order by recorded_at desc limit 1"
    stuck = _count(db, told, RECOUNTED)
    left = f"select count(*) {OPEN_LIMITS} and calendar_id = %s and calendar_version < %s"
    doubled = """select count(*) from (select from history where kind = 'amend' and recorded_at >= (
                   select min(created_at) from outbox where kind = %s and (body->>'version')::int = %s)
                 group by stream, changes::text having count(*) > 1) twice"""
    apart = """select count(*) from time_limit l join work_order o on o.id = l.order_id
                 join timer t on t.instance_id = o.instance_id
                where l.ended_at is null and t.due > now() and t.due <> l.due_at
                  and t.element = lower(l.kind) || '_due'"""
    return {
        "stuck": stuck, "left": _count(db, left, calendar, version) - stuck,
        "doubled": _count(db, doubled, OUTBOX_KIND, version), "apart": _count(db, apart),
    }  # fmt: skip


def _count(db: Connection, query: str, *parameters: Any) -> int:
    row = db.execute(query, parameters).fetchone()
    return int(row[0]) if row else 0


def work(url: str) -> None:
    """A worker that does nothing else, until there is nothing left. Says how many seconds of a processor it took."""
    runtime = runtime_at(url)
    print("ready", flush=True)
    input()
    used = time.process_time()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as db:
        while rows := list(_open_rows(db)):
            done = [deliver_outbox(runtime, row) for row in rows]
            if not any(done):  # another worker is at the last one
                time.sleep(0.05)
    print(time.process_time() - used)


def _open_rows(db: Connection) -> Iterator[UUID]:
    query = f"select id from outbox where kind = '{OUTBOX_KIND}' and state in ('PENDING', 'CLAIMED') order by random()"
    return (row for (row,) in db.execute(query))


def run(limits: int, workers: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="citydesk-bench-") as folder:
        Path(folder).chmod(0o711)
        server = start_postgres(Path(folder))
        try:
            url = server.url.replace("postgres@", "citydesk_app@")
            began = time.monotonic()
            runtime = prepare(url, server.url)
            fill(server.url, limits)
            filled = round(time.monotonic() - began, 1)
            tomorrow = next_working_day(datetime.now(runtime.zone).date())
            moving = measure(runtime, url, server.url, tomorrow, workers)
            still = measure(runtime, url, server.url, next_working_day(tomorrow + timedelta(days=300)), workers)
            found = {"moving": moving, "still": still}
            return {"limits": moving["reckoned"], "workers": workers, "fill_s": filled, **found}
        finally:
            server.stop()


def next_working_day(day: date) -> date:
    """A Tuesday to Thursday after it."""
    return next(later for later in (day + timedelta(days=n) for n in range(1, 8)) if later.weekday() in (1, 2, 3))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limits", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments.work)
        return 0
    result = run(arguments.limits, arguments.workers)
    print(json.dumps(result))
    return 1 if any(result[change][name] for change in ("moving", "still") for name in WRONG) else 0


if __name__ == "__main__":
    sys.exit(main())
