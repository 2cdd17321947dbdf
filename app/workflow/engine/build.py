"""From the checked model to Spiff specs. Assumes that `checks` found no error."""

from collections.abc import Mapping
from dataclasses import dataclass

from .activities import CallSpec, DecisionSpec, OperationSpec, PassSpec, ScriptSpec, SubProcessSpec, UserTaskSpec
from .events import (
    BoundarySpec,
    CatchSpec,
    Definition,
    EndSpec,
    ErrorEndSpec,
    EscalationEndSpec,
    EscalationThrowSpec,
    ListenerSpec,
    SignalEndSpec,
    SignalThrowSpec,
    StartSpec,
    TerminateSpec,
    ThrowSpec,
    condition_fires,
)
from .expressions import Compile, compiler
from .gateways import EventGatewaySpec, ExclusiveSpec, ParallelSpec
from .inclusive import InclusiveSpec, reach
from .model import Flow, IoMapping, Node, ProcessModel, Scope
from .multi import MultiSpec
from .spec import ElementSpec, Exit, Mappings, ScopeSpec
from .types import Registry
from .userwork import Decide
from .versions import asked_tag, tag_of
from .waits import ConditionWait, ErrorCatch, EscalationCatch, MessageWait, SignalWait, TimerWait

USER_FIELDS = {
    "assignee": ("assignmentDefinition", "assignee"),
    "groups": ("assignmentDefinition", "candidateGroups"),
    "users": ("assignmentDefinition", "candidateUsers"),
    "due": ("taskSchedule", "dueDate"),
    "follow_up": ("taskSchedule", "followUpDate"),
    "priority": ("priorityDefinition", "priority"),
}


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds every process of one bundle. `callable` fills up while it does."""

    registry: Registry
    decide: Decide
    compile: Compile
    callable: dict[str, ScopeSpec]
    tags: Mapping[str, str | None]

    def process(self, process: ProcessModel) -> ScopeSpec:
        spec = self.scope(process.scope)
        self.callable[process.id] = spec
        return spec

    def scope(self, scope: Scope) -> ScopeSpec:
        spec = ScopeSpec(scope.id, scope.file)
        inside = [n for n in scope.nodes.values() if n.type != "boundaryEvent"]
        for node in inside:
            self.element(spec, node)
        for node in scope.nodes.values():
            if node.type == "boundaryEvent":
                host = spec.task_specs[node.attributes["attachedToRef"]]
                boundary = BoundarySpec(spec, node, self.definition(node))
                self.mappings(boundary, node)
                host.boundaries += (boundary,)
        for node in scope.nodes.values():
            spec.task_specs[node.id].exits = tuple(self.exit(spec, node, flow) for flow in node.outgoing)
        spec.joins = tuple(s for s in spec.task_specs.values() if isinstance(s, InclusiveSpec) and s.joins)
        for join in spec.joins:
            join.by_flow, join.by_event = reach(scope, join.node, events=False), reach(scope, join.node, events=True)
        spec.starts = tuple(s for s in spec.task_specs.values() if isinstance(s, StartSpec))
        if any(n.event.kind == "conditional" for n in [*scope.nodes.values(), *_event_starts(scope)]):
            spec.watch = condition_fires
        spec.listeners = tuple(self.listener(spec, node) for node in scope.event_subprocesses())
        return spec

    def exit(self, spec: ScopeSpec, node: Node, flow: Flow) -> Exit:
        source, target = spec.task_specs[node.id], spec.task_specs[flow.target]
        target._connect_notify(source)
        condition = self.compile(flow.condition) if flow.condition else None
        return Exit(flow.id, target, condition, flow.id == node.attributes.get("default"))

    def listener(self, spec: ScopeSpec, node: Node) -> ListenerSpec:
        """Named after the start event it is drawn as; leads to the event sub-process."""
        assert node.scope is not None
        start = node.scope.starts()[0]
        listener = ListenerSpec(spec, start, self.definition(start))
        inner = self.inner_start(spec, node)
        listener.outputs_map, inner.outputs_map = inner.outputs_map, ()
        listener.exits = (Exit(start.id, spec.task_specs[node.id], None, False),)
        return listener

    def inner_start(self, spec: ScopeSpec, node: Node) -> StartSpec:
        """The start event inside an event sub-process."""
        outer = spec.task_specs[node.id]
        assert isinstance(outer, SubProcessSpec)
        return outer.content.starts[0]

    def element(self, spec: ScopeSpec, node: Node) -> ElementSpec:
        if node.loop is not None:
            return self.multi(spec, node)
        return self.single(spec, node)

    def multi(self, spec: ScopeSpec, node: Node) -> MultiSpec:
        """The body, with a scope of its own in which the activity itself is the only element."""
        loop = node.loop
        assert loop is not None
        content = ScopeSpec(node.id, node.file)
        body = MultiSpec(spec, node, content, self.single(content, node))
        body.sequential, body.item, body.output = loop.sequential, loop.element, loop.output_collection
        body.collection = self.compile(loop.collection or "")
        body.result = self.compile(loop.output_element) if loop.output_element else None
        body.completion = self.compile(loop.completion) if loop.completion else None
        return body

    def single(self, spec: ScopeSpec, node: Node) -> ElementSpec:
        make = getattr(self, f"_{node.type}", None)
        element: ElementSpec = make(spec, node) if make else PassSpec(spec, node)
        self.mappings(element, node)
        return element

    def mappings(self, element: ElementSpec, node: Node) -> None:
        element.inputs_map = self.mapping(node.zeebe.inputs)
        element.outputs_map = self.mapping(node.zeebe.outputs)

    def mapping(self, mappings: list[IoMapping]) -> Mappings:
        return tuple((m.target, self.compile(m.source)) for m in mappings)

    def definition(self, node: Node) -> Definition:
        event = node.event
        match event.kind:
            case "message":
                return MessageWait(event.name or "", self.compile(event.key) if event.key else None)
            case "timer":
                return TimerWait(node.id, self.compile(event.text), event.timer or "")
            case "signal":
                return SignalWait(event.name or "")
            case "conditional":
                return ConditionWait(self.compile(event.text))
            case "escalation":
                return EscalationCatch(event.name, event.code)
        return ErrorCatch(event.name, event.code)

    # ---------------------------------------------------------------- one method a BPMN element
    def _startEvent(self, spec: ScopeSpec, node: Node) -> ElementSpec:  # noqa: N802
        return StartSpec(spec, node, None if node.event.kind == "none" else self.definition(node))

    def _endEvent(self, spec: ScopeSpec, node: Node) -> ElementSpec:  # noqa: N802
        match node.event.kind:
            case "message":
                return self._operation(spec, node)
            case "terminate":
                return TerminateSpec(spec, node)
            case "error":
                return ErrorEndSpec(spec, node)
            case "escalation":
                return EscalationEndSpec(spec, node)
            case "signal":
                return SignalEndSpec(spec, node)
        return EndSpec(spec, node)

    def _intermediateThrowEvent(self, spec: ScopeSpec, node: Node) -> ElementSpec:  # noqa: N802
        match node.event.kind:
            case "message":
                return self._operation(spec, node)
            case "escalation":
                return EscalationThrowSpec(spec, node)
            case "signal":
                return SignalThrowSpec(spec, node)
        return ThrowSpec(spec, node)

    def _intermediateCatchEvent(self, spec: ScopeSpec, node: Node) -> ElementSpec:  # noqa: N802
        if node.event.kind == "link":
            return PassSpec(spec, node)
        return CatchSpec(spec, node, self.definition(node))

    _receiveTask = _intermediateCatchEvent  # noqa: N815

    def _userTask(self, spec: ScopeSpec, node: Node) -> ElementSpec:  # noqa: N802
        task = UserTaskSpec(spec, node)
        task.form_id = node.zeebe.get("formDefinition", "formId")
        given = {name: node.zeebe.get(*where) for name, where in USER_FIELDS.items()}
        task.fields = {name: self.compile(text) for name, text in given.items() if text}
        return task

    def _operation(self, spec: ScopeSpec, node: Node) -> ElementSpec:
        task = OperationSpec(spec, node)
        task.operation = node.zeebe.get("taskDefinition", "type") or ""
        known = self.registry.operations[task.operation]
        task.local, task.accepts = known.kind == "local", frozenset((*known.inputs, *known.optional))
        return task

    _serviceTask = _sendTask = _operation  # noqa: N815

    def _businessRuleTask(self, spec: ScopeSpec, node: Node) -> ElementSpec:  # noqa: N802
        if "calledDecision" not in node.zeebe.attributes:
            return self._operation(spec, node)
        task = DecisionSpec(spec, node)
        task.decision = self.compile(node.zeebe.get("calledDecision", "decisionId") or "")
        task.result = node.zeebe.get("calledDecision", "resultVariable") or ""
        task.decide = self.decide
        return task

    def _scriptTask(self, spec: ScopeSpec, node: Node) -> ElementSpec:  # noqa: N802
        if "script" not in node.zeebe.attributes:
            return self._operation(spec, node)
        task = ScriptSpec(spec, node)
        task.expression = self.compile(node.zeebe.get("script", "expression") or "")
        task.result = node.zeebe.get("script", "resultVariable") or ""
        return task

    def _subProcess(self, spec: ScopeSpec, node: Node) -> ElementSpec:  # noqa: N802
        assert node.scope is not None
        task = SubProcessSpec(spec, node)
        task.content = self.scope(node.scope)
        return task

    def _callActivity(self, spec: ScopeSpec, node: Node) -> ElementSpec:  # noqa: N802
        task = CallSpec(spec, node)
        task.process = self.compile(node.zeebe.get("calledElement", "processId") or "")
        task.pass_all = node.zeebe.get("calledElement", "propagateAllParentVariables") != "false"
        task.return_all = node.zeebe.get("calledElement", "propagateAllChildVariables") != "false"
        task.callable, task.tag, task.tags = self.callable, asked_tag(node), self.tags
        return task

    def _exclusiveGateway(self, spec: ScopeSpec, node: Node) -> ElementSpec:  # noqa: N802
        return ExclusiveSpec(spec, node)

    def _parallelGateway(self, spec: ScopeSpec, node: Node) -> ElementSpec:  # noqa: N802
        return ParallelSpec(spec, node)

    def _inclusiveGateway(self, spec: ScopeSpec, node: Node) -> ElementSpec:  # noqa: N802
        return InclusiveSpec(spec, node)

    def _eventBasedGateway(self, spec: ScopeSpec, node: Node) -> ElementSpec:  # noqa: N802
        return EventGatewaySpec(spec, node)


def _event_starts(scope: Scope) -> list[Node]:
    return [start for node in scope.event_subprocesses() if node.scope is not None for start in node.scope.starts()]


def build(processes: Mapping[str, ProcessModel], registry: Registry, decide: Decide) -> dict[str, ScopeSpec]:
    """Every process's spec, by id."""
    tags = {id_: tag_of(process) for id_, process in processes.items()}
    builder = Builder(registry, decide, compiler(registry), {}, tags)
    for process in processes.values():
        builder.process(process)
    return builder.callable
