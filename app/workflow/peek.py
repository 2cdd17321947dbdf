"""What the features above read of running instances: variables, element names, where a task was; and a message that
one person sends to one instance."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.audit.models import History
from app.core.clock import SimulatedClock
from app.core.errors import NotFound
from app.core.ids import derived_id, new_id
from app.identity.actors import Actor
from app.workflow import codec
from app.workflow.engine.types import Element, Refused, Variables
from app.workflow.errors import Gone
from app.workflow.execute import execute, fire
from app.workflow.models import Instance, Message, UserTask
from app.workflow.outbox import deliver_outbox
from app.workflow.queries import open_tasks, task_view
from app.workflow.runtime import Runtime
from app.workflow.schemas import Command, Result, TaskView

AT_ONCE = timedelta(seconds=30)


def variables_at(runtime: Runtime, session: Session, task: TaskView) -> dict[str, Any]:
    """The variables a user task sees; {} when its instance is over."""
    row = session.execute(select(Instance.state, Instance.bundle_id).where(Instance.id == task.instance_id)).one()
    if row.state is None:
        return {}
    compiled = runtime.bundles.get(session, row.bundle_id, runtime.registry)
    return compiled.variables(bytes(row.state), task.task_id.hex)


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


def instance_of_task(session: Session, task_id: UUID, command_id: UUID) -> UUID | None:
    """The instance of an open task; of a closed one, if this very command closed it."""
    open_one = session.scalar(select(UserTask.instance_id).where(UserTask.task_id == task_id))
    return open_one or session.scalar(select(History.stream).where(History.command_id == command_id).limit(1))


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


_PENDING = text(
    "select o.id from outbox o join instance i on i.id = o.instance_id"
    " where o.state = 'PENDING' and o.due_at <= :now and i.subject_id = any(:subjects) order by o.id"
)
_DUE = text(
    "select t.instance_id, t.due from timer t join instance i on i.id = t.instance_id"
    " where t.held is null and t.due <= :until and i.subject_id = any(:subjects) order by t.due limit 1"
)


def pass_time(runtime: Runtime, subjects: Sequence[UUID], until: datetime) -> None:
    """`settle` for a few subjects only: their timers fire in order as the simulated clock moves to `until`, and what
    follows is carried out. For seeding case by case, where nothing crashes and others' clocks stand elsewhere."""
    clock = runtime.clock
    assert isinstance(clock, SimulatedClock)
    while (due := _next(runtime, subjects, until)) is not None:
        clock.move_to(due[1])
        fire(runtime, due[0])
        carry_out(runtime, subjects)
    clock.move_to(until)


def carry_out(runtime: Runtime, subjects: Sequence[UUID]) -> None:
    """The outbox rows of these subjects that are due now, and what follows from them."""
    while True:
        with runtime.sessions() as session:
            given = {"now": runtime.clock.now(), "subjects": list(subjects)}
            rows = session.execute(_PENDING, given).scalars().all()
        if not rows:
            return
        for row in rows:
            deliver_outbox(runtime, row)


def next_due(runtime: Runtime, subjects: Sequence[UUID]) -> datetime | None:
    """When the next timer of these subjects' instances is due."""
    due = _next(runtime, subjects, datetime.max.replace(tzinfo=UTC))
    return None if due is None else due[1]


def _next(runtime: Runtime, subjects: Sequence[UUID], until: datetime) -> tuple[UUID, datetime] | None:
    with runtime.sessions() as session:
        row = session.execute(_DUE, {"until": until, "subjects": list(subjects)}).one_or_none()
    return None if row is None else (row.instance_id, row.due)
