"""Reading the workflow. Nothing here locks or writes."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.core.clock import NEVER
from app.core.errors import NotFound
from app.identity.actors import Actor
from app.identity.permissions import can
from app.workflow.models import BundleFile, Deployment, FileContent, Incident, Instance, UserTask
from app.workflow.schemas import Bundle, IncidentView, InstanceView, TaskView


def current_bundle_id(session: Session) -> UUID | None:
    """What new instances bind."""
    return session.scalar(select(Deployment.bundle_id).order_by(Deployment.no.desc()).limit(1))


def current_bundle(session: Session) -> Bundle | None:
    row = session.scalar(select(Deployment).order_by(Deployment.no.desc()).limit(1))
    return None if row is None else Bundle(row.bundle_id, row.at, row.actor_name)


def deployments(session: Session, limit: int = 50) -> list[Bundle]:
    """The newest first."""
    rows = session.scalars(select(Deployment).order_by(Deployment.no.desc()).limit(limit))
    return [Bundle(row.bundle_id, row.at, row.actor_name) for row in rows]


def file_of(session: Session, bundle_id: UUID, path: str) -> bytes:
    """One file of a bundle. Raises NotFound."""
    query = select(FileContent.body).join(BundleFile, BundleFile.content_hash == FileContent.hash)
    body = session.scalar(query.where(BundleFile.bundle_id == bundle_id, BundleFile.path == path))
    if body is None:
        raise NotFound("workflow.no_file", path=path)
    return bytes(body)


# ------------------------------------------------------------------ instances
def instance(session: Session, instance_id: UUID) -> InstanceView | None:
    row = session.get(Instance, instance_id, populate_existing=True)
    return None if row is None else instance_view(row)


def instances_of(session: Session, subject_id: UUID) -> list[InstanceView]:
    """All instances about a subject, the oldest first."""
    rows = session.scalars(select(Instance).where(Instance.subject_id == subject_id).order_by(Instance.started_at))
    return [instance_view(row) for row in rows]


def instance_view(row: Instance) -> InstanceView:
    return InstanceView(
        row.id, row.bundle_id, row.process_id, row.status, row.version, row.started_at, row.last_at, row.ended_at,
        row.subject_kind, row.subject_id, row.district, tuple(row.departments), row.confidential, row.suspended,
    )  # fmt: skip


# ------------------------------------------------------------------ user tasks
def open_tasks(of: type[UserTask] = UserTask) -> Select[UserTask, UUID, bool]:
    """Open tasks, or some of them, each with its bundle and whether its instance is suspended."""
    return select(of, Instance.bundle_id, Instance.suspended).join(Instance, Instance.id == of.instance_id)


def task(session: Session, task_id: UUID) -> TaskView | None:
    """An open task; None when it is done, cancelled or was never there."""
    row = session.execute(open_tasks().where(UserTask.task_id == task_id)).one_or_none()
    return None if row is None else task_view(*row)


def tasks_of(session: Session, subject_id: UUID) -> list[TaskView]:
    """Open tasks of the instances about a subject."""
    query = open_tasks().where(UserTask.subject_id == subject_id).order_by(UserTask.created_at, UserTask.task_id)
    return [task_view(*row) for row in session.execute(query)]


def may_work_on(actor: Actor, task: TaskView) -> bool:
    """May this person complete the task?"""
    return can(actor, "task.complete", task.scope()) or (task.assignee is None and str(actor.id) in task.users)


def task_view(row: UserTask, bundle_id: UUID, suspended: bool) -> TaskView:
    return TaskView(
        row.task_id, row.instance_id, bundle_id, row.process_id, row.element, row.form_id, tuple(row.groups),
        tuple(row.users), row.assignee, row.due, row.follow_up, row.priority, row.created_at, row.subject_kind,
        row.subject_id, row.district, tuple(row.departments), row.confidential, suspended,
        None if row.act_by >= NEVER else row.act_by,
    )  # fmt: skip


# ------------------------------------------------------------------ incidents
def incidents(session: Session, *, state: str | None = "OPEN", limit: int = 200) -> list[IncidentView]:
    """The newest first; `state` None: all."""
    query = (
        select(Incident, Instance.subject_kind, Instance.subject_id)
        .outerjoin(Instance, Instance.id == Incident.instance_id)
        .order_by(Incident.no.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(Incident.state == state)
    return [_incident_view(*row) for row in session.execute(query)]


def incident(session: Session, number: int) -> IncidentView | None:
    query = (
        select(Incident, Instance.subject_kind, Instance.subject_id)
        .outerjoin(Instance, Instance.id == Incident.instance_id)
        .where(Incident.no == number)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else _incident_view(*row)


def _incident_view(row: Incident, subject_kind: str | None, subject_id: UUID | None) -> IncidentView:
    data: Any = row.data
    return IncidentView(
        row.no, row.instance_id, row.kind, row.target, row.element, row.message, data, row.state, row.attempts,
        row.opened_at, row.closed_at, row.reason, subject_kind, subject_id,
    )  # fmt: skip


def open_incidents(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Incident).where(Incident.state == "OPEN")) or 0
