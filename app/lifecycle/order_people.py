"""Who does what in a department: how much each person has in hand, and how much of it is late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity import users_with
from app.lifecycle.subject import ORDER
from app.workflow.inbox import NOT_SUSPENDED
from app.workflow.models import UserTask


@dataclass(frozen=True, slots=True)
class Load:
    """Open tasks of one person; of nobody where `person` is None."""

    person: UUID | None
    name: str
    in_hand: int = 0
    late: int = 0
    soon: int = 0
    next_due: datetime | None = None


def loads(session: Session, department: str, now: datetime) -> list[Load]:
    """Nobody's first, then whoever has the most that is late; everybody of the department stands there. Two
    statements beside the people's own."""
    late, soon = UserTask.act_by <= now, UserTask.warn_by <= now
    query = (
        select(
            UserTask.assignee, func.count(), func.count().filter(late), func.count().filter(soon & ~late),
            func.min(UserTask.act_by),
        )
        .where(UserTask.subject_kind == ORDER, UserTask.groups.contains([department]), NOT_SUSPENDED)
        .group_by(UserTask.assignee)
    )  # fmt: skip
    found: dict[str | None, Any] = {row[0]: row[1:] for row in session.execute(query)}
    people = {str(person.id): person for person in users_with(session, department=department)}
    known = [Load(person.id, person.name, *found.get(key, ())) for key, person in people.items()]
    others = [Load(UUID(key), "", *found[key]) for key in found if key and key not in people]  # moved away meanwhile
    everybody = sorted([*known, *others], key=lambda load: (-load.late, -load.in_hand, load.name))
    return [Load(None, "", *found.get(None, ())), *everybody]


def totals(many: Sequence[Load]) -> Load:
    dues = [load.next_due for load in many if load.next_due is not None]
    return Load(
        None, "", sum(load.in_hand for load in many), sum(load.late for load in many), sum(load.soon for load in many),
        min(dues, default=None),
    )  # fmt: skip
