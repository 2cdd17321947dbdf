"""Plays a story through the doors that people use: each person does their task when it is due to be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.limits import open_limit
from app.cases.models import CaseFile, WorkOrder
from app.city import Calendar, calendar_version
from app.core.clock import SimulatedClock
from app.core.errors import Conflict
from app.core.ids import derived_id
from app.identity import Actor
from app.lifecycle.reporting import register
from app.lifecycle.seed_forms import Course, Forms, Step
from app.lifecycle.seed_plan import Story
from app.lifecycle.tasks import complete_task
from app.lifecycle.withdrawal import withdraw_case
from app.workflow import Runtime, TaskView
from app.workflow.execute import fire
from app.workflow.outbox import deliver_outbox
from app.workflow.peek import next_timer, open_work, variables_at

MINUTES: Mapping[str, tuple[int, int]] = {
    "judge": (4, 40), "confirm_unit": (10, 60), "dispatch": (8, 50), "on_site": (8, 24), "review_objection": (40, 160),
    "verify": (20, 150), "reply": (10, 110), "return_visit": (5, 200), "instruct": (30, 240),
    "instruct_dispatch": (30, 240), "complete_registration": (8, 30),
}  # fmt: skip
"""How long after it was opened somebody does a task."""
OTHER_MINUTES = (10, 90)
HEAD = "department_head"
LAST_TASKS = 40
"""No story has more tasks than this; a diagram that goes round in circles must not hold up the seed."""


class Kept:
    """A queue that keeps what is to be carried out until the player does it."""

    def __init__(self) -> None:
        self.rows: list[UUID] = []

    def was_emptied(self) -> bool:
        return False

    def enqueue(self, rows: Sequence[UUID]) -> None:
        self.rows += rows

    def take(self) -> list[UUID]:
        taken, self.rows = self.rows, []
        return taken


@dataclass(slots=True)
class Player:
    runtime: Runtime
    people: Mapping[str, Actor]
    forms: Forms
    chance: Random
    zone: tzinfo
    end: datetime
    """The present: nothing happens after it."""
    calendars: dict[tuple[UUID, int], Calendar] = field(default_factory=dict)

    def play(self, story: Story) -> bool:
        """Until the case is over or waits where the story stops. True when it is over.

        Each story has a clock of its own, so that the next one may begin before this one ended. Tell them in the
        order of their reports: numbers are given in that order."""
        self.runtime = replace(self.runtime, clock=SimulatedClock(story.registered_at))
        agent = self._one_of("agent", "agent2")
        command = derived_id("seed", story.registered_at, story.values["caller_phone"])
        made = register(self.runtime, story.values, actor=agent, command_id=command)
        course = Course(story, made.case_id)
        self._carry_out()
        for _ in range(LAST_TASKS):
            step = self._next(course)
            if step is None or step.at > self.end or step.task.element == story.stop:
                course.cut_off = True
                break
            self._do(course, step)
        if story.stop is not None or course.cut_off:
            self._at(course, self.end)  # limits that ran out since then do what they do
        with self.runtime.sessions() as session:
            case = session.get(CaseFile, made.case_id)
            return case is not None and case.ended_at is not None

    def _do(self, course: Course, step: Step) -> None:
        self._at(course, step.at)
        try:
            if course.story.script == "withdrawn" and step.task.element == "handle":
                actor = self._one_of("agent", "agent2")
                withdraw_case(self.runtime, course.case_id, reason="诉求人来电称问题已自行解决", actor=actor)
            else:
                command = derived_id("seed", step.task.task_id, "done")
                values = self.forms.values(course, step)
                complete_task(self.runtime, step.task.task_id, values, actor=step.actor, command_id=command,
                              instance_id=step.task.instance_id)  # fmt: skip
        except Conflict:
            return  # a limit fired at this moment and changed the case: look again
        course.done.append(step.task.element)
        course.stale = course.stale or step.order is None
        self._carry_out()

    def _carry_out(self) -> None:
        """What the last command sent, and what follows from that. Nothing crashes here, so nothing is looked for."""
        assert isinstance(self.runtime.queue, Kept)
        while rows := self.runtime.queue.take():
            for row in rows:
                deliver_outbox(self.runtime, row)

    def _at(self, course: Course, instant: datetime) -> None:
        """Let time pass; limits that run out on the way do what they do."""
        clock, until = self.runtime.clock, min(instant, self.end)
        assert isinstance(clock, SimulatedClock)
        while course.timer is not None and course.timer[1] <= until:
            clock.move_to(course.timer[1])
            fire(self.runtime, course.timer[0])
            self._carry_out()
            course.stale = True
            with self.runtime.sessions() as session:
                self._look(session, course)
        clock.move_to(until)

    def _one_of(self, *usernames: str) -> Actor:
        return self.people[self.chance.choice(usernames)]

    # ------------------------------------------------------------------ what is done next, when, by whom
    def _next(self, course: Course) -> Step | None:
        """The task that comes first; None while the case waits for a timer beyond the present, or is over."""
        for _ in range(LAST_TASKS):
            with self.runtime.sessions() as session:
                steps = [self._step(session, course, task, order) for task, order in self._open(session, course)]
            if steps:
                return min(steps, key=lambda step: step.at)
            if not self._let_time_pass(course):
                return None
        return None

    def _let_time_pass(self, course: Course) -> bool:
        """Wait for the case's next timer (a return visit becomes due). False when there is none before the end."""
        if course.timer is None or course.timer[1] > self.end:
            return False
        self._at(course, course.timer[1])
        return True

    def _open(self, session: Session, course: Course) -> list[tuple[TaskView, WorkOrder | None]]:
        self._look(session, course)
        found = [
            (task, course.orders.get(task.subject_id) if task.subject_id else None)
            for task in open_work(session, course.subjects())
        ]
        found = [(task, order) for task, order in found if self._is_played(task, order)]
        return sorted(found, key=lambda one: (one[0].created_at, one[1].order_no if one[1] else "", one[0].element))

    def _look(self, session: Session, course: Course) -> None:
        """Read the orders, if there may be new ones, and when the next timer is due."""
        if course.stale:
            orders = session.scalars(select(WorkOrder).where(WorkOrder.case_id == course.case_id))
            course.orders, course.stale = {order.id: order for order in orders}, False
        course.timer = next_timer(session, course.subjects())

    def _step(self, session: Session, course: Course, task: TaskView, order: WorkOrder | None) -> Step:
        known = course.planned.get(task.task_id)
        if known is None:
            at = max(self._when(session, course, task, order), self.runtime.clock.now())
            read = variables_at(self.runtime, session, task) if task.element in ("confirm_unit", "dispatch") else {}
            known = Step(task, order, at, self._who(task, order), read)
            course.planned[task.task_id] = known
        return known

    def _is_played(self, task: TaskView, order: WorkOrder | None) -> bool:
        """Most of the demo city's departments have no head: what only a head may do stays open there."""
        return HEAD not in task.groups or (order is not None and f"{order.department}_head" in self.people)

    def _who(self, task: TaskView, order: WorkOrder | None) -> Actor:
        if HEAD in task.groups and order is not None:
            return self.people[f"{order.department}_head"]
        for group, username in (("shift_supervisor", "supervisor"), ("leader", "leader")):
            if group in task.groups:
                return self.people[username]
        if "agent" in task.groups:
            return self._one_of("agent", "agent2")
        return self.people[order.department if order else "supervisor"]

    def _when(self, session: Session, course: Course, task: TaskView, order: WorkOrder | None) -> datetime:
        kind = {"sign": "SIGN", "inspect": "HANDLE", "handle": "HANDLE", "report_back": "HANDLE"}.get(task.element)
        at_once = course.story.stop is not None
        limit = open_limit(session, order.case_id, order.id, kind) if order and kind and not at_once else None
        if limit is None:
            at = task.created_at + timedelta(minutes=self.chance.uniform(*MINUTES.get(task.element, OTHER_MINUTES)))
            return self._in_daytime(at) if task.element == "return_visit" else at
        share = {"sign": 0.5, "inspect": 0.4, "handle": 0.7, "report_back": 1.0}[task.element] * course.story.share
        if task.element == "sign":
            share = self.chance.uniform(0.15, 0.9) if self.chance.random() < 0.96 else self.chance.uniform(1.1, 1.5)
        if limit.calendar_id is None or limit.calendar_version is None or limit.unit is None:
            return limit.started_at + (limit.due_at - limit.started_at) * share
        calendar = self._calendar(session, limit.calendar_id, limit.calendar_version)
        return calendar.part_of(limit.started_at, limit.due_at, limit.unit, f"{share:.4f}")

    def _calendar(self, session: Session, calendar_id: UUID, version: int) -> Calendar:
        known = self.calendars.get((calendar_id, version))
        if known is None:
            known = self.calendars[calendar_id, version] = calendar_version(session, calendar_id, version)
        return known

    def _in_daytime(self, at: datetime) -> datetime:
        """Nobody rings a citizen at night."""
        local = at.astimezone(self.zone)
        if 9 <= local.hour < 20:
            return at
        morning = local.replace(hour=9, minute=self.chance.randrange(50), second=0)
        return morning if local.hour < 9 else morning + timedelta(days=1)
