"""Which sequence flows and boundary events of each diagram some scenario went through, and which none did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.scenarios.schemas import Outcome
from app.workflow.engine.types import Element, Process

NOT_CASES = "processes/voice/"
"""Diagrams that telephony runs: no case goes through them."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A sequence flow or boundary event that no scenario went through."""

    id: str
    kind: str
    """sequenceFlow or boundaryEvent."""
    source: Element
    """Where the flow begins; of a boundary event the event itself."""
    target: Element | None


@dataclass(frozen=True, slots=True)
class DiagramCoverage:
    process: Process
    flows: int
    flows_taken: int
    boundary_events: int
    boundary_events_fired: int
    missed: tuple[Missed, ...]

    @property
    def percent(self) -> float:
        return percent(self.flows_taken + self.boundary_events_fired, self.flows + self.boundary_events)


def coverage(processes: Iterable[Process], outcomes: Sequence[Outcome]) -> list[DiagramCoverage]:
    """Of every process that cases, orders or clocks run, in the order of their files."""
    passed = frozenset().union(*(outcome.passed_by for outcome in outcomes))
    chosen = [process for process in processes if not process.file.startswith(NOT_CASES)]
    return [_of(process, passed) for process in sorted(chosen, key=lambda one: (one.file, one.id))]


def _of(process: Process, passed: frozenset[tuple[str, str]]) -> DiagramCoverage:
    edges = [element for element in process.elements.values() if element.type == "boundaryEvent"]
    missed = [
        Missed(flow.id, "sequenceFlow", process.elements[flow.source], process.elements[flow.target])
        for flow in process.flows
        if (process.id, flow.id) not in passed
    ]
    quiet = [Missed(e.id, "boundaryEvent", e, None) for e in edges if (process.id, e.id) not in passed]
    return DiagramCoverage(
        process, len(process.flows), len(process.flows) - len(missed), len(edges), len(edges) - len(quiet),
        (*missed, *quiet),
    )  # fmt: skip


def whole_percent(diagrams: Sequence[DiagramCoverage]) -> float:
    taken = sum(one.flows_taken + one.boundary_events_fired for one in diagrams)
    return percent(taken, sum(one.flows + one.boundary_events for one in diagrams))


def percent(part: int, whole: int) -> float:
    """Rounded down, so that 100 means all."""
    return 100.0 if part >= whole else int(part * 1000 / whole) / 10
