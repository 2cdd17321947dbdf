"""What a worker does for an outbox row of kind `report`: one job, from its start or again after a crash."""

import hashlib
import logging
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import audit
from app.cases.conditions import Day
from app.core.errors import CitydeskError, Forbidden
from app.identity import Actor, require
from app.identity.models import User
from app.reports import case_sheet, dashboard_sheet, export
from app.reports.actions import OUTBOX_KIND as KIND
from app.reports.imports import bring_in
from app.reports.models import ReportJob
from app.workflow.models import Outbox
from app.workflow.runtime import Runtime
from app.workflow.schemas import OutboxRow

log = logging.getLogger(__name__)

__all__ = ["KIND", "carry_out"]


def carry_out(runtime: Runtime, row: OutboxRow, *, folder: Path) -> None:
    """Do the job; idempotent: a file is written anew, an import skips what is there. What a person can understand
    ends in the job itself, all else is tried again by the outbox."""
    job_id = UUID(row.body["job_id"])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with runtime.sessions.begin() as session:
            job = session.get_one(ReportJob, job_id)
            if job.state in ("DONE", "FAILED"):
                return
            actor = _owner(session, job)
            job.state = "RUNNING"
        if job.kind == "EXPORT":
            _export(runtime, job, actor, folder)
        elif job.kind in SHEETS:
            _print(runtime, job, actor, folder)
        else:
            bring_in(runtime, job, actor, folder, lambda done: note(runtime, job_id, done))
    except CitydeskError as error:
        with runtime.sessions.begin() as session:
            ended = {"state": "FAILED", "error": error.key, "ended_at": runtime.clock.now()}
            session.execute(update(ReportJob).where(ReportJob.id == job_id).values(**ended))
    remove_expired(runtime, folder)


def note(runtime: Runtime, job_id: UUID, done: int) -> None:
    """How far a job is; and that its worker lives, so that nobody else takes it up."""
    with runtime.sessions.begin() as session:
        session.execute(update(ReportJob).where(ReportJob.id == job_id).values(done=done))
        session.execute(update(Outbox).where(Outbox.id == job_id).values(claimed_at=runtime.clock.now()))


def remove_expired(runtime: Runtime, folder: Path) -> None:
    """Files past their time go; that they were made stays in the audit trail."""
    with runtime.sessions.begin() as session:
        old = select(ReportJob).where(ReportJob.file.is_not(None), ReportJob.expires_at <= runtime.clock.now())
        for job in session.scalars(old.limit(100)):
            (folder / str(job.file)).unlink(missing_ok=True)
            job.file = None


def _owner(session: Session, job: ReportJob) -> Actor:
    """Who asked, with the rights they have now. Raises Forbidden when these are gone."""
    user = session.get(User, job.owner)
    if user is None or user.deactivated_at is not None:
        raise Forbidden("reports.owner_gone")
    actor = user.actor()
    require(actor, _ACTIONS[job.kind])
    return actor


_ACTIONS = {
    "EXPORT": "case.export",
    "IMPORT": "case.import",
    case_sheet.KIND: "case.read",
    dashboard_sheet.KIND: "figures.read",
}
SHEETS = {case_sheet.KIND: case_sheet.sheet, dashboard_sheet.KIND: dashboard_sheet.sheet}


def _print(runtime: Runtime, job: ReportJob, actor: Actor, folder: Path) -> None:
    path = folder / f"{job.id}.pdf"
    with runtime.sessions.begin() as session:
        session.execute(update(ReportJob).where(ReportJob.id == job.id).values(total=case_sheet.PARTS))
    with runtime.sessions() as session:
        html = SHEETS[job.kind](runtime, session, job, actor)
    note(runtime, job.id, 1)
    path.write_bytes(case_sheet.draw(html))
    _finish(runtime, job, path.name, case_sheet.PARTS, actor, _digest(path), runtime.clock.now())


def _export(runtime: Runtime, job: ReportJob, actor: Actor, folder: Path) -> None:
    form, tree = str(job.params["format"]), job.params["conditions"]
    path, day = folder / f"{job.id}.{form}", Day(job.created_at, runtime.zone)
    with runtime.sessions() as session:
        total = export.count(session, tree, actor, day)
    with runtime.sessions.begin() as session:
        session.execute(update(ReportJob).where(ReportJob.id == job.id).values(total=total))
    with runtime.sessions() as session:
        done = export.write(
            session, tree, path, form, actor=actor, language=job.language, day=day,
            progress=lambda done: note(runtime, job.id, done),
        )  # fmt: skip
    _finish(runtime, job, path.name, done, actor, _digest(path), runtime.clock.now())


def _finish(runtime: Runtime, job: ReportJob, file: str, done: int, actor: Actor, digest: str, now: datetime) -> None:
    with runtime.sessions.begin() as session:
        ended = {"state": "DONE", "file": file, "done": done, "total": done, "ended_at": now}
        session.execute(update(ReportJob).where(ReportJob.id == job.id).values(**ended))
        result = {"rows": done, "sha256": digest}
        what = "print" if job.kind == case_sheet.KIND else "export"
        audit.record(session, job.id, f"{what}.made", actor=actor, now=now, result=result, stream_kind=what)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
