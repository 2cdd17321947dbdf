"""Incidents dealt with by people: the failed command applied again, or the matter resolved in another way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app import audit
from app.core.errors import Conflict, Invalid, NotFound
from app.core.ids import derived_id
from app.identity.actors import Actor
from app.workflow.advance import Authorize
from app.workflow.attempt import Retry
from app.workflow.execute import attempt, execute, follow_up
from app.workflow.models import Incident, Message, Outbox
from app.workflow.runtime import Runtime
from app.workflow.schemas import Command, Result

STREAM = derived_id("audit", "incidents")
"""History of incidents that belong to no instance: a message that could not start one."""


def retry_incident(
    runtime: Runtime, number: int, *, actor: Actor, command_id: UUID, authorize: Authorize | None = None
) -> Result | None:
    """Apply again what failed. None: it belongs to no instance, and a sweeper will try it within seconds.

    Raises Stuck when it fails again, Conflict when the incident is closed."""
    return _deal(runtime, number, Command(command_id, "retry_incident", actor, {"incident": number}), authorize)


def resolve_incident(
    runtime: Runtime, number: int, *, actor: Actor, reason: str, command_id: UUID, authorize: Authorize | None = None
) -> Result | None:
    """The matter was dealt with by hand: close it with a reason. A held message or outbox row is given up, a held timer
    runs again."""
    content = {"incident": number, "reason": reason}
    return _deal(runtime, number, Command(command_id, "resolve", actor, content), authorize)


def _deal(runtime: Runtime, number: int, command: Command, authorize: Authorize | None) -> Result | None:
    with runtime.sessions.begin() as session:
        incident = session.get(Incident, number)
        if incident is None:
            raise NotFound("workflow.no_incident", incident=number)
        if incident.instance_id is None:
            _without_instance(runtime, session, number, command)
            return None
        instance_id = incident.instance_id
    return execute(runtime, instance_id, command, authorize=authorize)


def _without_instance(runtime: Runtime, session: Any, number: int, command: Command) -> None:
    incident = session.get(Incident, number, with_for_update=True, populate_existing=True)
    if incident.state != "OPEN":
        raise Conflict("workflow.incident_closed", incident=number)
    retry = command.kind == "retry_incident"
    reason = str(command.content.get("reason") or "").strip()
    if not retry and not reason:
        raise Invalid("workflow.reason_needed")
    now = runtime.clock.now()
    incident.state, incident.closed_at, incident.closed_by = "RETRIED" if retry else "RESOLVED", now, command.actor.id
    incident.reason = reason or None
    if incident.kind == "message_start":
        state = "WAITING" if retry else "DISCARDED"
        session.execute(update(Message).where(Message.id == UUID(incident.target)).values(state=state))
    else:
        session.execute(_outbox_again(incident.target, now) if retry else _outbox_given_up(incident.target))
    changes = {"incident": {"no": number, "state": incident.state, "reason": reason}}
    audit.record(
        session, STREAM, command.kind, actor=command.actor, now=now, changes=changes, command_id=command.id,
        stream_name="incidents",
    )  # fmt: skip


def repair(runtime: Runtime, instance_id: UUID, command: Command, authorize: Authorize | None) -> Result:
    """`retry_incident` and `resolve` of an instance's incident; called by `execute`."""
    number = int(command.content["incident"])
    with runtime.sessions() as session:
        incident = session.get(Incident, number)
    if incident is None or incident.instance_id != instance_id:
        raise NotFound("workflow.no_incident", incident=number)
    if command.kind == "resolve" or incident.kind in ("outbox", "fail_job"):
        result, followups = attempt(runtime, instance_id, command, authorize)
    else:
        retry = Retry(command, number, incident.target)
        result, followups = attempt(runtime, instance_id, restored(incident.command), authorize, None, retry)
    follow_up(runtime, followups)
    return result


def restored(stored: Mapping[str, Any]) -> Command:
    """The command that an incident kept. Whoever gave it is not judged again: the person who retries was."""
    actor = stored["actor"]
    behalf, occurred = stored["on_behalf_of"], stored["occurred_at"]
    return Command(
        UUID(stored["id"]), stored["kind"], Actor(UUID(actor["id"]), actor["name"], system=actor["system"]),
        stored["content"], None if behalf is None else UUID(behalf),
        None if occurred is None else datetime.fromisoformat(occurred),
    )  # fmt: skip


def _outbox_again(target: str, now: datetime) -> Any:
    values = {"state": "PENDING", "attempts": 0, "due_at": now, "nudge_at": now, "claimed_at": None}
    return update(Outbox).where(Outbox.id == UUID(target)).values(values)


def _outbox_given_up(target: str) -> Any:
    return update(Outbox).where(Outbox.id == UUID(target)).values(state="FAILED")
