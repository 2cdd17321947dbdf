"""How long every task of a case took, from its opening to its end, and who did it (D13, D14): read from the history, so
that it holds for tasks long gone and diagrams long replaced."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app import audit
from app.audit import HistoryRow
from app.cases.models import CaseFile
from app.identity import Actor
from app.lifecycle.history import streams_of
from app.workflow import Runtime
from app.workflow.engine.types import Element
from app.workflow.peek import elements

Elements = Mapping[str, Mapping[str, Element]]


@dataclass(slots=True)
class TaskTime:
    names: Mapping[str, str]
    """What the diagram calls it, by language."""
    order_no: str | None
    """None: a task of the case itself."""
    opened: datetime
    ended: datetime | None = None
    by: str = ""
    """Who did it; empty while it is open, and where it was not done but fell away."""


def task_times(runtime: Runtime, session: Session, case: CaseFile, reader: Actor) -> list[TaskTime]:
    """In the order they opened, as far as `reader` may see the orders."""
    found: list[TaskTime] = []
    for stream in streams_of(session, case, reader):
        opened: dict[str, TaskTime] = {}
        for row in audit.read(session, stream.instance_id):
            known = elements(runtime, session, row.bundle) if row.bundle else {}
            found += _follow(row, known, stream.process, opened, stream.order_no)
    return sorted(found, key=lambda task: task.opened)


def _follow(
    row: HistoryRow, known: Elements, process: str, opened: dict[str, TaskTime], order_no: str | None
) -> Iterator[TaskTime]:
    """What one row did to tasks: `opened` holds those not ended yet, by token."""
    for step in row.steps:
        element = known.get(step.get("process", process), {}).get(step["element"])
        if element is None or element.type != "userTask":
            continue
        token, state = step["token"], step["state"]
        if state in ("completed", "cancelled"):
            if (task := opened.pop(token, None)) is not None:
                task.ended = row.occurred_at
                task.by = row.actor_name if state == "completed" else ""
        elif token not in opened and state in ("entered", "waiting"):
            opened[token] = task = TaskTime(element.names, order_no, row.occurred_at)
            yield task
