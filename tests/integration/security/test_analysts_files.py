"""What an analyst draws cannot do more than analysts may, nor stop the machine."""

import time

import pytest

from app import city
from app.core.ids import new_id
from app.forms import patterns
from app.identity import OPERATOR
from app.identity.passwords import verify_password
from app.lifecycle.asking import send_message
from app.workflow import Command, InstanceView, OnInstance, Runtime
from app.workflow.engine.types import Call, Fault
from app.workflow.engine.values import settled
from app.workflow.running import context_of


@pytest.mark.parametrize("pattern", ["(((a{999}){999}){999}){999}", "(?:a|b){1,100000}", "(" * 3000])
def test_a_pattern_that_would_eat_the_memory_is_refused(pattern: str) -> None:
    with pytest.raises(patterns.BadPattern):
        patterns.compile_pattern(pattern)


def test_lists_that_share_their_elements_are_not_written_out() -> None:
    value: list[object] = [1] * 10
    for _ in range(8):
        value = [value] * 10
    with pytest.raises(Fault):
        settled(value)


def test_a_password_of_a_megabyte_costs_no_more_than_another() -> None:
    began = time.process_time()
    assert not verify_password(None, "a" + "\u0315" * 250_000 + "\u0300" * 250_000)
    assert time.process_time() - began < 5


def test_diagrams_give_tasks_only_to_who_may_read_a_case(runtime: Runtime) -> None:
    with runtime.sessions() as session:
        known = city.known_groups(session)
    assert {"agent", "gas"} <= known
    assert not known & {"analyst", "administrator"}
    assert runtime.registry.groups == known


def in_process(runtime: Runtime, process_id: str) -> OnInstance:
    now = runtime.clock.now()
    place = (1, now, now, None, "order", new_id(), "jz", ("gas",), False, False)
    view = InstanceView(new_id(), new_id(), process_id, "RUNNING", *place)
    return OnInstance(runtime, view, Command(new_id(), "complete_task", OPERATOR), 2, now)


@pytest.mark.parametrize("name", ["case_withdrawn", "withdraw_order", "contact_arrived", "bring_visit_forward"])
def test_a_departments_diagram_cannot_steer_a_case_by_message(runtime: Runtime, name: str) -> None:
    """It may not call void_case; a thrown message must not do the same."""
    call = Call("send_message", "End", "t", {"name": name, "key": str(new_id())}, {})
    on = in_process(runtime, "department_gas")
    with runtime.sessions() as session, pytest.raises(PermissionError):
        send_message(session, call, on)
    assert not on.emitted


def test_a_process_that_calls_another_may_not_more_by_it(runtime: Runtime) -> None:
    """Deploying looks at the process an operation is drawn in; the one that called it counts as well."""
    call = Call("void_case", "Void", "t", {"reason": "x"}, {})
    with runtime.sessions() as session:
        context = context_of(runtime, session, in_process(runtime, "department_gas"))
        with pytest.raises(Fault, match="may not call"):
            context.perform(call)
