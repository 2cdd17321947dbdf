"""R06: complaint calls, classified and counted, for print."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases.enums import Channel, ServiceType
from app.cases.listing import CaseLine, lines_of, readable
from app.cases.models import CaseFile, Registration
from app.identity import Actor

if TYPE_CHECKING:
    import pandas as pd

MOST_CALLS = 200


@dataclass(frozen=True, slots=True)
class Class:
    """A category (`sub_category` None: its sum) and its complaint calls."""

    category: str
    sub_category: str | None
    calls: int
    ended: int
    share: float
    """Of all calls, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Classified:
    classes: Sequence[Class]
    calls: int
    ended: int
    newest: Sequence[CaseLine]
    """The calls one by one, the newest first, at most `MOST_CALLS`."""


def complaint_calls(session: Session, actor: Actor, since: datetime, until: datetime) -> Classified:
    """Complaints by telephone in [since, until) that this person may read, the commonest category first."""
    import pandas as pd  # not before somebody asks: it takes a second and 60 MB

    complaint = (
        readable(actor), CaseFile.service_type == ServiceType.COMPLAINT, Registration.channel == Channel.PHONE,
        Registration.reported_at >= since, Registration.reported_at < until,
    )  # fmt: skip
    joined = select(CaseFile.category, CaseFile.sub_category, func.count(), func.count(CaseFile.ended_at))
    query = joined.join(Registration, Registration.case_id == CaseFile.id).where(*complaint)
    rows = session.execute(query.group_by(CaseFile.category, CaseFile.sub_category)).all()
    counts = pd.DataFrame([tuple(row) for row in rows], columns=["category", "sub_category", "calls", "ended"])
    ids = select(CaseFile.id).join(Registration, Registration.case_id == CaseFile.id).where(*complaint)
    newest = ids.order_by(Registration.reported_at.desc()).limit(MOST_CALLS)
    page = select(CaseFile.id).where(CaseFile.id.in_(newest))  # a case that two called about stands there once
    return Classified(_classes(counts), int(counts["calls"].sum()), int(counts["ended"].sum()), lines_of(session, page))


def _classes(counts: "pd.DataFrame") -> list[Class]:
    everything = int(counts["calls"].sum())
    by_category = counts.groupby("category")[["calls", "ended"]].sum().sort_values("calls", ascending=False)
    classes = []
    for category, calls, ended in by_category.itertuples():
        classes.append(Class(str(category), None, int(calls), int(ended), calls / everything))
        parts = counts[counts["category"] == category].dropna(subset=["sub_category"])
        for part in parts.sort_values("calls", ascending=False).itertuples(index=False):
            share = part.calls / everything
            classes.append(Class(str(category), str(part.sub_category), int(part.calls), int(part.ended), share))
    return classes
