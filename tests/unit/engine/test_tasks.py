"""User tasks, operations, scripts, decisions, called processes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.workflow.engine import BpmnError, CompleteTask, Fault, NotOpen, Operation, Refused, Registry
from tests.unit.engine.writing import (
    REGISTRY,
    Story,
    boundary,
    decision,
    element,
    end,
    error,
    gateway,
    headers,
    mapping,
    on_error,
    on_message,
    one,
    properties,
    script,
    service,
    start,
    user,
    zeebe,
)


def test_a_user_task_opens_with_its_assignment_and_leaves_only_its_output_mapping() -> None:
    assignment = zeebe(
        "assignmentDefinition", assignee="=who", candidateGroups='=["g1", department]', candidateUsers="u1, u2"
    )
    schedule = zeebe("taskSchedule", dueDate='=now() + duration("P14D")', followUpDate="2027-01-01T00:00:00Z")
    priority = zeebe("priorityDefinition", priority="=60 + 10")
    io = mapping({"x": "=y + 1", "n.k": "=y"}, {"result": "=x * 10"})
    story = Story(one(start(), user("a", assignment + schedule + priority + io), end(), flows="s > a > e"))

    story.start({"who": "kim", "department": "gas", "y": 1})

    task = story.surface.tasks[story.task("a")]
    assert (task.assignee, task.groups, task.users, task.priority) == ("kim", ("g1", "gas"), ("u1", "u2"), 70)
    assert task.due == datetime(2026, 1, 19, 9, tzinfo=UTC)
    assert task.follow_up == datetime(2027, 1, 1, tzinfo=UTC)
    seen = story.seen_from("a")
    assert (seen["x"], seen["n"]) == (2, {"k": 1})

    story.done("a", junk=1)
    assert story.over
    assert story.written == {"result": 20}


def test_groups_may_be_a_text_with_commas() -> None:
    groups = zeebe("assignmentDefinition", candidateGroups="gas, water")
    story = Story(one(start(), user("a", groups), end(), flows="s > a > e")).start()
    assert story.surface.tasks[story.task("a")].groups == ("gas", "water")


def test_a_form_value_is_seen_by_the_output_mapping_and_does_not_leave_by_itself() -> None:
    story = Story(
        one(start(), user("a", mapping(None, {"ok": '=verdict = "YES"'})), user("b"), end(), flows="s > a > b > e")
    )
    story.start().done("a", verdict="YES", note="long text")
    assert story.variables == {"ok": True}


def test_without_an_output_mapping_everything_becomes_an_instance_variable() -> None:
    story = Story(one(start(), user("a"), user("b"), end(), flows="s > a > b > e")).start().done("a", x=1, y=[2])
    assert story.variables == {"x": 1, "y": [2]}


def test_a_task_can_be_completed_once() -> None:
    story = Story(one(start(), user("a"), user("b"), end(), flows="s > a > b > e")).start()
    first = story.task("a")
    story.done("a")
    with pytest.raises(NotOpen):
        story.move(CompleteTask(first, {}))


def test_starting_can_complete_the_first_task_at_once() -> None:
    io = mapping(None, {"kind": "=kind"})
    story = Story(one(start(), user("register", io), user("judge"), end(), flows="s > register > judge > e"))
    story.start({"case_id": "c1"}, first_task={"kind": "EVENT", "caller": "Li"})
    assert story.open == ["judge"]
    assert story.moved.before.tasks == {}
    assert story.variables == {"case_id": "c1", "kind": "EVENT"}
    assert story.moved.result == {"element": "register"}


def test_a_local_operation_runs_inside_the_step_with_inputs_and_headers() -> None:
    more = headers(channel="SMS") + mapping({"a": "=x * 2", "b": "fixed"})
    story = Story(
        one(start(), service("op", more=more), user("u"), end(), flows="s > op > u > e"), work=lambda c: {"r": 7}
    )
    story.start({"x": 4})
    asked = story.calls[0]
    assert (asked.operation, asked.element, dict(asked.inputs), dict(asked.headers)) == (
        "work",
        "op",
        {"a": 8, "b": "fixed"},
        {"channel": "SMS"},
    )
    assert story.variables == {"x": 4, "r": 7}


class Marked(datetime):
    """A date-time that carries where it came from."""

    basis = "calendar 3"


def test_a_value_with_attributes_reaches_the_operation_unchanged() -> None:
    registry = Registry(operations=REGISTRY.operations, functions={"deadline": ("value", "unit")})
    io = mapping({"due": '=deadline(2, "WORKING_DAY")'})
    story = Story(
        one(
            start(),
            script("c", '=deadline(2, "WORKING_DAY")', "due"),
            service("op", more=io),
            service("op2", more=mapping({"again": "=due"})),
            end(),
            flows="s > c > op > op2 > e",
        ),
        registry=registry,
    )
    due = Marked(2026, 1, 7, 9, tzinfo=UTC)
    story.functions["deadline"] = lambda value, unit: due
    story.start()
    assert story.calls[0].inputs["due"] is due
    assert story.calls[1].inputs["again"] is due


def test_an_external_operation_waits_as_a_job() -> None:
    more = headers(to="x") + mapping({"q": "=1 + 1"}, {"answer": "=r"})
    story = Story(one(start(), service("j", "outside", more), user("u"), end(), flows="s > j > u > e")).start()
    job = story.surface.jobs[story.job("j")]
    assert (job.operation, dict(job.inputs), dict(job.headers)) == ("outside", {"q": 2}, {"to": "x"})
    story.job_done("j", r=5)
    assert story.variables == {"answer": 5}


def test_an_operation_may_fail_in_an_expected_way() -> None:
    def refuse(call: object) -> dict[str, object]:
        raise BpmnError("no_unit", {"why": "none fits"})

    text = one(
        start(),
        service("op"),
        boundary("b", "op", on_error("E")),
        user("h"),
        end(),
        flows="s > op > e; b > h > e",
        top=error("E", "no_unit"),
    )
    story = Story(text, work=refuse).start()
    assert story.open == ["h"]
    assert story.variables == {"why": "none fits"}


def test_any_other_failure_of_an_operation_is_a_fault_with_its_element() -> None:
    def fail(call: object) -> dict[str, object]:
        raise ZeroDivisionError("boom")

    story = Story(one(start(), service("op", more=mapping({"n": "=1"})), end(), flows="s > op > e"), work=fail)
    with pytest.raises(Fault) as caught:
        story.start()
    assert caught.value.element == "op"
    assert "boom" in caught.value.message
    assert caught.value.data == {"n": 1}
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_what_is_the_moment_s_fault_passes_through_so_that_the_command_can_be_tried_again() -> None:
    def locked(call: object) -> dict[str, object]:
        raise TimeoutError("lock")

    story = Story(one(start(), service("op"), end(), flows="s > op > e"), work=locked)
    context = replace(story.context(), passing=(OSError,))
    with pytest.raises(TimeoutError):
        story.compiled.start("p", {}, context)


def test_a_failing_expression_is_a_fault_with_its_element_and_what_it_read() -> None:
    story = Story(one(start(), script("c", "=a + b", "x"), end(), flows="s > c > e"))
    with pytest.raises(Fault) as caught:
        story.start({"a": 1, "b": "text"})
    assert caught.value.element == "c"
    assert caught.value.data == {"a": 1, "b": "text"}


def test_messages_are_thrown_by_an_operation() -> None:
    more = mapping({"name": "order_ended", "key": "=case_id"})
    definition = zeebe("taskDefinition", type="send_message") + more
    text = one(
        start(),
        element("intermediateThrowEvent", "t", on_message("M"), definition),
        service("st", "send_message", more, tag="sendTask"),
        end("e", on_message("M"), definition),
        flows="s > t > st > e",
        top='<bpmn:message id="M" name="order_ended"/>',
    )
    story = Story(text).start({"case_id": "c1"})
    assert [(c.element, c.inputs["name"], c.inputs["key"]) for c in story.calls] == [
        ("t", "order_ended", "c1"),
        ("st", "order_ended", "c1"),
        ("e", "order_ended", "c1"),
    ]
    assert story.over


DMN = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
  <decision id="fee" name="Fee"><variable name="Fee"/>
    <decisionTable id="t" hitPolicy="UNIQUE">
      <input id="i"><inputExpression typeRef="number"><text>n</text></inputExpression></input>
      <output id="o" name="fee" typeRef="number"/>
      <rule id="r1">
        <inputEntry id="a1"><text>&lt; 10</text></inputEntry><outputEntry id="b1"><text>n * 2</text></outputEntry>
      </rule>
      <rule id="r2">
        <inputEntry id="a2"><text>&gt;= 10</text></inputEntry><outputEntry id="b2"><text>100</text></outputEntry>
      </rule>
    </decisionTable>
  </decision>
</definitions>"""


def test_a_business_rule_task_asks_a_decision_of_its_bundle() -> None:
    text = one(start(), decision("d", "fee", "fee"), user("u"), end(), flows="s > d > u > e")
    story = Story(text, more={"fee.dmn": DMN}).start({"n": 4})
    assert story.variables["fee"] == 8


def test_scripts_write_where_the_variable_lives() -> None:
    story = Story(
        one(
            start(),
            script("c", "=a * 2", "b"),
            script("d", "={k: b}", "box"),
            script("x", "=b + 1", "box.n"),
            user("u"),
            end(),
            flows="s > c > d > x > u > e",
        )
    ).start({"a": 21})
    assert story.variables == {"a": 21, "b": 42, "box": {"k": 42, "n": 43}}


def test_plain_and_manual_tasks_pass_through() -> None:
    story = Story(one(start(), element("task", "t"), element("manualTask", "m"), end(), flows="s > t > m > e")).start()
    assert story.over
    assert story.trace("entered") == ["entered s", "entered t", "entered m", "entered e"]


def test_names_stand_in_two_languages_and_properties_are_readable() -> None:
    more = properties(stage="ACCEPTANCE", **{"label:zh-CN": "受理"})
    compiled = Story(one(start(), element("userTask", "judge", "", more), end(), flows="s > judge > e")).compiled
    judge = compiled.processes["p"].elements["judge"]
    assert judge.names == {"en": "judge", "zh-CN": "受理"}
    assert judge.properties["stage"] == "ACCEPTANCE"
    assert compiled.processes["p"].elements["s"].names["zh-CN"] == "s"


def test_a_reserved_name_is_refused_from_outside_too() -> None:
    story = Story(one(start(), user("a"), end(), flows="s > a > e")).start()
    with pytest.raises(Fault, match="typename"):
        story.done("a", typename="x")


def test_the_bundle_decides_who_may_call_an_operation() -> None:
    registry = Registry(operations={"alarm": Operation("alarm", "local", ("lifecycle", "department_*"))})
    text = one(start(), service("op", "alarm"), end(), flows="s > op > e")
    with pytest.raises(Refused, match="operation-not-granted"):
        Story(text, registry=registry)
    granted = Registry(operations=registry.operations, grants=frozenset({("p", "alarm")}))
    assert Story(text, registry=granted).start().over


def test_a_gateway_without_a_way_out_is_a_fault() -> None:
    flows = "s > g; g > a [=x > 5]; g > b [=x > 7]; a > e; b > e"
    story = Story(one(start(), gateway("g"), user("a"), user("b"), end(), flows=flows))
    with pytest.raises(Fault, match="default") as caught:
        story.start({"x": 1})
    assert caught.value.data == {"x": 1}
