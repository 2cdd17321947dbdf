"""Reading background work: only one's own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.identity import Actor
from app.reports.models import ReportJob


def job_of(session: Session, job_id: UUID, actor: Actor, kind: str) -> ReportJob:
    """Raises NotFound, for another's and another kind's too."""
    job = session.get(ReportJob, job_id)
    if job is None or job.owner != actor.id or job.kind != kind:
        raise NotFound("reports.unknown")
    return job


def file_of(session: Session, job_id: UUID, actor: Actor, kind: str, now: datetime) -> ReportJob:
    """A job whose file may be fetched. Raises NotFound: of another, not made yet, or expired."""
    job = job_of(session, job_id, actor, kind)
    if job.file is None or job.expires_at <= now:
        raise NotFound("reports.gone")
    return job


def jobs_of(session: Session, actor: Actor, kind: str, limit: int = 20) -> list[ReportJob]:
    """One's own, the newest first."""
    query = select(ReportJob).where(ReportJob.owner == actor.id, ReportJob.kind == kind)
    return list(session.scalars(query.order_by(ReportJob.created_at.desc()).limit(limit)))
