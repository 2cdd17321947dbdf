"""The views of the inbox: slices of what a person may do or oversees, and the conditions that narrow them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta, tzinfo

from sqlalchemy import ColumnElement, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from app import workflow, worklist
from app.cases.models import CaseFile, WorkOrder
from app.identity import Actor, Role
from app.lifecycle.worklist import WorkItem, work_items
from app.workflow import Reach, Runtime
from app.workflow.models import UserTask

OVERSEERS = frozenset({Role.SHIFT_SUPERVISOR, Role.DEPARTMENT_HEAD})
VIEWS: Mapping[str, Reach] = {
    "mine": "own", "followup": "own", "all": "own", "claimable": "own", "soon": "own", "overdue": "own",
    "judge": "own", "dispatch": "own", "verify": "own", "instruct": "own", "unclaimed": "free", "others": "held",
}  # fmt: skip
"""Each view and whose tasks it looks at; the last two are for those who oversee others."""
STEPS: Mapping[str, tuple[Role, Sequence[str]]] = {
    "judge": (Role.SHIFT_SUPERVISOR, ("judgement",)),
    "dispatch": (Role.SHIFT_SUPERVISOR, ("confirm_unit", "processing")),
    "verify": (Role.SHIFT_SUPERVISOR, ("verification", "objection_review")),
    "instruct": (Role.LEADER, ("leader_instruction",)),
}
"""Views of one kind of work: whose it is, and the forms that it means."""

Only = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Conditions:
    """A view and what narrows it. Empty strings narrow nothing."""

    view: str = "all"
    category: str = ""
    district: str = ""
    """A path: the district and all that lies in it."""
    stage: str = ""
    department: str = ""
    text: str = ""
    """In the case's or order's number, or in its summary."""

    @classmethod
    def of(cls, given: Mapping[str, str], actor: Actor) -> "Conditions":
        """From an address or a saved view; what is not known is left out."""
        known = {field.name: str(given.get(field.name, "")).strip()[:100] for field in fields(cls)}
        if known["view"] not in views_for(actor):
            known["view"] = "all"
        return cls(**known)

    def filters(self) -> dict[str, str]:
        """What narrows the view, without it."""
        named = {field.name: str(getattr(self, field.name)) for field in fields(self)}
        return {name: value for name, value in named.items() if value and name != "view"}

    def stored(self) -> dict[str, str]:
        return {"view": self.view, **self.filters()}


def views_for(actor: Actor) -> list[str]:
    """The views this person has, in their order."""
    overseer = not OVERSEERS.isdisjoint(actor.roles())
    roles = actor.roles()
    return [
        name
        for name, reach in VIEWS.items()
        if (STEPS[name][0] in roles if name in STEPS else reach == "own" or overseer)
    ]


def listing(
    runtime: Runtime,
    session: Session,
    actor: Actor,
    conditions: Conditions,
    now: datetime,
    *,
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[WorkItem], str | None]:
    """One page of a view, the one to be done first first, and the key of the next page. Raises Invalid (`after`)."""
    only = [*_slice(conditions.view, actor, now, runtime.zone), *_narrowed(conditions)]
    reach = VIEWS[conditions.view]
    tasks, following = workflow.inbox(session, actor, only=only, reach=reach, after=after, limit=limit)
    return work_items(runtime, session, tasks), following


def counts(
    runtime: Runtime, session: Session, actor: Actor, now: datetime, extra: Mapping[str, Conditions]
) -> dict[str, int]:
    """How many tasks stand in each of a person's views, and in `extra` (saved views by name). One statement; numbers
    end at `workflow.MOST_COUNTED`."""
    slices = {
        name: (VIEWS[name], tuple(_slice(name, actor, now, runtime.zone))) for name in views_for(actor)
    }  # fmt: skip
    for name, each in extra.items():
        slices[name] = (VIEWS[each.view], (*_slice(each.view, actor, now, runtime.zone), *_narrowed(each)))
    return workflow.inbox_counts(session, actor, slices)


def end_of_day(now: datetime, zone: tzinfo) -> datetime:
    """Midnight after `now` in the city."""
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)


def _slice(view: str, actor: Actor, now: datetime, zone: tzinfo) -> Only:
    me = str(actor.id)
    if view in STEPS:
        return (UserTask.form_id.in_(STEPS[view][1]),)
    match view:
        case "mine":
            return (UserTask.assignee == me,)
        case "claimable":
            return (UserTask.assignee.is_(None),)
        case "soon":
            return (UserTask.act_by > now, UserTask.warn_by <= now)
        case "overdue":
            return (UserTask.act_by <= now,)
        case "followup":
            mine = select(worklist.FollowUp.task_id).where(
                worklist.FollowUp.person == actor.id, worklist.FollowUp.at < end_of_day(now, zone)
            )
            return (UserTask.task_id.in_(mine),)
        case _:
            return ()


def _narrowed(conditions: Conditions) -> Only:
    """On the task where it knows, else on its case, row by row in the list's order: a page needs few."""
    only: list[ColumnElement[bool]] = []
    if conditions.district:
        only.append(workflow.within_district(conditions.district))
    if conditions.department:
        only.append(UserTask.departments.contains([conditions.department]))
    of_case: list[ColumnElement[bool]] = []
    if conditions.category:
        of_case.append(or_(CaseFile.category == conditions.category, CaseFile.sub_category == conditions.category))
    if conditions.stage:
        of_case.append(CaseFile.stage == conditions.stage)
    if conditions.text:
        of_case.append(_says(conditions.text))
    if of_case:
        order = select(WorkOrder.case_id).where(WorkOrder.id == UserTask.subject_id).correlate(UserTask)
        case_id = func.coalesce(order.scalar_subquery(), UserTask.subject_id)
        only.append(select(CaseFile.id).where(CaseFile.id == case_id, *of_case).correlate(UserTask).exists())
    return only


def _says(text: str) -> ColumnElement[bool]:
    """Digits are looked for in the number as lists show it too: 1118-0335."""
    number = text.replace("-", "").replace(" ", "")
    found: list[ColumnElement[bool]] = [CaseFile.incident_summary.icontains(text, autoescape=True)]
    if number.isdigit():
        found.append(cast(CaseFile.case_no, Text).contains(number))
    return or_(*found)
