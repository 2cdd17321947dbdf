"""The palette of the Camunda Modeler, element by element: each runs as Camunda's documentation says, or a deploy
refuses it with element, reason and remedy (`refused.py` has every way to draw one wrongly)."""

from collections.abc import Callable
from typing import Any

import pytest

from app.workflow.engine import Operation, Registry, check_files, describe
from tests.unit.engine.marks import (
    escalation,
    multi,
    on_condition,
    on_escalation,
    on_link,
    on_signal,
    signal,
    throw,
)
from tests.unit.engine.writing import (
    REGISTRY,
    TERMINATE,
    Story,
    boundary,
    call,
    catch,
    diagram,
    element,
    end,
    error,
    event_sub,
    gateway,
    headers,
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
    zeebe,
)

TAKING = Operation("take", "local", ("*",), ("level",))
KNOWN = Registry(operations={**REGISTRY.operations, "take": TAKING})


def around(*nodes: str, flows: str = "s > x > e", top: str = "") -> str:
    return one(start(), *nodes, end(), flows=flows, top=top)


def worker(tag: str, operation: str = "work") -> str:
    return around(service("x", operation, tag=tag))


def caught(host: str, event: str, *, edge: bool = True, top: str = "") -> str:
    """`host` with a boundary event that leads to the task `h`."""
    return around(host, boundary("b", "x", event, edge), user("h"), flows="s > x > e; b > h > e", top=top)


def thrown(event: str, catching: str, top: str = "") -> str:
    """A sub-process that ends by throwing, and what catches it."""
    inner = sub("x", start("xs"), end("xe", event), flows="xs > xe")
    return caught(inner, catching, top=top)


M, S = message("m", "=key"), signal("S")
POOLS = (
    '<bpmn:collaboration id="c"><bpmn:participant id="p1" name="Office" processRef="p"/>'
    '<bpmn:participant id="p2" name="Bureau" processRef="q"/><bpmn:participant id="p3" name="Citizen"/>'
    '<bpmn:messageFlow id="mf" sourceRef="p1" targetRef="p2"/></bpmn:collaboration>'
)
DRAWN = '<bpmn:dataStoreReference id="d" name="Archive"/><bpmn:textAnnotation id="n"/><bpmn:group id="g"/>'
PERSON = (
    zeebe("assignmentDefinition", assignee='="fang"', candidateGroups="agent, gas", candidateUsers='=["li"]')
    + zeebe("taskSchedule", dueDate='=now() + duration("PT2H")', followUpDate="2026-01-05T10:00:00Z")
    + zeebe("priorityDefinition", priority="=40 + 30")
)
Drive = Callable[[Story], Story]
HOURS: Drive = lambda story: story.after(hours=1)  # noqa: E731
NOTHING: Drive = lambda story: story  # noqa: E731
OVER: list[str] = []

RUNS: list[tuple[str, str, Drive, list[str]]] = [
    # tasks
    ("undefined task", around(element("task", "x")), NOTHING, OVER),
    ("manual task", around(element("manualTask", "x")), NOTHING, OVER),
    ("user task with assignment, dates and priority", around(user("x", PERSON)), NOTHING, ["x"]),
    ("user task without zeebe:userTask", around(element("userTask", "x")), NOTHING, ["x"]),
    ("service task", worker("serviceTask"), NOTHING, OVER),
    ("service task of an outside worker", worker("serviceTask", "outside"), NOTHING, ["x"]),
    ("send task", worker("sendTask"), NOTHING, OVER),
    ("business rule task with a job worker", worker("businessRuleTask"), NOTHING, OVER),
    ("script task with a job worker", worker("scriptTask"), NOTHING, OVER),
    ("script task with FEEL", around(script("x", "=1 + 1", "two")), NOTHING, OVER),
    ("receive task", around(receive("x", "m"), top=M), lambda s: s.deliver("m"), OVER),
    ("call activity", diagram(process("p", start(), call("x", "q"), end(), flows="s > x > e"),
                              process("q", start("qs"), user("u"), flows="qs > u")), NOTHING, ["u"]),
    ("headers of a service task", around(service("x", "take", headers(level="3"))), NOTHING, OVER),
    ("multi-instance, parallel", around(user("x", inner=multi("=[1, 2]"))), NOTHING, ["x", "x"]),
    ("multi-instance, sequential", around(user("x", inner=multi("=[1, 2]", sequential=True))), NOTHING, ["x"]),
    ("multi-instance with a completion condition",
     around(user("x", inner=multi("=[1, 2, 3]", until="=numberOfCompletedInstances >= 1"))),
     lambda s: s.done("x"), OVER),
    # sub-processes
    ("embedded sub-process", around(sub("x", start("xs"), user("u"), flows="xs > u")), NOTHING, ["u"]),
    ("event sub-process, message, interrupting",
     around(user("x"), event_sub("E", on_message("m"), user("h"), flows="E_start > h"), top=M),
     lambda s: s.deliver("m"), ["h"]),
    ("event sub-process, message, not interrupting",
     around(user("x"), event_sub("E", on_message("m"), user("h"), flows="E_start > h", interrupting=False), top=M),
     lambda s: s.deliver("m"), ["h", "x"]),
    ("event sub-process, timer",
     around(user("x"), event_sub("E", on_timer("PT1H"), user("h"), flows="E_start > h")), HOURS, ["h"]),
    ("event sub-process, error without a code: every error",
     one(start(), end("x", on_error("E")), event_sub("L", on_error(), user("h"), flows="L_start > h"),
         flows="s > x", top=error("E", "broken")), NOTHING, ["h"]),
    # gateways
    ("exclusive gateway", around(gateway("x", default="p_x_e"), user("a"), flows="s > x; x > a [=true]; x > e; a > e"),
     NOTHING, ["a"]),
    ("parallel gateway", around(gateway("x", "parallel"), user("a"), user("b"), flows="s > x > a > e; x > b > e"),
     NOTHING, ["a", "b"]),
    ("inclusive gateway",
     around(gateway("x", "inclusive", default="p_x_e"), user("a"), user("b"),
            flows="s > x; x > a [=true]; x > b [=true]; x > e; a > e; b > e"), NOTHING, ["a", "b"]),
    ("event-based gateway",
     around(gateway("x", "eventBased"), catch("c", on_timer("PT1H")), catch("d", on_message("m")), user("a"),
            flows="s > x; x > c > a > e; x > d > e", top=M), HOURS, ["a"]),
    # events
    ("none throw event", around(throw("x", "")), NOTHING, OVER),
    ("timer catch event, duration", around(catch("x", on_timer("PT1H"))), HOURS, OVER),
    ("timer catch event, date", around(catch("x", on_timer("2026-01-05T10:00:00Z", "timeDate"))), HOURS, OVER),
    ("timer boundary event, cycle", caught(user("x"), on_timer("R2/PT30M", "timeCycle"), edge=False), HOURS,
     ["h", "h", "x"]),
    ("timer boundary event, cycle with its first time",
     caught(user("x"), on_timer("R/2026-01-05T09:15:00Z/PT30M", "timeCycle"), edge=False), HOURS, ["h", "h", "x"]),
    ("message catch event", around(catch("x", on_message("m")), top=M), lambda s: s.deliver("m"), OVER),
    ("message throw event", around(throw("x", on_message("m"), zeebe("taskDefinition", type="work")), top=M), NOTHING,
     OVER),
    ("message end event", one(start(), end("x", on_message("m"), zeebe("taskDefinition", type="work")), flows="s > x",
                              top=M), NOTHING, OVER),
    ("signal catch and throw", around(gateway("f", "parallel"), user("u"), throw("x", on_signal("S")),
                                      catch("c", on_signal("S")), user("a"), flows="s > f > u > x > e; f > c > a > e",
                                      top=S), lambda s: s.done("u"), ["a"]),
    ("link events", around(throw("x", on_link("on")), catch("c", on_link("on")), user("a"), flows="s > x; c > a > e"),
     NOTHING, ["a"]),
    ("conditional catch event", around(catch("x", on_condition("=go = true")), user("u"), gateway("f", "parallel"),
                                       flows="s > f > x > e; f > u > e"), lambda s: s.done("u", go=True), OVER),
    ("conditional boundary event", caught(user("x"), on_condition("=key = null")), NOTHING, ["x"]),
    ("error end event, caught by its code", thrown(on_error("E"), on_error("E"), error("E", "late")), NOTHING, ["h"]),
    ("error boundary event without a code: every error", thrown(on_error("E"), on_error(), error("E", "late")), NOTHING,
     ["h"]),
    ("escalation end event, caught by its code",
     thrown(on_escalation("X"), on_escalation("X"), escalation("X", "late")), NOTHING, ["h"]),
    ("escalation boundary event without a code: every escalation",
     thrown(on_escalation("X"), on_escalation(), escalation("X", "late")), NOTHING, ["h"]),
    ("terminate end event",
     around(gateway("x", "parallel"), user("a"), end("t", TERMINATE), flows="s > x > a > e; x > t"), NOTHING, OVER),
    # what is only drawn
    ("data store, annotation, group", around(user("x"), DRAWN), NOTHING, ["x"]),
    ("two executable processes and a pool without one",
     diagram(POOLS, process("p", start(), user("x"), flows="s > x"), process("q", start("qs"), flows="")), NOTHING,
     ["x"]),
    ("input mapping",
     around(script("x", "=2", "two"), user("a", mapping({"n": "=two"})), flows="s > x > a > e"), NOTHING, ["a"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "drive", "stands"), [row[1:] for row in RUNS], ids=[row[0] for row in RUNS])
def test_runs(text: str, drive: Drive, stands: list[str]) -> None:
    story = drive(Story(text, registry=KNOWN).start({"key": "k"}))
    assert (story.open, story.over) == (stands, not stands)


def test_a_header_gives_the_input_that_no_mapping_does() -> None:
    story = Story(around(service("x", "take", headers(level="3", other="y"))), registry=KNOWN).start()
    (asked,) = story.calls
    assert (asked.inputs, asked.headers) == ({"level": "3"}, {"level": "3", "other": "y"})
    mapped = Story(around(service("x", "take", headers(level="3") + mapping({"level": "=4"}))), registry=KNOWN).start()
    assert mapped.calls[0].inputs == {"level": 4}


CAMUNDA_7 = 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:assignee="li"'
COMPENSATED = boundary("b", "x", "<bpmn:compensateEventDefinition/>")
REFUSED: list[tuple[str, str, str, str]] = [
    ("ad-hoc sub-process", "unsupported-ad-hoc-sub-process", "x", around(element("adHocSubProcess", "x"))),
    ("transaction", "unsupported-transaction", "x", around(element("transaction", "x"))),
    ("complex gateway", "unsupported-complex-gateway", "x", around(gateway("x", "complex"))),
    ("compensation boundary event", "unsupported-compensate-event", "b",
     around(user("x"), COMPENSATED, flows="s > x > e")),
    ("compensation throw event", "unsupported-compensate-event", "x",
     around(throw("x", "<bpmn:compensateEventDefinition/>"))),
    ("cancel end event", "unsupported-cancel-event", "x",
     one(start(), end("x", "<bpmn:cancelEventDefinition/>"), flows="s > x")),
    ("standard loop", "unsupported-standard-loop", "x", around(user("x", inner="<bpmn:standardLoopCharacteristics/>"))),
    ("multiple event", "unsupported-multiple-event", "x", around(catch("x", on_signal("S") + on_timer("PT1H")), top=S)),
    ("choreography task", "unsupported-element", "x", around(element("choreographyTask", "x"))),
    ("conditional start of a process", "unsupported-event", "s",
     one(start("s", on_condition("=true")), end(), flows="s > e")),
    ("execution listeners of a task", "unsupported-extension", "x", around(user("x", "<zeebe:executionListeners/>"))),
    ("execution listeners of a process", "unsupported-extension", "p",
     around().replace('isExecutable="true">', 'isExecutable="true"><bpmn:extensionElements><zeebe:executionListeners/>'
                      "</bpmn:extensionElements>")),
    ("task listeners", "unsupported-extension", "x", around(user("x", "<zeebe:taskListeners/>"))),
    ("cycle by cron", "timer-cron", "s",
     one(start("s", on_timer("0 0 9 * * MON-FRI", "timeCycle")), end(), flows="s > e")),
    ("a form of Camunda 7", "form-not-linked", "x", around(user("x", zeebe("formDefinition", formKey="embedded:x")))),
    ("an assignee of Camunda 7", "camunda-7", "x",
     around(user("x")).replace("<bpmn:userTask", f"<bpmn:userTask {CAMUNDA_7}")),
    ("a decision pinned to a version", "version-tag-here", "x",
     around(element("businessRuleTask", "x", "", zeebe("calledDecision", decisionId="=d", resultVariable="r",
                                                       bindingType="versionTag", versionTag="v1")))),
    ("a header without a key", "header-without-key", "x", around(service("x", "work", headers(**{"": "y"})))),
]  # fmt: skip


@pytest.mark.parametrize(("code", "where", "text"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused_with_a_sentence(code: str, where: str, text: str) -> None:
    errors: list[Any] = [one for one in check_files({"p.bpmn": text.encode()}, KNOWN) if one.severity == "error"]
    (finding,) = [one for one in errors if (one.code, one.element) == (code, where)]
    for language in ("en", "zh-CN"):
        sentence, remedy = describe(finding, language)
        assert sentence != f"finding.{code}"
        assert remedy
