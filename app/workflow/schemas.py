"""Values that go into and come out of the workflow: what other features code against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from app.identity.actors import Actor, Scope
from app.workflow.engine.types import Step, Variables

Kind = Literal[
    "start", "complete_task", "claim", "release", "deliver_message", "fire_timers", "complete_job", "fail_job",
    "reschedule", "set_variables", "retry_incident", "resolve", "modify", "migrate", "suspend", "resume", "cancel",
    "open_incident", "amend",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody wants of one instance. The same `id` again changes nothing and returns the first result.

    `content` by kind (JSON values; ids as strings):
    complete_task {task_id, values} · claim {task_id, assignee?} · release {task_id} · deliver_message {message_id} ·
    fire_timers {} · complete_job {task_id, variables} · fail_job {task_id, code?, message?, variables} ·
    reschedule {due: {timer id or element id: ISO time}, reason, variables?} · set_variables {variables, reason} ·
    retry_incident {incident} · resolve {incident, reason} · modify {cancel_tokens, start_before, reason} ·
    migrate {reason?} · suspend {reason} · resume {reason?} · cancel {reason} · amend {…}: for its preparer alone"""

    id: UUID
    kind: Kind
    actor: Actor
    content: Mapping[str, Any] = field(default_factory=dict)
    on_behalf_of: UUID | None = None
    occurred_at: datetime | None = None
    """When it happened outside, if that was before now; else the time of recording."""


@dataclass(frozen=True, slots=True)
class FirstTask:
    """Start and complete the first user task in one go: the registration form makes the case."""

    values: Variables


@dataclass(frozen=True, slots=True)
class InstanceView:
    """An instance as others see it."""

    id: UUID
    bundle_id: UUID
    process_id: str
    status: str
    """RUNNING, COMPLETED or CANCELLED."""
    version: int
    """Number of its last history row."""
    started_at: datetime
    last_at: datetime
    ended_at: datetime | None
    subject_kind: str | None
    subject_id: UUID | None
    district: str | None
    departments: tuple[str, ...]
    confidential: bool
    suspended: bool

    @property
    def instance_id(self) -> UUID:
        return self.id

    def scope(self) -> Scope:
        return Scope(self.district, frozenset(self.departments), confidential=self.confidential)


@dataclass(frozen=True, slots=True)
class TaskView:
    """A user task: open, or (when a command is repeated) as it was when it was completed."""

    task_id: UUID
    instance_id: UUID
    bundle_id: UUID
    process_id: str
    """The process the element is drawn in."""
    element: str
    form_id: str | None
    groups: tuple[str, ...]
    """Candidate roles and departments; empty: everybody whose scope covers it."""
    users: tuple[str, ...]
    assignee: str | None
    """Id of the user who claimed it."""
    due: datetime | None
    follow_up: datetime | None
    priority: int
    created_at: datetime
    subject_kind: str | None
    subject_id: UUID | None
    district: str | None
    departments: tuple[str, ...]
    confidential: bool
    suspended: bool
    act_by: datetime | None = None
    """What lists are sorted by: the earlier of `due` and its case's or order's first running limit."""

    def scope(self) -> Scope:
        groups, departments = frozenset(self.groups), frozenset(self.departments)
        return Scope(self.district, departments, groups, self.assignee, self.confidential)


View = TaskView | InstanceView


@dataclass(frozen=True, slots=True)
class Result:
    """What a command did. The same for the first run and every repeat, but for `repeated` and `steps`."""

    instance_id: UUID
    no: int
    """Number of its history row; 0 when there was nothing to do (no timer was due any more)."""
    status: str
    values: Mapping[str, Any]
    """E.g. {"element": …, "tasks": [ids of user tasks it opened]}; for retry and repeat as stored."""
    at: datetime | None = None
    repeated: bool = False
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """A new instance, written in the caller's transaction and not yet committed."""

    instance_id: UUID
    no: int
    status: str
    tasks: tuple[UUID, ...]
    """Its open user tasks."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """Immutable diagrams, forms and decisions; `id` follows from the content."""

    id: UUID
    deployed_at: datetime
    deployed_by: str
    changed: bool = True
    """False: the same content was current already, nothing was deployed."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """What follows from a command, carried out after it."""

    id: UUID
    kind: str
    body: Mapping[str, Any]
    dedupe: str
    """The same for every attempt: the handler's idempotency key."""
    attempts: int
    instance_id: UUID | None
    history_no: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class IncidentView:
    no: int
    instance_id: UUID | None
    kind: str
    """The failed command's kind, or `outbox`."""
    target: str | None
    """Task, timer, message or outbox row it concerns."""
    element: str | None
    message: str
    data: Mapping[str, Any]
    state: str
    """OPEN, RETRIED (went through later) or RESOLVED (by a person, with a reason)."""
    attempts: int
    opened_at: datetime
    closed_at: datetime | None
    reason: str | None
    subject_kind: str | None
    subject_id: UUID | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a message that came in."""

    message_id: UUID
    instance_id: UUID | None
    """Who took it; None: it waits in the inbox for a receiver, until it expires."""
    started: bool = False
    """True when it started that instance."""
    repeated: bool = False
