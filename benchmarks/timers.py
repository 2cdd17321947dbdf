"""Timers on time: many waiting, some due within a minute, one dispatcher process.

    python benchmarks/timers.py [--waiting 1000000] [--due 2000] [--window 60] [--idle 15]

Starts a PostgreSQL of its own (fsync on) and a dispatcher process. `waiting` timers that are due next year fill the
table (rows only: nothing ever looks at their instances); `due` instances are started with a timer at a random moment of
the window. Prints one JSON object: waiting, fired, p50_lateness_s, p99_lateness_s and max (committed time against due
time), idle_cpu_percent (of the dispatcher, while nothing is due), lost, doubled.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import argparse
import json
import os
import random
import subprocess
import tempfile
import threading
import time
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app import workflow
from app.cli.servers import start_postgres
from app.core.clock import SystemClock
from app.core.db import make_engine, make_sessions
from app.core.ids import new_id
from app.core.migrate import migrate
from app.identity.actors import OPERATOR, SEED
from app.workflow import Operation, Runtime, dispatcher
from tests.unit.engine import writing as w

DIAGRAM = w.diagram(
    w.process(
        "limit", w.start(), w.user("handle", w.zeebe("assignmentDefinition", candidateGroups="gas")),
        w.boundary("at_limit", "handle", w.on_timer("=date and time(due)", "timeDate"), False),
        w.service("notice", "notify"), w.end("told"), w.end(), flows="s > handle > e; at_limit > notice > told",
    )
)  # fmt: skip


def build_runtime(url: str) -> Runtime:
    runtime = Runtime(make_sessions(make_engine(url)), SystemClock())
    runtime.operation(Operation("notify", "local", ("*",)), lambda _session, _call, on: on.emit("notice", {}) or {})
    return runtime


def dispatch(url: str) -> None:
    """The dispatcher process."""
    dispatcher.run(build_runtime(url), threading.Event())


def run(waiting: int, due: int, window: float, idle: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="citydesk-bench-") as folder:
        Path(folder).chmod(0o711)
        server = start_postgres(Path(folder))
        process = None
        try:
            migrate(make_engine(server.url))
            runtime = build_runtime(server.url.replace("postgres@", "citydesk_app@"))
            prepare(runtime, waiting)
            process = subprocess.Popen([sys.executable, __file__, "--dispatch", str(runtime.sessions.kw["bind"].url)])
            return measure(runtime, process, waiting, due, window, idle)
        finally:
            if process is not None:
                process.kill()
                process.wait()
            server.stop()


def prepare(runtime: Runtime, waiting: int) -> None:
    with runtime.sessions.begin() as session:
        files, now = {"limit.bpmn": DIAGRAM.encode()}, runtime.clock.now()
        workflow.deploy(session, files, actor=OPERATOR, now=now, registry=runtime.registry)
        session.execute(
            text(
                "insert into timer select gen_random_uuid(), gen_random_uuid(), 'at_limit',"
                " now() + interval '365 days' * (1 + random()) from generate_series(1, :n)"
            ),
            {"n": waiting},
        )


def measure(
    runtime: Runtime, process: "subprocess.Popen[bytes]", waiting: int, due: int, window: float, idle: float
) -> dict[str, Any]:
    while not leads(runtime):
        time.sleep(0.1)
    time.sleep(3)  # the first sweep
    cpu, began = cpu_seconds(process.pid), time.monotonic()
    time.sleep(idle)
    percent = 100 * (cpu_seconds(process.pid) - cpu) / (time.monotonic() - began)
    end = start(runtime, due, window)
    while runtime.clock.now() < end + timedelta(seconds=1) or (
        left(runtime) and runtime.clock.now() < end + timedelta(seconds=60)
    ):
        time.sleep(0.2)
    late = sorted(lateness(runtime))
    with runtime.sessions() as session:
        twice = session.scalar(
            text("select count(*) from (select stream from history where kind = 'fire_timers' group by 1"
                 " having count(*) > 1) x")
        )  # fmt: skip
    return {
        "waiting": waiting,
        "fired": len(late),
        "p50_lateness_s": round(late[len(late) // 2], 3),
        "p99_lateness_s": round(late[min(len(late) - 1, int(len(late) * 0.99))], 3),
        "max_lateness_s": round(late[-1], 3),
        "idle_cpu_percent": round(percent, 2),
        "lost": left(runtime),
        "doubled": twice,
    }


def start(runtime: Runtime, due: int, window: float) -> datetime:
    """Instances whose timers are due within the window, which begins when all of them should have been started."""
    first = runtime.clock.now() + timedelta(seconds=2 + due / 60)
    for _ in range(due):
        at = first + timedelta(seconds=random.uniform(0, window))
        with runtime.sessions.begin() as session:
            workflow.start(
                runtime, session, "limit", {"due": at.isoformat()}, actor=SEED, now=runtime.clock.now(),
                command_id=new_id(), departments=("gas",),
            )  # fmt: skip
    return first + timedelta(seconds=window)


def lateness(runtime: Runtime) -> list[float]:
    """Seconds from due to recorded, of every timer that was fired."""
    query = text(
        "select extract(epoch from h.recorded_at - cast(s.step->>'due' as timestamptz)) as late from history h"
        " join lateral (select step from history b, json_array_elements(b.steps) step"
        "  where b.stream = h.stream and b.kind = 'start' and step->>'element' = 'at_limit'"
        "  and step->>'due' is not null limit 1) s on true where h.kind = 'fire_timers'"
    )
    with runtime.sessions() as session:
        return [float(late) for late in session.scalars(query)]


def left(runtime: Runtime) -> int:
    """Timers that are due and have not fired."""
    with runtime.sessions() as session:
        return session.scalar(text("select count(*) from timer where due < now()")) or 0


def leads(runtime: Runtime) -> bool:
    query = text("select count(*) from pg_locks where locktype = 'advisory' and objid = :key")
    with runtime.sessions() as session:
        return session.scalar(query, {"key": dispatcher.LEADER}) == 1


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=2000)
    parser.add_argument("--window", type=float, default=60, help="seconds")
    parser.add_argument("--idle", type=float, default=15, help="seconds")
    parser.add_argument("--dispatch", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.dispatch:
        dispatch(arguments.dispatch)
    else:
        print(json.dumps(run(arguments.waiting, arguments.due, arguments.window, arguments.idle)))
