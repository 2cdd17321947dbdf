"""The second statement of every command: its history row and everything the engine changed, by one server function."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit import FORMAT, Row, chain, detail_hash, new_salt
from app.core.ids import new_id
from app.workflow.codec import dump, dump_plain
from app.workflow.decided import DECIDED, in_history
from app.workflow.driver import WRITE, call
from app.workflow.engine.types import SIGNAL, Moved, OpenTask, OpenTimer, OpenWait, Step, Surface, VariableChange
from app.workflow.runtime import OnInstance
from app.workflow.schemas import Command

AFTER = "workflow.after"
"""Key of `Session.info`: what is to be followed up once the transaction has committed."""


@dataclass(slots=True)
class FollowUp:
    """What one written command leaves to do after the commit."""

    instance_id: UUID
    no: int
    outbox: list[UUID] = field(default_factory=list)
    waits: list[tuple[str, str]] = field(default_factory=list)
    """New subscriptions (name, key): a message may be in the inbox already."""
    all_waits: bool = False
    """After resuming: every subscription of the instance."""


@dataclass(slots=True)
class Draft:
    """A history row in the making, and the document of changes that goes with it."""

    on: OnInstance
    command: Command
    now: datetime
    previous: bytes
    process_id: str
    doc: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    state: bytes | None = None
    bundle_id: UUID | None = None
    waits: list[tuple[str, str]] = field(default_factory=list)
    all_waits: bool = False
    outbox: list[UUID] = field(default_factory=list)
    """Rows to hand to a worker besides those emitted."""

    def take(self, moved: Moved, timers_held: bool) -> None:
        """Put what the engine did into the draft. With timers held back, the server finds the next one that is not."""
        self.doc["moved"] = str(moved.status)
        self.steps, self.state = moved.steps, moved.state
        self.result |= moved.result
        if moved.decided:
            self.result[DECIDED] = [in_history(one) for one in moved.decided]
        if moved.changes:
            self.changes["variables"] = [_variable(change) for change in moved.changes]
        _diff(self.doc, moved.before, moved.after)
        if not timers_held and ("timers" in self.doc or "timers_gone" in self.doc):
            self.doc["next_due"] = min((timer.due for timer in moved.after.timers.values()), default=None)
        # a signal is not kept for those who come later: nothing can be in the inbox for a new wait
        opened = [(row["name"], row["key"]) for row in self.doc.get("waits", ())]
        self.waits = [(name, key) for name, key in opened if not name.startswith(SIGNAL)]
        if "tasks" in self.doc:
            self.result["tasks"] = [task["task_id"] for task in self.doc["tasks"]]
        for job in moved.after.jobs.values():
            if job.task_id not in moved.before.jobs:
                body = {"instance_id": str(self.on.instance_id), "task_id": job.task_id, "element": job.element,
                        "operation": job.operation, "inputs": job.inputs, "headers": job.headers}  # fmt: skip
                self.on.emit(f"job.{job.operation}", body, f"job:{job.task_id}")
        for thrown in moved.signals:
            body = {"name": thrown.name, "variables": dict(thrown.variables), "wait_before": str(new_id())}
            self.on.emit("signal", body)
        if gone := [task_id for task_id in moved.before.jobs if task_id not in moved.after.jobs]:
            self.doc["jobs_gone"] = gone


def write(session: Session, draft: Draft, *, commit: bool = False) -> FollowUp | None:
    """Hash the row and write everything; with `commit` the transaction ends with it. None: the instance that was to
    start exists already, and nothing was written."""
    on, command = draft.on, draft.command
    if on.changes:
        draft.changes["fields"] = on.changes
    if on.scope:
        draft.doc["scope"] = on.scope
    if on.decided:
        draft.result[DECIDED] = [*draft.result.get(DECIDED, ()), *map(in_history, on.decided)]
    follow = FollowUp(on.instance_id, on.no, draft.outbox, draft.waits, draft.all_waits)
    outbox = _outbox(on, follow)
    session.flush()
    salt, detail = (new_salt(), dump(on.personal)) if on.personal else (None, None)
    row = Row(
        on.instance_id, on.no, command.id, command.kind, command.actor.id, command.actor.name, command.on_behalf_of,
        draft.now, command.occurred_at or draft.now, draft.bundle_id or on.bundle_id,
        dump([_step(step, draft.process_id) for step in draft.steps]), dump(draft.changes), dump(draft.result),
        detail_hash(salt, detail) if salt is not None and detail is not None else None,
    )  # fmt: skip
    digest = chain(draft.previous, row)
    parameters = (  # texts: the driver is quick with these, the server reads them as what the function takes
        str(row.stream), str(row.no), str(row.command_id), row.kind, str(row.actor), row.actor_name,
        str(row.on_behalf_of) if row.on_behalf_of else None, row.recorded_at.isoformat(), row.occurred_at.isoformat(),
        str(row.bundle), row.steps, row.changes, row.result, row.detail_hash, salt, detail, str(FORMAT),
        draft.previous, digest, draft.state, _document(draft.doc, outbox),
    )  # fmt: skip
    (written,) = call(session, WRITE, parameters, commit=commit)
    if not written:
        return None
    session.info.setdefault(AFTER, []).append(follow)
    return follow


def _outbox(on: OnInstance, follow: FollowUp) -> str:
    """As JSON text, since a body keeps FEEL's tagged values where the rest of the document has plain times."""
    if not on.emitted:
        return ""
    rows = []
    for kind, body, dedupe in on.emitted:
        row_id = new_id()
        follow.outbox.append(row_id)
        rows.append(dump({"id": str(row_id), "kind": kind, "body": body, "dedupe": dedupe}))
    return f'"outbox":[{",".join(rows)}]'


def _document(doc: Mapping[str, Any], outbox: str) -> str:
    text = dump_plain(doc)
    if not outbox:
        return text
    return f"{{{outbox}}}" if text == "{}" else f"{text[:-1]},{outbox}}}"


def _step(step: Step, process: str) -> dict[str, Any]:
    """Short, as there are many: what is empty, or the instance's own process, is left out."""
    out: dict[str, Any] = {"token": step.token, "element": step.element, "state": step.state}
    if step.scope is not None:
        out["scope"] = step.scope
    if step.process != process:
        out["process"] = step.process
    if step.cause is not None:
        out["cause"] = step.cause
    if step.due is not None:
        out["due"] = step.due.isoformat()
    return out


def _variable(change: VariableChange) -> dict[str, Any]:
    out = {"name": change.name, "old": change.old, "new": change.new}
    return out if change.scope is None else {"scope": change.scope, **out}


def _diff(doc: dict[str, Any], before: Surface, after: Surface) -> None:
    """Only what there is to do: most commands touch two or three of the tables."""
    for name, old, new, row in (
        ("tasks", before.tasks, after.tasks, _task),
        ("timers", before.timers, after.timers, _timer),
        ("waits", before.waits, after.waits, _wait),
    ):
        if gone := [key for key in old if key not in new]:
            doc[f"{name}_gone"] = gone
        if come := [row(value) for key, value in _changed(old, new)]:
            doc[name] = come


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    return ((key, value) for key, value in new.items() if old.get(key) != value)


def _task(task: OpenTask) -> dict[str, Any]:
    return {
        "task_id": task.task_id, "element": task.element, "process_id": task.process, "form_id": task.form_id,
        "groups": task.groups, "users": task.users, "assignee": task.assignee, "due": task.due,
        "follow_up": task.follow_up, "priority": task.priority,
    }  # fmt: skip


def _timer(timer: OpenTimer) -> dict[str, Any]:
    return {"timer_id": timer.timer_id, "element": timer.element, "due": timer.due}


def _wait(wait: OpenWait) -> dict[str, Any]:
    return {"wait_id": wait.wait_id, "element": wait.element, "name": wait.name, "key": wait.key or ""}
