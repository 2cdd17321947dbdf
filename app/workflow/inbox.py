"""The inbox: which open tasks a person may do, in the order in which they have to be done, and how many there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, literal_column, or_, select, true, tuple_
from sqlalchemy.orm import Session, aliased

from app.core.clock import NEVER
from app.core.errors import Invalid
from app.identity.actors import Actor, Grant, Role
from app.workflow.models import Instance, UserTask
from app.workflow.queries import open_tasks, task_view
from app.workflow.schemas import TaskView

MOST_COUNTED = 1000
"""A count stops here: nobody reads on beyond “999+”, and counting a million rows takes a quarter of a second."""

Reach = Literal["own", "held", "free"]
"""own: what one may do; held: what others hold and one may take back; free: what nobody holds, overseen."""

NOT_SUSPENDED = UserTask.instance_id.not_in(select(Instance.id).where(Instance.suspended))
"""Few are: looking tasks up in that short list is ten times quicker than joining instances."""


def _order(of: type[UserTask]) -> tuple[ColumnElement[Any], ...]:
    return (of.act_by.expression, -of.priority, of.created_at.expression, of.task_id.expression)


_ORDER = _order(UserTask)


def inbox(
    session: Session,
    actor: Actor,
    *,
    labels: frozenset[str] | None = None,
    district_prefixes: tuple[str, ...] | None = None,
    only: Sequence[ColumnElement[bool]] = (),
    reach: Reach = "own",
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[TaskView], str | None]:
    """The open tasks this person may do and the key of the next page (None: the last).

    Overdue first, then due soonest, then those without any due time; among equals urgent and old ones first. Says the
    same as `identity.can(actor, "task.complete", …)`; with another `reach` it shows a supervisor or a department's head
    what others have to do ("task.release"). `labels`, `district_prefixes` and `only` narrow it further. One statement,
    by keyset. Tasks of suspended instances are left out. Raises Invalid (`after`)."""
    query = select(UserTask).where(NOT_SUSPENDED, _within(actor, reach), *only)
    if labels is not None and not actor.system:
        query = query.where(or_(UserTask.groups.overlap(sorted(labels)), UserTask.assignee == str(actor.id)))
    if district_prefixes is not None:
        within = [within_district(prefix) for prefix in district_prefixes]
        query = query.where(or_(UserTask.district.is_(None), *within))
    if after is not None:
        query = query.where(_beyond(after))
    shown = query.order_by(*_ORDER).limit(limit + 1).subquery()  # instances are looked up for these alone
    rows = session.execute(open_tasks(of := aliased(UserTask, shown)).order_by(*_order(of)))
    tasks = [task_view(*row) for row in rows]
    more = len(tasks) > limit
    return tasks[:limit], _key(tasks[limit - 1]) if more else None


def inbox_counts(
    session: Session, actor: Actor, slices: Mapping[str, tuple[Reach, Sequence[ColumnElement[bool]]]]
) -> dict[str, int]:
    """How many tasks each slice of the inbox holds, up to `MOST_COUNTED`. One statement, which looks at each open task
    once: whose it is stands beside it, and each slice counts from that."""
    if not slices:
        return {}
    reaches: list[Reach] = sorted({reach for reach, _ in slices.values()})
    whose = select(*(_within(actor, reach).label(reach) for reach in reaches)).correlate(UserTask)
    beside = whose.offset(literal_column("0")).lateral("beside")
    found = [
        func.least(func.count().filter(beside.c[reach], *only), MOST_COUNTED).label(name)
        for name, (reach, only) in slices.items()
    ]
    reached = or_(*(_within(actor, reach) for reach in reaches))
    query = select(*found).select_from(UserTask).join(beside, true()).where(NOT_SUSPENDED, reached)
    return dict(session.execute(query).one()._mapping)


def inbox_size(session: Session, actor: Actor, most: int) -> int:
    """How many open tasks this person may do, counted up to `most`."""
    mine = select(UserTask.task_id).where(NOT_SUSPENDED, _mine(actor)).limit(most)
    return session.scalar(select(func.count()).select_from(mine.subquery())) or 0


def within_district(prefix: str) -> ColumnElement[bool]:
    """In this district or one that lies in it."""
    return or_(UserTask.district == prefix, UserTask.district.startswith(f"{prefix}/", autoescape=True))


def _within(actor: Actor, reach: Reach) -> ColumnElement[bool]:
    if reach == "own":
        return _mine(actor)
    whose = UserTask.assignee.is_(None) if reach == "free" else UserTask.assignee != str(actor.id)
    overseen = or_(false(), *(_taken_back_by(grant) for grant in actor.grants))
    return whose if actor.system else and_(whose, overseen)


def _mine(actor: Actor) -> ColumnElement[bool]:
    if actor.system:
        return true()
    open_to_me = or_(false(), *(_by_grant(grant) for grant in actor.grants))
    named = UserTask.users.contains([str(actor.id)])
    return or_(UserTask.assignee == str(actor.id), and_(UserTask.assignee.is_(None), or_(open_to_me, named)))


def _by_grant(grant: Grant) -> ColumnElement[bool]:
    """As `identity.permissions` judges one grant against a task's candidate groups."""
    role = UserTask.groups.contains([grant.role.value])
    if grant.department is not None:
        role = and_(role, UserTask.departments.contains([grant.department]))
        matches: ColumnElement[bool] = or_(UserTask.groups.contains([grant.department]), role)
    else:
        matches = false() if grant.role in (Role.DEPARTMENT_HANDLER, Role.DEPARTMENT_HEAD) else role
    return matches if grant.district is None else and_(matches, within_district(grant.district))


def _taken_back_by(grant: Grant) -> ColumnElement[bool]:
    """As `identity.permissions` judges who may take a task back from somebody."""
    if grant.role is Role.DEPARTMENT_HEAD and grant.department is not None:
        own = or_(UserTask.groups.contains([grant.department]), UserTask.departments.contains([grant.department]))
    elif grant.role is Role.SHIFT_SUPERVISOR and grant.department is None:
        own = true()
    else:
        own = false()
    return own if grant.district is None else and_(own, within_district(grant.district))


def _key(task: TaskView) -> str:
    return f"{(task.act_by or NEVER).isoformat()}~{task.priority}~{task.created_at.isoformat()}~{task.task_id.hex}"


def _beyond(after: str) -> ColumnElement[bool]:
    try:
        act_by, priority, created, task_id = after.split("~")
        key = (datetime.fromisoformat(act_by), -int(priority), datetime.fromisoformat(created), UUID(task_id))
    except ValueError:
        raise Invalid("workflow.bad_page") from None
    return tuple_(*_ORDER) > tuple_(*key)
