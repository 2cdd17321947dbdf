"""What fails rolls back, is seen, hinders nobody else, and is retried or resolved by a person."""

from datetime import timedelta

import pytest

from app import workflow
from app.core.db import Sessions
from app.core.errors import Conflict, Invalid
from app.core.ids import new_id
from app.workflow import Command, Stuck
from tests.integration.workflow.office import AGENTS, ANA, FANG, LETTER, Office
from tests.unit.engine.writing import (
    boundary,
    catch,
    diagram,
    end,
    on_timer,
    process,
    receive,
    service,
    start,
    user,
)


def retry(office: Office, number: int) -> object:
    return workflow.retry_incident(office.runtime, number, actor=ANA, command_id=new_id())


def test_a_failing_operation_rolls_back_and_leaves_an_incident(sessions: Sessions) -> None:
    office = Office(sessions)
    instance = office.start().instance_id
    office.fail = "the stamp is broken"
    with pytest.raises(Stuck) as stuck:
        office.complete(instance, "note", text="what I typed")
    assert office.open(instance) == ["note"]
    (incident,) = office.incidents()
    assert incident.no == stuck.value.incident
    assert (incident.element, incident.kind, incident.state) == ("stamp", "complete_task", "OPEN")
    assert "the stamp is broken" in incident.message
    assert office.kinds(instance) == ["start", "open_incident"]
    assert office.sound()


@pytest.mark.feature("Q11")
def test_retrying_applies_the_stored_command_with_its_id_and_values(sessions: Sessions) -> None:
    office = Office(sessions)
    instance = office.start().instance_id
    office.fail = "broken"
    task = str(office.task(instance).task_id)
    command = Command(new_id(), "complete_task", FANG, {"task_id": task, "values": {"text": "typed"}})
    with pytest.raises(Stuck):
        workflow.execute(office.runtime, instance, command)
    (incident,) = office.incidents()
    with pytest.raises(Stuck):  # still broken: the same incident
        retry(office, incident.no)
    assert [(one.no, one.attempts) for one in office.incidents()] == [(incident.no, 2)]
    office.fail = None
    retry(office, incident.no)
    row = office.history(instance)[-1]
    assert (row.command_id, row.actor, row.changes["retried"]["name"]) == (command.id, FANG.id, "Ana")
    assert office.incidents() == []
    assert workflow.execute(office.runtime, instance, command).repeated  # the person's client tries once more
    with pytest.raises(Conflict, match="incident_closed"):
        workflow.resolve_incident(office.runtime, incident.no, actor=ANA, reason="x", command_id=new_id())


def test_doing_it_again_closes_the_incident(sessions: Sessions) -> None:
    office = Office(sessions)
    instance = office.start().instance_id
    office.fail = "broken"
    with pytest.raises(Stuck):
        office.complete(instance, "note")
    office.fail = None
    office.complete(instance, "note")
    assert office.incidents() == []


def test_a_person_resolves_with_a_reason(sessions: Sessions) -> None:
    office = Office(sessions)
    instance = office.start().instance_id
    office.fail = "broken"
    with pytest.raises(Stuck) as stuck:
        office.complete(instance, "note")
    with pytest.raises(Invalid, match="reason"):
        workflow.resolve_incident(office.runtime, stuck.value.incident, actor=ANA, reason=" ", command_id=new_id())
    workflow.resolve_incident(
        office.runtime, stuck.value.incident, actor=ANA, reason="done by telephone", command_id=new_id()
    )
    assert office.incidents() == []
    assert office.history(instance)[-1].changes["reason"] == "done by telephone"


TIMED = diagram(
    process(
        "timed", start(), user("work", AGENTS), boundary("bell", "work", on_timer("PT1H"), False),
        service("stamp", "stamp"), end("rung"), boundary("gong", "work", on_timer("PT2H"), False), end("gonged"), end(),
        flows="s > work > e; bell > stamp > rung; gong > gonged",
    )
)  # fmt: skip


def test_a_failing_timer_is_held_and_the_others_go_on(sessions: Sessions) -> None:
    office = Office(sessions, TIMED)
    broken, sound = office.start("timed").instance_id, office.start("timed").instance_id
    office.fail = "broken"
    office.later(minutes=61)
    assert office.kinds(broken) == ["start", "open_incident"]
    assert len(office.incidents()) == 2
    office.fail = None
    first = next(incident for incident in office.incidents() if incident.instance_id == sound)
    retry(office, first.no)
    assert office.kinds(sound) == ["start", "open_incident", "fire_timers"]
    office.later(hours=2)
    # the held timer stays silent, the same instance's later one fires
    assert office.kinds(broken) == ["start", "open_incident", "fire_timers"]
    fired = [step["element"] for row in office.history(broken) for step in row.steps if step["state"] == "fired"]
    assert fired == ["gong"]
    (held,) = office.incidents()
    retry(office, held.no)
    fired = [step["element"] for row in office.history(broken) for step in row.steps if step["state"] == "fired"]
    assert fired == ["gong", "bell"]
    assert office.sound()


def test_a_resolved_timer_is_not_silent_for_ever(sessions: Sessions) -> None:
    office = Office(sessions, TIMED)
    instance = office.start("timed").instance_id
    office.fail = "broken"
    office.later(minutes=61)
    (first,) = office.incidents()
    workflow.resolve_incident(office.runtime, first.no, actor=ANA, reason="rung by hand", command_id=new_id())
    office.later(minutes=1)
    (again,) = office.incidents()
    assert (again.element, again.no > first.no) == ("stamp", True), "still broken: heard again"
    office.fail = None
    workflow.resolve_incident(office.runtime, again.no, actor=ANA, reason="mended", command_id=new_id())
    office.later(minutes=1)
    fired = [step["element"] for row in office.history(instance) for step in row.steps if step["state"] == "fired"]
    assert (fired, office.incidents()) == (["bell"], [])
    assert office.sound()


def test_two_timers_due_at_once_one_fails_the_other_fires(sessions: Sessions) -> None:
    office = Office(sessions, TIMED)
    instance = office.start("timed").instance_id
    office.fail = "broken"
    office.clock.move_to(office.clock.now() + timedelta(hours=3))
    office.later(seconds=0)
    fired = [step["element"] for row in office.history(instance) for step in row.steps if step["state"] == "fired"]
    assert fired == ["gong"]
    assert [incident.element for incident in office.incidents()] == ["stamp"]
    office.complete(instance, "work")  # the person is not hindered by the held timer
    assert office.status(instance) == "COMPLETED"
    assert office.incidents() == []  # over: what was stuck no longer matters


def test_a_message_that_fails_is_held_and_retried(sessions: Sessions) -> None:
    text = diagram(
        LETTER,
        process("p", start(), receive("r", "letter"), service("stamp", "stamp"), end(), flows="s > r > stamp > e"),
    )
    office = Office(sessions, text)
    instance = office.start("p").instance_id
    office.fail = "broken"
    office.deliver("letter", "k1")
    workflow.sweep(office.runtime)
    workflow.sweep(office.runtime)
    assert len(office.calls) == 1  # no loop
    (incident,) = office.incidents()
    assert (incident.kind, incident.element) == ("deliver_message", "stamp")
    office.fail = None
    retry(office, incident.no)
    assert office.status(instance) == "COMPLETED"
    assert office.rows("select state from message")[0].state == "CONSUMED"


def test_an_expression_that_fails_names_its_element(sessions: Sessions) -> None:
    text = diagram(process("p", start(), user("u"), catch("wait", on_timer("=delay")), end(), flows="s > u > wait > e"))
    office = Office(sessions, text)
    instance = office.start("p", {"key": "k"}).instance_id
    with pytest.raises(Stuck) as stuck:
        office.complete(instance, "u")
    assert stuck.value.element == "wait"
