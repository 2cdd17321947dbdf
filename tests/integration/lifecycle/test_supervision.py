"""A demand from its raising to its closure; and what raises one by itself."""

from datetime import timedelta

import pytest
from lxml import etree
from sqlalchemy import select

from app import audit, supervision, workflow
from app.cases.enums import SupervisionLevel
from app.core.errors import Conflict, Forbidden
from app.core.ids import new_id
from app.identity import OPERATOR
from app.lifecycle import withdraw_order
from app.lifecycle.history import history_of
from app.messaging.models import Notice, OutgoingMessage
from app.supervision import Asked
from app.workflow import Command

TEXT = "现场照片与地址不符，请到 3 栋前重新处理。"


def raise_it(desk, made, username="supervisor", level="SUPERVISION", **more):
    command = more.pop("command_id", None)
    asked = Asked(SupervisionLevel(level), TEXT, **more)
    found = supervision.raise_supervision(
        desk.runtime, made.case_id, asked, actor=desk.person(username), command_id=command
    )
    desk.settle()
    return found


def answer(desk, demand_id, username="sanitation", words="已派人复查，今日 17 时前完成。", **more):
    supervision.answer_supervision(desk.runtime, demand_id, words, actor=desk.person(username), **more)
    desk.settle()


def demands(desk, made):
    with desk.session() as session:
        return supervision.supervisions_of(session, made.case_id)


def told(desk, model):
    with desk.session() as session:
        return list(session.scalars(select(model).where(model.kind == "SUPERVISED")))


def sentences(desk, made) -> list[str]:
    with desk.session() as session:
        case = desk.case(made.case_id)
        rows = history_of(desk.runtime, session, case, desk.person("supervisor"), "zh-CN")
    return [each for row in rows for each in (row.text, *row.details)]


@pytest.mark.feature("V02")
@pytest.mark.feature("V05")
@pytest.mark.feature("V06")
@pytest.mark.feature("V07")
def test_a_demand_is_raised_answered_and_closed_and_all_of_it_is_history(desk) -> None:
    made = desk.given_dispatched()
    command = new_id()
    demand_id = raise_it(desk, made, command_id=command)
    assert raise_it(desk, made, command_id=command) == demand_id
    [demand] = demands(desk, made)
    assert (demand.state, demand.departments, desk.case(made.case_id).supervision_level) == (
        "OPEN", ["sanitation"], "SUPERVISION",
    )  # fmt: skip
    assert demand.answer_due_at == desk.clock.now() + timedelta(days=2), "two working days, as the table says"
    assert len(told(desk, Notice)) == len({one.recipient for one in told(desk, Notice)}) >= 1
    assert {one.channel for one in told(desk, OutgoingMessage)} == {"SMS"}
    answer(desk, demand_id)
    assert [one.state for one in demands(desk, made)] == ["ANSWERED"]
    supervision.close_supervision(desk.runtime, demand_id, "属实", actor=desk.person("supervisor"))
    assert [one.state for one in demands(desk, made)] == ["CLOSED"]
    with pytest.raises(Conflict):
        answer(desk, demand_id)
    heard = sentences(desk, made)
    assert f"“{TEXT}”" in heard
    assert any(each.endswith("答复了督办") for each in heard)
    assert any(each.endswith("办结了督办") for each in heard)
    with desk.session() as session:
        assert audit.verify(session) == []


def test_a_whole_case_waits_for_every_department_and_a_higher_demand_takes_the_lower_ones_place(desk) -> None:
    made = desk.given_dispatched(assist=["municipal"])
    first = raise_it(desk, made, level="REMINDER")
    answer(desk, first)
    assert [one.state for one in demands(desk, made)] == ["OPEN"], "the other department has not answered"
    with pytest.raises(Conflict):
        raise_it(desk, made, level="NOTICE", raised_from=first)
    second = raise_it(desk, made, level="CIRCULAR", raised_from=first)
    old, new = demands(desk, made)
    assert (old.state, old.closing_text, new.id, new.raised_from) == ("CLOSED", "RAISED", second, first)
    answer(desk, second)
    answer(desk, second, username="municipal")
    assert demands(desk, made)[-1].state == "ANSWERED"


@pytest.mark.feature("V02")
def test_the_head_answers_as_a_task_with_a_due_time_of_its_own(desk) -> None:
    """The diagram `order_supervision` reacts; what is said stands with the demand, not with the order or the chain."""
    made = desk.given_dispatched()
    demand_id = raise_it(desk, made)
    task = desk.tasks(made.case_id)["answer_supervision:sanitation"]
    assert task.due == demands(desk, made)[0].answer_due_at
    with pytest.raises(Forbidden):
        desk.do("sanitation", made.case_id, "answer_supervision:sanitation", supervision_answer=TEXT)
    desk.do("sanitation_head", made.case_id, "answer_supervision:sanitation", supervision_answer=TEXT)
    with desk.session() as session:
        [said] = supervision.answers_of(session, made.case_id)[demand_id]
        rows = [row for order in desk.orders(made.case_id) for row in audit.read(session, order.instance_id)]
        assert audit.verify(session) == []
    assert (said.text, said.actor_name, demands(desk, made)[0].state) == (TEXT, "郭永强", "ANSWERED")
    assert TEXT not in str([order.custom for order in desk.orders(made.case_id)])
    assert TEXT not in str([(row.changes, row.result, row.steps) for row in rows])
    assert "answer_supervision:sanitation" not in desk.tasks(made.case_id)
    assert any(TEXT in each for each in sentences(desk, made))


def test_an_order_begun_before_its_diagram_heard_of_supervision_hears_of_it_once_it_is_migrated(
    desk, shipped: dict[str, bytes]
) -> None:
    """Other departments' diagrams of that bundle had an event of the same name."""
    path = "processes/departments/higher.bpmn"
    deploy(desk, {path: without_supervision(shipped[path])})
    made = desk.given_report()
    desk.do("supervisor", made.case_id, "judge", judgement="FILE")
    desk.dispatch(made.case_id, "higher_authority", method="TRANSFER")
    deploy(desk, {path: shipped[path]})
    (order,) = desk.orders(made.case_id)
    workflow.execute(
        desk.runtime, order.instance_id, Command(new_id(), "migrate", desk.person("analyst"), {"reason": "督办"})
    )  # fmt: skip
    raise_it(desk, made)
    assert "answer_supervision:higher_authority" in desk.tasks(made.case_id)


def deploy(desk, files: dict[str, bytes]) -> None:
    with desk.runtime.sessions.begin() as session:
        workflow.deploy(session, files, actor=OPERATOR, now=desk.clock.now(), registry=desk.runtime.registry)


def without_supervision(diagram: bytes) -> bytes:
    """The diagram as it was before it heard of a demand."""
    tree = etree.fromstring(diagram)
    (heard,) = tree.iterfind(".//{*}subProcess[@id='supervision']")
    drawn = {element.get("id") for element in heard.iter() if element.get("id")}
    heard.getparent().remove(heard)
    for shape in list(tree.iterfind(".//{*}BPMNPlane/*")):
        if shape.get("bpmnElement") in drawn:
            shape.getparent().remove(shape)
    return etree.tostring(tree)


@pytest.mark.parametrize("way", ["answered", "closed", "raised"])
def test_the_heads_task_ends_when_the_demand_is_settled_another_way(desk, way: str) -> None:
    made = desk.given_dispatched()
    demand_id = raise_it(desk, made)
    before = desk.tasks(made.case_id)["answer_supervision:sanitation"]
    if way == "answered":
        answer(desk, demand_id)
    elif way == "closed":
        supervision.close_supervision(desk.runtime, demand_id, actor=desk.person("supervisor"))
    else:
        raise_it(desk, made, level="CIRCULAR", raised_from=demand_id)
    desk.settle()
    now = desk.tasks(made.case_id).get("answer_supervision:sanitation")
    assert now is None if way != "raised" else now is not None and now.task_id != before.task_id


def test_a_demand_outlives_its_case(desk) -> None:
    made = desk.given_dispatched()
    demand_id = raise_it(desk, made)
    desk.finish(made.case_id)
    command = new_id()
    answer(desk, demand_id, command_id=command)
    answer(desk, demand_id, command_id=command)
    with desk.session() as session:
        assert [len(each) for each in supervision.answers_of(session, made.case_id).values()] == [1]
        assert audit.verify(session) == []
    with pytest.raises(Conflict):
        raise_it(desk, made)


def test_who_may(desk) -> None:
    made = desk.given_dispatched()
    for stranger in ("agent", "sanitation", "auditor"):
        with pytest.raises(Forbidden):
            raise_it(desk, made, username=stranger)
    demand_id = raise_it(desk, made, username="leader")
    for stranger in ("gas", "supervisor", "agent"):
        with pytest.raises(Forbidden):
            answer(desk, demand_id, username=stranger)
    with pytest.raises(Forbidden):
        supervision.close_supervision(desk.runtime, demand_id, actor=desk.person("sanitation"))


@pytest.mark.feature("Q07")
def test_days_past_due_raise_it_step_by_step_with_the_row_that_says_so(desk) -> None:
    made = desk.given_dispatched()
    due = max(limit.due_at for limit in limits(desk, made))
    levels = []
    for days in (2, 7, 10):
        desk.until(due + timedelta(days=days))
        supervision.raise_for_overdue(desk.runtime)
        supervision.raise_for_overdue(desk.runtime)
        levels.append(desk.case(made.case_id).supervision_level)
    assert levels[-1] == "CIRCULAR"
    by_rule = [each for each in demands(desk, made) if each.rule]
    assert by_rule
    assert "超期五个工作日" in by_rule[-1].rule["note"]
    assert any("超期五个工作日" in each for each in sentences(desk, made))
    assert len({each.level for each in by_rule}) == len(by_rule), "each level once"


def limits(desk, made):
    from app.cases.limits import limits_of

    with desk.session() as session:
        return limits_of(session, made.case_id)


def test_a_withdrawn_order_is_not_supervised(desk) -> None:
    made = desk.given_dispatched()
    [order] = desk.orders(made.case_id)
    withdraw_order(desk.runtime, order.id, reason="重复", actor=desk.person("supervisor"))
    desk.settle()
    with pytest.raises(Conflict):
        raise_it(desk, made, order_id=order.id)


@pytest.mark.feature("V01")
def test_results_come_back_to_the_department(desk) -> None:
    made = desk.given_dispatched()
    desk.finish(made.case_id)
    with desk.session() as session:
        heard = [notice.text_key for notice in session.scalars(select(Notice).where(Notice.kind == "RESULT"))]
        result = supervision.results_of(session, [made.case_id])[made.case_id]
    told = [f"supervision.result.{what}" for what in ("evaluation", "verification", "visit")]
    assert sorted(heard) == sorted(told * 2), "the handler and the head, each once"
    assert (result.visit, result.score) == ("VERY_SATISFIED", 100.0)
