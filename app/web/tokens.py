"""Where an instance stands, in words: what was walked, what waits, for whom, since when and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import workflow
from app.core.http import language
from app.workflow import InstanceView, Runtime, TaskView, Token
from app.workflow.engine.types import Element


@dataclass(frozen=True, slots=True)
class Waiting:
    """One token at rest."""

    element: str
    name: str
    type: str
    """BPMN type: userTask, receiveTask, boundaryEvent …"""
    since: datetime
    due: datetime | None
    task: TaskView | None

    def is_late(self, now: datetime) -> bool:
        return self.due is not None and self.task is not None and now >= self.due


@dataclass(frozen=True, slots=True)
class Standing:
    """An instance on its diagram."""

    walked: frozenset[str]
    """Elements that were completed at least once and hold no token now."""
    inside: frozenset[str]
    """Sub-processes that hold tokens."""
    waiting: Sequence[Waiting]


def standing(runtime: Runtime, session: Session, instance: InstanceView) -> Standing:
    """Read from the history, so that it says the same as replay."""
    found = workflow.tokens(runtime, session, instance.id)
    if found is None:
        return Standing(frozenset(), frozenset(), ())
    here = [token for token in found.open if token.process == instance.process_id]
    tasks = _tasks(session, instance)
    waiting = [
        _waiting(token, element(runtime, session, instance.bundle_id, token.process, token.element), tasks)
        for token in here
        if token.state == "waiting"
    ]
    now = {token.element for token in here}
    walked = {name for process, name in found.passed if process == instance.process_id}
    inside = now - {each.element for each in waiting}
    return Standing(frozenset(walked - now), frozenset(inside), sorted(waiting, key=lambda each: each.since))


def element(runtime: Runtime, session: Session, bundle_id: UUID, process: str, name: str) -> Element | None:
    """What the diagram says of an element; None when the bundle has no such one."""
    compiled = runtime.bundles.get(session, bundle_id, runtime.registry)
    known = compiled.processes.get(process)
    return known.elements.get(name) if known else None


def element_name(found: Element | None, fallback: str) -> str:
    """In the page's language."""
    names = found.names if found else {}
    return names.get(language()) or names.get("en") or fallback


def _tasks(session: Session, instance: InstanceView) -> dict[str, TaskView]:
    """Open tasks of this instance by token."""
    if instance.subject_id is None:
        return {}
    found = workflow.tasks_of(session, instance.subject_id)
    return {task.task_id.hex: task for task in found if task.instance_id == instance.id}


def _waiting(token: Token, found: Element | None, tasks: dict[str, TaskView]) -> Waiting:
    task = tasks.get(token.id.replace("-", ""))
    due = token.due or (task.due if task else None)
    kind = found.type if found else ""
    return Waiting(token.element, element_name(found, token.element), kind, token.since, due, task)
