"""What expressions read and give: told where it can never work, silent where it can."""

import pytest

from tests.unit.checks.given import GROUP, around, choice, form, found
from tests.unit.engine.marks import multi
from tests.unit.engine.writing import (
    call,
    catch,
    diagram,
    end,
    gateway,
    mapping,
    on_timer,
    process,
    script,
    service,
    start,
    sub,
    user,
    zeebe,
)

FORM = {
    "f.form": form(
        "f",
        choice("verdict", "YES", "NO"),
        {"type": "number", "key": "amount"},
        {"type": "checkbox", "key": "sure"},
        {"type": "textfield", "key": "person.name"},
        {"type": "checklist", "key": "parts", "values": [{"label": "a", "value": "a"}]},
        {"type": "datetime", "key": "day", "subtype": "date"},
    )
}
TASK = user("t", zeebe("formDefinition", formId="f") + GROUP + mapping(None, {"all": "={verdict: verdict, n: amount}"}))
OPEN_TASK = user("t", zeebe("formDefinition", formId="f") + GROUP)


def said(expression: str, task: str = OPEN_TASK) -> list[str]:
    """Codes told of a script behind the task with the form."""
    text = around(task, script("x", expression, "r"), flows="s > t > x > e")
    return [code for code, where in found(text, FORM) if where == "x"]


WRONG = {
    "=verdict = \"MAYBE\"": "value-never",
    "=verdict in (\"YES\", \"MAYBE\")": "value-never",
    "=verdict in [\"MAYBE\"]": "value-never",
    "=urgency = \"URGENTLY\"": "value-never",
    "=verdcit": "unknown-variable",
    "=case_ID": "unknown-variable",
    "=person.nmae": "unknown-entry",
    "=amount.value": "unknown-entry",
    "=now().hours": "unknown-entry",
    "={a: 1}.b": "unknown-entry",
    "=amount = \"5\"": "operator-kinds",
    "=amount > \"5\"": "operator-kinds",
    "=verdict + 1": "operator-kinds",
    "=day < now()": "operator-kinds",
    "=sure and \"x\"": "operand-not-boolean",
    "=verdict = \"YES\" or \"NO\"": "operand-not-boolean",
    "=string length()": "bad-arguments",
    "=substring(verdict)": "bad-arguments",
    "=substring(string: verdict, start: 1)": "bad-arguments",
    "=contains(amount, \"a\")": "argument-kinds",
    "=sqrt(\"four\")": "argument-kinds",
    "=deadline(1)": "bad-arguments",
    "=deadline(1, \"WORKING_WEEK\")": "argument-value",
    "=deadline(amount, verdict)": "argument-may-be",
    "=deadline(\"1\", \"WORKING_DAY\")": "argument-value",
    "=date(\"31.01.2026\")": "bad-literal",
    "=duration(\"2 hours\")": "bad-literal",
    "=@\"2026-13-01\"": "bad-literal",
    "=deadlin(1, \"WORKING_DAY\")": "unknown-function",
    "=if verdict = \"YES\" then 1": "bad-expression",
    "=[1, 2": "bad-expression",
    "1 + 1": "not-feel",
}  # fmt: skip
RIGHT = [
    '=verdict = "YES"',
    "=verdict = null",
    '=not(verdict = "YES")',
    '=urgency != "NORMAL"',
    "=amount * 2 + round",
    '=person.name + "!"',
    "=amount between 1 and 5",
    "=amount in [1..5]",
    "=some p in parts satisfies p = verdict",
    "=for p in parts return {p: p, verdict: verdict}.p",
    "=parts[item = verdict]",
    "=[{a: 1}, {a: 2}][a > 1].a",
    "=count(parts) > 0",
    "=sum(amount, round)",
    "=string(amount)",
    "=if sure then verdict else amount",
    '=deadline(amount, "WORKING_DAY")',
    '=working time between(now(), deadline(1, "WORKING_HOUR"))',
    '=get value({a: 1}, "a")',
    "=sort(parts, function(x, y) x < y)",
    "=now().hour >= 22 or now().hour < 6",
    "=date(day) < today()",
    "=max([amount, 5])",
    "=is defined(verdict)",
    '=split("a,b", ",")[1]',
    '=[1, "a"][1] = "a"',
    "={a: verdict}.a",
    '=string join(parts, ", ")',
    "=parts = [verdict]",
    "=(if sure then {n: 1} else {n: 2, m: 3}).m",
    '=matches(verdict, "Y.*")',
    '=@"2026-01-31" > date(day)',
]


@pytest.mark.parametrize(("expression", "code"), WRONG.items())
def test_what_can_never_work_is_told(expression: str, code: str) -> None:
    assert said(expression) == [code]


@pytest.mark.parametrize("expression", RIGHT)
def test_what_can_work_is_not_told(expression: str) -> None:
    assert said(expression) == []


def test_output_mappings_alone_leave_a_task() -> None:
    assert said('=all.verdict = "YES"', TASK) == []
    assert said("=verdict", TASK) == ["unknown-variable"]
    assert said('=all.verdict = "MAYBE"', TASK) == ["value-never"]
    assert said("=all.amount", TASK) == ["unknown-entry"]


PLACES: list[tuple[str, list[tuple[str, str]]]] = [
    # inputs are the element's own; later ones see earlier ones
    (
        around(
            script("x", "=a", "r").replace("</bpmn:ext", mapping({"a": "=round"}) + "</bpmn:ext"),
            script("y", "=a", "q"),
            flows="s > x > y > e",
        ),
        [("unknown-variable", "y")],
    ),
    (around(service("x", "limit", mapping({"kind": '="SIGN"', "due": "=kind"}))), []),
    (
        around(
            sub(
                "S",
                start("v"),
                script("x", "=inner", "r"),
                end("w"),
                flows="v > x > w",
                more=mapping({"inner": "=round"}),
            ),
            flows="s > S > e",
        ),
        [],
    ),
    # multi-instance
    (
        around(
            user("x", GROUP, multi('=[{n: "a"}]', output=("out", "={r: it.n}"), item="it")),
            script("y", "=out[1].r", "q"),
            flows="s > x > y > e",
        ),
        [],
    ),
    (
        around(user("x", GROUP, multi('=[{n: "a"}]', output=("out", "={r: it.m}"), item="it")), flows="s > x > e"),
        [("unknown-entry", "x")],
    ),
    (around(user("x", GROUP, multi("=round"))), [("wrong-kind", "x")]),
    (around(user("x", GROUP, multi('=["a"]', until="=numberOfCompletedInstances > 1"))), []),
    # what the place wants
    (
        around(gateway("x", default="p_x_e"), user("a", GROUP), flows="s > x > e; x > a [=round]; a > e"),
        [("wrong-kind", "p_x_a")],
    ),
    (
        around(gateway("x", default="p_x_e"), user("a", GROUP), flows='s > x > e; x > a [="a" = "b"]; a > e'),
        [("condition-constant", "p_x_a")],
    ),
    (around(catch("x", on_timer("=round"))), [("wrong-kind", "x")]),
    (around(catch("x", on_timer('=deadline(1, "WORKING_DAY")', "timeDate"))), []),
    (around(catch("x", on_timer('=deadline(1, "WORKING_DAY")'))), [("wrong-kind", "x")]),
    (around(catch("x", on_timer('="PT1H"'))), []),
    (around(catch("x", on_timer('="1 hour"'))), [("bad-timer", "x")]),
    (around(catch("x", on_timer("-PT1H"))), [("timer-not-ahead", "x")]),
    (around(catch("x", on_timer('=duration("PT0S")'))), [("timer-not-ahead", "x")]),
    (around(service("x", "limit", mapping({"kind": '="SING"'}))), [("input-value", "x")]),
    (
        around(service("x", "limit", mapping({"kind": '=if round > 1 then "SIGN" else "HANDEL"'}))),
        [("input-may-be", "x")],
    ),
    (around(service("x", "limit", mapping({"kind": "SIGN", "due": "deadline(1, x)"}))), [("equals-forgotten", "x")]),
    (around(service("x", "limit", mapping({"kind": "SIGN", "due": "case_id"}))), [("variable-as-text", "x")]),
    (
        around(user("x", '<zeebe:assignmentDefinition assignee="kim"/><zeebe:taskSchedule dueDate="=now()"/>')),
        [("unknown-person", "x")],
    ),
    (around(user("x", '<zeebe:assignmentDefinition assignee="=case_id"/><zeebe:taskSchedule dueDate="=now()"/>')), []),
    (
        around(
            user("x", '<zeebe:assignmentDefinition candidateGroups="agent"/><zeebe:taskSchedule dueDate="tomorrow"/>')
        ),
        [("bad-date", "x")],
    ),
    (around(user("x", GROUP + zeebe("priorityDefinition", priority="120"))), [("bad-priority", "x")]),
    (around(user("x", GROUP + zeebe("priorityDefinition", priority="=round"))), []),
]


@pytest.mark.parametrize(("text", "expected"), PLACES)
def test_what_is_told_of_places(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_called_processes_hand_variables_on() -> None:
    def files(expression: str, **attributes: str) -> str:
        inner = process("q", start("qs"), script("y", expression, "from_q"), end("qe"), flows="qs > y > qe")
        caller = (start(), call("c", "q", mapping({"own": "=round"}), **attributes), script("z", "=from_q", "r"), end())
        return diagram(process("p", *caller, flows="s > c > z > e"), inner)

    assert found(files("=own + round")) == []
    assert found(files("=ronud")) == [("unknown-variable", "y")]
    assert found(files("=round", propagateAllParentVariables="false")) == [("unknown-variable", "y")]
    assert found(files("=own", propagateAllChildVariables="false")) == [("unknown-variable", "z")]


def test_where_anything_may_come_only_a_slip_is_told() -> None:
    def started(name: str) -> str:
        nodes = (start(), script("x", "=1", "quarterly_report"), script("y", f"={name}", "r"), end())
        return diagram(process("elsewhere", *nodes, flows="s > x > y > e"))

    assert found(started("something_from_outside")) == []
    assert found(started("quaterly_report")) == [("unknown-variable", "y")]
