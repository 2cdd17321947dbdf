"""A scenario as it is understood, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.city import Unit


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does, or what comes in."""

    kind: str
    """register, join, complete, withdraw_case, withdraw_order, bring_forward, contact, message, signal, correct,
    start."""
    line: int
    person: str | None = None
    what: str = ""
    """The task (id or name), message, signal or process."""
    of: str | None = None
    """The department whose order is meant."""
    values: Mapping[str, Any] = field(default_factory=dict)
    refused: Any = None
    """True, a field's key, or a part of the sentence: it must be refused so."""


@dataclass(frozen=True, slots=True)
class Span:
    """So much time passes: counted by a calendar, the city's or a department's."""

    value: Decimal
    unit: Unit | None
    """None: plain seconds."""
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold."""

    name: str
    wanted: Any
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    no: int
    line: int
    text: str
    """As it stands in the file, on one line."""
    note: str = ""
    deed: Deed | None = None
    wait: Span | datetime | None = None
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    """The file's name without its ending: what `citydesk scenario NAME` takes."""
    file: str
    titles: Mapping[str, str]
    """By language."""
    about: str
    time: datetime
    """Local time of the city; the runner gives it the zone."""
    report: Mapping[str, Any]
    diagrams: Mapping[str, str]
    """Department → process that its orders run here."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """An element of a diagram."""

    id: str
    type: str
    names: Mapping[str, str]
    file: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a scenario stopped, and why."""

    step: Step
    expected: str
    found: str
    places: tuple[Place, ...]
    """The element the step names, else where the case stood."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    scenario: Scenario
    seconds: float
    began: datetime
    ended: datetime
    """In simulated time."""
    steps_done: int
    failure: Failure | None
    passed_by: frozenset[tuple[str, str]]
    """(process, sequence flow or boundary event) that a token took."""
