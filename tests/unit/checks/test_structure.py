"""How elements are joined, where tokens meet, who throws and who catches."""

import pytest

from app.workflow.engine import check_files
from tests.unit.checks.given import GROUP, around, found
from tests.unit.engine.marks import escalation, multi, on_escalation, throw
from tests.unit.engine.random_diagrams import Maker
from tests.unit.engine.writing import (
    REGISTRY,
    TERMINATE,
    boundary,
    call,
    catch,
    diagram,
    element,
    end,
    error,
    event_sub,
    gateway,
    mapping,
    message,
    on_error,
    on_message,
    on_timer,
    one,
    process,
    receive,
    script,
    service,
    start,
    sub,
    user,
)

A, B = user("a", GROUP), user("b", GROUP)
FORK, PAR = gateway("f", "parallel"), gateway("j", "parallel")
CHOOSE, JOIN = gateway("f", default="p_f_a"), gateway("j")
SPLIT = "s > f > a > j > e; f > b [=round > 1]; b > j"
BOTH = "s > f > a > j > e; f > b > j"
OUT_OF_IT = "s > f > a > x > j > e; x > e [=round > 1]; f > b > j"
CHINESE = '<zeebe:properties><zeebe:property name="label:zh-CN" value="甲"/></zeebe:properties>'
LANES = '<bpmn:laneSet id="l"><bpmn:lane id="l1" name="Agent"/><bpmn:lane id="l2" name="Minister"/></bpmn:laneSet>'
NOBODY_WAITS = mapping({"name": '="aksed"', "key": "=case_id"})

STRUCTURE = [
    # tokens
    (around(FORK, A, B, PAR, flows=BOTH), []),
    (around(CHOOSE, A, B, JOIN, flows=SPLIT), []),
    (around(CHOOSE, A, B, PAR, flows=SPLIT), [("join-never-fires", "j")]),
    (around(FORK, A, B, JOIN, user("c", GROUP), flows="s > f > a > j > c > e; f > b > j"), [("runs-twice", "j")]),
    (around(FORK, A, B, flows="s > f > a > e; f > b > e"), []),
    (around(FORK, A, B, user("c", GROUP), flows="s > f > a > c > e; f > b > c"), [("runs-twice", "c")]),
    (
        around(gateway("f", "inclusive", default="p_f_a"), A, B, PAR, flows=SPLIT),
        [("join-may-wait", "j")],
    ),
    (
        around(gateway("f", "inclusive", default="p_f_a"), A, B, gateway("j", "inclusive"), flows=SPLIT),
        [("inclusive-join", "j")],
    ),
    (
        around(FORK, A, B, gateway("x", default="p_x_j"), PAR, flows=OUT_OF_IT),
        [("join-may-wait", "j")],
    ),
    (
        around(
            FORK,
            A,
            B,
            gateway("x", default="p_x_j"),
            PAR,
            end("t", TERMINATE),
            flows="s > f > a > x > j > e; x > t [=round > 1]; f > b > j",
        ),
        [],
    ),
    (
        around(FORK, A, boundary("t", "a", on_timer("PT1H")), B, PAR, flows=BOTH + "; t > j"),
        [("join-never-fires", "j")],
    ),
    (around(FORK, A, boundary("t", "a", on_timer("PT1H"), False), B, PAR, end("k"), flows=BOTH + "; t > k"), []),
    # ways in and out
    (around(A, flows="s > a"), [("unreachable", "e"), ("dead-end", "a")]),
    (around(gateway("x"), flows="s > x"), [("unreachable", "e"), ("dead-end", "x")]),
    (around(A, B, flows="s > a > e; a > b > e"), [("implicit-split", "a")]),
    (around(gateway("x", default="p_x_a"), A, flows="s > x > a > x; x > e [=round > 1]"), [("joins-and-forks", "x")]),
    (
        around(A, element("sequenceFlow", "again", sourceRef="a", targetRef="e"), flows="s > a > e"),
        [("implicit-split", "a"), ("same-flow-twice", "p_a_e")],
    ),
    (
        around(script("x", "=round + 1", "n"), boundary("t", "x", on_timer("PT1H")), flows="s > x > e; t > e"),
        [("boundary-never", "t")],
    ),
    (around(service("x", "outside"), boundary("t", "x", on_timer("PT1H")), flows="s > x > e; t > e"), []),
    (around(user("x", GROUP, "<bpmn:incoming>gone</bpmn:incoming>")), [("dangling-flow", "x")]),
    # loops
    (around(A, B, gateway("x"), flows="s > x > a > b > x"), [("unreachable", "e"), ("no-way-out", "x")]),
    (
        around(gateway("x", default="p_x_y"), gateway("y"), flows="s > y > x > y; x > e [=round > 1]"),
        [("loop-without-wait", "x")],
    ),
    (
        around(
            script("n", "=if n = null then 1 else n + 1", "n"),
            gateway("x", default="p_x_n"),
            flows="s > n > x > n; x > e [=n > 3]",
        ),
        [],
    ),
    (around(A, gateway("x", default="p_x_a"), flows="s > a > x > a; x > e [=round > 1]"), []),
    (
        around(catch("n", on_timer("PT1H")), gateway("x", default="p_x_n"), flows="s > n > x > n; x > e [=round > 1]"),
        [],
    ),
    # people
    (around(element("userTask", "x", "", GROUP).replace(' name="x"', "")), [("no-name", "x")]),
    (
        around(
            user("x", '<zeebe:assignmentDefinition candidateGroups="agent"/>'), user("y", GROUP), flows="s > y > x > e"
        ),
        [("task-without-limit", "x")],
    ),
    (around(user("x", GROUP + CHINESE), A, flows="s > x > a > e"), [("no-chinese", "a")]),
    (around(A, LANES, flows="s > a > e"), [("lane-without-role", "l2")]),
]

TELL = mapping({"name": '="asked"', "key": "=case_id"})
M = message("asked", "=case_id")
WAIT = receive("w", "asked")
THROWN = [
    (around(WAIT, flows="s > w > e", top=M), []),
    (
        around(receive("w", "other"), flows="s > w > e", top=message("other", "=case_id")),
        [("message-without-sender", "w")],
    ),
    (around(service("x", "send", TELL), WAIT, flows="s > x > w > e", top=M), []),
    (
        around(service("x", "send", NOBODY_WAITS), WAIT, flows="s > x > w > e", top=M),
        [("message-without-receiver", "x")],
    ),
    (
        around(service("x", "send", mapping({"name": '="asked"'})), WAIT, flows="s > x > w > e", top=M),
        [("message-sent-without-key", "x")],
    ),
    (
        around(
            service("x", "send", mapping({"name": '="private"', "key": "=case_id"})),
            receive("w", "private"),
            flows="s > x > w > e",
            top=message("private", "=case_id"),
        ),
        [("message-not-granted", "x")],
    ),
    (around(A, flows="s > a > e", top=M), [("definition-unused", "asked")]),
    (one(start(), end("x", on_error("E")), flows="s > x", top=error("E", "FULL")), [("error-not-caught", "x")]),
    (
        one(
            start(),
            sub("S", start("v"), end("x", on_error("E")), flows="v > x"),
            boundary("b", "S", on_error("E")),
            end(),
            flows="s > S > e; b > e",
            top=error("E", "FULL"),
        ),
        [],
    ),
    (
        around(
            service("x", "decide"), boundary("b", "x", on_error("E")), flows="s > x > e; b > e", top=error("E", "FULL")
        ),
        [],
    ),
    (
        around(
            service("x", "decide"), boundary("b", "x", on_error("E")), flows="s > x > e; b > e", top=error("E", "FUL")
        ),
        [("error-never-thrown", "b")],
    ),
    (
        around(
            service("x", "outside"), boundary("b", "x", on_error("E")), flows="s > x > e; b > e", top=error("E", "F")
        ),
        [],
    ),
    (around(A, boundary("b", "a", on_error()), flows="s > a > e; b > e"), [("error-never-thrown", "b")]),
    (
        around(
            A, event_sub("E", on_error("F"), end("k"), flows="E_start > k"), flows="s > a > e", top=error("F", "FULL")
        ),
        [("error-never-thrown", "E_start")],
    ),
    (around(throw("x", on_escalation("E")), top=escalation("E", "UP")), [("escalation-not-caught", "x")]),
    (
        diagram(
            error("E", "FULL"),
            process("p", start(), call("c", "q"), boundary("b", "c", on_error("E")), end(), flows="s > c > e; b > e"),
            process("q", start("qs"), end("x", on_error("E")), flows="qs > x"),
        ),
        [],
    ),
]


@pytest.mark.parametrize(("text", "expected"), STRUCTURE)
def test_what_is_told_of_the_structure(text: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(found(text)) == sorted(expected)


@pytest.mark.parametrize(("text", "expected"), THROWN)
def test_what_is_told_of_messages_and_errors(text: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(found(text)) == sorted(expected)


def test_a_parallel_multi_instance_is_one_token() -> None:
    assert found(around(user("x", GROUP, multi('=["a", "b"]')), flows="s > x > e")) == []


def test_a_message_without_payload_known_opens_nothing() -> None:
    text = around(WAIT, script("x", "=reason", "r"), script("y", "=raeson", "r"), flows="s > w > x > y > e", top=M)
    assert found(text) == [("unknown-variable", "y")]


def test_block_structured_diagrams_are_sound() -> None:
    """What blocks are nested into never blocks, never doubles and never ends dead, whatever is drawn."""
    unsound = {"join-never-fires", "join-may-wait", "runs-twice", "dead-end", "no-way-out", "loop-without-wait"}
    for number in range(60):
        text = Maker(number).text()
        codes = {finding.code for finding in check_files({"p.bpmn": text.encode()}, REGISTRY)}
        assert not codes & unsound, number


def test_a_wide_diagram_is_left_alone_in_time() -> None:
    names = [f"u{n}" for n in range(14)]
    flows = "; ".join(f"f > {name} > j" for name in names)
    tasks = [user(name, GROUP) for name in names]
    assert found(around(FORK, *tasks, PAR, flows=f"s > f; {flows}; j > e")) == []


def test_a_message_event_that_starts_a_process_may_come_from_anywhere() -> None:
    text = diagram(message("m"), process("p", start("s", on_message("m")), A, end(), flows="s > a > e"))
    assert ("message-without-sender", "s") not in found(text)
