"""The dispatcher: in time, in order, one leader, nobody stopped by another's failure."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.core.clock import SystemClock
from app.core.db import Sessions
from app.workflow import dispatcher
from tests.integration.workflow.office import DESK, Office
from tests.unit.engine.writing import boundary, diagram, end, on_timer, process, service, start, user

SOON = diagram(
    process(
        "soon", start(), user("u"), boundary("bell", "u", on_timer("=duration(delay)"), False),
        service("stamp", "stamp"), end("rung"), end(), flows="s > u > e; bell > stamp > rung",
    )
)  # fmt: skip
ROOT = Path(__file__).parents[3]


def until(true: Callable[[], Any], seconds: float = 10) -> float:
    """Wait for it; how long it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, "it did not come about"
        threading.Event().wait(0.01)
    return time.monotonic() - began


@contextmanager
def running(office: Office) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=dispatcher.run, args=(office.runtime, stop))
    thread.start()
    try:
        until(lambda: leads(office))
        yield
    finally:
        stop.set()
        thread.join()


def leads(office: Office) -> bool:
    return bool(office.rows("select 1 from pg_locks where locktype = 'advisory' and objid = :k", k=dispatcher.LEADER))


@pytest.fixture
def office(sessions: Sessions) -> Office:
    office = Office(sessions, SOON, DESK, clock=datetime.now(UTC))
    office.runtime.clock = SystemClock()
    return office


def fired(office: Office) -> list[Any]:
    return list(office.rows("select stream, recorded_at from history where kind = 'fire_timers' order by recorded_at"))


def test_without_any_timer_it_sleeps_until_one_comes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "CHECK", 60.0)
    with running(office):
        until(lambda: office.rows("select 1 from dispatcher where wakes_at = 'infinity'"))
        office.start("soon", {"delay": "PT0S"})
        until(lambda: len(fired(office)) == 1)
        office.start("soon", {"delay": "PT1S"})  # wakes it again, so that it sees that it is to stop


def test_an_earlier_timer_wakes_a_sleeping_dispatcher(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """By NOTIFY: here it would look by itself after a minute only."""
    monkeypatch.setattr(dispatcher, "CHECK", 60.0)
    office.start("soon", {"delay": "PT10M"})
    with running(office):
        until(lambda: office.rows("select 1 from dispatcher where wakes_at > now()"))
        office.start("soon", {"delay": "PT0.2S"})
        assert until(lambda: len(fired(office)) == 1, 20) < 10
        office.start("soon", {"delay": "PT0S"})  # wakes it again, so that it sees that it is to stop
        until(lambda: len(fired(office)) == 2)
        office.start("soon", {"delay": "PT1S"})


def test_many_due_at_once_are_fired_in_order_of_due_time(office: Office) -> None:
    delays = [300 - 10 * n for n in range(30)]
    started = [office.start("soon", {"delay": f"PT{delay / 1000}S"}).instance_id for delay in delays]
    due = dict(office.rows("select instance_id, due from timer"))
    threading.Event().wait(0.4)
    with running(office):
        until(lambda: len(fired(office)) == 30)
    assert [row.stream for row in fired(office)] == sorted(started, key=lambda instance: due[instance])


def test_a_failing_instance_does_not_stop_the_others(office: Office) -> None:
    office.fail = "broken"
    broken = office.start("soon", {"delay": "PT0S"}).instance_id
    with running(office):
        until(lambda: office.incidents())
        office.fail = None
        office.start("soon", {"delay": "PT0S"})
        until(lambda: len(fired(office)) == 1)
        threading.Event().wait(0.3)
    assert [incident.instance_id for incident in office.incidents()] == [broken]
    assert office.kinds(broken) == ["start", "open_incident"]  # held: not tried again and again


def test_a_locked_instance_comes_later(office: Office, owner_url: str) -> None:
    instance = office.start("soon", {"delay": "PT0S"}).instance_id
    with psycopg.connect(owner_url) as other:
        other.execute("select 1 from instance where id = %s for update", (instance,))
        with running(office):
            office.start("soon", {"delay": "PT0S"})
            until(lambda: len(fired(office)) == 1)
            other.rollback()
            until(lambda: len(fired(office)) == 2)


def test_a_cycle_fires_again_and_again_and_once_each(sessions: Sessions) -> None:
    text = diagram(
        process("p", start(), user("u"), boundary("tick", "u", on_timer("R3/PT10M", "timeCycle"), False),
                service("stamp", "stamp"), end("t"), end(), flows="s > u > e; tick > stamp > t")
    )  # fmt: skip
    office = Office(sessions, text)
    office.start("p", {"x": 1})
    office.later(hours=2)
    assert len(office.calls) == 3
    assert [row.recorded_at.minute for row in fired(office)] == [10, 20, 30]


def test_a_clock_starts_instances_of_the_current_bundle(sessions: Sessions) -> None:
    def daily(task: str) -> str:
        begin = start("tick", on_timer("R/PT1H", "timeCycle"))
        return diagram(process("daily", begin, user(task), end(), flows=f"tick > {task} > e"))

    office = Office(sessions, daily("sweep_up"))
    office.later(hours=3, minutes=1)
    assert [row.element for row in office.rows("select element from user_task")] == ["sweep_up"] * 3
    office.deploy(daily("sweep_down"))
    office.later(hours=1)
    assert (
        sorted(row.element for row in office.rows("select element from user_task")) == ["sweep_down"] + ["sweep_up"] * 3
    )
    office.deploy(DESK, replace_all=True)
    office.later(hours=5)
    assert len(office.rows("select element from user_task")) == 4


# ------------------------------------------------------------------ processes that die
LEADER_SCRIPT = """
import sys, threading
from app.core.clock import SystemClock
from app.core.db import make_engine, make_sessions
from app.workflow import Operation, Runtime, dispatcher
runtime = Runtime(make_sessions(make_engine(sys.argv[1])), SystemClock())
runtime.operation(Operation("stamp", "local", ("*",)), lambda session, call, on: {})
print("ready", flush=True)
dispatcher.run(runtime, threading.Event())
"""


def spawn(database_url: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", LEADER_SCRIPT, database_url], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_dead_leader_is_replaced_within_about_a_second(office: Office, database_url: str) -> None:
    first = spawn(database_url)
    until(lambda: leads(office))
    with second_in_line(office):
        first.send_signal(signal.SIGKILL)
        first.wait()
        instance = office.start("soon", {"delay": "PT0S"}).instance_id
        assert until(lambda: len(fired(office)) == 1) < 2
    assert office.kinds(instance) == ["start", "fire_timers"]


@contextmanager
def second_in_line(office: Office) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=dispatcher.run, args=(office.runtime, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_two_dispatchers_fire_each_timer_once(office: Office) -> None:
    """Should two ever believe that they lead (a lost connection), the instance's lock still makes it once."""
    for _ in range(20):
        office.start("soon", {"delay": "PT0S"})
    threads = [
        threading.Thread(target=dispatcher.Lead(office.runtime, None).fire_due)  # type: ignore[arg-type]
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fired(office)) == 20
    assert len(office.calls) == 20
    assert office.incidents() == []
    assert office.sound()
