"""Open tasks as people see them: with their case, their order, the limit that counts, and the task's own name."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import workflow
from app.cases.limits import LimitView, limit_view, most_urgent
from app.cases.models import CaseFile, TimeLimit, WorkOrder
from app.core.errors import NotFound
from app.identity import Actor, can, require, user_names
from app.lifecycle.subject import CASE, ORDER
from app.workflow import Runtime, TaskView
from app.workflow.peek import open_work

Row = TypeVar("Row", CaseFile, WorkOrder)


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One open task and what one needs to know to choose it."""

    task: TaskView
    name_en: str
    name_zh: str
    case: CaseFile | None
    order: WorkOrder | None
    limit: LimitView | None
    """Of an order's task the order's most urgent running limit, else the case's own."""
    assignee_name: str | None

    def name(self, language: str) -> str:
        return self.name_zh if language.startswith("zh") else self.name_en


def worklist(
    runtime: Runtime, session: Session, actor: Actor, *, after: str | None = None, limit: int = 50
) -> tuple[list[WorkItem], str | None]:
    """The tasks this person may do, the one to be done first first, and the key of the next page."""
    tasks, following = workflow.inbox(session, actor, after=after, limit=limit)
    return work_items(runtime, session, tasks), following


def tasks_of_case(runtime: Runtime, session: Session, case_id: UUID) -> list[WorkItem]:
    """Every open task of a case and its orders, the oldest first."""
    orders = session.scalars(select(WorkOrder.id).where(WorkOrder.case_id == case_id, WorkOrder.ended_at.is_(None)))
    return work_items(runtime, session, open_work(session, [case_id, *orders]))


def work_item(runtime: Runtime, session: Session, task_id: UUID, actor: Actor) -> WorkItem:
    """One open task, for whoever may do it or read its case. Raises NotFound, Forbidden."""
    task = workflow.task(session, task_id)
    if task is None:
        raise NotFound("workflow.no_task")
    if not may_work_on(actor, task):
        require(actor, "case.read", task.scope())
    return work_items(runtime, session, [task])[0]


def may_work_on(actor: Actor, task: TaskView) -> bool:
    """May this person complete it?"""
    return not task.suspended and can(actor, "task.complete", task.scope())


def work_items(runtime: Runtime, session: Session, tasks: Sequence[TaskView]) -> list[WorkItem]:
    """Each task with its case, order, limit and names; a handful of statements for all together."""
    orders = _by_id(session, WorkOrder, [task.subject_id for task in tasks if task.subject_kind == ORDER])
    case_ids = [task.subject_id for task in tasks if task.subject_kind == CASE]
    cases = _by_id(session, CaseFile, case_ids + [order.case_id for order in orders.values()])
    limits = _most_urgent_limits(session, list(cases))
    people = user_names(session, [UUID(task.assignee) for task in tasks if task.assignee])
    items = []
    for task in tasks:
        order = orders.get(task.subject_id) if task.subject_id else None
        case_id = order.case_id if order else task.subject_id
        items.append(
            WorkItem(
                task,
                *_names(runtime, session, task),
                cases.get(case_id) if case_id else None,
                order,
                limits.get((case_id, order.id if order else None)),
                people.get(UUID(task.assignee)) if task.assignee else None,
            )
        )
    return items


def _names(runtime: Runtime, session: Session, task: TaskView) -> tuple[str, str]:
    """What the diagram of the task's own bundle calls it, in English and Chinese."""
    compiled = runtime.bundles.get(session, task.bundle_id, runtime.registry)
    names = compiled.processes[task.process_id].elements[task.element].names
    english = names.get("en") or task.element
    return english, names.get("zh-CN") or english


def _by_id(session: Session, model: type[Row], ids: Sequence[UUID | None]) -> dict[UUID, Row]:
    wanted = {row_id for row_id in ids if row_id is not None}
    return {row.id: row for row in session.scalars(select(model).where(model.id.in_(wanted)))} if wanted else {}


def _most_urgent_limits(
    session: Session, case_ids: Sequence[UUID]
) -> dict[tuple[UUID | None, UUID | None], LimitView | None]:
    """By case and order; a case's own limits stand beside None."""
    if not case_ids:
        return {}
    running: dict[tuple[UUID | None, UUID | None], list[LimitView]] = defaultdict(list)
    query = select(TimeLimit).where(TimeLimit.case_id.in_(case_ids), TimeLimit.ended_at.is_(None))
    for limit in session.scalars(query):
        running[limit.case_id, limit.order_id].append(limit_view(limit))
    return {whose: most_urgent(limits) for whose, limits in running.items()}
