"""What a crash, or an emptied Redis, left lying: found by looking at the tables, every few seconds."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, select, update

from app.workflow.deliver import start_by
from app.workflow.execute import follow_up, hand_over
from app.workflow.models import Instance, Message, Outbox, Subscription
from app.workflow.outbox import left_claimed, recover
from app.workflow.queries import current_bundle_id
from app.workflow.runtime import Runtime

log = logging.getLogger(__name__)

AGAIN = timedelta(seconds=30)
"""A row handed to the queue is handed over again after this, if nobody took it."""
KEEP_DONE = timedelta(days=7)


@dataclass(slots=True)
class Swept:
    messages: int = 0
    outbox: int = 0


def sweep(runtime: Runtime, limit: int = 500) -> Swept:
    """Join inbox and subscriptions, hand forgotten outbox rows to the queue, expire messages."""
    swept = Swept()
    swept.messages = _join_inbox(runtime, limit) + _start_by_messages(runtime, limit)
    _expire(runtime)
    swept.outbox = _nudge(runtime, limit)
    return swept


def _join_inbox(runtime: Runtime, limit: int) -> int:
    query = (
        select(Message.id, Subscription.instance_id)
        .join(Subscription, (Subscription.name == Message.name) & (Subscription.key == Message.key))
        .join(Instance, Instance.id == Subscription.instance_id)
        .where(Message.state == "WAITING", Message.expires_at > runtime.clock.now(), Instance.suspended.is_(False))
        .order_by(Message.received_at, Message.id, Subscription.wait_id)
        .limit(limit)
    )
    with runtime.sessions() as session:
        found = [(message, instance) for message, instance in session.execute(query)]
    taken = 0
    for message_id, instance_id in found:
        followups = hand_over(runtime, instance_id, message_id)
        if followups is not None:
            taken += 1
            follow_up(runtime, followups)
    return taken


def _start_by_messages(runtime: Runtime, limit: int) -> int:
    with runtime.sessions() as session:
        bundle = current_bundle_id(session)
        if bundle is None:
            return 0
        names = list(runtime.bundles.get(session, bundle, runtime.registry).message_starts())
        if not names:
            return 0
        taker = exists().where(Subscription.name == Message.name, Subscription.key == Message.key)
        query = select(Message.id).where(Message.state == "WAITING", Message.name.in_(names), ~taker)
        query = query.where(Message.expires_at > runtime.clock.now())
        found = list(session.scalars(query.order_by(Message.received_at, Message.id).limit(limit)))
    return sum(start_by(runtime, message_id) is not None for message_id in found)


def _expire(runtime: Runtime) -> None:
    old = (Message.state == "WAITING") & (Message.expires_at <= runtime.clock.now())
    with runtime.sessions.begin() as session:
        session.execute(update(Message).where(old).values(state="EXPIRED"))


def _nudge(runtime: Runtime, limit: int) -> int:
    now = runtime.clock.now()
    with runtime.sessions() as session:
        left = left_claimed(session, now)
    for row_id, kind in left:
        recover(runtime, row_id, kind)
    if runtime.queue is None:
        return 0
    if runtime.queue.was_emptied():
        handed = Outbox.nudge_at < now + AGAIN  # all that is due, handed over or not
        handed_over = 0
        while more := _hand_over(runtime, handed & (Outbox.due_at <= now), now, limit):
            handed_over += more
        return handed_over
    return _hand_over(runtime, Outbox.nudge_at <= now, now, limit)


def _hand_over(runtime: Runtime, which: ColumnElement[bool], now: datetime, limit: int) -> int:
    assert runtime.queue is not None
    waiting = select(Outbox.id).where(Outbox.state == "PENDING", which).order_by(Outbox.nudge_at)
    mine = waiting.limit(limit).with_for_update(skip_locked=True)
    with runtime.sessions.begin() as session:
        rows = list(session.scalars(mine))
        if rows:
            session.execute(update(Outbox).where(Outbox.id.in_(rows)).values(nudge_at=now + AGAIN))
    if rows:
        log.info("%s outbox rows were left: handed to the queue again", len(rows))
        runtime.queue.enqueue(rows)
    return len(rows)


def forget_done(runtime: Runtime, limit: int = 5000) -> int:
    """Delete outbox rows that are done and old; what they did stands in the history and with its receivers."""
    old = select(Outbox.id).where(Outbox.state == "DONE", Outbox.done_at < runtime.clock.now() - KEEP_DONE).limit(limit)
    with runtime.sessions.begin() as session:
        gone = session.execute(delete(Outbox).where(Outbox.id.in_(old)).returning(Outbox.id)).all()
    return len(gone)
