"""How much waits, for Prometheus: counted in the database, so true for all processes together."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.messaging.models import OutgoingMessage
from app.workflow.models import Incident, Instance, Outbox, Timer, UserTask

MEANINGS: Mapping[str, str] = {
    "open_tasks": "User tasks that wait for people",
    "running_instances": "Process instances that have not ended",
    "timers_waiting": "Timers that wait",
    "timers_late": "Timers that are due and have not fired",
    "timer_lateness_seconds": "How long the oldest due timer has been late",
    "outbox_backlog": "Outbox rows that were not delivered yet",
    "outbox_oldest_seconds": "Age of the oldest outbox row that is due",
    "incidents_open": "Incidents that wait for a person",
    "messages_troubled": "Messages out that failed or may not have arrived",
}


def backlog(session: Session, now: datetime) -> dict[str, float]:
    """A number for each name of `MEANINGS`. One statement."""
    late = (Timer.due <= now, Timer.held.is_(None))
    pending = (Outbox.state == "PENDING",)
    troubled = (OutgoingMessage.state.in_(("FAILED", "UNKNOWN")),)
    oldest_timer = select(func.min(Timer.due)).where(*late).scalar_subquery()
    oldest_row = select(func.min(Outbox.due_at)).where(*pending, Outbox.due_at <= now).scalar_subquery()
    row = session.execute(
        select(
            select(func.count()).select_from(UserTask).scalar_subquery(),
            select(func.count()).select_from(Instance).where(Instance.status == "RUNNING").scalar_subquery(),
            select(func.count()).select_from(Timer).scalar_subquery(),
            select(func.count()).select_from(Timer).where(*late).scalar_subquery(),
            oldest_timer,
            select(func.count()).select_from(Outbox).where(*pending).scalar_subquery(),
            oldest_row,
            select(func.count()).select_from(Incident).where(Incident.state == "OPEN").scalar_subquery(),
            select(func.count()).select_from(OutgoingMessage).where(*troubled).scalar_subquery(),
        )
    ).one()
    values = [(now - value).total_seconds() if isinstance(value, datetime) else float(value or 0) for value in row]
    return dict(zip(MEANINGS, values, strict=True))
