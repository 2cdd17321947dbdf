"""A diagram as read from its file: plain values between the reader, the checks and the builder."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

ACTIVITIES = frozenset(
    {
        "task",
        "manualTask",
        "userTask",
        "serviceTask",
        "sendTask",
        "businessRuleTask",
        "scriptTask",
        "receiveTask",
        "subProcess",
        "callActivity",
    }
)
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
FLOW_NODES = ACTIVITIES | EVENTS | GATEWAYS


@dataclass(frozen=True, slots=True)
class Event:
    """An event's definition. `kind` is none, message, timer, error, terminate, signal, escalation, conditional, link,
    or the name of one we refuse."""

    kind: str = "none"
    ref: str | None = None
    """Id of the `bpmn:message`, `bpmn:signal`, `bpmn:error` or `bpmn:escalation`."""
    name: str | None = None
    """Of a message, signal or link."""
    key: str | None = None
    """The message's correlation key, an expression."""
    code: str | None = None
    """Of an error or escalation; None catches every code."""
    timer: str | None = None
    """timeDate, timeDuration or timeCycle."""
    text: str = ""
    """The timer's expression, or the condition."""


@dataclass(frozen=True, slots=True)
class IoMapping:
    """One `zeebe:input` or `zeebe:output`."""

    target: str
    source: str


@dataclass(frozen=True, slots=True)
class Loop:
    """Loop characteristics. Of a multi-instance: one instance for each item of a list."""

    multiple: bool
    """False: a standard loop, which we refuse."""
    sequential: bool = False
    collection: str | None = None
    """The list, an expression."""
    element: str | None = None
    """Name of the instance's variable that holds its item."""
    output_collection: str | None = None
    """Name of the variable that gets the list of results, in the order of the items."""
    output_element: str | None = None
    """An instance's result, an expression."""
    completion: str | None = None
    """The condition, asked for after each instance, that ends the rest."""


@dataclass(slots=True)
class Zeebe:
    """The `zeebe:` extension of an element."""

    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    """Attributes of each extension element, by its local name (formDefinition, taskDefinition …)."""
    inputs: list[IoMapping] = field(default_factory=list)
    outputs: list[IoMapping] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)

    def get(self, element: str, attribute: str) -> str | None:
        """The attribute's text; empty counts as absent."""
        return self.attributes.get(element, {}).get(attribute) or None


@dataclass(frozen=True, slots=True)
class Definition:
    """A message, signal, error or escalation that a file defines for its events."""

    file: str
    kind: str
    id: str
    name: str | None


@dataclass(slots=True)
class Flow:
    id: str
    source: str
    target: str
    condition: str | None
    linked: bool = False
    """Drawn as a pair of link events."""
    name: str | None = None


@dataclass(slots=True)
class Node:
    """A flow node: activity, event or gateway."""

    id: str
    type: str
    process: str
    file: str
    parent: str | None
    """Id of the enclosing sub-process."""
    name: str
    attributes: Mapping[str, str]
    zeebe: Zeebe
    event: Event
    loop: Loop | None = None
    scope: "Scope | None" = None
    """What an embedded or event sub-process contains."""
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    drawn: tuple[str, ...] = ()
    """Ids of sequence flows that the element itself names."""

    @property
    def names(self) -> dict[str, str]:
        return names(self.name or self.id, self.zeebe.properties)

    @property
    def interrupting(self) -> bool:
        """Of a boundary event or an event sub-process's start."""
        which = "cancelActivity" if self.type == "boundaryEvent" else "isInterrupting"
        return self.attributes.get(which, "true").lower() != "false"

    @property
    def is_event_subprocess(self) -> bool:
        return self.type == "subProcess" and self.attributes.get("triggeredByEvent") == "true"


@dataclass(slots=True)
class Scope:
    """The content of a process or sub-process."""

    id: str
    process: str
    file: str
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)

    def starts(self) -> list[Node]:
        return [node for node in self.nodes.values() if node.type == "startEvent"]

    def boundaries(self, host: str) -> list[Node]:
        return [
            n for n in self.nodes.values() if n.type == "boundaryEvent" and n.attributes.get("attachedToRef") == host
        ]

    def event_subprocesses(self) -> list[Node]:
        return [node for node in self.nodes.values() if node.is_event_subprocess]

    def walk(self) -> Iterator[Node]:
        """Every node, those of sub-processes included."""
        for node in self.nodes.values():
            yield node
            if node.scope is not None:
                yield from node.scope.walk()

    def scopes(self) -> Iterator["Scope"]:
        """This one and those of its sub-processes."""
        yield self
        for node in self.nodes.values():
            if node.scope is not None:
                yield from node.scope.scopes()


@dataclass(slots=True)
class ProcessModel:
    id: str
    file: str
    name: str
    zeebe: Zeebe
    scope: Scope

    @property
    def names(self) -> dict[str, str]:
        return names(self.name or self.id, self.zeebe.properties)


def names(english: str, properties: Mapping[str, str]) -> dict[str, str]:
    """By language: English stands in the diagram, others in `zeebe:property name="label:<language>"`."""
    out = {"en": english, "zh-CN": english}
    out.update({key.removeprefix("label:"): text for key, text in properties.items() if key.startswith("label:")})
    return out
