"""More time for an order, and none passing: the row, the timers, the history, and who was first."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import select

from app import lifecycle, workflow
from app.cases.limits import STANDS_STILL, limits_of
from app.cases.models import TimeLimit
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.ids import new_id
from app.identity import OPERATOR
from app.lifecycle import PauseKind
from app.lifecycle.asking import ask
from app.messaging import notices
from app.workflow import Command
from app.workflow.models import Timer

pytestmark = [pytest.mark.feature("Q02"), pytest.mark.feature("Q01")]


def signed(desk) -> tuple[UUID, UUID]:
    made = desk.given_dispatched()
    desk.do("sanitation", made.case_id, "sign:sanitation", decision="SIGN")
    (order,) = desk.orders(made.case_id)
    return made.case_id, order.id


def handling(desk, order_id: UUID) -> TimeLimit:
    return limit_of(desk, order_id, "HANDLE")


def limit_of(desk, order_id: UUID, kind: str) -> TimeLimit:
    with desk.session() as session:
        return session.scalars(select(TimeLimit).where(TimeLimit.order_id == order_id, TimeLimit.kind == kind)).one()


def extend(desk, order_id: UUID, value: float = 2) -> None:
    actor = desk.person("sanitation")
    lifecycle.ask_extension(desk.runtime, order_id, value=Decimal(value), reason="垃圾量大", actor=actor)
    desk.settle()


def due_timers(desk, order_id: UUID) -> dict[str, datetime]:
    with desk.session() as session:
        (order_task, *_) = workflow.tasks_of(session, order_id)
        rows = session.scalars(select(Timer).where(Timer.instance_id == order_task.instance_id))
        return {row.element: row.due for row in rows}


def test_an_extension_moves_row_timers_and_tasks_together_and_history_says_why(desk) -> None:
    case_id, order_id = signed(desk)
    before = handling(desk, order_id).due_at
    extend(desk, order_id)
    desk.do("supervisor", case_id, "decide_extension:sanitation", extension_decision="GRANTED")
    limit = handling(desk, order_id)
    assert limit.due_at > before
    assert limit.extensions[0] | {"reason": "垃圾量大", "value": "2"} == limit.extensions[0]
    timers = due_timers(desk, order_id)
    assert (timers["handle_warn"], timers["handle_due"], timers["handle_escalate"]) == (
        limit.warn_at, limit.due_at, limit.escalate_at,
    )  # fmt: skip
    with desk.session() as session:
        told = lifecycle.history_of(desk.runtime, session, desk.case(case_id), desk.person("supervisor"), "en")
    assert any("instead of" in str(row) for row in told)


def test_the_limit_to_sign_is_extended_with_its_timers_and_signing_settles_what_is_undecided(desk) -> None:
    made = desk.given_dispatched()
    (order,) = desk.orders(made.case_id)

    def signing() -> TimeLimit:
        return limit_of(desk, order.id, "SIGN")

    before = signing().due_at
    extend(desk, order.id, 1)
    desk.do("supervisor", made.case_id, "decide_extension:sanitation", extension_decision="GRANTED")
    moved = signing()
    timers = due_timers(desk, order.id)
    assert moved.due_at > before
    assert (timers["sign_warn"], timers["sign_due"]) == (moved.warn_at, moved.due_at)
    assert desk.tasks(made.case_id)["sign:sanitation"].due == moved.due_at
    assert desk.orders(made.case_id)[0].state == "DISPATCHED"
    extend(desk, order.id)
    assert "decide_further_extension:sanitation" in desk.tasks(made.case_id)
    desk.do("sanitation", made.case_id, "sign:sanitation", decision="SIGN")
    assert desk.tasks(made.case_id).keys() == {"handle:sanitation"}
    assert (signing().state, handling(desk, order.id).extensions) == ("MET", [])


ORDERS = ("processes/orders/extension.bpmn", "processes/orders/pausing.bpmn")


def earlier(files: dict[str, bytes]) -> dict[str, bytes]:
    """The diagrams as they were when the limit to handle was the only one that could be moved."""
    earlier = re.compile(rb'"=(extension|pause)\.limit"')
    return {path: earlier.sub(b"'=\"HANDLE\"'", files[path]) for path in ORDERS}


def deploy(desk, files: dict[str, bytes]) -> None:
    with desk.runtime.sessions.begin() as session:
        workflow.deploy(session, files, actor=OPERATOR, now=desk.clock.now(), registry=desk.runtime.registry)


def migrate(desk, order_id: UUID) -> None:
    with desk.session() as session:
        (task, *_) = workflow.tasks_of(session, order_id)
    workflow.execute(desk.runtime, task.instance_id, Command(new_id(), "migrate", desk.person("analyst"), {}))


def test_more_time_to_sign_is_refused_where_an_earlier_diagram_would_lengthen_the_handling(
    desk, shipped: dict[str, bytes]
) -> None:
    deploy(desk, earlier(shipped))
    made = desk.given_dispatched()
    (order,) = desk.orders(made.case_id)
    tomorrow = desk.clock.now() + timedelta(days=1)
    with pytest.raises(Conflict, match="earlier_diagram"):
        extend(desk, order.id, 1)
    with pytest.raises(Conflict, match="earlier_diagram"):
        lifecycle.ask_pause(
            desk.runtime, order.id, PauseKind.SUSPEND, until=tomorrow, reason="x", actor=desk.person("supervisor")
        )
    deploy(desk, shipped)
    migrate(desk, order.id)
    before = limit_of(desk, order.id, "SIGN").due_at
    extend(desk, order.id, 1)
    desk.do("supervisor", made.case_id, "decide_extension:sanitation", extension_decision="GRANTED")
    assert limit_of(desk, order.id, "SIGN").due_at > before


@pytest.mark.parametrize("asked", ["extension", "pause"])
def test_what_was_asked_by_an_earlier_version_means_the_handling_after_a_migration(
    desk, shipped: dict[str, bytes], asked: str
) -> None:
    """Requests did not name their limit then."""
    deploy(desk, earlier(shipped))
    case_id, order_id = signed(desk)
    before = handling(desk, order_id).due_at
    (order,) = desk.orders(case_id)
    content = {
        "extension": {"value": 2, "unit": "WORKING_DAY", "reason": "x", "no": 1, "within": True},
        "pause": {"kind": "SUSPEND", "until": desk.clock.now() + timedelta(days=1), "reason": "x"},
    }
    supervisor = desk.person("supervisor")
    ask(desk.runtime, order.instance_id, f"{asked}_asked", order_id, {asked: content[asked]}, supervisor, None)
    desk.settle()
    deploy(desk, shipped)
    migrate(desk, order_id)
    if asked == "extension":
        desk.do("supervisor", case_id, "decide_extension:sanitation", extension_decision="GRANTED")
    else:
        assert handling(desk, order_id).due_at == STANDS_STILL
        desk.wait(hours=1)
        lifecycle.resume_order(desk.runtime, order_id, reason="x", actor=supervisor)
    assert before < handling(desk, order_id).due_at < STANDS_STILL
    assert desk.orders(case_id)[0].state == "IN_HANDLING"


def test_an_order_that_is_returned_takes_what_was_asked_along(desk) -> None:
    made = desk.given_dispatched()
    (order,) = desk.orders(made.case_id)
    extend(desk, order.id)
    desk.do(
        "sanitation",
        made.case_id,
        "sign:sanitation",
        decision="RETURN",
        objection_rule="市容条例第三条",
        objection_text="不属于本单位职责",
    )
    desk.do("supervisor", made.case_id, "review_objection:sanitation", review="GRANTED")
    assert not any(name.endswith(":sanitation") for name in desk.tasks(made.case_id))
    with desk.session() as session:
        assert workflow.instance(session, order.instance_id).status == "COMPLETED"


def test_what_is_refused_and_to_whom(desk) -> None:
    _, order_id = signed(desk)
    agent, sanitation, supervisor = (desk.person(name) for name in ("agent", "sanitation", "supervisor"))
    with pytest.raises(Forbidden):
        lifecycle.ask_extension(desk.runtime, order_id, value=Decimal(1), reason="x", actor=agent)
    with pytest.raises(Forbidden):
        lifecycle.ask_pause(
            desk.runtime, order_id, PauseKind.SUSPEND, until=desk.clock.now() + timedelta(days=1), reason="x",
            actor=sanitation,
        )  # fmt: skip
    for value in (0, -1, 100_000):
        with pytest.raises(Invalid):
            extend(desk, order_id, value)
    for days in (0, -2, 400):
        until = desk.clock.now() + timedelta(days=days)
        with pytest.raises(Invalid):
            lifecycle.ask_pause(desk.runtime, order_id, PauseKind.SUSPEND, until=until, reason="x", actor=supervisor)
    with pytest.raises(Conflict, match="no_pause"):
        lifecycle.resume_order(desk.runtime, order_id, reason="x", actor=supervisor)
    desk.until(handling(desk, order_id).due_at + timedelta(minutes=1))
    with pytest.raises(Conflict, match="too_late"):
        extend(desk, order_id)


def test_nobody_is_late_while_an_order_is_suspended_and_the_pause_counts_when_it_ends_in_it(desk) -> None:
    case_id, order_id = signed(desk)
    until = desk.clock.now() + timedelta(days=20)
    supervisor = desk.person("supervisor")
    lifecycle.ask_pause(desk.runtime, order_id, PauseKind.SUSPEND, until=until, reason="等待", actor=supervisor)
    desk.wait(days=10)
    with desk.session() as session:
        states = {limit.kind: limit.state(desk.clock.now()) for limit in limits_of(session, case_id)}
        told = [notice.kind for notice in notices(session, desk.person("sanitation").id)]
    assert states["HANDLE"] == "PAUSED"
    assert "HANDLE" not in told
    for element in ("handle", "report_back"):
        values = {"result_text": "已清运", "responsible_person": "梁玉珍"} if element == "report_back" else {}
        desk.do("sanitation", case_id, f"{element}:sanitation", **values)
    assert handling(desk, order_id).state == "MET"


def test_granting_at_the_moment_the_limit_is_over_has_one_outcome(desk) -> None:
    """Two processes, one second: either the limit moved first and nobody is told it is over, or it was over first, the
    people were told once, and it is moved nevertheless. Never both, never neither."""
    case_id, order_id = signed(desk)
    extend(desk, order_id)
    task = desk.tasks(case_id)["decide_extension:sanitation"]
    limit = handling(desk, order_id)
    desk.clock.move_to(limit.due_at)  # the due timer is ripe, nobody has fired it
    start = Barrier(2)

    def grant() -> None:
        start.wait()
        values = {"extension_decision": "GRANTED"}
        lifecycle.complete_task(desk.runtime, task.task_id, values, actor=desk.person("supervisor"))

    def fire() -> None:
        start.wait()
        workflow.settle(desk.runtime)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(grant), pool.submit(fire)]:
            done.result()
    desk.settle()
    moved = handling(desk, order_id)
    assert len(moved.extensions) == 1
    assert moved.due_at > limit.due_at
    with desk.session() as session:
        told = [n for n in notices(session, desk.person("sanitation").id) if n.text_key == "notice.HANDLE.DUE"]
    assert len(told) == 1, "a due timer beats what comes with it"
    assert due_timers(desk, order_id)["handle_due"] == moved.due_at, "it waits again for the new time"
    desk.until(moved.due_at + timedelta(minutes=1))
    with desk.session() as session:
        told = [n for n in notices(session, desk.person("sanitation").id) if n.text_key == "notice.HANDLE.DUE"]
    assert len(told) == 2, "once for each of the two times"
