"""Starting an instance inside the caller's transaction."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.audit import GENESIS
from app.core.errors import Conflict, NotFound
from app.core.ids import derived_id
from app.identity.actors import Actor
from app.workflow.engine.types import Moved, Status, Variables
from app.workflow.locking import digest
from app.workflow.queries import current_bundle_id
from app.workflow.running import compiled_of, context_of, guarded, listen
from app.workflow.runtime import OnInstance, Preparer, Runtime
from app.workflow.schemas import Command, FirstTask, InstanceView, Started
from app.workflow.write import Draft, write


def start(
    runtime: Runtime,
    session: Session,
    process_id: str,
    variables: Variables,
    *,
    actor: Actor,
    now: datetime,
    command_id: UUID,
    subject_kind: str | None = None,
    subject_id: UUID | None = None,
    district: str | None = None,
    departments: Sequence[str] = (),
    confidential: bool = False,
    first_task: FirstTask | None = None,
    instance_id: UUID | None = None,
    bundle_id: UUID | None = None,
    at: str | None = None,
    prepare: Preparer | None = None,
) -> Started:
    """A new instance on the current bundle, run until it waits. Commit, then call `after_commit(runtime, session)`.

    `at` names the start event (default: the plain one). `prepare` runs before the engine; with a first task it returns
    its values. Without an `instance_id` the command's id gives it, so that a repeat meets itself.

    Raises NotFound when the process is not deployed, Conflict when the instance exists already, Fault when an
    expression or operation fails."""
    bundle = bundle_id or current_bundle_id(session)
    if bundle is None:
        raise NotFound("workflow.nothing_deployed")
    view = InstanceView(
        instance_id or instance_id_of(command_id), bundle, process_id, Status.RUNNING, 0, now, now, None, subject_kind,
        subject_id, district, tuple(departments), confidential, False,
    )  # fmt: skip
    values = None if first_task is None else first_task.values
    command = Command(command_id, "start", actor, {} if values is None else {"values": values})
    on = OnInstance(runtime, view, command, 1, now)
    if prepare is not None:
        prepared = prepare(session, view, on)
        values = None if first_task is None else prepared
    moved = _run(runtime, session, on, process_id, variables, values, at)
    draft = _draft(on, command, moved)
    if write(session, draft) is None:
        raise Conflict("workflow.started_already")
    tasks = tuple(UUID(task_id) for task_id in moved.after.tasks)
    return Started(view.id, 1, str(moved.status), tasks, moved.steps)


def _draft(on: OnInstance, command: Command, moved: Moved) -> Draft:
    view, seal = on.instance, os.urandom(16)
    draft = Draft(on, command, on.now, GENESIS, view.process_id, bundle_id=view.bundle_id)
    draft.take(moved, timers_held=False)
    draft.doc["start"] = {
        "process_id": view.process_id, "seal": seal.hex(), "subject_kind": view.subject_kind,
        "subject_id": view.subject_id, "district": view.district, "departments": view.departments,
        "confidential": view.confidential,
    }  # fmt: skip
    content = digest(seal, command.content)
    draft.result |= {"process": view.process_id, "status": str(moved.status), "content": content}
    return draft


def instance_id_of(command_id: UUID) -> UUID:
    """The id of the instance that a start command without an `instance_id` makes."""
    return derived_id("instance", command_id)


def _run(
    runtime: Runtime,
    session: Session,
    on: OnInstance,
    process_id: str,
    variables: Variables,
    values: Any,
    at: str | None,
) -> Moved:
    compiled = compiled_of(runtime, session, on)
    if process_id not in compiled.processes:
        raise NotFound("workflow.no_process", process=process_id)
    context = context_of(runtime, session, on)
    moved = guarded(None, lambda: compiled.start(process_id, variables, context, values, at=at))
    listen(runtime, session, on, moved.steps, compiled)
    return moved
