"""How elements are joined, beyond what must be: dead ends, implicit splits, endless loops, references left over."""

from collections.abc import Iterable, Iterator

from app.feel import syntax as s
from app.feel.inspection import walk

from ..model import ACTIVITIES, GATEWAYS, Flow, Node, ProcessModel, Scope
from .checker import Checker
from .dataflow import Dataflow
from .sources import matches

CHOOSING = ("exclusiveGateway", "inclusiveGateway")
CLOCKS = ("now(", "today(")
INSTANT = ("task", "manualTask", "scriptTask", "businessRuleTask")
CHINESE = ("\u4e00", "\u9fff")


def check_structure(checker: Checker, data: Dataflow) -> None:
    for flow in data.flows.values():
        for scope in flow.process.scope.scopes():
            ids = {each.id for each in scope.flows}
            for node in scope.nodes.values():
                _ways(checker, node, ids)
                if node.type == "boundaryEvent":
                    _boundary(checker, scope, node)
            _loops(checker, data, scope)
        _people(checker, flow.process)


# ------------------------------------------------------------------ ways in and out
def _ways(checker: Checker, node: Node, flows: set[str]) -> None:
    if not node.outgoing and _should_go_on(node):
        tell = checker.error if node.type in CHOOSING else checker.warn
        tell(node, "dead-end")
    plain = [flow for flow in node.outgoing if flow.condition is None]
    if len(plain) > 1 and node.type not in GATEWAYS:
        checker.warn(node, "implicit-split", count=len(plain))
    if node.type in GATEWAYS and len(node.incoming) > 1 and len(node.outgoing) > 1:
        checker.warn(node, "joins-and-forks")
    for flow in node.outgoing:
        if flow.condition is not None and flow.id == node.attributes.get("default"):
            checker.flow("error", node, flow, "condition-on-default")
    for flow in _repeated(node.outgoing):
        checker.flow("warning", node, flow, "same-flow-twice", target=flow.target)
    for missing in sorted(set(node.drawn) - flows):
        checker.warn(node, "dangling-flow", flow=missing)


def _should_go_on(node: Node) -> bool:
    return not (node.type in ("endEvent", "eventBasedGateway") or node.is_event_subprocess)


def _repeated(flows: Iterable[Flow]) -> Iterator[Flow]:
    seen = set()
    for flow in flows:
        key = (flow.target, flow.condition)
        if key in seen:
            yield flow
        seen.add(key)


def _boundary(checker: Checker, scope: Scope, node: Node) -> None:
    """An event on an activity that takes no time has no time to come."""
    host = scope.nodes.get(node.attributes.get("attachedToRef", ""))
    if host is None or host.loop is not None or node.event.kind not in ("timer", "message", "signal", "conditional"):
        return
    operation = checker.registry.operations.get(host.zeebe.get("taskDefinition", "type") or "")
    if operation.kind == "local" if operation is not None else host.type in INSTANT:
        checker.warn(node, "boundary-never", host=host.name or host.id)


# ------------------------------------------------------------------ loops
def _loops(checker: Checker, data: Dataflow, scope: Scope) -> None:
    ends = [node for node in scope.nodes.values() if not node.outgoing]
    leaving = _backwards(scope, ends)
    for nodes in _cycles(scope):
        ids = {node.id for node in nodes}
        gateway = min(nodes, key=lambda node: (node.type not in GATEWAYS, node.id))
        if not ids & leaving:
            if not any(_can_be_interrupted(scope, node) for node in nodes):
                checker.warn(gateway, "no-way-out")
        elif not any(_waits(checker, node) for node in nodes) and _never_changes(data, nodes, ids):
            checker.warn(gateway, "loop-without-wait")


def _backwards(scope: Scope, ends: Iterable[Node]) -> set[str]:
    """Elements from which one of these can be reached."""
    todo, seen = list(ends), set[str]()
    while todo:
        node = todo.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        todo += [scope.nodes[flow.source] for flow in node.incoming]
        if node.type == "boundaryEvent":
            host = scope.nodes.get(node.attributes.get("attachedToRef", ""))
            todo += [host] if host is not None else []
    return seen


def _cycles(scope: Scope) -> Iterator[list[Node]]:
    """Strongly connected elements (Tarjan), without recursion."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for root in scope.nodes:
        work = [(root, 0)] if root not in index else []
        while work:
            id_, place = work.pop()
            if place == 0:
                index[id_] = low[id_] = len(index)
                stack.append(id_)
                on_stack.add(id_)
            targets = [flow.target for flow in scope.nodes[id_].outgoing]
            for number in range(place, len(targets)):
                if targets[number] not in index:
                    work += [(id_, number + 1), (targets[number], 0)]
                    break
                if targets[number] in on_stack:
                    low[id_] = min(low[id_], low[targets[number]])
            else:
                if low[id_] == index[id_]:
                    found = []
                    while True:
                        last = stack.pop()
                        on_stack.discard(last)
                        found.append(last)
                        if last == id_:
                            break
                    if len(found) > 1 or id_ in targets:
                        yield [scope.nodes[each] for each in found]
                if work:
                    above = work[-1][0]
                    low[above] = min(low[above], low[id_])


def _can_be_interrupted(scope: Scope, node: Node) -> bool:
    return any(edge.interrupting for edge in scope.boundaries(node.id)) and node.type in ACTIVITIES


def _waits(checker: Checker, node: Node) -> bool:
    """Whether a token may stay there for a while."""
    operation = checker.registry.operations.get(node.zeebe.get("taskDefinition", "type") or "")
    if operation is not None:
        return operation.kind == "external"
    return not (node.type in INSTANT or node.type in GATEWAYS - {"eventBasedGateway"}
                or (node.type == "intermediateThrowEvent"))  # fmt: skip


def _never_changes(data: Dataflow, nodes: Iterable[Node], ids: set[str]) -> bool:
    """Whether nothing in the loop sets what the conditions at its exits read: then it turns for ever, or never."""
    written: set[str] = set()
    read: set[str] = set()
    for node in nodes:
        payload = data.payload(node)
        if payload.open:
            return False
        names = [m.target for m in node.zeebe.outputs] if node.zeebe.outputs else list(payload.names)
        written |= {name.partition(".")[0] for name in names}
        for flow in node.outgoing:
            text = flow.condition or ""
            if any(clock in text for clock in CLOCKS):
                return False
            tree = data.parse(text)
            if tree is not None:
                read |= {each.name for each in walk(tree) if isinstance(each, s.Name)}
    return not written & read


# ------------------------------------------------------------------ people
def _people(checker: Checker, process: ProcessModel) -> None:
    """User tasks that show no name, one language only, or no time by which they are due."""
    nodes = list(process.scope.walk())
    bilingual = any("label:zh-CN" in node.zeebe.properties for node in nodes)
    dated = any(matches(process.id, pattern) for pattern in checker.registry.trade.dated)
    first = _first_tasks(process.scope)
    for node in nodes:
        if node.type != "userTask":
            continue
        if not node.name:
            checker.warn(node, "no-name")
        elif bilingual and not node.zeebe.properties.get("label:zh-CN") and not is_chinese(node.name):
            checker.warn(node, "no-chinese", label=node.name)
        if dated and node.id not in first and not _has_limit(process, node):
            checker.warn(node, "task-without-limit")


def is_chinese(text: str) -> bool:
    return any(CHINESE[0] <= char <= CHINESE[1] for char in text)


def _has_limit(process: ProcessModel, node: Node) -> bool:
    """A due date, or a timer on the task or on what it stands in."""
    if node.zeebe.get("taskSchedule", "dueDate"):
        return True
    nodes = {each.id: each for each in process.scope.walk()}
    at: Node | None = node
    while at is not None:
        edges = [
            one
            for one in nodes.values()
            if one.type == "boundaryEvent" and one.attributes.get("attachedToRef") == at.id
        ]
        if any(edge.event.kind == "timer" for edge in edges):
            return True
        at = nodes.get(at.parent) if at.parent else None
    return False


def _first_tasks(scope: Scope) -> set[str]:
    """User tasks that a start without a marker reaches at once: whoever starts the instance does them while at it."""
    found: set[str] = set()
    todo = [start for start in scope.starts() if start.event.kind == "none"]
    seen: set[str] = set()
    while todo:
        node = todo.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        if node.type == "userTask":
            found.add(node.id)
        elif node.scope is not None:
            found |= _first_tasks(node.scope)
        elif node.type in GATEWAYS or node.type == "startEvent":
            todo += [scope.nodes[flow.target] for flow in node.outgoing]
    return found
