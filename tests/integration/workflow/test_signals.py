"""A signal reaches every instance that waits when it is thrown, once, and starts what begins with it."""

from importlib import import_module
from typing import Any

import pytest

from app import workflow
from app.core.db import Sessions
from app.workflow import sweep
from app.workflow.models import Outbox
from tests.integration.workflow.office import Office
from tests.unit.engine.marks import on_signal, signal, throw
from tests.unit.engine.writing import boundary, catch, diagram, end, event_sub, mapping, process, start, user

STORM = signal("Storm", "storm")
WAITS = diagram(
    STORM,
    process("waits", start(), catch("c", on_signal("Storm"), mapping(None, {"level": "=level"})), user("seen"), end(),
            flows="s > c > seen > e"),
)  # fmt: skip
WORKS = diagram(
    STORM,
    process("works", start(), user("work"), boundary("b", "work", on_signal("Storm"), False), user("shelter"), end(),
            flows="s > work > e; b > shelter > e"),
)  # fmt: skip
LISTENS = diagram(
    STORM,
    process("listens", start(), user("work2"), event_sub("L", on_signal("Storm"), user("stop"), end("le"),
            flows="L_start > stop > le"), end(), flows="s > work2 > e"),
)  # fmt: skip
THROWING = diagram(
    STORM,
    process("throws", start(), user("see"), throw("t", on_signal("Storm"), mapping({"level": "=9"})), end(),
            flows="s > see > t > e"),
)  # fmt: skip
BEGINS = diagram(
    STORM,
    process("begins", start("bs", on_signal("Storm")), user("patrol"), end("be"), flows="bs > patrol > be"),
)  # fmt: skip


@pytest.fixture
def office(sessions: Sessions) -> Office:
    return Office(sessions, WAITS, WORKS, LISTENS, THROWING, BEGINS)


def die(*_: object) -> None:
    raise SystemExit


def open_tasks(office: Office) -> list[str]:
    return sorted(row.element for row in office.rows("select element from user_task"))


def test_thrown_in_one_instance_caught_by_all_that_wait(office: Office) -> None:
    first, second = office.start("waits").instance_id, office.start("waits").instance_id
    works, listens = office.start("works").instance_id, office.start("listens").instance_id
    office.complete(office.start("throws").instance_id, "see")
    assert open_tasks(office) == ["work", "work2"], "nothing before the commit of the one that throws"
    office.later()
    assert office.open(first) == office.open(second) == ["seen"]
    assert office.open(works) == ["work", "shelter"]
    assert office.open(listens) == ["stop"]
    assert [row.element for row in office.rows("select element from user_task where process_id = 'begins'")] == [
        "patrol"
    ]
    (step,) = [s for row in office.history(first) for s in row.steps if s["state"] == "fired"]
    assert step["element"] == "c"
    changes = [c for row in office.history(first) for c in row.changes.get("variables", ())]
    assert {"name": "level", "old": None, "new": 9} in changes
    assert office.sound()


def test_who_comes_later_waits_for_the_next(office: Office) -> None:
    thrower = office.start("throws").instance_id
    office.complete(thrower, "see")
    late = office.start("waits").instance_id
    office.later(days=1)
    assert office.open(late) == []
    office.complete(office.start("throws").instance_id, "see")
    office.later()
    assert office.open(late) == ["seen"]


def test_a_non_interrupting_wait_takes_each_signal_once(office: Office) -> None:
    works = office.start("works").instance_id
    for _ in range(3):
        office.complete(office.start("throws").instance_id, "see")
        office.later()
    assert office.open(works) == ["work", "shelter", "shelter", "shelter"]


def test_carried_twice_it_is_caught_once(office: Office) -> None:
    """A worker that died after its work, before the row was marked: the row comes again."""
    works = office.start("works").instance_id
    office.complete(office.start("throws").instance_id, "see")
    office.later()
    (row,) = office.rows("select id from outbox where kind = 'signal'")
    with office.runtime.sessions.begin() as session:
        again = session.get(Outbox, row.id)
        assert again is not None
        again.state = "PENDING"
    office.later()
    assert office.open(works) == ["work", "shelter"]
    assert len(office.rows("select 1 from instance where process_id = 'begins'")) == 1


def test_a_crash_between_writing_who_waits_and_telling_them_loses_none(office: Office, monkeypatch: Any) -> None:
    instance = office.start("waits").instance_id
    office.complete(office.start("throws").instance_id, "see")
    with monkeypatch.context() as crash:
        crash.setattr(import_module("app.workflow.broadcast"), "hand_over", die)
        with pytest.raises(SystemExit):
            office.later()
    assert office.open(instance) == []
    office.start("waits")  # came after the signal
    sweep(office.runtime)
    assert office.open(instance) == ["seen"]
    assert open_tasks(office).count("seen") == 1


def test_a_suspended_instance_takes_it_when_it_goes_on(office: Office) -> None:
    instance = office.start("waits").instance_id
    office.do(instance, "suspend", reason="x")
    office.complete(office.start("throws").instance_id, "see")
    office.later()
    assert office.open(instance) == []
    office.do(instance, "resume")
    office.later()
    assert office.open(instance) == ["seen"]


def test_a_signal_from_outside(office: Office) -> None:
    instance = office.start("waits").instance_id
    sent = workflow.broadcast(office.runtime, "storm", {"level": 2}, dedupe="weather-7")
    assert (sent.receivers, len(sent.started)) == (1, 1)
    again = workflow.broadcast(office.runtime, "storm", {"level": 2}, dedupe="weather-7")
    assert (again.receivers, again.started) == (0, ())
    assert office.open(instance) == ["seen"]
