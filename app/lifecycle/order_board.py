"""Work orders as a department sees them: a board by state, each column by time limit, overdue first; or one list.

For whoever may read orders: a department's people see their own, supervisors and leaders those of their district."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from app.cases.enums import LimitKind, LimitState
from app.cases.listing import lies_in
from app.cases.models import TimeLimit, WorkOrder
from app.cases.order_listing import OrderLine, order_lines, readable_orders
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
    """REPORTED also for those that stand on no board any more."""
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
    """The columns with their first cards. Six statements, however many orders there are."""
    columns = {column: ColumnOfOrders(column) for column in Column}
    dues: list[datetime] = []
    for place, count, late, longest in session.execute(_counted(actor, wanted, now)):
        column = columns[Column(place)]
        column.count, column.late = count, late
        if longest is not None:
            dues.append(longest)
    ids = list(session.scalars(_first_cards(actor, wanted, now)))
    for item in order_items(runtime, session, ids):
        columns[item.column].items.append(item)
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


def _counted(actor: Actor, wanted: OrderFilter, now: datetime) -> Select[*tuple[Any, ...]]:
    """How many each column holds, how many of them are late, and since when: read from the index of the board alone."""
    late = WorkOrder.due_at < now
    query: Select[*tuple[Any, ...]] = select(
        WorkOrder.place, func.count(), func.count().filter(late), func.min(WorkOrder.due_at).filter(late)
    )
    return query.where(*_on_board(actor, wanted, now)).group_by(WorkOrder.place)


def _first_cards(actor: Actor, wanted: OrderFilter, now: datetime) -> Select[Any]:
    """The first cards of each column: what is due first, of reported ones the newest. A short reading of the index for
    each column, whatever stands behind."""
    parts = []
    for rank, column in enumerate(Column):
        newest = (WorkOrder.reported_at.desc(), WorkOrder.id)
        order = newest if column is Column.REPORTED else (WorkOrder.due_at, WorkOrder.id)
        first = select(WorkOrder.id, literal(rank).label("rank"), func.row_number().over(order_by=order).label("no"))
        first = first.where(WorkOrder.place == column.value, *_on_board(actor, wanted, now))
        parts.append(select(first.order_by(*order).limit(PER_COLUMN).subquery()))
    cards = union_all(*parts).subquery()
    return select(cards.c.id).order_by(cards.c.rank, cards.c.no)


def _on_board(actor: Actor, wanted: OrderFilter, now: datetime) -> list[ColumnElement[bool]]:
    only = [WorkOrder.place.is_not(None), readable_orders(actor), *_narrowed(wanted)]
    return [*only, WorkOrder.due_at < now] if wanted.late else only


def _listed(actor: Actor, wanted: OrderFilter, now: datetime) -> tuple[Any, ColumnElement[Any]]:
    """Open orders by their running limit; or those whose limit fell due within a span, by that limit."""
    if wanted.due_from is not None and wanted.due_until is not None:
        fell = aliased(TimeLimit)
        due: ColumnElement[Any] = fell.due_at.expression
        fallen: Any = (
            select(WorkOrder.id, due.label("due"))
            .join(fell, fell.order_id == WorkOrder.id)
            .where(fell.kind == LimitKind.HANDLE, due >= wanted.due_from, due < wanted.due_until)
        )
        if wanted.late:
            missed = or_(fell.state == LimitState.BREACHED, and_(fell.ended_at.is_(None), due < now))
            fallen = fallen.where(missed, or_(WorkOrder.ended_at.is_(None), WorkOrder.outcome == "REPORTED_BACK"))
        return fallen.where(readable_orders(actor), *_narrowed(wanted)), due
    due = WorkOrder.due_at.expression
    query: Any = select(WorkOrder.id, due.label("due")).where(*_on_board(actor, wanted, now))
    column_is = WorkOrder.place == wanted.column.value if wanted.column else WorkOrder.ended_at.is_(None)
    return query.where(column_is), due


def _narrowed(wanted: OrderFilter) -> list[ColumnElement[bool]]:
    only: list[ColumnElement[bool]] = []
    if wanted.department:
        only.append(WorkOrder.department == wanted.department)
    if wanted.district:
        only.append(lies_in(wanted.district, WorkOrder.district))
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
    of_order: dict[UUID | None, list[TaskView]] = defaultdict(list)
    for task in tasks:
        of_order[task.subject_id].append(task)
    people = user_names(session, [UUID(task.assignee) for task in tasks if task.assignee])
    items = []
    for line in lines:
        mine = of_order[line.order.id]
        holder = next((task.assignee for task in mine if task.assignee), None)
        names = {task.task_id: _names(runtime, session, task) for task in mine}
        name = people.get(UUID(holder)) if holder else None
        items.append(OrderItem(line, Column(line.order.place or Column.REPORTED), mine, names, holder, name))
    return items


def _names(runtime: Runtime, session: Session, task: TaskView) -> Mapping[str, str]:
    element = elements(runtime, session, task.bundle_id).get(task.process_id, {}).get(task.element)
    return element.names if element else {"en": task.element}


def read_key(after: str) -> tuple[datetime, UUID]:
    """The key of a page's last row. Raises Invalid."""
    try:
        due, order_id = after.split("~")
        return datetime.fromisoformat(due), UUID(order_id)
    except ValueError:
        raise Invalid("workflow.bad_page") from None
