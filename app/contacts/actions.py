"""What people change of the telephone's records. Nothing here commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app import audit
from app.contacts.models import Agent, AgentSkill, Call
from app.core.errors import Invalid
from app.identity import Actor

MOST_NOTE = 4000
"""Characters."""


def link_case(session: Session, call_id: UUID, case_id: UUID) -> None:
    """The call led to this case: its record and recordings show there."""
    session.execute(update(Call).where(Call.id == call_id).values(case_id=case_id))


def write_note(session: Session, call_id: UUID, text: str) -> None:
    """What the agent writes down while talking; the last words stand. Raises Invalid."""
    if len(text) > MOST_NOTE:
        raise Invalid("contacts.note.long", most=MOST_NOTE)
    session.execute(update(Call).where(Call.id == call_id).values(note=text.strip()))


def log_command(
    session: Session, subject: UUID, kind: str, name: str, values: Mapping[str, Any], *, actor: Actor, now: datetime
) -> None:
    """Somebody is about to act on another's call (`kind` call) or seat (`kind` user): in its history before it is
    done."""
    audit.record(
        session, subject, f"phone.{name}", actor=actor, now=now, stream_kind=kind, stream_name=None,
        result={key: value for key, value in values.items() if key != "call"},
    )  # fmt: skip


def add_agent(session: Session, user_id: UUID, work_no: str, extension: str, *, actor: Actor, now: datetime,
              skills: Mapping[str, int], **wishes: Any) -> Agent:  # fmt: skip
    """Make somebody an agent. `wishes` are Agent's other columns."""
    agent = Agent(user_id=user_id, work_no=work_no, extension=extension, added_at=now, **wishes)
    session.add(agent)
    session.flush()
    session.add_all(AgentSkill(user_id=user_id, skill_group=group, level=level) for group, level in skills.items())
    audit.record(
        session, user_id, "phone.agent.added", actor=actor, now=now, stream_kind="user",
        changes={"work_no": {"old": None, "new": work_no}, "skills": {"old": None, "new": dict(skills)}},
    )  # fmt: skip
    session.flush()
    return agent
