"""Work orders as cards of a board and rows of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.cases.limits import LimitView, most_urgent
from app.cases.routes import now
from app.core.http import language
from app.identity.guard import actor
from app.lifecycle.assigning import may_assign
from app.lifecycle.order_board import Column, OrderItem
from app.lifecycle.quick import ANSWERS
from app.lifecycle.worklist import may_work_on
from app.supervision import Result
from app.web.formats import LimitChip
from app.web.limits import chip
from app.web.names import names
from app.web.templating import label, t
from app.workflow import TaskView


@dataclass(frozen=True, slots=True)
class Card:
    """One order as board and list show it."""

    id: UUID
    url: str
    number: str
    summary: str
    place: str
    department: str
    seal: str | None
    tags: Sequence[tuple[str, str]]
    """(modifier of the tag's class, words)."""
    chip: LimitChip | None
    limit_kind: str
    state: str
    task: str
    """What is to be done now, in words; empty when nothing waits for the department."""
    task_id: UUID | None
    """The task that this person may do, or give to somebody."""
    assignee: str
    offers: Sequence[str]
    """Deeds that the order's diagram offers this person now: sign, return, report_back …"""


def shown_card(item: OrderItem, result: Result | None = None) -> Card:
    """An order in the words of the page's language; `result`: what became of its case, where that is known."""
    line, order, words = item.line, item.line.order, names()
    limit = _limit_of(item)
    first = next((task for task in item.tasks if may_work_on(actor(), task)), None)
    shown = first or (item.tasks[0] if item.tasks else None)
    called = item.names.get(shown.task_id, {}) if shown else {}
    return Card(
        id=order.id,
        url=f"/orders/{order.order_no}",
        number=order.order_no,
        summary=line.incident_summary,
        place=line.address or words.district(order.district),
        department=words.department(order.department),
        seal=line.supervision_level,
        tags=_tags(item) + _result_tags(result),
        chip=chip(limit, now()),
        limit_kind=label("LimitKind", limit.kind) if limit else "",
        state=label("OrderState", order.state),
        task=called.get(language()) or called.get("en") or "",
        task_id=_given_out(shown, first),
        assignee=item.assignee_name or "",
        offers=_offers(first.form_id if first else None),
    )


def _given_out(shown: TaskView | None, mine: TaskView | None) -> UUID | None:
    if mine is not None:
        return mine.task_id
    return shown.task_id if shown is not None and may_assign(actor(), shown) else None


def _limit_of(item: OrderItem) -> LimitView | None:
    """The running one due first; of an order reported back the limit to handle it."""
    running = most_urgent(item.line.limits)
    if running is not None:
        return running
    ended = [limit for limit in item.line.limits if limit.kind == "HANDLE"]
    return ended[-1] if ended else None


def _offers(form_id: str | None) -> list[str]:
    """What the key S, B … does: a form is a deed. The form that signs asks for the return as well."""
    if form_id is None:
        return []
    return ["sign", "return"] if form_id == ANSWERS["sign"].form_id else [form_id]


def _tags(item: OrderItem) -> list[tuple[str, str]]:
    order, tags = item.line.order, list[tuple[str, str]]()
    if order.urgency != "NORMAL":
        tags.append(("tag--red", label("Urgency", order.urgency)))
    if item.column is Column.PENDING:
        tags.append(("tag--amber", label("OrderState", order.state)))
    if item.line.rework_count and item.column is not Column.REPORTED:
        tags.append(("tag--red", t("web.board.round", n=item.line.rework_count)))
    if order.role == "ASSIST":
        tags.append(("", label("OrderRole", order.role)))
    return tags


def _result_tags(result: Result | None) -> list[tuple[str, str]]:
    """How the citizen liked it, and the points."""
    tags = list[tuple[str, str]]()
    if result and result.visit:
        tags.append(("tag--red" if result.visit == "UNSATISFIED" else "tag--green", label("VisitResult", result.visit)))
    if result and result.score is not None:
        tags.append(("tag--accent", t("web.board.score", n=f"{result.score:g}")))
    return tags
