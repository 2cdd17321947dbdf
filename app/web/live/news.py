"""What news mean: read from the database once for all streams of the process."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.audit.models import History
from app.identity import Actor, Scope, can
from app.workflow import TaskView, may_work_on
from app.workflow.models import Instance, UserTask
from app.workflow.queries import open_tasks, task_view


@dataclass(frozen=True, slots=True)
class News:
    """One instance went on."""

    instance_id: UUID
    by: str
    scope: Scope
    tasks: tuple[TaskView, ...]
    """Open now."""

    def may_know(self, actor: Actor) -> bool:
        """Whoever may read the case, or has something to do in it."""
        return can(actor, "case.read", self.scope) or any(may_work_on(actor, task) for task in self.tasks)

    def body(self) -> dict[str, object]:
        open_now = [str(task.task_id) for task in self.tasks]
        return {"instance": str(self.instance_id), "by": self.by, "open": open_now}


def read_news(session: Session, heard: Mapping[UUID, int]) -> list[News]:
    """`heard`: instance → number of its newest row. Three statements, however many there are."""
    instances = session.scalars(select(Instance).where(Instance.id.in_(heard))).all()
    rows = select(History.stream, History.actor_name).where(
        tuple_(History.stream, History.no).in_([(stream, no) for stream, no in heard.items()])
    )
    names = {row.stream: row.actor_name for row in session.execute(rows)}
    tasks: dict[UUID, list[TaskView]] = {instance.id: [] for instance in instances}
    for row in session.execute(open_tasks().where(UserTask.instance_id.in_(heard))):
        tasks[row[0].instance_id].append(task_view(*row))
    return [
        News(
            each.id, names.get(each.id, ""),
            Scope(each.district, frozenset(each.departments), confidential=each.confidential), tuple(tasks[each.id]),
        )
        for each in instances
    ]  # fmt: skip
