"""Reading the workflow. Nothing here locks or writes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from app.core.errors import Invalid, NotFound
from app.identity.actors import Actor, Grant, Role
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
def _tasks() -> Select[UserTask, UUID, bool]:
    return select(UserTask, Instance.bundle_id, Instance.suspended).join(Instance, Instance.id == UserTask.instance_id)


def task(session: Session, task_id: UUID) -> TaskView | None:
    """An open task; None when it is done, cancelled or was never there."""
    row = session.execute(_tasks().where(UserTask.task_id == task_id)).one_or_none()
    return None if row is None else _task_view(*row)


def tasks_of(session: Session, subject_id: UUID) -> list[TaskView]:
    """Open tasks of the instances about a subject."""
    query = _tasks().where(UserTask.subject_id == subject_id).order_by(UserTask.created_at, UserTask.task_id)
    return [_task_view(*row) for row in session.execute(query)]


def inbox(
    session: Session,
    actor: Actor,
    *,
    labels: frozenset[str] | None = None,
    district_prefixes: tuple[str, ...] | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[TaskView], str | None]:
    """The open tasks this person may do, urgent and old ones first, and the key of the next page (None: the last).

    Says the same as `identity.can(actor, "task.complete", …)`, in one statement with a keyset. `labels` and
    `district_prefixes` narrow it further. Tasks of suspended instances are left out."""
    query = _tasks().where(Instance.suspended.is_(False), _mine(actor))
    if labels is not None and not actor.system:
        query = query.where(or_(UserTask.groups.overlap(sorted(labels)), UserTask.assignee == str(actor.id)))
    if district_prefixes is not None:
        within = [_covered(prefix) for prefix in district_prefixes]
        query = query.where(or_(UserTask.district.is_(None), *within))
    if after is not None:
        query = query.where(_beyond(after))
    query = query.order_by(-UserTask.priority, UserTask.created_at, UserTask.task_id).limit(limit + 1)
    tasks = [_task_view(*row) for row in session.execute(query)]
    more = len(tasks) > limit
    return tasks[:limit], _key(tasks[limit - 1]) if more else None


def may_work_on(actor: Actor, task: TaskView) -> bool:
    """May this person complete the task?"""
    return can(actor, "task.complete", task.scope()) or (task.assignee is None and str(actor.id) in task.users)


def _key(task: TaskView) -> str:
    return f"{task.priority}~{task.created_at.isoformat()}~{task.task_id.hex}"


def _beyond(after: str) -> ColumnElement[bool]:
    try:
        priority, created, task_id = after.split("~")
        key = (-int(priority), datetime.fromisoformat(created), UUID(task_id))
    except ValueError:
        raise Invalid("workflow.bad_page") from None
    columns = tuple_(-UserTask.priority, UserTask.created_at, UserTask.task_id)
    return columns > tuple_(*key)


def _mine(actor: Actor) -> ColumnElement[bool]:
    if actor.system:
        return true()
    open_to_me = or_(false(), *(_by_grant(grant) for grant in actor.grants))
    named = UserTask.users.any_() == str(actor.id)
    return or_(UserTask.assignee == str(actor.id), and_(UserTask.assignee.is_(None), or_(open_to_me, named)))


def _by_grant(grant: Grant) -> ColumnElement[bool]:
    """As `identity.permissions` judges one grant against a task's candidate groups."""
    role = UserTask.groups.contains([grant.role.value])
    if grant.department is not None:
        role = and_(role, UserTask.departments.contains([grant.department]))
        matches: ColumnElement[bool] = or_(UserTask.groups.contains([grant.department]), role)
    else:
        matches = false() if grant.role in (Role.DEPARTMENT_HANDLER, Role.DEPARTMENT_HEAD) else role
    return matches if grant.district is None else and_(matches, _covered(grant.district))


def _covered(prefix: str) -> ColumnElement[bool]:
    return or_(UserTask.district == prefix, UserTask.district.startswith(f"{prefix}/", autoescape=True))


def _task_view(row: UserTask, bundle_id: UUID, suspended: bool) -> TaskView:
    return TaskView(
        row.task_id, row.instance_id, bundle_id, row.process_id, row.element, row.form_id, tuple(row.groups),
        tuple(row.users), row.assignee, row.due, row.follow_up, row.priority, row.created_at, row.subject_kind,
        row.subject_id, row.district, tuple(row.departments), row.confidential, suspended,
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
