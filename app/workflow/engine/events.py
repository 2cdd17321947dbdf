"""Start, end, catch and boundary events, and the listeners that start event sub-processes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs import defaults as spiff
from SpiffWorkflow.bpmn.specs.event_definitions import NoneEventDefinition

from . import throwing
from .spec import ElementSpec, ScopeSpec
from .token import READY, Token
from .waits import ErrorCatch, MessageWait, TimerWait

if TYPE_CHECKING:
    from datetime import datetime

    from .instance import Run
    from .model import Node

Definition = MessageWait | TimerWait | ErrorCatch


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


class WaitingSpec(ElementSpec):
    """Waits for a message or a clock. The payload goes to the element's output mappings."""

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
    def catches_errors(self) -> bool:
        return isinstance(self.event_definition, ErrorCatch)

    @property
    def error_code(self) -> str | None:
        return self.event_definition.code if isinstance(self.event_definition, ErrorCatch) else None

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
    """A boundary event. One for errors has no waiting token: throwing looks for it."""

    def __init__(self, wf_spec: ScopeSpec, node: "Node", definition: Definition) -> None:
        super().__init__(wf_spec, node, event_definition=definition, cancel_activity=node.interrupting)
        self.event_cause = node.event.ref

    def arm(self, host: Token) -> None:
        if not self.catches_errors:
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

    def take_error(self, host: Token, payload: Mapping[str, Any], thrower: str) -> None:
        token = Token(host.workflow, self)
        token.internal_data["host"] = host.id
        self.fire(token, payload, thrower)


class ListenerSpec(AttachedSpec, spiff.IntermediateCatchEvent):
    """Waits beside a scope's tokens for what starts an event sub-process; drawn as that sub-process's start event."""

    def __init__(self, wf_spec: ScopeSpec, start: "Node", definition: Definition) -> None:
        super().__init__(wf_spec, start, event_definition=definition)
        self.event_cause = start.event.ref

    def arm(self, run: "Run") -> None:
        if not self.catches_errors:
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

    def take_error(self, run: "Run", payload: Mapping[str, Any], thrower: str) -> None:
        self.fire(Token(run, self), payload, thrower)
