"""Stage 3, Sorting: which department, and why (D03, D08, P11). The table decides inside the diagram; this tells people
what it said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import audit
from app.cases.models import CaseFile
from app.workflow import codec

VARIABLE = "suggestion"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the table `responsible_department` said when the case was last sorted."""

    lead: str | None
    assist: tuple[str, ...]
    method: str | None
    urgency: str | None
    confidence: float
    """0 to 1; below the diagram's threshold a person confirms."""
    rule: str | None
    """Name of the rule that matched, for “why this department?”."""
    at: datetime


def suggestion_of(session: Session, case: CaseFile) -> Suggestion | None:
    """From the case's history; None before it was sorted."""
    found: Suggestion | None = None
    for row in audit.read(session, case.instance_id):
        for change in row.changes.get("variables", ()):
            said = codec.load(change.get("new")) if change["name"] == VARIABLE else None
            if isinstance(said, Mapping):
                found = _suggestion(said, row.recorded_at)
    return found


def _suggestion(said: Mapping[str, Any], at: datetime) -> Suggestion:
    return Suggestion(
        said.get("lead"), tuple(said.get("assist") or ()), said.get("method"), said.get("urgency"),
        float(said.get("confidence") or 0), said.get("rule"), at,
    )  # fmt: skip
