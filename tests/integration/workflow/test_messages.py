"""Messages find their receivers in every order of events, once."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest

from app import workflow
from app.core.db import Sessions
from app.core.ids import new_id
from app.workflow import sweep
from tests.integration.workflow.office import LEI, LETTER, Office, together
from tests.unit.engine.writing import (
    diagram,
    end,
    gateway,
    mapping,
    message,
    on_message,
    process,
    receive,
    script,
    service,
    start,
    user,
)

WAIT = diagram(LETTER, process("wait", start(), receive("answer", "letter"), end(), flows="s > answer > e"))


@pytest.fixture
def office(sessions: Sessions) -> Office:
    return Office(sessions, WAIT)


def test_a_receiver_that_waits_gets_the_message(office: Office) -> None:
    instance = office.start("wait").instance_id
    delivered = office.deliver("letter", "k1", text="你好")
    assert (delivered.instance_id, delivered.started, delivered.repeated) == (instance, False, False)
    assert office.status(instance) == "COMPLETED"


def test_a_message_that_came_first_waits_for_its_receiver(office: Office) -> None:
    assert office.deliver("letter", "k1").instance_id is None
    instance = office.start("wait").instance_id
    assert office.status(instance) == "COMPLETED"


def test_one_message_goes_to_one_receiver_and_the_next_to_the_next(office: Office) -> None:
    first, second = office.start("wait").instance_id, office.start("wait").instance_id
    assert office.deliver("letter", "k1").instance_id == first
    assert (office.status(first), office.status(second)) == ("COMPLETED", "RUNNING")
    assert office.deliver("letter", "other").instance_id is None
    assert office.deliver("letter", "k1").instance_id == second


def test_a_repeated_message_is_taken_in_once(office: Office) -> None:
    first, second = office.start("wait").instance_id, office.start("wait").instance_id
    results = together(8, lambda _: office.deliver("letter", "k1", dedupe="sms-77"))
    assert sorted(result.repeated for result in results) == [False] + [True] * 7
    assert sorted([office.status(first), office.status(second)]) == ["COMPLETED", "RUNNING"]


def test_message_and_receiver_at_the_same_moment_never_miss_each_other(office: Office) -> None:
    """Both orders of the race, many times, without the sweeper's help."""
    for n in range(15):
        key = f"race-{n}"

        def act(which: int, key: str = key) -> Any:
            return office.deliver("letter", key) if which else office.start("wait", {"key": key})

        begun, _ = together(2, act)
        assert office.status(begun.instance_id) == "COMPLETED", key


def test_messages_for_one_case_come_one_after_the_other(sessions: Sessions) -> None:
    """Two orders end at once: the case counts both, since it counts under its own lock."""
    office = Office(
        sessions,
        diagram(
            LETTER,
            process(
                "case",
                start(),
                gateway("again"),
                receive("order_ended", "letter"),
                script("count", "=n + 1", "n"),
                gateway("all"),
                end(),
                flows="s > again > order_ended > count > all; all > e [=n = 6]; all > again [=n < 6]",
            ),
        ),
    )
    instance = office.start("case", {"key": "k1", "n": 0}).instance_id
    results = together(6, lambda n: office.deliver("letter", "k1", dedupe=f"order-{n}"))
    assert not any(isinstance(result, Exception) for result in results)
    sweep(office.runtime)
    assert office.status(instance) == "COMPLETED"
    assert office.kinds(instance) == ["start"] + ["deliver_message"] * 6
    assert office.sound()


def test_a_crash_before_looking_for_a_receiver_is_found_by_the_sweeper(office: Office, monkeypatch: Any) -> None:
    """The process dies between the commit of the inbox row (or of the subscription) and the look at the other side."""
    with monkeypatch.context() as crash:
        crash.setattr(import_module("app.workflow.deliver"), "route", lambda runtime, id: workflow.Delivered(id, None))
        crash.setattr(import_module("app.workflow.execute"), "follow_up", lambda runtime, followups: None)
        office.deliver("letter", "k1")
        instance = office.start("wait").instance_id
        assert office.status(instance) == "RUNNING"
    sweep(office.runtime)
    assert office.status(instance) == "COMPLETED"


def test_an_old_message_expires(office: Office) -> None:
    workflow.deliver(office.runtime, "letter", "k1", {}, dedupe="d", expires_in=timedelta(hours=1))
    office.clock.move_to(office.clock.now() + timedelta(hours=2))
    instance = office.start("wait").instance_id
    assert office.status(instance) == "RUNNING"
    sweep(office.runtime)
    assert office.rows("select state from message")[0].state == "EXPIRED"


def test_messages_between_instances_go_by_the_outbox(sessions: Sessions) -> None:
    office = Office(
        sessions,
        WAIT,
        diagram(
            process(
                "speak",
                start(),
                service("tell", "send_message", mapping({"name": '="letter"', "key": "=key", "variables": "={n: 1}"})),
                end(),
                flows="s > tell > e",
            )
        ),
    )
    waiting = office.start("wait").instance_id
    office.start("speak")
    assert office.status(waiting) == "RUNNING"
    workflow.settle(office.runtime)
    assert office.status(waiting) == "COMPLETED"


BY_MESSAGE = diagram(
    message("arrived"),
    process("inbound", start("come", on_message("arrived")), user("look"), end(), flows="come > look > e"),
)


def test_a_message_starts_an_instance_of_the_current_bundle_once(sessions: Sessions) -> None:
    office = Office(sessions, BY_MESSAGE)
    delivered = office.deliver("arrived", "", dedupe="mail-1", subject="灯不亮")
    assert delivered.started
    again = office.deliver("arrived", "", dedupe="mail-1")
    assert (again.instance_id, again.repeated) == (delivered.instance_id, True)
    assert office.rows("select count(*) from instance")[0].count == 1


def test_wiring_says_what_a_message_start_is_about(sessions: Sessions) -> None:
    office = Office(sessions, BY_MESSAGE)
    office.runtime.message_start(
        "arrived", lambda session, payload, actor, now: {"variables": {"a": payload["a"]}, "district": "jz"}
    )
    delivered = office.deliver("arrived", "", a=1)
    assert delivered.instance_id is not None
    assert office.task(delivered.instance_id).district == "jz"


def test_a_message_that_cannot_start_anything_is_held_with_an_incident(sessions: Sessions) -> None:
    office = Office(sessions, BY_MESSAGE)

    def broken(session: Any, payload: Any, actor: Any, now: Any) -> Any:
        raise KeyError("caller")

    office.runtime.message_start("arrived", broken)
    assert office.deliver("arrived", "").instance_id is None
    sweep(office.runtime)
    (incident,) = office.incidents()
    assert (incident.kind, incident.element) == ("message_start", "come")
    del office.runtime.message_starts["arrived"]
    workflow.retry_incident(office.runtime, incident.no, actor=LEI, command_id=new_id())
    sweep(office.runtime)
    assert office.rows("select state from message")[0].state == "CONSUMED"
    assert office.incidents() == []
