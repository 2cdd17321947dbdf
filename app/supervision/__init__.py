"""Supervision (督办) of the departments' work: demands with levels, answers and closure, raised by people, by diagrams
and by rule."""

from app.supervision.actions import Asked, answer_supervision, close_supervision, raise_supervision
from app.supervision.operations import answer_supervision as answer_by_diagram
from app.supervision.operations import raise_supervision as raise_by_diagram
from app.supervision.queries import (
    DemandLine,
    answers_of,
    counts,
    demands_on,
    list_demands,
    supervision_by_id,
    supervisions_of,
)
from app.supervision.raising import OUTBOX_KIND, Within
from app.supervision.results import OUTBOX_KIND as RESULT_KIND
from app.supervision.results import Result, announce, results_of, tell_result
from app.supervision.rules import follow, raise_for_overdue
from app.supervision.telling import tell_of_demand

__all__ = [
    "OUTBOX_KIND",
    "RESULT_KIND",
    "Asked",
    "DemandLine",
    "Result",
    "Within",
    "announce",
    "answer_by_diagram",
    "answer_supervision",
    "answers_of",
    "close_supervision",
    "counts",
    "demands_on",
    "follow",
    "list_demands",
    "raise_by_diagram",
    "raise_for_overdue",
    "raise_supervision",
    "results_of",
    "supervision_by_id",
    "supervisions_of",
    "tell_of_demand",
    "tell_result",
]
