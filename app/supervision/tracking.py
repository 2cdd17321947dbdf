"""One case's whole way (V04): stages, orders, limits, tasks (D13, D14), demands, and what was said on the way, as dated
facts for a picture and a table. Reads what others wrote; decides nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases.limits import LimitView, limits_of
from app.cases.models import CaseFile
from app.cases.queries import OrderView, instructions_of, orders_of, stage_times, visits_of
from app.identity import Actor
from app.lifecycle.task_times import TaskTime, task_times
from app.messaging.models import Notice, OutgoingMessage
from app.supervision.models import Supervision
from app.supervision.queries import answers_of, supervisions_of
from app.workflow import Runtime

BarKind = Literal["stage", "order", "limit", "task", "demand"]
MarkKind = Literal["instruction", "visit", "message", "answer", "call"]


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that took time. `limit` is what it is measured by; `due` alone serves where there is no limit row."""

    kind: BarKind
    name: str
    """Code: a stage, a department, a kind of limit, a level. A task's name is in `names`."""
    began: datetime
    ended: datetime | None
    due: datetime | None = None
    limit: LimitView | None = None
    order_no: str | None = None
    state: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """Of a task, by language."""
    who: str = ""
    """Who did the task."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a moment."""

    kind: MarkKind
    at: datetime
    what: str
    """Code by kind: an instruction, a visit's result, a message's kind, an answer's department."""
    who: str = ""
    words: str = ""
    people: int = 0
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Track:
    began: datetime
    ended: datetime
    """The case's end, or now."""
    bars: Sequence[Bar]
    marks: Sequence[Mark]


def track_of(
    runtime: Runtime, session: Session, case: CaseFile, reader: Actor, now: datetime, calls: Sequence[Mark] = ()
) -> Track:
    """As far as `reader` may see it: a department's people see their own orders."""
    limits = limits_of(session, case.id)
    orders = orders_of(session, case.id, limits, reader)
    demands = supervisions_of(session, case.id)
    own = {view.order.department for view in orders}
    if reader.departments():
        demands = [each for each in demands if own & set(each.departments)]
    tasks = task_times(runtime, session, case, reader)
    bars = [*_stages(session, case, tasks), *_orders(orders, tasks), *_case_limits(limits), *map(_demand, demands)]
    subjects = [case.id, *(view.order.id for view in orders)]
    marks = [*calls, *_instructions(session, case), *_visits(session, case), *_messages(session, subjects),
             *_answers(session, case, {each.id for each in demands})]  # fmt: skip
    last = max([case.ended_at or now, *(bar.ended for bar in bars if bar.ended), *(mark.at for mark in marks)])
    return Track(case.registered_at, last, bars, sorted(marks, key=lambda mark: mark.at))


def _stages(session: Session, case: CaseFile, tasks: Sequence[TaskTime]) -> list[Bar]:
    """Each stay, and under it the case's own tasks that opened in it."""
    stays, bars = stage_times(session, case.id), []
    own = [task for task in tasks if task.order_no is None]
    for place, stay in enumerate(stays):
        bars.append(Bar("stage", stay.stage, stay.entered_at, stay.left_at or case.ended_at))
        until = stays[place + 1].entered_at if place + 1 < len(stays) else None
        bars += [_task(task) for task in own if stay.entered_at <= task.opened and (not until or task.opened < until)]
    return bars


def _task(task: TaskTime) -> Bar:
    return Bar("task", "", task.opened, task.ended, order_no=task.order_no, names=task.names, who=task.by)


def _orders(orders: Sequence[OrderView], tasks: Sequence[TaskTime]) -> list[Bar]:
    """Each order, and under it its limits and tasks."""
    bars = []
    for view in orders:
        order = view.order
        bars.append(Bar("order", order.department, order.dispatched_at, order.ended_at, order_no=order.order_no,
                        state=order.state))  # fmt: skip
        bars += [_limit(limit, order.order_no) for limit in view.limits]
        bars += [_task(task) for task in tasks if task.order_no == order.order_no]
    return bars


def _case_limits(limits: Sequence[LimitView]) -> list[Bar]:
    return [_limit(limit, None) for limit in limits if limit.order_id is None]


def _limit(limit: LimitView, order_no: str | None) -> Bar:
    return Bar("limit", limit.kind, limit.started_at, limit.ended_at, limit.due_at, limit, order_no)


def _demand(row: Supervision) -> Bar:
    ended = row.answered_at or row.closed_at
    return Bar("demand", row.level, row.at, ended, row.answer_due_at, state=row.state)


def _instructions(session: Session, case: CaseFile) -> list[Mark]:
    return [Mark("instruction", each.at, each.instruction, each.actor_name, each.text)
            for each in instructions_of(session, case.id)]  # fmt: skip


def _visits(session: Session, case: CaseFile) -> list[Mark]:
    return [Mark("visit", each.at, each.result, each.actor_name) for each in visits_of(session, case.id)]


def _answers(session: Session, case: CaseFile, wanted: set[UUID]) -> list[Mark]:
    return [Mark("answer", each.at, each.department, each.actor_name, each.text)
            for demand, said in answers_of(session, case.id).items() if demand in wanted for each in said]  # fmt: skip


def _messages(session: Session, subjects: Sequence[UUID]) -> list[Mark]:
    """Notices and messages about the case or its orders: how many people, at which moment, by which channel."""
    live = (
        select(Notice.created_at, Notice.kind, func.count())
        .where(Notice.subject_id.in_(subjects))
        .group_by(Notice.created_at, Notice.kind)
    )
    outside = (
        select(OutgoingMessage.created_at, OutgoingMessage.kind, OutgoingMessage.channel, func.count())
        .where(OutgoingMessage.subject_id.in_(subjects))
        .group_by(OutgoingMessage.created_at, OutgoingMessage.kind, OutgoingMessage.channel)
    )
    found = [Mark("message", at, kind, people=count, channel="LIVE") for at, kind, count in session.execute(live)]
    return found + [Mark("message", at, kind, people=count, channel=channel)
                    for at, kind, channel, count in session.execute(outside)]  # fmt: skip
