"""A calendar has a new version: due times that diagrams give open tasks by themselves (`=deadline(4, "WORKING_HOUR")`;
no limit row tells how they came about) are reckoned as if the task opened, when it did, by today's calendar (Q01)."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, select, tuple_
from sqlalchemy.orm import Session

from app import city
from app.core.errors import Conflict
from app.core.ids import derived_id
from app.identity import WORKER
from app.lifecycle.subject import ORDER
from app.workflow import Busy, Command, Gone, OnInstance, Runtime, Stuck, View, execute
from app.workflow.engine.types import Element, Variables
from app.workflow.models import Instance, UserTask
from app.workflow.peek import elements, redated

log = logging.getLogger(__name__)

BATCH = 500
DEPARTMENT = case((UserTask.subject_kind == ORDER, UserTask.departments[1]))
"""Whose calendar counts for a task: the order's department's, as `functions.calendar_functions` has it."""


@dataclass(frozen=True, slots=True)
class Redated:
    """Of one batch of open tasks: how many have another due time now, the key that the next one begins behind (None:
    there is none), and whether somebody was just working on one of them."""

    moved: int
    after: tuple[datetime, UUID] | None
    busy: bool


def redate_tasks(
    runtime: Runtime, body: Mapping[str, Any], places: Callable[[Session], Any], after: tuple[datetime, UUID] | None
) -> Redated:
    """One batch, each by a command of its own instance, with the reason. `places`: the conditions that say for which
    tasks the calendar counts."""
    with runtime.sessions() as session:
        query = _open_tasks(datetime.fromisoformat(body["published_at"]), after).where(*places(session))
        rows = session.execute(query).all()
        wanted = _wanted(runtime, session, rows)
    moved, busy = 0, False
    for each in wanted:
        try:
            moved += _redate(runtime, each, body)
        except Busy:
            busy = True
    return Redated(moved, (rows[-1].created_at, rows[-1].task_id) if len(rows) == BATCH else None, busy)


def _open_tasks(published: datetime, after: tuple[datetime, UUID] | None) -> Any:
    query = (
        select(UserTask.task_id, UserTask.instance_id, UserTask.process_id, UserTask.element, UserTask.created_at,
               Instance.bundle_id)
        .join(Instance, Instance.id == UserTask.instance_id)
        .where(UserTask.due.is_not(None), UserTask.created_at <= published)
        .order_by(UserTask.created_at, UserTask.task_id)
        .limit(BATCH)
    )  # fmt: skip
    return query if after is None else query.where(tuple_(UserTask.created_at, UserTask.task_id) > tuple_(*after))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A task that is due at another time by today's calendar."""

    task_id: UUID
    instance_id: UUID
    due: datetime
    names: Mapping[str, str]


def _wanted(runtime: Runtime, session: Session, rows: Sequence[Row[Any]]) -> list[_Wanted]:
    asking = {row.task_id: element for row in rows if (element := _reckoning(runtime, session, row)) is not None}
    due = redated(runtime, session, {row.task_id: row.created_at for row in rows if row.task_id in asking})
    return [
        _Wanted(row.task_id, row.instance_id, due[row.task_id], asking[row.task_id].names)
        for row in rows
        if row.task_id in due
    ]


def _reckoning(runtime: Runtime, session: Session, row: Row[Any]) -> Element | None:
    """The task's element, where the diagram gives it a due time by the calendar."""
    element = elements(runtime, session, row.bundle_id).get(row.process_id, {}).get(row.element)
    asks = element is not None and any(name in text for text in element.dates for name in city.FUNCTIONS)
    return element if asks else None


def _redate(runtime: Runtime, row: _Wanted, body: Mapping[str, Any]) -> bool:
    """False: its instance cannot be moved now, or the task is done."""
    command = Command(
        derived_id(f"calendar:{body['calendar_id']}:{body['version']}", row.task_id), "amend", WORKER,
        {"reason": body["reason"]}, on_behalf_of=UUID(body["by"]),
    )  # fmt: skip
    try:
        execute(runtime, row.instance_id, command, prepare=partial(_as_if_then, row))
    except Busy:
        raise
    except Gone:
        return False
    except (Conflict, Stuck):
        log.warning("task %s keeps its due time: its instance %s cannot be moved", row.task_id, row.instance_id)
        return False
    return True


def _as_if_then(wanted: _Wanted, session: Session, view: View, on: OnInstance) -> Variables:
    task = session.get(UserTask, wanted.task_id)
    if task is not None and task.due is not None:
        on.redated[wanted.task_id.hex] = task.created_at
        new = {"due_at": wanted.due.isoformat(), "names": dict(wanted.names)}
        on.change(f"task_due.{task.element}", {"due_at": task.due.isoformat()}, new)
    return {}
