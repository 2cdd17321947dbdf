"""Open tasks as rows of a page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.http import language
from app.identity import Actor
from app.lifecycle.worklist import WorkItem, may_work_on
from app.web.formats import LimitChip
from app.web.limits import chip_of_item
from app.web.names import groups_in_words, names
from app.web.templating import label


@dataclass(frozen=True, slots=True)
class WorkRow:
    task_id: UUID
    instance_id: UUID
    url: str
    task: str
    number: str
    summary: str
    district: str
    department: str
    seal: str | None
    assignee: str | None
    mine: bool
    may_work: bool
    groups: str
    """Whose turn it is, in words."""
    chip: LimitChip | None
    limit_kind: str
    category: str
    since: datetime
    follow_up: datetime | None
    """When this person wants to look at it again."""


def work_row(item: WorkItem, actor: Actor, now: datetime, follow_up: datetime | None = None) -> WorkRow:
    case, order, words = item.case, item.order, names()
    number = order.order_no if order else (case.case_no if case else None)
    department = order.department if order else (case.lead_department if case else None)
    return WorkRow(
        task_id=item.task.task_id,
        instance_id=item.task.instance_id,
        url=f"/tasks/{item.task.task_id}",
        task=item.name(language()),
        number=number or "",
        summary=case.incident_summary if case else "",
        district=words.district("/".join((item.task.district or "").split("/")[:2])),
        department=words.department(department) if department else "",
        seal=case.supervision_level if case else None,
        assignee=item.assignee_name,
        mine=item.task.assignee == str(actor.id),
        may_work=may_work_on(actor, item.task),
        groups=groups_in_words(item.task.groups),
        chip=chip_of_item(item, now),
        limit_kind=label("LimitKind", item.limit.kind) if item.limit else "",
        category=words.category((case.sub_category or case.category) if case else None),
        since=item.task.created_at,
        follow_up=follow_up,
    )
