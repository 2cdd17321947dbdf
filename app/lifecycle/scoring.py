"""A case's score, point by point, so that each can be explained (E01-E04). Pure.

Of 100 points, 35 are for timeliness, 20 for completion, 10 for the return visit, 35 for satisfaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.cases.enums import LimitState, OrderOutcome, Origin, Resolved, VisitResult

TIMELINESS, COMPLETION, VISIT, SATISFACTION = 35.0, 20.0, 10.0, 35.0

_SATISFACTION = {
    VisitResult.VERY_SATISFIED: 1.0,
    VisitResult.SATISFIED: 0.9,
    VisitResult.BASICALLY_SATISFIED: 0.7,
    VisitResult.UNSATISFIED: 0.0,
}
_SILENCE = 0.6
_RESOLVED = {Resolved.SOLVED: 1.0, Resolved.PARTLY: 0.5, Resolved.NOT_SOLVED: 0.0}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a case when it is evaluated."""

    limits: Sequence[str]
    """States of its ended limits: MET or BREACHED."""
    outcomes: Sequence[str]
    """How the orders of the last round ended."""
    rework_count: int
    visit: str | None
    """The last attempt's result."""
    resolved: str | None
    origin: str


@dataclass(frozen=True, slots=True)
class Score:
    points: float
    on_time: bool
    weight: int
    """A leader's instruction counts double."""
    parts: list[dict[str, Any]]
    """[{part, points, of, because: {…}}]; `part` is a text key `evaluation.<part>`."""


def score(evidence: Evidence) -> Score:
    """Where nobody was reached, satisfaction counts 0.6: silence is neither praise nor blame."""
    met = sum(state == LimitState.MET for state in evidence.limits)
    share = met / len(evidence.limits) if evidence.limits else 1.0
    parts = [
        _part("timeliness", TIMELINESS * share, TIMELINESS, met=met, limits=len(evidence.limits)),
        _completion(evidence),
        _part("return_visit", VISIT if _reached(evidence) else 0.0, VISIT, result=evidence.visit),
        _satisfaction(evidence),
    ]
    points = round(sum(part["points"] for part in parts), 2)
    weight = 2 if evidence.origin == Origin.LEADERS_INSTRUCTION else 1
    return Score(points, met == len(evidence.limits), weight, parts)


def _completion(evidence: Evidence) -> dict[str, Any]:
    done = sum(outcome == OrderOutcome.REPORTED_BACK for outcome in evidence.outcomes)
    share = done / len(evidence.outcomes) if evidence.outcomes else 1.0
    share *= 1.0 if evidence.resolved is None else _RESOLVED[Resolved(evidence.resolved)]
    share *= max(0.0, 1.0 - 0.25 * evidence.rework_count)
    return _part(
        "completion", COMPLETION * share, COMPLETION, done=done, orders=len(evidence.outcomes),
        resolved=evidence.resolved, reworks=evidence.rework_count,
    )  # fmt: skip


def _satisfaction(evidence: Evidence) -> dict[str, Any]:
    share = _SILENCE if evidence.visit is None else _SATISFACTION.get(VisitResult(evidence.visit), _SILENCE)
    return _part("satisfaction", SATISFACTION * share, SATISFACTION, result=evidence.visit)


def _reached(evidence: Evidence) -> bool:
    return evidence.visit is not None and VisitResult(evidence.visit) in _SATISFACTION


def _part(name: str, points: float, of: float, **because: Any) -> dict[str, Any]:
    return {"part": name, "points": round(points, 2), "of": of, "because": because}


def department_score(points: float | None, deducted: float) -> float | None:
    """A department's points of a period: the mean of its cases less what spot checks deducted, never below 0."""
    return None if points is None else round(max(0.0, points - deducted), 2)
