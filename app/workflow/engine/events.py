"""Start, end, catch and boundary events, and the listeners that start event sub-processes."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from SpiffWorkflow.bpmn.specs import defaults as spiff
from SpiffWorkflow.bpmn.specs.event_definitions import NoneEventDefinition

from . import throwing
from .signals import ThrownSignal
from .spec import ElementSpec, ScopeSpec
from .token import READY, WAITING, Token
from .waits import Catch, ConditionWait, ErrorCatch, EscalationCatch, MessageWait, SignalWait, TimerWait

if TYPE_CHECKING:
    from datetime import datetime

    from .instance import Instance, Run
    from .model import Node

Wait = MessageWait | TimerWait | SignalWait | ConditionWait
Definition = Wait | ErrorCatch | EscalationCatch
W = TypeVar("W", MessageWait, TimerWait, SignalWait, ConditionWait)


class StartSpec(ElementSpec, spiff.StartEvent):
    """Where a scope starts. What triggers it is the business of whoever starts the instance, or of its listener."""

    definition: Definition | None

    def __init__(self, wf_spec: ScopeSpec, node: "Node", definition: Definition | None) -> None:
        super().__init__(wf_spec, node, event_definition=NoneEventDefinition())
        self.definition = definition
        self.event_cause = node.event.ref if node.event.kind == "message" else None

    def next_start(self, token: Token, last: "datetime | None", count: int) -> "datetime | None":
        """When its timer starts the next instance; None when never again."""
        return self.definition.next_due(token, last, count) if isinstance(self.definition, TimerWait) else None


class EndSpec(ElementSpec, spiff.EndEvent):
    def __init__(self, wf_spec: ScopeSpec, node: "Node") -> None:
        super().__init__(wf_spec, node, event_definition=NoneEventDefinition())


class TerminateSpec(EndSpec):
    """Ends its scope at once, whatever else stands in it."""

    def after(self, token: Token) -> None:
        token.workflow.stop(self.node.id)
        token.workflow.finished()


class ErrorEndSpec(EndSpec):
    def after(self, token: Token) -> None:
        throwing.throw_error(token, self.node.event.code or "", {})


class ThrowSpec(ElementSpec, spiff.IntermediateThrowEvent):
    """A none throw event: passes."""

    def __init__(self, wf_spec: ScopeSpec, node: "Node") -> None:
        super().__init__(wf_spec, node, event_definition=NoneEventDefinition())


class Throws(ElementSpec):
    """Throws while it still stands, so that what catches may end it too."""

    def throw(self, token: Token, payload: Mapping[str, Any]) -> None:
        raise AssertionError(f"{self.node.id} throws nothing")

    def _run_hook(self, my_task: Token) -> bool | None:
        self.throw(my_task, dict(my_task.internal_data.get("scope") or {}))
        return True if my_task.live else None


class EscalationThrow(Throws):
    def throw(self, token: Token, payload: Mapping[str, Any]) -> None:
        throwing.throw_escalation(token, self.node.event.code or "", payload)


class SignalThrow(Throws):
    """All that wait for the signal in this instance take it; a wait that the first of them opens does not. Those in
    other instances hear of it after the commit."""

    def throw(self, token: Token, payload: Mapping[str, Any]) -> None:
        instance, name = token.workflow.top_workflow, self.node.event.name or ""
        token.journal.signals.append(ThrownSignal(name, token.element, dict(payload)))
        for other, definition in list(waiting(instance, SignalWait)):
            if definition.name == name and other.live:
                assert isinstance(other.task_spec, WaitingSpec)
                other.task_spec.fire(other, payload, token.element)


class EscalationThrowSpec(EscalationThrow, ThrowSpec): ...


class EscalationEndSpec(EscalationThrow, EndSpec): ...


class SignalThrowSpec(SignalThrow, ThrowSpec): ...


class SignalEndSpec(SignalThrow, EndSpec): ...


class WaitingSpec(ElementSpec):
    """Waits for a message, a clock, a signal or a condition. The payload goes to the element's output mappings."""

    event_definition: Definition

    def fire(self, token: Token, payload: Mapping[str, Any], cause: str | None = None) -> None:
        """What it waits for has come."""
        token.note("fired", cause or self.event_cause)
        token.internal_data["payload"] = dict(payload)
        token._ready()


class CatchSpec(WaitingSpec, spiff.IntermediateCatchEvent):
    """An intermediate catch event or a receive task."""

    def __init__(self, wf_spec: ScopeSpec, node: "Node", definition: Definition) -> None:
        super().__init__(wf_spec, node, event_definition=definition)
        self.event_cause = node.event.ref

    def arrive(self, token: Token) -> bool:
        self.event_definition.open(token, token)
        return False

    def fire(self, token: Token, payload: Mapping[str, Any], cause: str | None = None) -> None:
        super().fire(token, payload, cause)
        race = token.internal_data.pop("race", None)
        if race is not None:
            for other in list(token.workflow.tasks.values()):
                if other.internal_data.get("race") == race:
                    other.cancel(self.node.id)


class AttachedSpec(WaitingSpec):
    """What boundary events and listeners share: they wait beside other tokens and may interrupt them."""

    @property
    def interrupting(self) -> bool:
        return self.node.interrupting

    @property
    def takes_thrown(self) -> throwing.Kind | None:
        """What it catches without waiting."""
        match self.event_definition:
            case ErrorCatch():
                return "error"
            case EscalationCatch():
                return "escalation"
        return None

    @property
    def code(self) -> str | None:
        definition = self.event_definition
        return definition.code if isinstance(definition, ErrorCatch | EscalationCatch) else None

    def rearm(self, token: Token) -> None:
        """A non-interrupting event waits again for the next one, under a new id, as long as it repeats."""
        definition = self.event_definition
        if not definition.repeats(token):
            return
        again = Token(token.workflow, self)
        for key in ("host", "key"):
            if key in token.internal_data:
                again.internal_data[key] = token.internal_data[key]
        definition.open_again(again, token)


class BoundarySpec(AttachedSpec, spiff.BoundaryEvent):
    """A boundary event. One for errors or escalations has no waiting token: throwing looks for it."""

    def __init__(self, wf_spec: ScopeSpec, node: "Node", definition: Definition) -> None:
        super().__init__(wf_spec, node, event_definition=definition, cancel_activity=node.interrupting)
        self.event_cause = node.event.ref

    def arm(self, host: Token) -> None:
        if not isinstance(self.event_definition, Catch):
            token = Token(host.workflow, self)
            token.internal_data["host"] = host.id
            self.event_definition.open(token, host)

    def armed(self, token: Token) -> bool:
        return token._state != READY

    def fire(self, token: Token, payload: Mapping[str, Any], cause: str | None = None) -> None:
        super().fire(token, payload, cause)
        host = token.workflow.tasks.get(token.internal_data["host"])
        if host is None:
            return
        if self.interrupting:
            host.cancel(self.node.id)
        else:
            self.rearm(token)

    def take_thrown(self, host: Token, payload: Mapping[str, Any], thrower: str) -> None:
        token = Token(host.workflow, self)
        token.internal_data["host"] = host.id
        self.fire(token, payload, thrower)


class ListenerSpec(AttachedSpec, spiff.IntermediateCatchEvent):
    """Waits beside a scope's tokens for what starts an event sub-process; drawn as that sub-process's start event."""

    def __init__(self, wf_spec: ScopeSpec, start: "Node", definition: Definition) -> None:
        super().__init__(wf_spec, start, event_definition=definition)
        self.event_cause = start.event.ref

    def arm(self, run: "Run") -> None:
        if not isinstance(self.event_definition, Catch):
            token = Token(run, self)
            self.event_definition.open(token, token)

    def idle(self, token: Token) -> bool:
        return token._state != READY

    def fire(self, token: Token, payload: Mapping[str, Any], cause: str | None = None) -> None:
        super().fire(token, payload, cause)
        if not self.interrupting:
            self.rearm(token)
            return
        run = token.workflow
        run.interrupted = True
        for other in list(run.tasks.values()):
            if other is not token:
                other.cancel(self.node.id)

    def take_thrown(self, run: "Run", payload: Mapping[str, Any], thrower: str) -> None:
        self.fire(Token(run, self), payload, thrower)


def waiting(instance: "Instance", kind: type[W]) -> Iterator[tuple[Token, W]]:
    """Tokens that wait for this kind of thing: outer scopes first, within a scope the oldest."""
    for run in instance.runs():
        yield from waiting_in(run, kind)


def waiting_in(run: "Run", kind: type[W]) -> Iterator[tuple[Token, W]]:
    for token in run.tasks.values():
        spec = token.task_spec
        if token.state == WAITING and isinstance(spec, WaitingSpec) and isinstance(spec.event_definition, kind):
            yield token, spec.event_definition


def condition_fires(run: "Run") -> bool:
    """Let one event whose condition has become true fire, if there is one."""
    for token, definition in list(waiting_in(run, ConditionWait)):
        if definition.came_true(token):
            assert isinstance(token.task_spec, WaitingSpec)
            token.task_spec.fire(token, {})
            return True
    return False
