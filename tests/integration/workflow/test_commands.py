"""One command: its order of checks, its repeats, its races."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from app import workflow
from app.core.clock import SimulatedClock
from app.core.db import Sessions
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.ids import new_id
from app.workflow import Busy, Command, Gone, UnknownInstance, driver
from tests.integration.workflow.office import FANG, LEI, MONDAY, Office, together


@pytest.fixture
def office(sessions: Sessions) -> Office:
    return Office(sessions)


def test_a_case_runs_from_start_to_end(office: Office) -> None:
    begun = office.start(subject_kind="case", subject_id=uuid4(), district="jz/dongcheng", departments=("gas",))
    instance = begun.instance_id
    assert office.open(instance) == ["note"]
    view = office.task(instance)
    assert (view.district, view.departments, view.groups) == ("jz/dongcheng", ("gas",), ("agent",))
    result = office.complete(instance, "note")
    assert office.calls == [("stamp", "stamp")]
    assert (result.no, result.status, result.values["element"]) == (2, "RUNNING", "note")
    office.complete(instance, "check")
    assert office.deliver("letter", "k1").instance_id == instance
    assert office.status(instance) == "COMPLETED"
    assert office.kinds(instance) == ["start", "complete_task", "complete_task", "deliver_message"]
    left = "select task_id from user_task union select timer_id from timer union select wait_id from subscription"
    assert office.rows(left) == []
    assert office.rows("select state from instance")[0].state is None  # a finished instance drops its state
    assert office.sound()


def test_the_first_task_is_done_with_the_start(office: Office) -> None:
    begun = office.start(first={"text": "hello"})
    assert office.open(begun.instance_id) == ["check"]
    assert [row.kind for row in office.history(begun.instance_id)] == ["start"]


def test_eight_times_the_same_command_at_once_is_one(office: Office) -> None:
    instance = office.start().instance_id
    task = office.task(instance)
    command = Command(new_id(), "complete_task", FANG, {"task_id": str(task.task_id), "values": {"a": 1}})
    results = together(8, lambda _: workflow.execute(office.runtime, instance, command))
    assert [type(result).__name__ for result in results] == ["Result"] * 8
    assert sorted(result.repeated for result in results) == [False] + [True] * 7
    assert len({(result.no, result.at, str(result.values)) for result in results}) == 1
    assert office.calls == [("stamp", "stamp")]
    assert office.sound()


def test_eight_people_complete_one_task_and_one_of_them_did(office: Office) -> None:
    instance = office.start().instance_id
    task = str(office.task(instance).task_id)
    results = together(8, lambda _: office.do(instance, "complete_task", task_id=task, values={}))
    assert sorted(type(result).__name__ for result in results) == ["Gone"] * 7 + ["Result"]


def test_permission_comes_before_a_repeated_result(office: Office) -> None:
    """Whoever may not, learns nothing from a command id he found somewhere; the task is gone by then."""
    instance = office.start().instance_id
    task = office.task(instance)
    command = Command(new_id(), "complete_task", FANG, {"task_id": str(task.task_id), "values": {}})
    workflow.execute(office.runtime, instance, command)
    seen: list[Any] = []

    def authorize(view: Any) -> None:
        seen.append(view)
        raise Forbidden("identity.refused.task", who="agent")

    with pytest.raises(Forbidden):
        workflow.execute(office.runtime, instance, command, authorize=authorize)
    assert (seen[0].element, seen[0].groups, seen[0].task_id) == ("note", ("agent",), task.task_id)


def test_a_repeat_by_another_or_with_other_content_is_refused(office: Office) -> None:
    instance = office.start().instance_id
    task = str(office.task(instance).task_id)
    first = Command(new_id(), "complete_task", FANG, {"task_id": task, "values": {"a": 1}})
    workflow.execute(office.runtime, instance, first)
    for other in (
        Command(first.id, "complete_task", LEI, first.content),
        Command(first.id, "complete_task", FANG, {"task_id": task, "values": {"a": 2}}),
    ):
        with pytest.raises(Conflict, match="other_command"):
            workflow.execute(office.runtime, instance, other)
    assert workflow.execute(office.runtime, instance, first).repeated


def test_a_due_timer_beats_a_later_completion(office: Office) -> None:
    """The dispatcher was asleep; the person's click comes an hour and a second after the task opened."""
    instance = office.start(first={}).instance_id
    task = str(office.task(instance, "check").task_id)
    office.clock.move_to(MONDAY + timedelta(hours=1, seconds=1))
    with pytest.raises(Gone, match="timer_was_first"):
        office.do(instance, "complete_task", task_id=task, values={})
    assert office.open(instance) == ["hurry"]
    assert office.kinds(instance) == ["start", "fire_timers"]
    fired = [step for step in office.history(instance)[-1].steps if step["state"] == "fired"]
    assert [step["element"] for step in fired] == ["late"]


def test_a_completion_in_time_beats_the_timer(office: Office) -> None:
    instance = office.start(first={}).instance_id
    office.clock.move_to(MONDAY + timedelta(minutes=59))
    office.complete(instance, "check")
    office.later(hours=2)
    assert office.kinds(instance) == ["start", "complete_task"]


def test_time_never_runs_backwards_within_a_case(office: Office) -> None:
    instance = office.start().instance_id
    office.runtime.clock = SimulatedClock(MONDAY - timedelta(hours=1))  # another machine's clock is wrong
    result = office.complete(instance, "note")
    assert result.at == MONDAY
    assert [row.recorded_at for row in office.history(instance)] == [MONDAY, MONDAY]


def test_a_locked_instance_is_busy_and_nothing_happens(office: Office, owner_url: str) -> None:
    instance = office.start().instance_id
    with psycopg.connect(owner_url) as other:
        other.execute("select 1 from instance where id = %s for update", (instance,))
        with pytest.raises(Busy):
            office.complete(instance, "note")
    assert office.kinds(instance) == ["start"]
    office.complete(instance, "note")


def test_prepare_runs_under_the_lock_and_gives_the_engine_its_values(office: Office) -> None:
    instance = office.start().instance_id

    def prepare(session: Any, view: Any, on: workflow.OnInstance) -> dict[str, Any]:
        on.change("address", None, "朝阳路 12 号")
        on.change("caller_phone", None, "13800000000", personal=True)
        on.set_scope(district="jz/xicheng", departments=["gas"], confidential=True)
        on.emit("bell", {"hello": view.element}, "bell-1")
        return {"prepared": True}

    command = Command(new_id(), "complete_task", FANG, {"task_id": str(office.task(instance).task_id), "values": {}})
    workflow.execute(office.runtime, instance, command, prepare=prepare)
    row = office.history(instance)[-1]
    assert row.changes["fields"] == {"address": {"old": None, "new": "朝阳路 12 号"}}
    assert row.personal == {"caller_phone": {"old": None, "new": "13800000000"}}
    task = office.task(instance, "check")
    assert (task.district, task.departments, task.confidential) == ("jz/xicheng", ("gas",), True)
    workflow.settle(office.runtime)
    assert [(row.kind, row.body, row.dedupe) for row in office.delivered] == [("bell", {"hello": "note"}, "bell-1")]


def test_an_error_in_prepare_is_the_persons_and_leaves_nothing(office: Office) -> None:
    instance = office.start().instance_id

    def prepare(session: Any, view: Any, on: Any) -> dict[str, Any]:
        raise Invalid("forms.wrong")

    task = str(office.task(instance).task_id)
    with pytest.raises(Invalid):
        workflow.execute(
            office.runtime, instance, Command(new_id(), "complete_task", FANG, {"task_id": task}), prepare=prepare
        )
    assert office.kinds(instance) == ["start"]
    assert office.incidents() == []


def test_what_cannot_be_stored_is_refused_with_a_sentence(office: Office) -> None:
    instance = office.start().instance_id
    with pytest.raises(Invalid, match="nul"):
        office.complete(instance, "note", text="a\0b")
    with pytest.raises(UnknownInstance):
        office.do(uuid4(), "cancel")
    with pytest.raises(Gone, match="task_gone"):
        office.do(instance, "complete_task", task_id=str(uuid4()), values={})


def test_a_completion_takes_two_trips_to_the_database(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    trips = spied_trips(monkeypatch)
    instances = [office.start().instance_id for _ in range(2)]
    commands = [
        (i, Command(new_id(), "complete_task", FANG, {"task_id": str(office.task(i).task_id)})) for i in instances
    ]
    workflow.execute(office.runtime, *commands[0])
    trips.clear()
    with office.runtime.sessions() as session:
        session.connection().connection.driver_connection.cursor_factory = refusing
    workflow.execute(office.runtime, *commands[1])
    assert trips == [["begin", "advance_lock"], ["advance_write", "commit"]]


def spied_trips(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What `driver` tells the server from now on."""
    trips: list[list[str]] = []
    send = driver.in_one_trip

    def spy(raw: Any, messages: Sequence[driver.Message]) -> Any:
        trips.append([message.text for message in messages])
        return send(raw, messages)

    monkeypatch.setattr(driver, "in_one_trip", spy)
    return trips


def refusing(*_: Any) -> psycopg.Cursor[Any]:
    raise AssertionError("a statement besides the two")


def test_a_database_that_drops_the_connection_costs_a_person_nothing(office: Office, owner_url: str) -> None:
    instance = office.start().instance_id
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    task = Command(new_id(), "complete_task", FANG, {"task_id": str(uuid4())})
    with pytest.raises(Gone):  # the lost connection was replaced, and the command judged as ever
        workflow.execute(office.runtime, instance, task)
    office.complete(instance, "note")
    assert office.open(instance) == ["check"]
