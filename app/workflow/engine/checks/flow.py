"""How elements are joined: starts, ends, sequence flows, boundary events, reachability."""

from ..inclusive import in_loop
from ..model import ACTIVITIES, Node, ProcessModel, Scope
from ..types import Finding
from .checker import Checker

PROCESS_STARTS = frozenset({"none", "message", "timer", "signal"})
EVENT_SUBPROCESS_STARTS = frozenset({"message", "timer", "error", "signal", "escalation", "conditional"})
RACING = frozenset({"message", "timer", "signal", "conditional"})


PROCESS_EXTENSIONS = frozenset({"properties", "versionTag", "userTaskForm"})


def check_process(checker: Checker, process: ProcessModel) -> None:
    for name in sorted(process.zeebe.attributes.keys() - PROCESS_EXTENSIONS):
        params = {"extension": f"zeebe:{name}"}
        checker.findings.append(Finding("error", process.file, process.id, "unsupported-extension", params))
    starts = process.scope.starts()
    if not starts:
        checker.findings.append(Finding("error", process.file, process.id, "no-start"))
    for start in starts:
        if start.event.kind not in PROCESS_STARTS:
            checker.unsupported_event(start)
    for extra in [s for s in starts if s.event.kind == "none"][1:]:
        checker.error(extra, "many-starts")
    for scope in process.scope.scopes():
        check_scope(checker, scope)


def check_scope(checker: Checker, scope: Scope) -> None:
    for node in scope.nodes.values():
        _check_ends(checker, node)
        _check_conditions(checker, node)
        if node.type == "inclusiveGateway" and len(node.incoming) > 1:
            checker.warn(node, "inclusive-join-in-loop" if in_loop(scope, node) else "inclusive-join")
        if node.type == "eventBasedGateway":
            _check_event_gateway(checker, scope, node)
        if node.type == "boundaryEvent":
            _check_boundary(checker, scope, node)
        if node.scope is not None:
            _check_subprocess(checker, node, node.scope)
    reached = _reachable(scope)
    for node in scope.nodes.values():
        if node.id not in reached:
            checker.error(node, "unreachable")


def _check_ends(checker: Checker, node: Node) -> None:
    if node.event.kind == "link":
        wrong = node.incoming if node.type == "intermediateCatchEvent" else node.outgoing
        if any(not flow.linked for flow in wrong):
            checker.error(node, "link-with-flow")
    if node.incoming and (node.type in ("startEvent", "boundaryEvent") or node.is_event_subprocess):
        checker.error(node, "flow-into", element=node.type)
    if node.outgoing and (node.type == "endEvent" or node.is_event_subprocess):
        checker.error(node, "flow-out-of", element=node.type)


def _check_conditions(checker: Checker, node: Node) -> None:
    choosing = node.type in ("exclusiveGateway", "inclusiveGateway")
    default = node.attributes.get("default")
    if default is not None and default not in {flow.id for flow in node.outgoing}:
        checker.error(node, "bad-default", flow=default)
    for flow in node.outgoing:
        if flow.condition is not None:
            if not choosing:
                checker.flow("error", node, flow, "condition-elsewhere")
            checker.expression(node, flow.condition, feel_only=True, flow=flow)
        elif choosing and len(node.outgoing) > 1 and flow.id != default:
            checker.flow("error", node, flow, "flow-without-condition")
    if choosing and len(node.outgoing) > 1 and default is None:
        checker.warn(node, "no-default")


def _check_event_gateway(checker: Checker, scope: Scope, node: Node) -> None:
    if len(node.outgoing) < 2:
        checker.error(node, "event-gateway-without-choice")
    for flow in node.outgoing:
        target = scope.nodes[flow.target]
        if target.type != "intermediateCatchEvent" or target.event.kind not in RACING:
            checker.error(node, "event-gateway-target", element=target.type)
        elif len(target.incoming) > 1:
            checker.error(target, "event-gateway-shared")


def _check_boundary(checker: Checker, scope: Scope, node: Node) -> None:
    host = scope.nodes.get(node.attributes.get("attachedToRef", ""))
    if host is None or host.type not in ACTIVITIES or host.is_event_subprocess:
        checker.error(node, "boundary-without-host")
    elif node.event.kind == "escalation" and host.type not in ("subProcess", "callActivity"):
        checker.error(node, "escalation-host")
    if node.event.kind == "error" and not node.interrupting:
        checker.error(node, "error-must-interrupt")


def _check_subprocess(checker: Checker, node: Node, inner: Scope) -> None:
    starts = inner.starts()
    if len(starts) != 1:
        checker.error(node, "one-start", count=len(starts))
        return
    kind = starts[0].event.kind
    if not node.is_event_subprocess:
        if kind != "none":
            checker.error(starts[0], "plain-start-wanted")
        return
    if kind == "none":
        checker.error(starts[0], "event-start-wanted")
    elif kind not in EVENT_SUBPROCESS_STARTS:
        checker.unsupported_event(starts[0])
    elif kind == "error" and not starts[0].interrupting:
        checker.error(starts[0], "error-must-interrupt")


def _reachable(scope: Scope) -> set[str]:
    todo = [n for n in scope.nodes.values() if n.type == "startEvent" or n.is_event_subprocess]
    seen: set[str] = set()
    while todo:
        node = todo.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        todo += [scope.nodes[flow.target] for flow in node.outgoing]
        todo += scope.boundaries(node.id)
    return seen
