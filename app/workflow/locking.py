"""The first statement of every command: lock the instance and load what the command is about."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.workflow.driver import LOCK, call
from app.workflow.errors import UnknownInstance
from app.workflow.schemas import Command, InstanceView, TaskView, View


@dataclass(slots=True)
class Locked:
    """An instance whose row is ours until the transaction ends."""

    view: InstanceView
    head: bytes
    seal: bytes
    state: bytes | None
    next_due: datetime | None
    incidents: int
    holds: bool
    """Some timer is or was held: by an incident, or by the instance being suspended."""
    held: frozenset[str]
    """Timers that wait for their incident."""
    task: Mapping[str, Any] | None
    message: Mapping[str, Any] | None
    seen_no: int | None
    """Number of the row this command id wrote before."""
    seen_actor: UUID | None
    seen_at: datetime | None
    seen_result: Mapping[str, Any]

    def digest(self, content: Mapping[str, Any]) -> str:
        """What the history keeps of a command's content to recognise a repeat: keyed, as it may be personal."""
        return digest(self.seal, content)

    def view_of(self) -> View:
        """The task the command names, as it is or (for a repeat) was; else the instance."""
        task = self.seen_result.get("task") if self.seen_no is not None else self.task
        if task is None:
            return self.view
        return task_view(task, self.view)


def digest(seal: bytes, content: Mapping[str, Any]) -> str:
    """Raises Invalid for a NUL character, which PostgreSQL's text cannot hold."""
    text = orjson.dumps(content, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    if b"\\u0000" in text:
        raise Invalid("workflow.nul")
    return hashlib.blake2b(text, key=seal, digest_size=16).hexdigest()


def lock(session: Session, instance_id: UUID, command: Command) -> Locked:
    """Wait for the row (not longer than the connection's lock_timeout). Raises UnknownInstance."""
    task, message = _uuid(command.content.get("task_id")), _uuid(command.content.get("message_id"))
    parameters = (
        str(instance_id),
        str(command.id),
        task,
        message,
        "true" if command.kind == "fire_timers" else "false",
    )
    row = call(session, LOCK, parameters, commit=False)
    version, head, seal, state, last_at, next_due, incidents, seen_no, seen_at, seen_result, text = row
    if version is None:
        raise UnknownInstance(instance_id)
    info = orjson.loads(text)
    seen_actor = info["seen_actor"]
    about = info["about"]
    return Locked(
        _view(instance_id, version, last_at, about), head, seal, state, next_due, incidents,
        about["holds"] or about["suspended"], frozenset(info.get("held") or ()), info["task"], info.get("message"),
        seen_no, seen_actor and UUID(seen_actor), seen_at, orjson.loads(seen_result) if seen_no else {},
    )  # fmt: skip


def _view(instance_id: UUID, version: int, last_at: datetime, about: Mapping[str, Any]) -> InstanceView:
    subject = about["subject_id"]
    started, ended = datetime.fromisoformat(about["started_at"]), about["ended_at"]
    return InstanceView(
        instance_id, UUID(about["bundle_id"]), about["process_id"], about["status"], version, started, last_at,
        _instant(ended), about["subject_kind"], subject and UUID(subject), about["district"],
        tuple(about["departments"]), about["confidential"], about["suspended"],
    )  # fmt: skip


def task_view(task: Mapping[str, Any], instance: InstanceView) -> TaskView:
    """From the row of `user_task` as JSON, or from what a completed task's history row kept of it."""
    return TaskView(
        UUID(task["task_id"]), instance.id, instance.bundle_id, task["process_id"], task["element"],
        task.get("form_id"), tuple(task["groups"]), tuple(task["users"]), task.get("assignee"),
        _instant(task.get("due")), _instant(task.get("follow_up")), task.get("priority", 50),
        _instant(task.get("created_at")) or instance.last_at, instance.subject_kind, instance.subject_id,
        instance.district, instance.departments, instance.confidential, instance.suspended,
    )  # fmt: skip


def _uuid(text: Any) -> str | None:
    """Raises Invalid where a caller's id is none."""
    if text is None:
        return None
    try:
        return UUID(str(text)).hex
    except ValueError:
        raise Invalid("workflow.no_id", id=text) from None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
