"""What is late, falls due today, or will soon: by department, and order by order (D12, D15, V01).

An order counts by the first of its running limits to fall due. A paused limit runs towards nothing and is left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.cases.listing import lies_in
from app.cases.models import WorkOrder
from app.cases.order_listing import readable_orders
from app.identity import Actor
from app.lifecycle.order_board import OrderItem, order_items, read_key
from app.lifecycle.reminding import BY_HAND
from app.messaging.models import Notice
from app.workflow import Runtime


class Bucket(StrEnum):
    OVERDUE = "OVERDUE"
    TODAY = "TODAY"
    """Falls due before the day ends."""
    SOON = "SOON"
    """Falls due later, and its first reminder was due already."""


@dataclass(frozen=True, slots=True)
class DeadlineFilter:
    """What the board is narrowed to; empty means "any"."""

    department: str = ""
    district: str = ""
    """A path: what lies in it counts too."""
    bucket: Bucket | None = None


@dataclass(frozen=True, slots=True)
class DepartmentDeadlines:
    department: str
    overdue: int
    today: int
    soon: int
    longest_due: datetime | None
    """When the one that is late the longest fell due."""


@dataclass(frozen=True, slots=True)
class Reminded:
    """Reminders by hand that an order had."""

    times: int
    last: datetime


def day_ends(now: datetime, zone: tzinfo) -> datetime:
    """The midnight that ends the city's day."""
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)


def deadlines_by_department(
    session: Session, actor: Actor, wanted: DeadlineFilter, now: datetime, zone: tzinfo
) -> list[DepartmentDeadlines]:
    """Departments that have anything to hurry for, the latest first. One statement over the index of open orders."""
    overdue, today = WorkOrder.due_at < now, WorkOrder.due_at < day_ends(now, zone)
    late_ones = func.count().filter(overdue)
    query = (
        select(
            WorkOrder.department, late_ones, func.count().filter(today & ~overdue), func.count().filter(~today),
            func.min(WorkOrder.due_at).filter(overdue),
        )
        .where(*_hurried(now, zone), *_narrowed(actor, wanted))
        .group_by(WorkOrder.department)
        .order_by(late_ones.desc(), func.count().desc(), WorkOrder.department)
    )  # fmt: skip
    return [DepartmentDeadlines(*row) for row in session.execute(query)]


def deadline_list(
    runtime: Runtime, session: Session, actor: Actor, wanted: DeadlineFilter, now: datetime,
    *, after: str | None = None, limit: int = 50,
) -> tuple[list[OrderItem], str | None]:  # fmt: skip
    """One page of orders, due first first, and the key of the next page. Raises Invalid (`after`)."""
    rows = session.execute(_page(runtime.zone, actor, wanted, now, after).limit(limit + 1)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    items = order_items(runtime, session, [row.id for row in rows[:limit]])
    return items, f"{last.due.isoformat()}~{last.id.hex}" if last else None


def deadline_ids(
    runtime: Runtime, session: Session, actor: Actor, wanted: DeadlineFilter, now: datetime, limit: int
) -> list[UUID]:
    """Ids of the first page, for a page that is open. One statement."""
    return [row.id for row in session.execute(_page(runtime.zone, actor, wanted, now, None).limit(limit))]


def reminded_by_hand(session: Session, order_ids: Sequence[UUID]) -> dict[UUID, Reminded]:
    """How often and when last a supervisor reminded of these orders."""
    occasions = func.count(func.distinct(Notice.created_at))
    query = select(Notice.subject_id, occasions, func.max(Notice.created_at)).where(
        Notice.subject_id.in_(order_ids), Notice.kind == BY_HAND
    )
    return {row[0]: Reminded(row[1], row[2]) for row in session.execute(query.group_by(Notice.subject_id))}


def _page(
    zone: tzinfo, actor: Actor, wanted: DeadlineFilter, now: datetime, after: str | None
) -> Select[*tuple[Any, ...]]:
    due, ends = WorkOrder.due_at, day_ends(now, zone)
    query: Select[*tuple[Any, ...]] = select(WorkOrder.id, due.label("due"))
    query = query.where(*_hurried(now, zone), *_narrowed(actor, wanted))
    if wanted.bucket is Bucket.OVERDUE:
        query = query.where(due < now)
    elif wanted.bucket is Bucket.TODAY:
        query = query.where(due >= now, due < ends)
    elif wanted.bucket is Bucket.SOON:
        query = query.where(due >= ends)
    if after is not None:
        query = query.where(tuple_(due, WorkOrder.id) > tuple_(*read_key(after)))
    return query.order_by(due, WorkOrder.id)


def _hurried(now: datetime, zone: tzinfo) -> list[ColumnElement[bool]]:
    """Open orders that are late, due today or soon due."""
    return [WorkOrder.ended_at.is_(None), or_(WorkOrder.due_at < day_ends(now, zone), WorkOrder.warn_at <= now)]


def _narrowed(actor: Actor, wanted: DeadlineFilter) -> list[ColumnElement[bool]]:
    only = [readable_orders(actor)]
    if wanted.department:
        only.append(WorkOrder.department == wanted.department)
    if wanted.district:
        only.append(lies_in(wanted.district, WorkOrder.district))
    return only
