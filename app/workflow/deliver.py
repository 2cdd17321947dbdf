"""Messages: the inbox row is committed before anybody looks for a receiver, and receivers look after their commit.

In this order a message and its receiver cannot miss each other; what a crash leaves is joined by the sweeper.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.ids import derived_id, new_id
from app.identity.actors import WORKER
from app.workflow import codec
from app.workflow.engine.types import Fault, NotOpen, Variables
from app.workflow.execute import after_commit, follow_up, hand_over
from app.workflow.models import Incident, Message, Subscription
from app.workflow.queries import current_bundle_id
from app.workflow.running import passing
from app.workflow.runtime import OnInstance, Runtime
from app.workflow.schemas import Delivered, OutboxRow
from app.workflow.start import instance_id_of, start

log = logging.getLogger(__name__)

INSERT = """insert into message(id, name, key, payload, dedupe, received_at, expires_at)
 values (%s, %s, %s, %s::text::json, %s, %s, %s) on conflict (dedupe) do nothing"""
KEPT = timedelta(days=14)
"""How long a message waits for a receiver, unless its sender says otherwise."""


def deliver(
    runtime: Runtime,
    name: str,
    key: str | None,
    payload: Variables,
    *,
    dedupe: str,
    now: datetime | None = None,
    expires_in: timedelta = KEPT,
) -> Delivered:
    """A message arrives. It goes to the instance that has waited longest for its name and key, else it starts one where
    the current diagrams say so, else it waits. The same `dedupe` is taken in once."""
    at = max(now or runtime.clock.now(), runtime.clock.now())
    message_id = new_id()
    row = (message_id, name, key or "", codec.dump(payload), dedupe, at, at + expires_in)
    with runtime.sessions.begin() as session:
        made = session.connection().exec_driver_sql(INSERT, row).rowcount
    if not made:
        return _known(runtime, dedupe)
    return route(runtime, message_id)


def _known(runtime: Runtime, dedupe: str) -> Delivered:
    with runtime.sessions() as session:
        row = session.execute(select(Message.id, Message.instance_id).where(Message.dedupe == dedupe)).one()
    return Delivered(row.id, row.instance_id, repeated=True)


def send(
    on: OnInstance, name: str, key: str | None, payload: Variables | None = None, dedupe: str | None = None
) -> None:
    """From inside a command: the message goes out after the commit, once (unless given, `dedupe` is the instance, the
    history row and the place in it)."""
    on.emit("message", {"name": name, "key": key, "payload": dict(payload or {})}, dedupe)


def deliver_sent(runtime: Runtime, row: OutboxRow) -> None:
    """The outbox handler of `send`."""
    body = row.body
    deliver(runtime, body["name"], body["key"], codec.load(body["payload"]), dedupe=f"message:{row.dedupe}")


def route(runtime: Runtime, message_id: UUID) -> Delivered:
    """Find who takes a message of the inbox. Never raises for what is wrong with a receiver."""
    with runtime.sessions() as session:
        message = session.get(Message, message_id)
        if message is None or message.state != "WAITING" or message.expires_at <= runtime.clock.now():
            return Delivered(message_id, None)
        waiting = list(
            session.scalars(
                select(Subscription.instance_id)
                .where(Subscription.name == message.name, Subscription.key == message.key)
                .order_by(Subscription.wait_id)
                .limit(20)
            )
        )
    for instance_id in dict.fromkeys(waiting):
        followups = hand_over(runtime, instance_id, message_id)
        if followups is not None:
            follow_up(runtime, followups)
            return Delivered(message_id, instance_id)
    started = None if waiting else start_by(runtime, message_id)
    return Delivered(message_id, started, started=started is not None)


def start_by(runtime: Runtime, message_id: UUID) -> UUID | None:
    """Start an instance of the current bundle with this message, where a process begins with it."""
    try:
        with runtime.sessions.begin() as session:
            instance_id = _start(runtime, session, message_id)
    except (Fault, NotOpen) as error:
        _hold(runtime, message_id, error)
        return None
    except DBAPIError as error:
        if not passing(error):
            _hold(runtime, message_id, error)
        log.info("message %s starts nothing now: %s", message_id, error)
        return None
    if instance_id is not None:
        after_commit(runtime, session)
    return instance_id


def _start(runtime: Runtime, session: Session, message_id: UUID) -> UUID | None:
    bundle = current_bundle_id(session)
    if bundle is None:
        return None
    message = session.get(Message, message_id, with_for_update=True)
    if message is None or message.state != "WAITING":
        return None
    found = runtime.bundles.get(session, bundle, runtime.registry).message_starts().get(message.name)
    if found is None:
        return None
    process_id, element = found
    payload, now = codec.load(message.payload), runtime.clock.now()
    command_id = derived_id("message", message_id)
    make = runtime.message_starts.get(message.name)
    try:
        given = {"variables": payload} if make is None else dict(make(session, payload, WORKER, now))
    except Exception as error:
        raise Fault(element, f"{type(error).__name__}: {error}") from error
    variables = given.pop("variables")
    begun = start(
        runtime, session, process_id, variables, actor=WORKER, now=now, command_id=command_id, at=element,
        bundle_id=bundle, **{"instance_id": instance_id_of(command_id), **given},
    )  # fmt: skip
    message.state, message.instance_id, message.history_no = "CONSUMED", begun.instance_id, begun.no
    return begun.instance_id


def _hold(runtime: Runtime, message_id: UUID, error: Exception) -> None:
    """A message that cannot start anything waits for a person, and the inbox goes on."""
    log.warning("message %s cannot start an instance: %s", message_id, error)
    element = error.element if isinstance(error, Fault) else None
    with runtime.sessions.begin() as session:
        held = update(Message).where(Message.id == message_id, Message.state == "WAITING").values(state="HELD")
        if session.execute(held.returning(Message.id)).scalar() is None:
            return
        session.add(
            Incident(
                instance_id=None, kind="message_start", target=str(message_id), element=element,
                message=str(error)[:2000], data={}, opened_at=runtime.clock.now(),
            )
        )  # fmt: skip
    runtime.observe("incidents", 1, {"kind": "message_start"})
