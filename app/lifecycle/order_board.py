"""Work orders as a department sees them: a board by state, each column by time limit, overdue first; or one list.

For whoever may read orders: a department's people see their own, supervisors and leaders those of their district."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, false, func, lateral, or_, select, true, tuple_
from sqlalchemy.orm import Session, aliased

from app.cases.enums import CaseStage, LimitKind, LimitState, OrderState
from app.cases.listing import lies_in
from app.cases.models import CaseFile, TimeLimit, WorkOrder
from app.cases.order_listing import OrderLine, order_lines, readable_orders
from app.core.clock import NEVER
from app.core.errors import Invalid, NotFound
from app.identity import Actor, user_names
from app.workflow import Runtime, TaskView
from app.workflow.models import UserTask
from app.workflow.peek import elements, open_work

PER_COLUMN = 25
"""So many cards a column shows; the rest is a link to the list."""


class Column(StrEnum):
    SIGN = "SIGN"
    HANDLING = "HANDLING"
    PENDING = "PENDING"
    """Waits for somebody's decision, or rests."""
    REWORK = "REWORK"
    """Sent back once: signed or not, it stands here."""
    REPORTED = "REPORTED"
    """Reported back, not yet verified."""


_PENDING = (OrderState.EXTENSION_PENDING, OrderState.RETURN_PENDING, OrderState.SHELVED, OrderState.SUSPENDED)
_COLUMN: ColumnElement[str] = case(
    (WorkOrder.ended_at.is_not(None), Column.REPORTED.value),
    (WorkOrder.state.in_(_PENDING), Column.PENDING.value),
    (CaseFile.rework_count > 0, Column.REWORK.value),
    (WorkOrder.state == OrderState.DISPATCHED, Column.SIGN.value),
    else_=Column.HANDLING.value,
)
_LIMIT = lateral(
    select(TimeLimit.due_at)
    .where(TimeLimit.order_id == WorkOrder.id, TimeLimit.ended_at.is_(None))
    .order_by(TimeLimit.due_at)
    .limit(1),
    name="running_limit",
)
_DUE = func.coalesce(_LIMIT.c.due_at, NEVER)


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What a board or list is narrowed to; empty means "any"."""

    department: str = ""
    district: str = ""
    """A path: what lies in it counts too."""
    who: UUID | None = None
    """Holds a task of the order."""
    free: bool = False
    """Nobody holds a task of it."""
    late: bool = False
    column: Column | None = None
    due_from: datetime | None = None
    due_until: datetime | None = None
    """Orders, ended ones too, whose limit to handle fell due in this span; with `late` those that missed it."""


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One order with what is to be done about it."""

    line: OrderLine
    column: Column
    tasks: Sequence[TaskView]
    names: Mapping[UUID, Mapping[str, str]]
    """Task id → what its diagram calls it, by language."""
    assignee: str | None
    """Who holds its first task."""
    assignee_name: str | None


@dataclass(slots=True)
class ColumnOfOrders:
    column: Column
    items: list[OrderItem] = field(default_factory=list)
    count: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    columns: Sequence[ColumnOfOrders]
    late: int
    longest_due: datetime | None
    """When the order that is over its limit the longest fell due."""


def board(runtime: Runtime, session: Session, actor: Actor, wanted: OrderFilter, now: datetime) -> Board:
    """The columns with their first cards. Five statements, however many orders there are."""
    rows = session.execute(_ranked(actor, wanted, now)).all()
    columns = {column: ColumnOfOrders(column) for column in Column}
    for row in rows:
        column = columns[Column(row.place)]
        column.count, column.late = row.whole, row.late_ones
    found = order_items(runtime, session, [row.id for row in rows])
    for item in found:
        columns[item.column].items.append(item)
    dues = [row.due for row in rows if row.due < now and row.place != Column.REPORTED]
    return Board(list(columns.values()), sum(each.late for each in columns.values()), min(dues, default=None))


def order_list(
    runtime: Runtime, session: Session, actor: Actor, wanted: OrderFilter, now: datetime,
    *, after: str | None = None, limit: int = 50,
) -> tuple[list[OrderItem], str | None]:  # fmt: skip
    """One page, due first first, and the key of the next page. Raises Invalid (`after`)."""
    query, due = _listed(actor, wanted, now)
    if after is not None:
        query = query.where(tuple_(due, WorkOrder.id) > tuple_(*read_key(after)))
    rows = session.execute(query.order_by(due, WorkOrder.id).limit(limit + 1)).all()
    items = order_items(runtime, session, [row.id for row in rows[:limit]])
    last = rows[limit - 1] if len(rows) > limit else None
    return items, f"{last.due.isoformat()}~{last.id.hex}" if last else None


def order_item(runtime: Runtime, session: Session, order_id: UUID) -> OrderItem:
    """One order with its open tasks; who may read it is the caller's business. Raises NotFound."""
    found = order_items(runtime, session, [order_id])
    if not found:
        raise NotFound("cases.order_unknown")
    return found[0]


def _ranked(actor: Actor, wanted: OrderFilter, now: datetime) -> Select[Any]:
    """The first cards of each column, with how many the column holds."""
    open_ones = (
        select(WorkOrder.id, _COLUMN.label("place"), _DUE.label("due"))
        .join(CaseFile, CaseFile.id == WorkOrder.case_id)
        .outerjoin(_LIMIT, true())
        .where(WorkOrder.ended_at.is_(None), readable_orders(actor), *_narrowed(wanted))
    )
    reported = (
        select(WorkOrder.id, _COLUMN.label("place"), WorkOrder.reported_at.label("due"))
        .join(CaseFile, CaseFile.id == WorkOrder.case_id)
        .where(WorkOrder.state == OrderState.REPORTED_BACK, CaseFile.ended_at.is_(None))
        .where(CaseFile.stage != CaseStage.RETURN_VISIT_EVALUATION, readable_orders(actor), *_narrowed(wanted))
    )
    if wanted.late:
        open_ones = open_ones.where(_LIMIT.c.due_at < now)
        reported = reported.where(false())
    every = open_ones.union_all(reported).subquery()
    column = every.c.place
    # the newest report first, else what is due first
    first = case((column == Column.REPORTED.value, -func.extract("epoch", every.c.due)), else_=None)
    late = and_(every.c.due < now, column != Column.REPORTED.value)
    ranked = select(
        every,
        func.row_number().over(partition_by=column, order_by=(first, every.c.due, every.c.id)).label("rank"),
        func.count().over(partition_by=column).label("whole"),
        func.count().filter(late).over(partition_by=column).label("late_ones"),
    ).subquery()
    return select(ranked).where(ranked.c.rank <= PER_COLUMN).order_by(ranked.c.place, ranked.c.rank)


def _listed(actor: Actor, wanted: OrderFilter, now: datetime) -> tuple[Any, ColumnElement[Any]]:
    """Open orders by their running limit; or those whose limit fell due within a span, by that limit."""
    if wanted.due_from is not None and wanted.due_until is not None:
        fell = aliased(TimeLimit)
        due: ColumnElement[Any] = fell.due_at.expression
        fallen: Any = (
            select(WorkOrder.id, due.label("due"))
            .join(fell, fell.order_id == WorkOrder.id)
            .join(CaseFile, CaseFile.id == WorkOrder.case_id)
            .where(fell.kind == LimitKind.HANDLE, due >= wanted.due_from, due < wanted.due_until)
        )
        if wanted.late:
            missed = or_(fell.state == LimitState.BREACHED, and_(fell.ended_at.is_(None), due < now))
            fallen = fallen.where(missed, or_(WorkOrder.ended_at.is_(None), WorkOrder.outcome == "REPORTED_BACK"))
        return fallen.where(readable_orders(actor), *_narrowed(wanted)), due
    query: Any = (
        select(WorkOrder.id, _DUE.label("due"))
        .join(CaseFile, CaseFile.id == WorkOrder.case_id)
        .outerjoin(_LIMIT, true())
    )
    if wanted.column is Column.REPORTED:
        reported = (WorkOrder.state == OrderState.REPORTED_BACK, CaseFile.ended_at.is_(None))
        query = query.where(*reported, CaseFile.stage != CaseStage.RETURN_VISIT_EVALUATION)
    else:
        query = query.where(WorkOrder.ended_at.is_(None))
    if wanted.late:  # few: found by the index of running limits, not by looking at each order
        over = select(TimeLimit.order_id).where(TimeLimit.ended_at.is_(None), TimeLimit.due_at < now)
        query = query.where(WorkOrder.id.in_(over))
    if wanted.column is not None:
        query = query.where(wanted.column.value == _COLUMN)
    return query.where(readable_orders(actor), *_narrowed(wanted)), _DUE


def _narrowed(wanted: OrderFilter) -> list[ColumnElement[bool]]:
    only: list[ColumnElement[bool]] = []
    if wanted.department:
        only.append(WorkOrder.department == wanted.department)
    if wanted.district:
        only.append(lies_in(wanted.district))
    if wanted.who is not None:
        held = select(UserTask.task_id).where(UserTask.subject_id == WorkOrder.id, UserTask.assignee == str(wanted.who))
        only.append(held.correlate(WorkOrder).exists())
    if wanted.free:
        taken = select(UserTask.task_id).where(UserTask.subject_id == WorkOrder.id, UserTask.assignee.is_not(None))
        only.append(~taken.correlate(WorkOrder).exists())
    return only


def order_items(runtime: Runtime, session: Session, ids: Sequence[UUID]) -> list[OrderItem]:
    """Each order with its limits, its open tasks and whoever holds the first of them."""
    lines = order_lines(session, ids)
    tasks = open_work(session, ids) if ids else []
    people = user_names(session, [UUID(task.assignee) for task in tasks if task.assignee])
    items = []
    for line in lines:
        mine = [task for task in tasks if task.subject_id == line.order.id]
        holder = next((task.assignee for task in mine if task.assignee), None)
        names = {task.task_id: _names(runtime, session, task) for task in mine}
        name = people.get(UUID(holder)) if holder else None
        items.append(OrderItem(line, _column(line), mine, names, holder, name))
    return items


def _names(runtime: Runtime, session: Session, task: TaskView) -> Mapping[str, str]:
    element = elements(runtime, session, task.bundle_id).get(task.process_id, {}).get(task.element)
    return element.names if element else {"en": task.element}


def _column(line: OrderLine) -> Column:
    """As `_COLUMN` says it in SQL."""
    if line.order.ended_at is not None:
        return Column.REPORTED
    if line.order.state in _PENDING:
        return Column.PENDING
    if line.rework_count > 0:
        return Column.REWORK
    return Column.SIGN if line.order.state == OrderState.DISPATCHED else Column.HANDLING


def read_key(after: str) -> tuple[datetime, UUID]:
    """The key of a page's last row. Raises Invalid."""
    try:
        due, order_id = after.split("~")
        return datetime.fromisoformat(due), UUID(order_id)
    except ValueError:
        raise Invalid("workflow.bad_page") from None
