"""Where an instance stands, read from its history's steps: what was walked, what waits, since when and until when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import audit, workflow
from app.audit import HistoryRow
from app.core.http import language
from app.workflow import InstanceView, Runtime, TaskView
from app.workflow.engine.types import Element

_OVER = frozenset({"completed", "cancelled", "fired"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """One token at rest."""

    element: str
    name: str
    type: str
    since: datetime
    due: datetime | None
    task: TaskView | None

    def is_late(self, now: datetime) -> bool:
        return self.due is not None and self.type == "userTask" and now >= self.due


@dataclass(frozen=True, slots=True)
class Standing:
    """An instance on its diagram."""

    walked: frozenset[str]
    """Elements that were completed at least once and do not wait now."""
    waiting: Sequence[Waiting]


def standing(runtime: Runtime, session: Session, instance: InstanceView) -> Standing:
    """Drawn from the history, so that it says the same as replay."""
    rows = audit.read(session, instance.id)
    elements = workflow.elements(runtime, session, instance.bundle_id)
    tasks = {}
    if instance.subject_id is not None and instance.status == "RUNNING":
        found = workflow.tasks_of(session, instance.subject_id)
        tasks = {task.task_id: task for task in found if task.instance_id == instance.id}
    open_tokens, walked = _replay(rows)
    if instance.status != "RUNNING":
        open_tokens = {}
    waiting = [
        _waiting(step, at, elements, tasks) for step, at in open_tokens.values() if step["state"] == "waiting"
    ]  # fmt: skip
    now = {each.element for each in waiting}
    return Standing(frozenset(walked - now), sorted(waiting, key=lambda each: each.since))


def _replay(rows: Iterable[HistoryRow]) -> tuple[dict[str, tuple[Mapping[str, Any], datetime]], set[str]]:
    """Tokens still on the diagram by their id, and every element that was finished."""
    tokens: dict[str, tuple[Mapping[str, Any], datetime]] = {}
    walked: set[str] = set()
    for row in rows:
        for step in row.steps:
            key = f"{step['token']}:{step['element']}"
            if step["state"] in _OVER:
                tokens.pop(key, None)
                if step["state"] != "cancelled":
                    walked.add(step["element"])
            else:
                since = tokens[key][1] if key in tokens else row.recorded_at
                tokens[key] = (step, since)
    return tokens, walked


def _waiting(
    step: Mapping[str, Any], since: datetime, elements: Mapping[str, Element], tasks: Mapping[UUID, TaskView]
) -> Waiting:
    element = elements.get(step["element"])
    names = element.names if element else {}
    name = names.get(language()) or names.get("en") or step["element"]
    task = tasks.get(_uuid(step["token"]))
    due = step.get("due")
    at = datetime.fromisoformat(due) if isinstance(due, str) else due
    return Waiting(
        step["element"], name, element.type if element else "", since, at or (task.due if task else None), task
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
