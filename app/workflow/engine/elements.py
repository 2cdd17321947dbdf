"""What can be read from a compiled bundle."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Element:
    id: str
    type: str
    """BPMN local name: userTask, subProcess, startEvent …"""
    names: Mapping[str, str]
    """By language: `en` from `name`, `zh-CN` from the `label:zh-CN` property (or `name`)."""
    process: str
    parent: str | None
    """Id of the enclosing sub-process."""
    properties: Mapping[str, str]
    """`zeebe:property` values, e.g. stage=ACCEPTANCE."""
    form_id: str | None = None
    has_outputs: bool = False
    """Its output mappings alone say what it leaves behind; without any everything it is given is."""
    dates: tuple[str, ...] = ()
    """Expressions of a user task's due and follow-up times."""
    operation: str | None = None
    """What a service task calls."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Its input mappings: expressions by the name they give their value to."""


@dataclass(frozen=True, slots=True)
class SequenceFlow:
    id: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Process:
    id: str
    names: Mapping[str, str]
    file: str
    elements: Mapping[str, Element]
    message_starts: Mapping[str, str]
    """Message name → start event id: an arriving message of that name starts an instance."""
    flows: tuple[SequenceFlow, ...] = ()
    """Every one that is drawn, those of sub-processes too."""
