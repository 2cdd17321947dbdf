"""Giving a task to somebody: oneself, a colleague, or back to all who may do it."""

from uuid import UUID

from sqlalchemy.orm import Session

from app import workflow
from app.core.errors import Forbidden
from app.core.ids import new_id
from app.core.sorting import by_person
from app.identity import Actor, Scope, UserRef, can, require, users_with
from app.workflow import Command, Gone, Result, Runtime, TaskView
from app.workflow.peek import instance_of_task


def assign(
    runtime: Runtime, task_id: UUID, to: UserRef, *, actor: Actor, command_id: UUID | None = None
) -> Result:  # fmt: skip
    """Give an open task to a colleague who may do it: one's own, a free one of one's groups, or (supervisors, heads)
    one that somebody else holds. Raises Forbidden, Gone, Busy."""
    content = {"task_id": str(task_id), "assignee": str(to.id)}
    command = Command(command_id or new_id(), "claim", actor, content)
    with runtime.sessions() as session:
        instance_id = instance_of_task(session, task_id, command.id)
    if instance_id is None:
        raise Gone("workflow.task_gone")

    def authorize(view: workflow.View) -> None:
        if not isinstance(view, TaskView):
            raise Gone("workflow.task_gone")
        if not may_assign(actor, view):
            require(actor, "task.release", view.scope())
        if not may_take(to, view):
            raise Forbidden("lifecycle.assign.may_not", name=to.name)

    return workflow.execute(runtime, instance_id, command, authorize=authorize)


def may_assign(actor: Actor, task: TaskView) -> bool:
    """May this person decide who does it?"""
    return workflow.may_work_on(actor, task) or can(actor, "task.release", task.scope())


def may_take(person: UserRef, task: TaskView) -> bool:
    """May this person do it, whoever holds it now?"""
    free = task.scope()
    scope = Scope(free.district, free.departments, free.groups, None, free.confidential)
    as_actor = Actor(person.id, person.name, person.grants, person.language)
    return can(as_actor, "task.complete", scope) or str(person.id) in task.users


def colleagues(session: Session, tasks: list[TaskView], actor: Actor) -> list[UserRef]:
    """Active people other than oneself who may do at least one of these tasks, by name."""
    people = [person for person in users_with(session) if person.id != actor.id]
    return by_person((p for p in people if any(may_take(p, task) for task in tasks)), lambda person: person.name)
