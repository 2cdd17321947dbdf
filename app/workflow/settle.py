"""Simulated time: everything that would follow, in order, without workers or waiting. For seeding, scenarios, tests."""

from datetime import datetime

from sqlalchemy import func, select

from app.core.clock import SimulatedClock
from app.workflow import timerstarts
from app.workflow.execute import fire
from app.workflow.models import Outbox, Timer
from app.workflow.outbox import deliver_outbox
from app.workflow.runtime import Runtime
from app.workflow.sweep import sweep

MAX_ROUNDS = 1_000_000


def settle(runtime: Runtime, until: datetime | None = None) -> None:
    """Carry out outbox rows and messages, and fire timers, moving the runtime's SimulatedClock from one due time to the
    next as far as `until` (None: stay at the present moment). Work that follows from work is done too."""
    clock = runtime.clock
    if not isinstance(clock, SimulatedClock):
        raise TypeError("settle needs a runtime with a SimulatedClock")
    end = max(until or clock.now(), clock.now())
    timerstarts.sync(runtime)
    for _ in range(MAX_ROUNDS):
        while _deliver(runtime):
            pass
        due = _next(runtime)
        if due is None or due > end:
            break
        clock.move_to(due)
        _fire(runtime)
    clock.move_to(end)


def _deliver(runtime: Runtime) -> int:
    """Outbox rows that are due, oldest first; then messages that wait for somebody who is there."""
    due = select(Outbox.id).where(Outbox.state == "PENDING", Outbox.due_at <= runtime.clock.now()).order_by(Outbox.id)
    with runtime.sessions() as session:
        rows = list(session.scalars(due.limit(1000)))
    done = sum(deliver_outbox(runtime, row_id) for row_id in rows)
    return done or sweep(runtime).messages


def _next(runtime: Runtime) -> datetime | None:
    with runtime.sessions() as session:
        timer = session.scalar(select(func.min(Timer.due)).where(Timer.held.is_(None)))
        again = session.scalar(select(func.min(Outbox.due_at)).where(Outbox.state == "PENDING"))
        start = timerstarts.earliest(session)
    return min((at for at in (timer, again, start) if at is not None), default=None)


def _fire(runtime: Runtime) -> None:
    due = select(Timer.instance_id).where(Timer.held.is_(None), Timer.due <= runtime.clock.now()).order_by(Timer.due)
    with runtime.sessions() as session:
        instances = dict.fromkeys(session.scalars(due))
    for instance_id in instances:
        fire(runtime, instance_id)
    timerstarts.fire_starts(runtime)
