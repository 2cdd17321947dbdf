"""Points of departments over a span of time: what their cases earned, less what spot checks cost (V12, Q08)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases.models import Evaluation
from app.lifecycle.scoring import department_score
from app.supervision.models import SpotCheck


@dataclass(frozen=True, slots=True)
class DepartmentScore:
    """`points` is the weighted mean of the cases the department led; None where none was evaluated."""

    points: float | None
    deducted: float
    checks: int
    score: float | None


def department_scores(session: Session, start: datetime, stop: datetime) -> dict[str, DepartmentScore]:
    """By department: cases evaluated, and checks made, from `start` until before `stop`. Two statements."""
    mean = func.sum(Evaluation.score * Evaluation.weight) / func.sum(Evaluation.weight)
    earned = (
        select(Evaluation.department, mean)
        .where(Evaluation.at >= start, Evaluation.at < stop, Evaluation.department.is_not(None))
        .group_by(Evaluation.department)
    )
    lost = (
        select(SpotCheck.department, func.sum(SpotCheck.counted), func.count())
        .where(SpotCheck.checked_at >= start, SpotCheck.checked_at < stop)
        .group_by(SpotCheck.department)
    )
    points = {str(code): float(found) for code, found in session.execute(earned)}
    deducted = {code: (float(found or 0), count) for code, found, count in session.execute(lost)}
    return {
        code: DepartmentScore(
            None if code not in points else round(points[code], 2), *deducted.get(code, (0.0, 0)),
            department_score(points.get(code), deducted.get(code, (0.0, 0))[0]),
        )
        for code in points.keys() | deducted.keys()
    }  # fmt: skip
