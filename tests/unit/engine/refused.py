"""Diagrams with one fault each: (code, element, file)."""

from tests.unit.engine.marks import escalation, multi, on_condition, on_escalation, on_link, on_signal, signal, throw
from tests.unit.engine.writing import (
    TERMINATE,
    boundary,
    call,
    catch,
    decision,
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
    receive,
    script,
    service,
    start,
    sub,
    user,
    zeebe,
)


def around(*nodes: str, flows: str = "s > x > e", top: str = "") -> str:
    return one(start(), *nodes, end(), flows=flows, top=top)


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

TWO_TARGETS = (catch("c1", on_link("on")), catch("c2", on_link("on")))

REFUSED = [
    # elements that are for later
    ("event-gateway-without-choice", "x", around(gateway("x", "eventBased"), catch("c", HOUR), flows="s > x > c > e")),
    ("event-gateway-target", "x", around(gateway("x", "eventBased"), user("c"), flows="s > x > c > e")),
    ("event-gateway-shared", "c", around(gateway("x", "eventBased"), catch("c", HOUR), flows="s > x > c > e; s > c")),
    ("unsupported-complex-gateway", "x", around(gateway("x", "complex"))),
    ("unsupported-transaction", "x", around(element("transaction", "x"))),
    ("unsupported-ad-hoc-sub-process", "x", around(element("adHocSubProcess", "x"))),
    ("unsupported-element", "x", around(element("choreographyTask", "x"))),
    ("unsupported-compensate-event", "b", around(user("x"), boundary("b", "x", definition("compensate")), flows=ASIDE)),
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
    ("condition-elsewhere", "p_x_e", around(user("x"), flows="s > x; x > e [=true]")),
    ("flow-without-condition", "p_x_a", around(gateway("x"), user("a"), flows="s > x; x > a; x > e [=true]; a > e")),
    ("bad-default", "x", around(gateway("x", default="nothing"))),
    # expressions
    ("bad-expression", "p_x_a", around(gateway("x"), user("a"), flows="s > x; x > a [=a >]; x > e [=true]; a > e")),
    ("bad-expression", "x", around(user("x", mapping({"a": "=f("})))),
    ("unknown-function", "x", around(user("x", mapping(None, {"a": "=no_such_function(1)"})))),
    ("bad-expression", "x", around(user("x", zeebe("assignmentDefinition", assignee="=a b c =")))),
    ("bad-expression", "x", around(script("x", "=1 +", "r"))),
    ("not-feel", "p_x_a", around(gateway("x"), user("a"), flows="s > x; x > a [a = 1]; x > e [=true]; a > e")),
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
    ("timer-cron", "b", around(user("x"), boundary("b", "x", CRON, False), flows=ASIDE)),
    ("bad-timer", "b", around(user("x"), boundary("b", "x", on_timer("R/soon/P1D", "timeCycle"), False), flows=ASIDE)),
    ("cycle-once", "x", around(catch("x", on_timer("R/PT1H", "timeCycle")))),
    ("error-without-code", "x", one(start(), end("x", on_error()), flows="s > x")),
    ("error-code-dynamic", "x", one(start(), end("x", on_error("E")), flows="s > x", top=error("E", "=a"))),
    ("signal-without-name", "x", around(catch("x", definition("signal")))),
    ("signal-name-dynamic", "x", around(catch("x", on_signal("S")), top=signal("S", "=a"))),
    ("escalation-without-code", "x", one(start(), end("x", on_escalation()), flows="s > x")),
    ("escalation-code-dynamic", "x", around(throw("x", on_escalation("X")), top=escalation("X", "=a"))),
    ("escalation-host", "b", around(user("x"), boundary("b", "x", on_escalation()), flows=ASIDE)),
    ("condition-missing", "x", around(catch("x", on_condition("")))),
    ("not-feel", "x", around(catch("x", on_condition("a > 1")))),
    ("bad-expression", "x", around(catch("x", on_condition("=a >")))),
    ("unsupported-event", "s", one(start("s", on_condition("=a > 1")), end(), flows="s > e")),
    ("unsupported-cancel-event", "x", one(start(), end("x", definition("cancel")), flows="s > x")),
    ("link-without-name", "x", around(throw("x", definition("link")))),
    ("link-without-target", "x", around(throw("x", on_link("on")), flows="s > x; s > e")),
    ("link-without-target", "x", around(throw("x", on_link("on")), *TWO_TARGETS, flows="s > x; c1 > e; c2 > e")),
    ("link-with-flow", "x", around(throw("x", on_link("on")), catch("c", on_link("on")), flows="s > x > c > e")),
    ("event-gateway-target", "x", around(gateway("x", "eventBased"), service("c"), flows="s > x > c > e")),
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
    ("unknown-version", "x", around(call("x", "p", bindingType="versionTag", versionTag="v1"))),
    ("version-tag-missing", "x", around(call("x", "p", bindingType="versionTag"))),
    ("version-tag-missing", "x", around(call("x", "p", bindingType="versionTag", versionTag="../x"))),
    ("version-tag-dynamic", "x", around(call("x", "=which", bindingType="versionTag", versionTag="v1"))),
    ("version-tag-here", "x", around(user("x", zeebe("formDefinition", formId="f1", bindingType="versionTag",
                                                     versionTag="v1")))),
    ("message-name-reserved", "x", around(receive("x", "signal:m"), top=message("signal:m", "=k"))),
]  # fmt: skip
