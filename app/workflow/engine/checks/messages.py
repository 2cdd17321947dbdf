"""Who throws and who catches: messages, errors, escalations."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.feel.inspection import constant

from ..model import Node, Scope
from ..reasons import suggested
from ..types import Finding
from .checker import Checker
from .dataflow import Dataflow
from .sources import matches

CATCHING = ("startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask")


@dataclass(frozen=True, slots=True)
class Sending:
    """An element that sends a message; `names` are those it may have, None where an expression decides."""

    node: Node
    names: frozenset[str] | None
    with_key: bool


def check_messages(checker: Checker, data: Dataflow) -> None:
    nodes = [node for flow in data.flows.values() for node in flow.nodes.values()]
    caught = [node for node in nodes if node.event.kind == "message" and node.type in CATCHING and node.event.name]
    sendings = [sending for node in nodes if (sending := _sending(checker, data, node)) is not None]
    _sent(checker, sendings, caught)
    _awaited(checker, sendings, caught)
    _unused(checker, nodes)


def _sending(checker: Checker, data: Dataflow, node: Node) -> Sending | None:
    operation = checker.registry.operations.get(node.zeebe.get("taskDefinition", "type") or "")
    if operation is None or operation.message is None:
        return None
    given = {mapping.target: mapping.source for mapping in node.zeebe.inputs}
    text = given.get(operation.message)
    if text is None:
        return None
    shape = data.shape(text, data.inside(node))
    tree = data.parse(text)
    known = None if tree is None else constant(tree)
    if known is not None:
        names = frozenset({str(known.value)}) if known.value is not None else None
    else:
        names = frozenset(str(value) for value in shape.values) if shape.values else None
    return Sending(node, names, "key" in given)


def _sent(checker: Checker, sendings: list[Sending], caught: list[Node]) -> None:
    receivers = {node.event.name or "" for node in caught}
    keyed = {node.event.name for node in caught if node.type != "startEvent" or node.parent is not None}
    for sending in sendings:
        for name in sorted(sending.names or ()):
            kind = checker.registry.trade.messages.get(name)
            if name not in receivers and not (kind and kind.received):
                known = suggested(name, sorted(receivers))
                checker.error(sending.node, "message-without-receiver", message=name, known=known)
            elif name in keyed and not sending.with_key:
                checker.warn(sending.node, "message-sent-without-key", message=name)
            if kind and kind.senders is not None and not any(matches(sending.node.process, s) for s in kind.senders):
                checker.error(sending.node, "message-not-granted", message=name, process=sending.node.process)


def _awaited(checker: Checker, sendings: list[Sending], caught: list[Node]) -> None:
    if any(sending.names is None for sending in sendings):
        return
    sent = {name for sending in sendings for name in sending.names or ()}
    outside = {name for name, kind in checker.registry.trade.messages.items() if kind.sent}
    for node in caught:
        name = node.event.name or ""
        starts_process = node.type == "startEvent" and node.parent is None  # others may well begin one
        if name not in sent | outside and not name.startswith("=") and not starts_process:
            checker.warn(node, "message-without-sender", message=name, known=suggested(name, sorted(sent | outside)))


def _unused(checker: Checker, nodes: list[Node]) -> None:
    """Messages, errors and the like that a file defines and no event of it names."""
    used = {(node.file, node.event.ref) for node in nodes}
    for each in checker.bundle.definitions:
        if (each.file, each.id) not in used:
            params = {"kind": each.kind, "name": each.name or each.id}
            checker.findings.append(Finding("warning", each.file, each.id, "definition-unused", params, each.name))


# ------------------------------------------------------------------ errors and escalations
def check_throws(checker: Checker, data: Dataflow) -> None:
    for flow in data.flows.values():
        for scope in flow.process.scope.scopes():
            for node in scope.nodes.values():
                if node.event.kind in ("error", "escalation"):
                    _throw_or_catch(checker, data, scope, node)


def _throw_or_catch(checker: Checker, data: Dataflow, scope: Scope, node: Node) -> None:
    kind, code = node.event.kind, node.event.code
    if node.type in ("endEvent", "intermediateThrowEvent"):
        if code and not code.startswith("=") and not _is_caught(data, node, kind, code):
            tell = checker.error if kind == "error" else checker.warn
            tell(node, f"{kind}-not-caught", code=code)
        return
    thrown = _thrown_below(checker, data, scope, node, kind)
    if thrown is not None and (code not in thrown if code else not thrown):
        checker.warn(node, f"{kind}-never-thrown", code=code or "*", known=suggested(code or "", sorted(thrown)))


def _is_caught(data: Dataflow, node: Node, kind: str, code: str, seen: frozenset[str] = frozenset()) -> bool:
    """Walks outward: event sub-processes of the scope, boundary events of the sub-process around it, callers."""
    flow = data.flows[node.process]
    at: Node | None = node
    while at is not None:
        siblings = [one for one in flow.nodes.values() if one.parent == at.parent]
        starts = [
            s for one in siblings if one.is_event_subprocess and one.scope and one is not at for s in one.scope.starts()
        ]
        edges = [
            one for one in siblings if one.type == "boundaryEvent" and one.attributes.get("attachedToRef") == at.id
        ]
        if any(one.event.kind == kind and one.event.code in (None, code) for one in (*starts, *edges)):
            return True
        at = flow.nodes.get(at.parent) if at.parent else None
    callers = [
        one
        for other in data.flows.values()
        for one in other.nodes.values()
        if one.type == "callActivity" and one.zeebe.get("calledElement", "processId") in (node.process, None)
    ]
    return any(one.process not in seen and _is_caught(data, one, kind, code, seen | {node.process}) for one in callers)


def _thrown_below(checker: Checker, data: Dataflow, scope: Scope, catch: Node, kind: str) -> set[str] | None:
    """Codes that can reach a catching event; None where that cannot be told."""
    if catch.type == "boundaryEvent":
        host = scope.nodes.get(catch.attributes.get("attachedToRef", ""))
        nodes = [] if host is None else [host, *(host.scope.walk() if host.scope else ())]
    else:
        around = data.flows[catch.process].nodes.get(scope.id)  # the event sub-process itself
        siblings = data.flows[catch.process].nodes.values()
        outer = [one for one in siblings if around is None or one.parent == around.parent]
        nodes = [each for one in outer for each in (one, *(one.scope.walk() if one.scope else ()))]
    codes: set[str] = set()
    for found in _codes(checker, data, nodes, kind, frozenset()):
        if found is None:
            return None
        codes.add(found)
    return codes


def _codes(
    checker: Checker, data: Dataflow, nodes: list[Node], kind: str, called: frozenset[str]
) -> Iterator[str | None]:
    for node in nodes:
        if node.event.kind == kind and node.type in ("endEvent", "intermediateThrowEvent"):
            yield node.event.code
        name = node.zeebe.get("taskDefinition", "type")
        if name is not None and kind == "error":
            operation = checker.registry.operations.get(name)
            yield from (None,) if operation is None or operation.errors is None else operation.errors
        if node.type == "callActivity":
            process = node.zeebe.get("calledElement", "processId") or ""
            if process not in data.flows:
                yield None
            elif process not in called:
                inner = list(data.flows[process].nodes.values())
                yield from _codes(checker, data, inner, kind, called | {process})
