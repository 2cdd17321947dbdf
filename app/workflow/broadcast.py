"""Signals between instances: everybody who waits when one is thrown takes it, and processes that begin with it start.

The outbox carries it, at least once. Who waits is written down once, in one transaction, as one message of the inbox
for each wait; from there it goes the way of every message, so that no kill loses or doubles one."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.ids import derived_id, new_id
from app.identity.actors import WORKER
from app.workflow import codec
from app.workflow.deliver import INSERT
from app.workflow.engine.types import SIGNAL, Fault, NotOpen, Variables
from app.workflow.execute import after_commit, follow_up, hand_over
from app.workflow.models import Message, Subscription
from app.workflow.queries import current_bundle_id
from app.workflow.runtime import Runtime
from app.workflow.schemas import OutboxRow
from app.workflow.start import start

log = logging.getLogger(__name__)

KEPT = timedelta(days=14)
"""How long one who is suspended, or whose way is blocked by an incident, may still take it."""
SAME_MOMENT = (1 << 80) - 1
"""Ids of waits begin with their millisecond: what follows it is chance."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What became of a signal."""

    receivers: int
    """Waits that it was meant for; they take it now, or when they can."""
    started: tuple[UUID, ...]
    """Instances that it started."""


def broadcast(runtime: Runtime, name: str, variables: Variables, *, dedupe: str) -> Broadcast:
    """A signal from outside: a storm warning, a change of the law. The same `dedupe` again reaches nobody twice."""
    return _send(runtime, name, variables, dedupe, None, new_id())


def deliver_signal(runtime: Runtime, row: OutboxRow) -> None:
    """The outbox handler of a signal that an instance threw; its own waits have taken it already."""
    body = row.body
    variables = codec.load(body["variables"])
    _send(runtime, body["name"], variables, row.dedupe, row.instance_id, UUID(body["wait_before"]))


def _send(
    runtime: Runtime, name: str, variables: Variables, dedupe: str, thrower: UUID | None, moment: UUID
) -> Broadcast:
    """Raises what kept a process from starting, when all that can be done is done: the outbox comes again."""
    with runtime.sessions.begin() as session:
        addressed = _address(runtime, session, name, variables, dedupe, thrower, moment)
    for message_id, instance_id in addressed:
        follow_up(runtime, hand_over(runtime, instance_id, message_id) or [])
    return Broadcast(len(addressed), _start_all(runtime, name, variables, dedupe))


def _address(
    runtime: Runtime, session: Session, name: str, variables: Variables, dedupe: str, thrower: UUID | None, moment: UUID
) -> list[tuple[UUID, UUID]]:
    """One message for each wait that stood at `moment`: (message, instance). The second time there are none left to
    write: what a crash kept from its receiver is found by the sweeper."""
    now, payload = runtime.clock.now(), codec.dump(variables)
    connection, topic = session.connection(), f"{SIGNAL}{name}"
    mark = (new_id(), topic, "", "{}", f"{SIGNAL}{dedupe}", now, now)
    if not connection.exec_driver_sql(INSERT, mark).rowcount:
        return []
    session.execute(update(Message).where(Message.id == mark[0]).values(state="CONSUMED"))
    query = select(Subscription.wait_id, Subscription.key, Subscription.instance_id).where(
        Subscription.name == topic, Subscription.wait_id <= UUID(int=moment.int | SAME_MOMENT)
    )
    if thrower is not None:
        query = query.where(Subscription.instance_id != thrower)
    rows = session.execute(query.order_by(Subscription.wait_id)).all()
    addressed = [(new_id(), row.key, row.instance_id) for row in rows]
    for message_id, key, _ in addressed:
        row = (message_id, topic, key, payload, f"{SIGNAL}{dedupe}:{key}", now, now + KEPT)
        connection.exec_driver_sql(INSERT, row)
    return [(message_id, instance_id) for message_id, _, instance_id in addressed]


def _start_all(runtime: Runtime, name: str, variables: Variables, dedupe: str) -> tuple[UUID, ...]:
    """Every process of the current bundle that begins with this signal, once for each signal."""
    with runtime.sessions() as session:
        bundle = current_bundle_id(session)
        starts = {} if bundle is None else runtime.bundles.get(session, bundle, runtime.registry).signal_starts()
    begun: list[UUID] = []
    failed: Exception | None = None
    for process, element in starts.get(name, ()):
        command = derived_id("signal", dedupe, process, element)
        try:
            with runtime.sessions.begin() as session:
                made = start(
                    runtime, session, process, variables, actor=WORKER, now=runtime.clock.now(), command_id=command,
                    at=element, bundle_id=bundle,
                )  # fmt: skip
        except Conflict:
            continue  # the first time it went out
        except (Fault, NotOpen) as error:
            log.warning("signal %s cannot start %s: %s", name, process, error)
            failed = error
            continue
        after_commit(runtime, session)
        begun.append(made.instance_id)
    if failed is not None:
        raise failed
    return tuple(begun)
