"""What follows from a command: carried out once inside, at most once outside, whatever dies in between."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import redis
from sqlalchemy import text

from app import workflow
from app.core.db import Sessions
from app.core.ids import new_id
from app.workflow import OutboxRow, Permanent, Runtime, Temporary, deliver_outbox, jobs, outbox, sweep
from app.workflow.presence import Presence
from tests.integration.workflow.office import ANA, Office, together
from tests.unit.engine.writing import diagram, end, process, service, start, user

RING = diagram(process("ringing", start(), service("ring", "ring"), user("u"), end(), flows="s > ring > u > e"))


@pytest.fixture
def office(sessions: Sessions) -> Office:
    return Office(sessions, RING)


def row(office: Office) -> Any:
    return office.rows("select id, state, attempts, due_at, error from outbox order by id")[0]


def test_eight_workers_carry_it_out_once(office: Office) -> None:
    office.start("ringing")
    results = together(8, lambda _: deliver_outbox(office.runtime, row(office).id))
    assert sorted(results) == [False] * 7 + [True]
    assert len(office.delivered) == 1
    assert row(office).state == "DONE"


def test_the_same_dedupe_is_written_once(office: Office) -> None:
    instance = office.start("ringing").instance_id
    with office.runtime.sessions() as session:
        tokens = workflow.tokens(office.runtime, session, instance)
    assert tokens is not None
    office.do(instance, "modify", ANA, start_before=["ring"], reason="again")
    assert office.rows("select count(*) from outbox")[0].count == 1


def test_a_passing_failure_is_put_off_and_then_goes_through(office: Office) -> None:
    fails = [RuntimeError("down"), Temporary("busy")]

    def handler(runtime: Runtime, row: OutboxRow) -> None:
        if fails:
            raise fails.pop(0)
        office.delivered.append(row)

    office.runtime.outbox("bell", handler)
    office.start("ringing")
    workflow.settle(office.runtime)
    assert (row(office).state, row(office).attempts, row(office).error) == ("PENDING", 1, "RuntimeError: down")
    office.later(minutes=1)
    assert (row(office).state, row(office).attempts, row(office).error) == ("DONE", 3, None)


def test_a_poisonous_row_becomes_an_incident_and_the_next_goes_on(office: Office) -> None:
    def handler(runtime: Runtime, row: OutboxRow) -> None:
        if row.instance_id == poisoned:
            raise Permanent("no such address")
        office.delivered.append(row)

    office.runtime.outbox("bell", handler)
    poisoned = office.start("ringing").instance_id
    office.start("ringing")
    workflow.settle(office.runtime)
    assert len(office.delivered) == 1
    (incident,) = office.incidents()
    assert (incident.kind, incident.instance_id, incident.message) == ("outbox", poisoned, "bell: no such address")
    assert office.kinds(poisoned) == ["start", "open_incident"]
    office.runtime.outbox("bell", lambda _, row: office.delivered.append(row))
    workflow.retry_incident(office.runtime, incident.no, actor=ANA, command_id=new_id())
    workflow.settle(office.runtime)
    assert len(office.delivered) == 2
    assert office.incidents() == []


def test_it_gives_up_after_enough_attempts(office: Office) -> None:
    def handler(runtime: Runtime, row: OutboxRow) -> None:
        raise RuntimeError("always")

    office.runtime.outbox("bell", handler)
    office.start("ringing")
    office.later(hours=2)
    assert (row(office).state, row(office).attempts) == ("FAILED", 8)
    assert len(office.incidents()) == 1


@pytest.mark.parametrize(("outside", "state"), [(False, "PENDING"), (True, "UNKNOWN")])
def test_a_worker_that_died_while_at_it(office: Office, outside: bool, state: str) -> None:
    """Inside our database it is done again; what went outside is UNKNOWN, never silently twice."""
    office.runtime.outbox("bell", lambda _, row: office.delivered.append(row), outside=outside)
    office.start("ringing")
    with office.runtime.sessions.begin() as session:
        from app.workflow.outbox import claim

        assert claim(session, row(office).id, office.clock.now()) is not None  # and here the worker dies
    sweep(office.runtime)
    assert row(office).state == "CLAIMED"
    office.clock.move_to(office.clock.now() + timedelta(minutes=3))
    sweep(office.runtime)
    assert row(office).state == state
    assert len(office.incidents()) == (1 if outside else 0)


def test_an_unexpected_failure_outside_is_unknown(office: Office) -> None:
    def handler(runtime: Runtime, row: OutboxRow) -> None:
        raise ConnectionResetError("in the middle")

    office.runtime.outbox("bell", handler, outside=True)
    office.start("ringing")
    workflow.settle(office.runtime)
    assert row(office).state == "UNKNOWN"


# ------------------------------------------------------------------ Valkey carries ids only
@pytest.fixture
def queue(redis_url: str) -> jobs.RqQueue:
    redis.Redis.from_url(redis_url).flushall()
    return jobs.RqQueue(redis_url)


def test_a_worker_carries_out_what_was_queued(office: Office, queue: jobs.RqQueue) -> None:
    office.runtime.queue = queue
    office.start("ringing")
    jobs.work(office.runtime, burst=True)
    assert len(office.delivered) == 1


def test_after_flushall_everything_goes_on(office: Office, queue: jobs.RqQueue, redis_url: str) -> None:
    office.runtime.queue = queue
    office.start("ringing")
    redis.Redis.from_url(redis_url).flushall()
    jobs.work(office.runtime, burst=True)
    assert office.delivered == []
    office.clock.move_to(office.clock.now() + timedelta(seconds=10))
    assert sweep(office.runtime).outbox == 1
    jobs.work(office.runtime, burst=True)
    assert len(office.delivered) == 1


def test_redis_being_down_fails_no_command(office: Office, tmp_path: Any) -> None:
    office.runtime.queue = jobs.RqQueue(f"unix://{tmp_path}/nobody.sock")
    instance = office.start("ringing").instance_id
    office.complete(instance, "u")
    assert office.status(instance) == "COMPLETED"
    assert row(office).state == "PENDING"


def test_a_crash_between_commit_and_queue_is_found_by_the_sweeper(office: Office) -> None:
    queued: list[UUID] = []

    class Queue:
        def was_emptied(self) -> bool:
            return False

        def enqueue(self, rows: Sequence[UUID]) -> None:
            queued.extend(rows)

    with office.runtime.sessions.begin() as session:
        workflow.start(
            office.runtime, session, "ringing", {}, actor=ANA, now=office.clock.now(), command_id=new_id()
        )  # committed; after_commit is never reached
    office.runtime.queue = Queue()
    sweep(office.runtime)
    assert queued == []  # not at once: a worker may be at it
    office.clock.move_to(office.clock.now() + timedelta(seconds=6))
    sweep(office.runtime)
    assert queued == [row(office).id]
    sweep(office.runtime)
    assert len(queued) == 1


def test_what_a_dead_worker_had_in_hand_is_found_within_seconds(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SETTLED", timedelta(0))  # the tests' database has just started
    office.start("ringing")
    presence = Presence(office.runtime.sessions.kw["bind"])
    presence.start()
    while not held(office, presence.number):
        pass
    with office.runtime.sessions.begin() as session:
        assert outbox.claim(session, row(office).id, office.clock.now(), presence.number) is not None
    office.clock.move_to(office.clock.now() + timedelta(seconds=4))
    sweep(office.runtime)
    assert row(office).state == "CLAIMED", "slow, but it lives"
    presence.end()
    sweep(office.runtime)
    assert row(office).state == "PENDING"


def held(office: Office, number: int) -> bool:
    with office.runtime.sessions() as session:
        asked = text("select count(*) from pg_locks where locktype = 'advisory' and objid = cast(:n as bigint)::oid")
        return bool(session.scalar(asked, {"n": number}))


def test_an_emptied_queue_gets_all_that_is_due_at_once(office: Office, queue: jobs.RqQueue) -> None:
    office.runtime.queue = queue
    sweep(office.runtime)
    office.start("ringing")
    assert sweep(office.runtime).outbox == 0, "it is in the queue"
    queue.connection.flushall()
    assert sweep(office.runtime).outbox == 1, "not only when its time to be handed over again has come"
    assert len(queue.queue.get_jobs()) == 1


def test_jobs_hold_json_and_nothing_else(office: Office, queue: jobs.RqQueue) -> None:
    """Whoever writes to Redis must not run code: no pickle."""
    office.runtime.queue = queue
    office.start("ringing")
    (job,) = queue.queue.get_jobs()
    assert (job.func_name, list(job.args)) == ("app.workflow.jobs.deliver", [str(row(office).id)])
    data = queue.connection.hget(job.key, "data")
    assert isinstance(data, bytes)
    import zlib

    assert zlib.decompress(data).startswith(b"[")
