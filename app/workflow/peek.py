"""What the features above read of running instances: variables, element names, where a task was; and a message that
one person sends to one instance."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session, undefer

from app.audit.models import History
from app.core.errors import NotFound
from app.core.ids import derived_id, new_id
from app.dmn import Explained
from app.identity.actors import WORKER, Actor
from app.workflow import codec
from app.workflow.engine.types import Element, Fault, NotOpen, Redate, Refused, Variables
from app.workflow.errors import Gone
from app.workflow.execute import execute
from app.workflow.models import Instance, Message, UserTask
from app.workflow.queries import instance_view, open_tasks, task_view
from app.workflow.running import compiled_of, context_of
from app.workflow.runtime import OnInstance, Runtime
from app.workflow.schemas import Command, Result, TaskView

AT_ONCE = timedelta(seconds=30)


def variables_at(runtime: Runtime, session: Session, task: TaskView) -> dict[str, Any]:
    """The variables a user task sees; {} when its instance is over."""
    row = session.execute(select(Instance.state, Instance.bundle_id).where(Instance.id == task.instance_id)).one()
    if row.state is None:
        return {}
    compiled = runtime.bundles.get(session, row.bundle_id, runtime.registry)
    return compiled.variables(bytes(row.state), task.task_id.hex)


def redated(runtime: Runtime, session: Session, tasks: Mapping[UUID, datetime]) -> dict[UUID, datetime]:
    """When these open tasks (with the time each opened) would be due, were their dates evaluated once more as of then;
    without those that stay due as before. Nothing is changed by asking; one statement."""
    query = select(UserTask.task_id, Instance).join(Instance, UserTask.instance_id == Instance.id)
    rows = session.execute(query.where(UserTask.task_id.in_(tasks)).options(undefer(Instance.state)))
    found = {task_id: _redated(runtime, session, instance, task_id, tasks[task_id]) for task_id, instance in rows}
    return {task_id: due for task_id, due in found.items() if due is not None}


def _redated(runtime: Runtime, session: Session, row: Instance, task_id: UUID, opened_at: datetime) -> datetime | None:
    if row.state is None:
        return None
    on = OnInstance(runtime, instance_view(row), Command(new_id(), "amend", WORKER, {}), 0, runtime.clock.now())
    try:
        compiled = compiled_of(runtime, session, on)
        moved = compiled.move(bytes(row.state), Redate(task_id.hex), context_of(runtime, session, on, opened_at))
    except (Fault, NotOpen):
        return None
    return moved.after.tasks[task_id.hex].due if moved.result["rescheduled"] else None


def elements(runtime: Runtime, session: Session, bundle_id: UUID) -> Mapping[str, Mapping[str, Element]]:
    """Process id → element id → element, of one bundle; {} where this version of the product cannot load it."""
    try:
        compiled = runtime.bundles.get(session, bundle_id, runtime.registry)
    except Refused:
        return {}
    return {process_id: process.elements for process_id, process in compiled.processes.items()}


def form_of(runtime: Runtime, session: Session, bundle_id: UUID, form_id: str) -> dict[str, Any]:
    """A form of a bundle that this process has compiled: nothing is read or parsed again. Raises NotFound."""
    form = runtime.bundles.get(session, bundle_id, runtime.registry).forms.get(form_id)
    if form is None:
        raise NotFound("workflow.no_form", form=form_id)
    return form


def decide(
    runtime: Runtime, session: Session, bundle_id: UUID, decision: str, inputs: Variables, now: datetime
) -> Explained | None:
    """What a decision of a bundle says of `inputs`, with the rules that matched; None where the bundle has no such
    decision. For hints: no instance is touched, so functions that need one (`deadline`) give null."""
    model = runtime.bundles.get(session, bundle_id, runtime.registry).decisions.get(decision)
    return None if model is None else model.explain(decision, inputs, now=now.astimezone(runtime.zone))


def instance_of_task(session: Session, task_id: UUID, command_id: UUID) -> UUID | None:
    """The instance of an open task; of a closed one, if this very command closed it."""
    open_one = session.scalar(select(UserTask.instance_id).where(UserTask.task_id == task_id))
    return open_one or session.scalar(select(History.stream).where(History.command_id == command_id).limit(1))


def was_done(session: Session, instance_id: UUID, command_id: UUID) -> bool:
    """Has this command been applied to the instance already?"""
    done = select(History.no).where(History.command_id == command_id, History.stream == instance_id)
    return session.scalar(done.limit(1)) is not None


def tell_instance(
    runtime: Runtime, instance_id: UUID, name: str, key: str, payload: Variables, *, actor: Actor, dedupe: str
) -> Result:
    """A message in a person's name to an instance that waits for it now: their name stands in the history.

    Unlike `deliver` it is taken at once or not at all. Operations find its `reason` in the command's content. Raises
    Gone when the instance does not wait for it, Busy, Stuck. The same `dedupe` again returns the first result."""
    with runtime.sessions.begin() as session:
        message_id = _post(runtime, session, name, key, payload, dedupe)
    content = {"message_id": str(message_id), "reason": payload.get("reason")}
    command = Command(derived_id("message", message_id, instance_id), "deliver_message", actor, content)
    try:
        return execute(runtime, instance_id, command)
    except Gone:
        with runtime.sessions.begin() as session:
            left = update(Message).where(Message.id == message_id, Message.state == "WAITING")
            session.execute(left.values(state="DISCARDED"))
        raise


def _post(runtime: Runtime, session: Session, name: str, key: str, payload: Variables, dedupe: str) -> UUID:
    now = runtime.clock.now()
    values = {
        "id": new_id(), "name": name, "key": key, "payload": text(":payload"), "dedupe": dedupe, "received_at": now,
        "expires_at": now + AT_ONCE, "state": "WAITING",
    }  # fmt: skip
    new = upsert(Message).values(values).on_conflict_do_nothing(index_elements=["dedupe"]).returning(Message.id)
    made = session.execute(new, {"payload": codec.dump(payload)}).scalar()
    return made or session.execute(select(Message.id).where(Message.dedupe == dedupe)).scalar_one()


def open_work(session: Session, subjects: Sequence[UUID]) -> list[TaskView]:
    """Open tasks of the instances about several subjects, the oldest first, by one statement."""
    rows = session.execute(open_tasks().where(UserTask.subject_id.in_(subjects)).order_by(UserTask.created_at))
    return [task_view(*row) for row in rows]


_DUE = text(
    "select t.instance_id, t.due from timer t join instance i on i.id = t.instance_id"
    " where t.held is null and i.subject_id = any(:subjects) order by t.due, i.started_at, t.element limit 1"
)


def next_timer(session: Session, subjects: Sequence[UUID]) -> tuple[UUID, datetime] | None:
    """The first timer of these subjects' instances: whose it is, and when it is due."""
    row = session.execute(_DUE, {"subjects": list(subjects)}).one_or_none()
    return None if row is None else (row.instance_id, row.due)
