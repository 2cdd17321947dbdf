"""Somebody's login is closed: what they have in hand goes to a colleague who may do it, or back to all who may, so that
no task lies with a person who cannot sign in (U13)."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import workflow
from app.core.errors import Conflict
from app.core.ids import derived_id, new_id
from app.identity import Actor, UserRef, deactivate_user, user_names, users_with
from app.identity.models import User
from app.lifecycle.assigning import colleagues, may_take
from app.lifecycle.worklist import WorkItem, work_items
from app.workflow import Busy, Command, OutboxRow, Runtime, TaskView
from app.workflow.models import Outbox, UserTask
from app.workflow.queries import open_tasks, task_view
from app.workflow.schemas import Kind

log = logging.getLogger(__name__)

OUTBOX_KIND = "login_closed"
A_TURN = 200
"""Tasks of one turn: some seconds."""


def in_hand(runtime: Runtime, session: Session, person: UUID, most: int) -> tuple[int, list[WorkItem]]:
    """How many open tasks a person holds, and the first of them: what is due soonest first."""
    count = session.scalar(select(func.count()).where(UserTask.assignee == str(person))) or 0
    return count, work_items(runtime, session, _held(session, person, most)) if count else []


def heirs(session: Session, leaving: UserRef) -> list[UserRef]:
    """Who may do at least one of their tasks, by name."""
    nobody_else = Actor(leaving.id, leaving.name)
    return colleagues(session, _held(session, leaving.id, A_TURN), nobody_else)


def close_login(session: Session, person: UUID, to: UUID | None, *, actor: Actor, now: datetime) -> UUID:
    """`identity.deactivate_user`, and the outbox row that hands on what they hold, to be queued after the commit: to
    `to` what that person may do, the rest back to all who may. Raises Forbidden, NotFound, LastAdministrator."""
    deactivate_user(session, person, actor=actor, now=now)
    row_id = new_id()
    body = {"person": str(person), "to": str(to) if to else None, "by": str(actor.id)}
    session.add(
        Outbox(
            id=row_id, kind=OUTBOX_KIND, body=body, dedupe=f"{OUTBOX_KIND}:{row_id}", created_at=now, due_at=now,
            nudge_at=now + timedelta(seconds=30),
        )
    )  # fmt: skip
    return row_id


def hand_on(runtime: Runtime, row: OutboxRow) -> None:
    """Outbox handler: each task by a command of its own instance, in the name of whoever closed the login. What is
    handed on already is not met again; who was let in again meanwhile keeps the rest."""
    person, by = UUID(row.body["person"]), UUID(row.body["by"])
    while tasks := _left(runtime, person):
        with runtime.sessions() as session:
            to = next((one for one in users_with(session) if str(one.id) == row.body["to"]), None)
            actor = Actor(by, user_names(session, [by])[by])
        if not sum([_hand_on(runtime, row.id, task, to, actor) for task in tasks]):
            return


def _left(runtime: Runtime, person: UUID) -> list[TaskView]:
    with runtime.sessions() as session:
        user = session.get_one(User, person)
        return [] if user.deactivated_at is None else _held(session, person, A_TURN)


def _hand_on(runtime: Runtime, row_id: UUID, task: TaskView, to: UserRef | None, actor: Actor) -> bool:
    """False: it is done, or stays where it is as its instance cannot be moved. Raises Busy."""
    content = {"task_id": str(task.task_id)}
    kind: Kind = "release"
    if to is not None and may_take(to, task):
        kind, content = "claim", {**content, "assignee": str(to.id)}
    try:
        workflow.execute(runtime, task.instance_id, Command(derived_id(row_id, task.task_id), kind, actor, content))
    except Busy:
        raise
    except Conflict as error:
        log.warning("task %s stays with a closed login: %s", task.task_id, error.key)
        return False
    return True


def _held(session: Session, person: UUID, most: int) -> list[TaskView]:
    query = open_tasks().where(UserTask.assignee == str(person)).order_by(UserTask.act_by, UserTask.task_id).limit(most)
    return [task_view(*row) for row in session.execute(query)]
