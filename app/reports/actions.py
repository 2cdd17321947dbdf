"""Asking for background work. The work itself is done by a worker, through the outbox."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app import audit
from app.cases.conditions import Day, Tree, condition_of
from app.cases.fields import known_fields
from app.core.ids import new_id
from app.identity import Actor, require
from app.reports.models import ReportJob
from app.workflow.models import Outbox

KEPT = timedelta(days=7)
OUTBOX_KIND = "report"
FOLDER = "exports"
"""Below the data folder; no part of a backup: it can be made again."""

Format = Literal["xlsx", "csv"]


def ask_for_export(session: Session, tree: Tree, form: Format, *, actor: Actor, language: str, day: Day) -> ReportJob:
    """Order a table of all cases that hold and that this person may read; recorded, since data leave the house (W18).

    Who asked keeps their present rights for it. Raises Forbidden, Invalid."""
    require(actor, "case.export")
    condition_of(tree, known_fields(session), day)
    job = add_job(session, "EXPORT", {"conditions": dict(tree), "format": form}, actor, language, day.now)
    changes = {"conditions": {"old": None, "new": dict(tree)}, "format": {"old": None, "new": form}}
    audit.record(session, job.id, "export.asked", actor=actor, now=day.now, changes=changes, stream_kind="export")
    return job


def add_job(
    session: Session, kind: str, params: Mapping[str, Any], actor: Actor, language: str, now: datetime,
    job_id: UUID | None = None,
) -> ReportJob:  # fmt: skip
    """A job and the outbox row that carries it; the job's id is the row's too. Enqueue it after the commit."""
    job = ReportJob(
        id=job_id or new_id(), kind=kind, owner=actor.id, owner_name=actor.name, language=language,
        params=dict(params), created_at=now, expires_at=now + KEPT,
    )  # fmt: skip
    session.add(job)
    session.add(
        Outbox(
            id=job.id, kind=OUTBOX_KIND, body={"job_id": str(job.id)}, dedupe=str(job.id), created_at=now, due_at=now,
            nudge_at=now + timedelta(seconds=30),
        )
    )  # fmt: skip
    session.flush()
    return job
