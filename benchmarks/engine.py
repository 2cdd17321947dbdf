"""Committed user-task completions a second: one process, everything written, against the engine alone.

    python benchmarks/engine.py [--seconds 10] [--cases 30]

Starts a PostgreSQL of its own (fsync on) in a temporary folder. Prints one JSON object:

completions_per_s        committed, by `workflow.execute` with permission check, history, open tasks, timers, outbox
engine_only_per_s        the same diagram and values by the engine alone, each from bytes to bytes
ratio_to_engine          of the two, measured in turns of about half a second, so that neighbours disturb both alike
statements_per_completion   what goes to the database, BEGIN and COMMIT included; in two trips
bytes_per_step           history (rows, details, indexes) a completion
age_ratio                milliseconds a completion of a case of --old steps against one of 20
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import event, text

from app import workflow
from app.cli.servers import start_postgres
from app.core.clock import SystemClock
from app.core.db import make_engine, make_sessions
from app.core.ids import new_id
from app.core.migrate import migrate
from app.identity.actors import OPERATOR, Actor, Grant, Role
from app.identity.permissions import require
from app.workflow import Command, Operation, Runtime, driver
from app.workflow.engine import Compiled, CompleteTask, Context
from benchmarks.engine_alone import VALUES, diagram, perform
from tests.unit.engine import writing as w

VARIABLES = {"case_id": "c-1", "department": "gas", **{f"f{n}": f"value {n}" for n in range(20)}}
FANG = Actor(UUID(int=101), "王芳", (Grant(Role.AGENT),))
ROUND = "p-round"
TURN = 0.5


def rounds() -> str:
    """A case that is reworked for ever: one task, a limit, an operation."""
    return w.diagram(
        w.process(
            ROUND, w.start(), w.gateway("again"),
            w.user("work", w.zeebe("assignmentDefinition", candidateGroups="agent")),
            w.boundary("limit", "work", w.on_timer("PT8H"), False), w.user("late"), w.service("op", "work"),
            flows="s > again > work > op > again; limit > late > again",
        )
    )  # fmt: skip


class Office:
    """A runtime over a fresh database."""

    def __init__(self, url: str) -> None:
        owner = make_engine(url)
        migrate(owner)
        self.sessions = make_sessions(make_engine(url.replace("postgres@", "citydesk_app@")))
        self.runtime = Runtime(self.sessions, SystemClock())
        self.runtime.operation(Operation("work", "local", ("*",)), self._work)
        self.statements = 0
        event.listen(self.engine, "connect", self._count_on)
        self._trip, driver.in_one_trip = driver.in_one_trip, self._count_trip
        files = {"p.bpmn": diagram().encode(), "round.bpmn": rounds().encode()}
        with self.sessions.begin() as session:
            workflow.deploy(
                session, files, actor=OPERATOR, now=self.runtime.clock.now(), registry=self.runtime.registry
            )  # fmt: skip

    @property
    def engine(self) -> Any:
        return self.sessions.kw["bind"]

    def _count_trip(self, raw: Any, messages: Sequence[driver.Message]) -> Any:
        self.statements += len(messages)
        return self._trip(raw, messages)

    def _count_on(self, connection: Any, _record: Any) -> None:
        """Count what the driver sends, whoever asks it to."""
        office = self

        class Counting(psycopg.Cursor[Any]):
            def execute(self, *args: Any, **named: Any) -> Any:
                office.statements += 1
                return super().execute(*args, **named)

        connection.cursor_factory = Counting

    def _work(self, _session: Any, call: Any, on: workflow.OnInstance) -> dict[str, Any]:
        on.emit("reminder", {"element": call.element})
        on.change("status", "NOT_PROCESSED", "IN_PROCESSING")
        return {"last_operation": call.element}

    def start(self, process_id: str) -> list[Any]:
        with self.sessions.begin() as session:
            begun = workflow.start(
                self.runtime, session, process_id, VARIABLES, actor=FANG, now=self.runtime.clock.now(),
                command_id=new_id(), subject_kind="case", subject_id=new_id(), district="jz/dongcheng",
            )  # fmt: skip
        return [begun.instance_id, begun.tasks[0].hex]

    def complete(self, case: list[Any]) -> bool:
        """One completion; False when the case is over."""
        command = Command(new_id(), "complete_task", FANG, {"task_id": case[1], "values": VALUES})
        result = workflow.execute(self.runtime, case[0], command, authorize=authorize)
        opened = result.values.get("tasks")
        case[1] = opened[0] if opened else None
        return case[1] is not None


def authorize(view: Any) -> None:
    require(FANG, "task.complete", view.scope())


def committed(office: Office, cases: list[list[Any]], width: int, seconds: float) -> tuple[int, float, int]:
    """(completions, seconds spent in them, statements); starting new cases is outside the clock."""
    done, spent, sent = 0, 0.0, 0
    while spent < seconds:
        while len(cases) < width:
            cases.append(office.start("p"))
        case = cases.pop(0)
        office.statements, begin = 0, time.perf_counter()
        open_still = office.complete(case)
        spent += time.perf_counter() - begin
        sent += office.statements
        done += 1
        if open_still:
            cases.append(case)
    return done, spent, sent


def alone(compiled: Compiled, seconds: float) -> tuple[int, float]:
    done, spent = 0, 0.0
    while spent < seconds:
        now = SystemClock().now()
        moved = compiled.start("p", VARIABLES, Context(now, perform))
        while moved.state is not None:
            task = next(iter(moved.after.tasks))
            begin = time.perf_counter()
            moved = compiled.move(moved.state, CompleteTask(task, VALUES), Context(now, perform))
            spent += time.perf_counter() - begin
            done += 1
    return done, spent


def bytes_per_step(office: Office, completions: int, before: int) -> int:
    return round((history_bytes(office) - before) / completions)


def history_bytes(office: Office) -> int:
    with office.sessions() as session:
        query = text(
            "select sum(pg_total_relation_size(c.oid)) from pg_class c where relname ~ '^history_(p\\d|detail)'"
            " and relkind = 'r'"
        )
        return int(session.scalar(query) or 0)


def age_ratio(office: Office, old: int) -> float:
    """Medians of 20 completions in turns, of a case that has `old` rounds behind it and fresh ones."""
    aged = office.start(ROUND)
    for _ in range(old):
        office.complete(aged)
    young_ms, aged_ms = [], []
    for _ in range(5):
        young = office.start(ROUND)
        for _ in range(20):
            for case, out in ((young, young_ms), (aged, aged_ms)):
                begin = time.perf_counter()
                office.complete(case)
                out.append(time.perf_counter() - begin)
    return round(statistics.median(aged_ms) / statistics.median(young_ms), 2)


def run(seconds: float, width: int, old: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="citydesk-bench-") as folder:
        Path(folder).chmod(0o711)
        server = start_postgres(Path(folder))
        try:
            return measure(Office(server.url), seconds, width, old)
        finally:
            server.stop()


def measure(office: Office, seconds: float, width: int, old: int) -> dict[str, Any]:
    with office.sessions() as session:
        bundle = workflow.current_bundle(session)
        assert bundle is not None
        compiled = office.runtime.bundles.get(session, bundle.id, office.runtime.registry)
    cases: list[list[Any]] = []
    committed(office, cases, width, min(1.0, seconds))  # warm
    alone(compiled, 0.2)
    size, rates, pure, done, sent = history_bytes(office), [], [], 0, 0
    for _ in range(max(3, round(seconds / TURN))):
        count, spent, statements = committed(office, cases, width, TURN)
        rates.append(count / spent)
        done, sent = done + count, sent + statements
        count, spent = alone(compiled, TURN / 2)
        pure.append(count / spent)
    ratios = [one / other for one, other in zip(rates, pure, strict=True)]
    return {
        "completions_per_s": round(statistics.median(rates)),
        "engine_only_per_s": round(statistics.median(pure)),
        "ratio_to_engine": round(statistics.median(ratios), 3),
        "statements_per_completion": round(sent / done, 2),
        "bytes_per_step": bytes_per_step(office, done, size),
        "age_ratio": age_ratio(office, old),
        "completions": done,
        "best_per_s": round(max(rates)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="of committed completions")
    parser.add_argument("--cases", type=int, default=30, help="open side by side")
    parser.add_argument("--old", type=int, default=2000, help="steps of the old case")
    arguments = parser.parse_args()
    print(json.dumps(run(arguments.seconds, arguments.cases, arguments.old)))
