"""What a deploy refuses: always with the element, a reason and a remedy, never with a traceback."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import app.workflow.engine as engine
from app.core import i18n
from app.workflow.engine import Finding, Operation, Refused, Registry, check_files, compile_bundle, describe
from tests.unit.engine.marks import multi
from tests.unit.engine.writing import (
    REGISTRY,
    TERMINATE,
    boundary,
    call,
    catch,
    decision,
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
    properties,
    receive,
    script,
    service,
    start,
    sub,
    user,
    zeebe,
)

FORM = json.dumps({"id": "f1", "type": "default", "schemaVersion": 16, "components": []}).encode()
KNOWN = Registry(
    operations={
        **REGISTRY.operations,
        "void_case": Operation("void_case", "local", ("*",), ("reason",)),
        "lifecycle_only": Operation("lifecycle_only", "local", ("lifecycle",)),
    },
    functions={"deadline": ("value", "unit")},
    groups=frozenset({"agent", "gas"}),
)


def check(text: str, more: Mapping[str, bytes] | None = None) -> list[Finding]:
    return check_files({"p.bpmn": text.encode(), **(more or {})}, KNOWN)


def around(*nodes: str, flows: str = "s > x > e", top: str = "") -> str:
    return one(start(), *nodes, end(), flows=flows, top=top)


def condition(text: str) -> str:
    return f"<bpmn:conditionalEventDefinition><bpmn:condition>{text}</bpmn:condition></bpmn:conditionalEventDefinition>"


def definition(kind: str) -> str:
    return f"<bpmn:{kind}EventDefinition/>"


def rule(**attributes: str) -> str:
    return element("businessRuleTask", "x", "", zeebe("calledDecision", **attributes))


LOOP = "<bpmn:multiInstanceLoopCharacteristics/>"
GROUPS = zeebe("assignmentDefinition", candidateGroups='=["agent", department]')
FORMED = zeebe("formDefinition", formId="f1") + GROUPS
HOUR = on_timer("PT1H")
TWO_WAYS = "s > x; x > a [=true]; x > e [=false]; a > e"
ASIDE = "s > x > e; b > e"
CRON = on_timer("0 0 9 * * *", "timeCycle")
NONE_SUB = sub("E", start("v"), flows="", triggeredByEvent="true")
LOOPED_SUB = event_sub("E", on_error(), multi(), flows="")
ERROR_SUB = event_sub("E", on_error(), flows="", interrupting=False)

REFUSED = [
    # elements that are for later
    ("event-gateway-without-choice", "x", around(gateway("x", "eventBased"), catch("c", HOUR), flows="s > x > c > e")),
    ("event-gateway-target", "x", around(gateway("x", "eventBased"), user("c"), flows="s > x > c > e")),
    ("event-gateway-shared", "c", around(gateway("x", "eventBased"), catch("c", HOUR), flows="s > x > c > e; s > c")),
    ("unsupported-complex-gateway", "x", around(gateway("x", "complex"))),
    ("unsupported-transaction", "x", around(element("transaction", "x"))),
    ("unsupported-ad-hoc-sub-process", "x", around(element("adHocSubProcess", "x"))),
    ("unsupported-element", "x", around(element("choreographyTask", "x"))),
    ("unsupported-signal-event", "x", around(catch("x", definition("signal")))),
    ("unsupported-conditional-event", "x", around(catch("x", condition("=a > 1")))),
    ("unsupported-link-event", "x", around(element("intermediateThrowEvent", "x", definition("link")))),
    ("unsupported-escalation-event", "x", around(element("intermediateThrowEvent", "x", definition("escalation")))),
    ("unsupported-compensate-event", "x", around(element("intermediateThrowEvent", "x", definition("compensate")))),
    ("unsupported-multiple-event", "x", around(catch("x", definition("signal") + TERMINATE))),
    ("unsupported-event", "x", around(catch("x", TERMINATE))),
    ("unsupported-event", "s", one(start("s", on_error()), end(), flows="s > e")),
    ("loop-without-collection", "x", around(user("x", inner=LOOP))),
    ("loop-output-half", "x", around(user("x", inner=multi(output=("", "=r"))))),
    ("bad-target", "x", around(user("x", inner=multi(item="a.b")))),
    ("not-feel", "x", around(user("x", inner=multi("items")))),
    ("bad-expression", "x", around(user("x", inner=multi(until="=1 +")))),
    ("loop-here", "E", one(start(), end(), LOOPED_SUB, flows="s > e")),
    ("unsupported-standard-loop", "x", around(user("x", inner="<bpmn:standardLoopCharacteristics/>"))),
    ("unsupported-extension", "x", around(user("x", "<zeebe:taskListeners/>"))),
    # structure
    ("no-start", "p", one(end(), flows="")),
    ("many-starts", "s2", one(start(), start("s2"), end(), flows="s > e; s2 > e")),
    ("unreachable", "lost", around(user("x"), user("lost"))),
    ("loose-flow", "p_s_nowhere", one(start(), end(), flows="s > e; s > nowhere")),
    ("duplicate-id", "x", around(user("x"), sub("S", start("as"), user("x"), flows="as > x"), flows="s > x > S > e")),
    ("one-start", "x", around(sub("x", user("a"), flows=""))),
    ("plain-start-wanted", "xs", around(sub("x", start("xs", HOUR), flows=""))),
    ("event-start-wanted", "v", one(start(), end(), NONE_SUB, flows="s > e")),
    ("error-must-interrupt", "E_start", one(start(), end(), ERROR_SUB, flows="s > e")),
    ("error-must-interrupt", "b", around(user("x"), boundary("b", "x", on_error(), False), flows=ASIDE)),
    ("boundary-without-host", "b", around(gateway("x"), boundary("b", "x", HOUR), flows=ASIDE)),
    ("flow-into", "s", around(user("x"), flows="s > x; x > s; x > e")),
    ("flow-out-of", "e", around(user("x"), flows="s > x > e; e > x")),
    ("condition-elsewhere", "x", around(user("x"), flows="s > x; x > e [=true]")),
    ("flow-without-condition", "x", around(gateway("x"), user("a"), flows="s > x; x > a; x > e [=true]; a > e")),
    ("bad-default", "x", around(gateway("x", default="nothing"))),
    # expressions
    ("bad-expression", "x", around(gateway("x"), user("a"), flows="s > x; x > a [=a >]; x > e [=true]; a > e")),
    ("bad-expression", "x", around(user("x", mapping({"a": "=f("})))),
    ("bad-expression", "x", around(user("x", mapping(None, {"a": "=no_such_function(1)"})))),
    ("bad-expression", "x", around(user("x", zeebe("assignmentDefinition", assignee="=a b c =")))),
    ("bad-expression", "x", around(script("x", "=1 +", "r"))),
    ("not-feel", "x", around(gateway("x"), user("a"), flows="s > x; x > a [a = 1]; x > e [=true]; a > e")),
    ("not-feel", "x", around(script("x", "1 + 1", "r"))),
    ("bad-target", "x", around(user("x", mapping({"a b": "=1"})))),
    ("reserved-name", "x", around(user("x", mapping({"typename": "=1"})))),
    ("reserved-name", "x", around(user("x", mapping(None, {"a.typename": "=1"})))),
    ("reserved-name", "x", around(script("x", "=1", "typename"))),
    ("mapping-without-source", "x", around(user("x", mapping({"a": ""})))),
    # events
    ("message-without-name", "x", around(receive("x", "nothing"))),
    ("message-without-key", "x", around(receive("x", "m"), top=message("m"))),
    ("message-name-dynamic", "x", around(receive("x", "M"), top='<bpmn:message id="M" name="=a"/>')),
    ("timer-without-time", "x", around(catch("x", "<bpmn:timerEventDefinition/>"))),
    ("bad-timer", "x", around(catch("x", on_timer("14 days")))),
    ("bad-timer", "x", around(catch("x", on_timer("PT1H", "timeDate")))),
    ("bad-timer", "b", around(user("x"), boundary("b", "x", CRON, False), flows=ASIDE)),
    ("cycle-once", "x", around(catch("x", on_timer("R/PT1H", "timeCycle")))),
    ("error-without-code", "x", one(start(), end("x", on_error()), flows="s > x")),
    ("error-code-dynamic", "x", one(start(), end("x", on_error("E")), flows="s > x", top=error("E", "=a"))),
    # references
    ("operation-missing", "x", around(element("serviceTask", "x"))),
    ("operation-missing", "x", around(element("scriptTask", "x"))),
    ("operation-missing", "x", one(start(), end("x", on_message("m")), flows="s > x", top=message("m"))),
    ("operation-dynamic", "x", around(service("x", "=what"))),
    ("unknown-operation", "x", around(service("x", "launch_rocket"))),
    ("operation-not-granted", "x", around(service("x", "lifecycle_only"))),
    ("operation-input-missing", "x", around(service("x", "void_case"))),
    ("form-not-linked", "x", around(user("x", zeebe("formDefinition", formKey="camunda-forms:x")))),
    ("unknown-form", "x", around(user("x", zeebe("formDefinition", formId="nothing")))),
    ("unknown-group", "x", around(user("x", zeebe("assignmentDefinition", candidateGroups="agent, gass")))),
    ("unknown-group", "x", around(user("x", zeebe("assignmentDefinition", candidateGroups='=["agent", "gass"]')))),
    ("unknown-group", "x", around(user("x", zeebe("assignmentDefinition", candidateGroups='=["gass", department]')))),
    ("unknown-group", "x", around(user("x", zeebe("assignmentDefinition", candidateGroups='="gass"')))),
    ("decision-missing", "x", around(rule(resultVariable="r"))),
    ("unknown-decision", "x", around(decision("x", "nothing", "r"))),
    ("result-missing", "x", around(rule(decisionId="=a"))),
    ("script-missing", "x", around(element("scriptTask", "x", "", zeebe("script", resultVariable="r")))),
    ("process-missing", "x", around(element("callActivity", "x"))),
    ("unknown-process", "x", around(call("x", "nothing"))),
]  # fmt: skip


@pytest.mark.parametrize(("code", "where", "text"), REFUSED, ids=[f"{n}-{row[0]}" for n, row in enumerate(REFUSED)])
def test_refused_with_element_reason_and_remedy(code: str, where: str, text: str) -> None:
    errors = [finding for finding in check(text) if finding.severity == "error"]
    assert (code, where) in [(finding.code, finding.element) for finding in errors]
    for finding in errors:
        for language in ("en", "zh-CN"):
            sentence, remedy = describe(finding, language)
            assert remedy
            assert not sentence.startswith("finding.")
    with pytest.raises(Refused, match=code):
        compile_bundle({"p.bpmn": text.encode()}, KNOWN)


LOOPED_JOIN = around(
    gateway("i"), gateway("f", "parallel"), gateway("j", "inclusive"), gateway("x", default="p_x_e"), user("a", GROUPS),
    flows="s > i > f > j; f > a > j; j > x > e; x > i [=again]",
)  # fmt: skip
WARNED = [
    ("form-without-output", "x", around(user("x", FORMED)), {"f1.form": FORM}),
    ("nobody-assigned", "x", around(user("x")), {}),
    (
        "no-default",
        "x",
        around(gateway("x"), user("a", GROUPS), flows="s > x; x > a [=true]; x > e [=false]; a > e"),
        {},
    ),
    ("no-default", "x", around(gateway("x", "inclusive"), user("a", GROUPS), flows=TWO_WAYS), {}),
    ("inclusive-join-in-loop", "j", LOOPED_JOIN, {}),
    ("operation-input-unknown", "x", around(service("x", "void_case", mapping({"reason": "=a", "raeson": "=b"}))), {}),
    ("binding-ignored", "x", around(call("x", "p", bindingType="versionTag")), {}),
    (
        "not-executable",
        "q",
        diagram(process("q", start(), flows="", isExecutable="false"), process("p", start("s2"), flows="")),
        {},
    ),
]


@pytest.mark.parametrize(("code", "where", "text", "more"), WARNED, ids=[row[0] for row in WARNED])
def test_warned_of(code: str, where: str, text: str, more: Mapping[str, bytes]) -> None:
    assert [(f.severity, f.code, f.element) for f in check(text, more)] == [("warning", code, where)]


FILES = [
    ("not-xml", "a.bpmn", b"this is no diagram"),
    ("not-xml", "a.bpmn", b""),
    ("not-xml", "a.bpmn", b"\xff\xfe\x00"),
    ("not-xml", "a.dmn", b"<definitions>"),
    ("not-bpmn", "a.bpmn", b"<svg/>"),
    ("dtd-refused", "a.bpmn", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
    ("dtd-refused", "a.bpmn", b'<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>'),
    ("dtd-refused", "a.dmn", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'),
    ("bad-decision", "a.dmn", b"<svg/>"),
    ("not-json", "a.form", b"{"),
    ("not-json", "a.form", b"\xff"),
    ("form-not-a-form", "a.form", b"[]"),
    ("unknown-file", "a.exe", b"MZ"),
]


@pytest.mark.parametrize(("code", "file", "content"), FILES, ids=[f"{n}-{row[0]}" for n, row in enumerate(FILES)])
def test_a_file_that_cannot_be_read_is_a_finding(code: str, file: str, content: bytes) -> None:
    assert (file, code) in [(f.file, f.code) for f in check_files({file: content}, KNOWN)]


def test_entities_never_reach_a_diagram() -> None:
    bomb = (
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(9))
        + b"]><a>&j;</a>"
    )
    assert {f.code for f in check_files({"a.bpmn": bomb}, KNOWN)} <= {"dtd-refused", "not-xml"}


def test_ids_are_unique_across_the_files_of_a_bundle() -> None:
    text = one(start(), end(), flows="s > e").encode()
    assert [f.code for f in check_files({"a.bpmn": text, "b.bpmn": text}, KNOWN)] == ["duplicate-process"]
    assert [f.code for f in check_files({"a.form": FORM, "b.form": FORM}, KNOWN)] == ["duplicate-form"]


def test_a_message_starts_one_process() -> None:
    def started(name: str) -> bytes:
        return diagram(message("m"), process(name, start("s", on_message("m")), end(), flows="s > e")).encode()

    assert [f.code for f in check_files({"a.bpmn": started("a"), "b.bpmn": started("b")}, KNOWN)] == [
        "duplicate-message-start"
    ]


def test_what_is_only_drawn_is_ignored() -> None:
    drawn = (
        '<bpmn:dataObject id="o"/><bpmn:dataObjectReference id="r" dataObjectRef="o"/><bpmn:dataStoreReference id="t"/>'
        '<bpmn:textAnnotation id="n"/><bpmn:association id="l" sourceRef="x" targetRef="n"/><bpmn:group id="g"/>'
        '<bpmn:laneSet id="ls"><bpmn:lane id="l1"><bpmn:flowNodeRef>x</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'
    )
    pool = '<bpmn:collaboration id="c"><bpmn:participant id="citizen" name="Citizen"/></bpmn:collaboration>'
    association = "<bpmn:dataInputAssociation id='d'><bpmn:sourceRef>r</bpmn:sourceRef></bpmn:dataInputAssociation>"
    associated = "<bpmn:property id='q'/>" + association
    assert check(around(user("x", GROUPS, associated), drawn, top=pool)) == []


def test_a_sound_bundle_has_no_findings() -> None:
    more = properties(stage="ACCEPTANCE") + mapping(None, {"ok": "=ok"})
    text = around(user("x", FORMED + more), script("d", '=deadline(2, "WORKING_DAY")', "due"), flows="s > x > d > e")
    assert check(text, {"f1.form": FORM}) == []


def test_a_fault_of_an_expression_is_told_in_both_languages() -> None:
    finding = check(around(script("x", "=1 +", "r")))[0]
    english, chinese = describe(finding, "en")[0], describe(finding, "zh-CN")[0]
    assert "ends too early" in english
    assert "ends too early" not in chinese


def test_every_code_has_its_sentences() -> None:
    folder = Path(engine.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    codes = {key.split(".")[1] for key in texts}
    assert {code for code in codes if f'"{code}"' not in source and not code.endswith("-event")} == set()
    for code in codes:
        assert i18n.has_text(f"finding.{code}.remedy")
    raised = re.findall(r'(?:error|warn|_error)\([^"()]*(?:\([^()]*\))?[^"()]*"([a-z-]+)"', source)
    assert {code for code in raised if "-" in code} <= codes
