"""Plays a story through the doors that people use: each person does their task when it is due to be done."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.limits import open_limit
from app.cases.models import CaseFile, WorkOrder
from app.city import calendar_version
from app.core.clock import SimulatedClock
from app.core.errors import Conflict
from app.core.ids import derived_id
from app.identity import Actor
from app.lifecycle.reporting import register
from app.lifecycle.seed_plan import Story
from app.lifecycle.tasks import complete_task
from app.lifecycle.withdrawal import withdraw_case
from app.workflow import Runtime, TaskView
from app.workflow.peek import carry_out, next_due, open_work, pass_time, variables_at

MINUTES: Mapping[str, tuple[int, int]] = {
    "judge": (4, 40), "confirm_unit": (10, 60), "dispatch": (8, 50), "on_site": (8, 24), "review_objection": (40, 160),
    "verify": (20, 150), "reply": (10, 110), "return_visit": (5, 200), "instruct": (30, 240),
    "instruct_dispatch": (30, 240), "complete_registration": (8, 30),
}  # fmt: skip
"""How long after it was opened somebody does a task."""
OTHER_MINUTES = (10, 90)
LAST_TASKS = 40
"""No story has more tasks than this; a diagram that goes round in circles must not hold up the seed."""


@dataclass(slots=True)
class Player:
    runtime: Runtime
    people: Mapping[str, Actor]
    words: Mapping[str, Any]
    chance: Random
    zone: tzinfo
    end: datetime
    """The present: nothing happens after it."""

    def play(self, story: Story) -> bool:
        """Until the case is over or waits where the story stops. True when it is over.

        Each story has a clock of its own, so that the next one may begin before this one ended. Tell them in the
        order of their reports: numbers are given in that order."""
        self.runtime = replace(self.runtime, clock=SimulatedClock(story.registered_at))
        agent = self._one_of("agent", "agent2")
        command = derived_id("seed", story.registered_at, story.values["caller_phone"])
        made = register(self.runtime, story.values, actor=agent, command_id=command)
        course = Course(story, made.case_id, subjects=[made.case_id])
        carry_out(self.runtime, course.subjects)
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

    def _do(self, course: "Course", step: "Step") -> None:
        self._at(course, step.at)
        try:
            if course.story.script == "withdrawn" and step.task.element == "handle":
                actor = self._one_of("agent", "agent2")
                withdraw_case(self.runtime, course.case_id, reason="诉求人来电称问题已自行解决", actor=actor)
            else:
                command = derived_id("seed", step.task.task_id, "done")
                values = self._values(course, step)
                complete_task(self.runtime, step.task.task_id, values, actor=step.actor, command_id=command)
        except Conflict:
            return  # a limit fired at this moment and changed the case: look again
        course.done.append(step.task.element)
        carry_out(self.runtime, course.subjects)

    def _at(self, course: "Course", instant: datetime) -> None:
        """Let time pass; limits that run out on the way do what they do."""
        pass_time(self.runtime, course.subjects, min(instant, self.end))

    def _one_of(self, *usernames: str) -> Actor:
        return self.people[self.chance.choice(usernames)]

    # ------------------------------------------------------------------ what is done next, when, by whom
    def _next(self, course: "Course") -> "Step | None":
        """The task that comes first; None while the case waits for a timer beyond the present, or is over."""
        for _ in range(LAST_TASKS):
            with self.runtime.sessions() as session:
                steps = [self._step(session, course, task, order) for task, order in self._open(session, course)]
            if steps:
                return min(steps, key=lambda step: step.at)
            if not self._let_time_pass(course):
                return None
        return None

    def _let_time_pass(self, course: "Course") -> bool:
        """Wait for the case's next timer (a return visit becomes due). False when there is none before the end."""
        due = next_due(self.runtime, course.subjects)
        if due is None or due > self.end:
            return False
        self._at(course, due)
        return True

    def _open(self, session: Session, course: "Course") -> list[tuple[TaskView, WorkOrder | None]]:
        orders = {o.id: o for o in session.scalars(select(WorkOrder).where(WorkOrder.case_id == course.case_id))}
        course.subjects = [course.case_id, *orders]
        tasks = open_work(session, course.subjects)
        return [(task, orders.get(task.subject_id) if task.subject_id else None) for task in tasks]

    def _step(self, session: Session, course: "Course", task: TaskView, order: WorkOrder | None) -> "Step":
        known = course.planned.get(task.task_id)
        if known is None:
            at = max(self._when(session, course, task, order), self.runtime.clock.now())
            read = variables_at(self.runtime, session, task) if task.element in ("confirm_unit", "dispatch") else {}
            known = Step(task, order, at, self._who(task, order), read)
            course.planned[task.task_id] = known
        return known

    def _who(self, task: TaskView, order: WorkOrder | None) -> Actor:
        for group, username in (("shift_supervisor", "supervisor"), ("leader", "leader")):
            if group in task.groups:
                return self.people[username]
        if "agent" in task.groups:
            return self._one_of("agent", "agent2")
        return self.people[order.department if order else "supervisor"]

    def _when(self, session: Session, course: "Course", task: TaskView, order: WorkOrder | None) -> datetime:
        kind = {"sign": "SIGN", "inspect": "HANDLE", "handle": "HANDLE", "report_back": "HANDLE"}.get(task.element)
        limit = open_limit(session, order.case_id, order.id, kind) if order and kind else None
        if limit is None:
            at = task.created_at + timedelta(minutes=self.chance.uniform(*MINUTES.get(task.element, OTHER_MINUTES)))
            return self._in_daytime(at) if task.element == "return_visit" else at
        share = {"sign": 0.5, "inspect": 0.4, "handle": 0.7, "report_back": 1.0}[task.element] * course.story.share
        if task.element == "sign":
            share = self.chance.uniform(0.15, 0.9) if self.chance.random() < 0.96 else self.chance.uniform(1.1, 1.5)
        if limit.calendar_id is None or limit.calendar_version is None or limit.unit is None:
            return limit.started_at + (limit.due_at - limit.started_at) * share
        calendar = calendar_version(session, limit.calendar_id, limit.calendar_version)
        return calendar.part_of(limit.started_at, limit.due_at, limit.unit, f"{share:.4f}")

    def _in_daytime(self, at: datetime) -> datetime:
        """Nobody rings a citizen at night."""
        local = at.astimezone(self.zone)
        if 9 <= local.hour < 20:
            return at
        morning = local.replace(hour=9, minute=self.chance.randrange(50), second=0)
        return morning if local.hour < 9 else morning + timedelta(days=1)

    # ------------------------------------------------------------------ what is written into the form
    def _values(self, course: "Course", step: "Step") -> dict[str, Any]:
        fill = getattr(self, f"_{step.task.element}", None)
        values: dict[str, Any] = fill(course, step) if fill else {}
        return values

    def _judge(self, course: "Course", step: "Step") -> dict[str, Any]:
        if course.story.script == "answer":
            return {"judgement": "ANSWER", "answer_text": self.chance.choice(self.words["answers"])}
        if course.story.script == "void":
            reason, text = self.chance.choice(self.words["voids"])
            return {"judgement": "VOID", "void_reason": reason, "judgement_reason": text}
        if course.story.script == "leader" and "instruct" not in course.done:
            return {"judgement": "REPORT_LEADER", "judgement_reason": "涉及多个单位，请领导批示。"}
        return {"judgement": "FILE"}

    def _instruct(self, course: "Course", step: "Step") -> dict[str, Any]:
        return {"instruction": "APPROVAL", "instruction_text": self.chance.choice(self.words["leader"])}

    _instruct_dispatch = _instruct

    def _confirm_unit(self, course: "Course", step: "Step") -> dict[str, Any]:
        lead = str(step.known.get("lead_department") or "general")
        if "review_objection" in course.done:
            lead = "property" if lead == "municipal" else "municipal"
        return {"lead_department": lead, "assist_departments": step.known.get("assist_departments") or []}

    def _dispatch(self, course: "Course", step: "Step") -> dict[str, Any]:
        method = step.known.get("method")
        return {
            "method": method if method in ("FILE_CASE", "TRANSFER", "ASSIST") else "FILE_CASE",
            "lead_department": step.known.get("lead_department") or "general",
            "assist_departments": step.known.get("assist_departments") or [],
            "processing_content": "请按时限办理并反馈结果，附现场照片。",
        }

    def _sign(self, course: "Course", step: "Step") -> dict[str, Any]:
        if course.story.script == "return" and "review_objection" not in course.done:
            rule, text = self.chance.choice(self.words["objections"])
            return {"decision": "RETURN", "objection_rule": rule, "objection_text": text}
        return {"decision": "SIGN"}

    def _review_objection(self, course: "Course", step: "Step") -> dict[str, Any]:
        return {"review": "GRANTED"}

    def _on_site(self, course: "Course", step: "Step") -> dict[str, Any]:
        return {"danger": "CONTAINED", "on_site_note": self.chance.choice(self.words["sites"])}

    def _inspect(self, course: "Course", step: "Step") -> dict[str, Any]:
        return {"finding": "CONFIRMED", "inspection_note": "现场核查情况属实，已拍照取证。"}

    def _handle(self, course: "Course", step: "Step") -> dict[str, Any]:
        return {"note": self.chance.choice(self.words["notes"])}

    def _report_back(self, course: "Course", step: "Step") -> dict[str, Any]:
        cost = self.chance.choice((None, None, 280, 650, 1200, 3600))
        person = self.chance.choice(self.words["handlers"])
        return {"result_text": course.story.result, "responsible_person": person, "cost": cost}

    def _verify(self, course: "Course", step: "Step") -> dict[str, Any]:
        if course.story.script == "rework" and "verify" not in course.done:
            return {"verification": "REWORK", "verification_note": self.chance.choice(self.words["reworks"])}
        return {"verification": "PASSED"}

    def _reply(self, course: "Course", step: "Step") -> dict[str, Any]:
        way = str(course.story.values["reply_wish"])
        if way == "NONE":
            return {"reply_way": way}
        return {
            "reply_way": way,
            "reply_text": self.chance.choice(self.words["replies"]).format(result=course.story.result),
        }

    def _return_visit(self, course: "Course", step: "Step") -> dict[str, Any]:
        visits = course.story.visits
        result = visits[min(course.done.count("return_visit"), len(visits) - 1)]
        if result == "UNREACHED":
            return {"visit_result": result}
        content = result != "UNSATISFIED"
        general = {"VERY_SATISFIED": "SATISFACTORY", "SATISFIED": "RELATIVELY_SATISFACTORY"}.get(result, "GENERAL")
        return {
            "visit_result": result,
            "resolved": "SOLVED" if content else "NOT_SOLVED",
            "processing_result": general if content else "UNSATISFIED",
            "opinion": self.chance.choice(self.words["opinions"][result]),
        }


@dataclass(slots=True)
class Course:
    """How far a story has come."""

    story: Story
    case_id: UUID
    done: list[str] = field(default_factory=list)
    """Elements of the tasks done so far, in order."""
    planned: dict[UUID, "Step"] = field(default_factory=dict)
    subjects: list[UUID] = field(default_factory=list)
    """The case and its orders."""
    cut_off: bool = False
    """Left open, or overtaken by the present."""


@dataclass(frozen=True, slots=True)
class Step:
    task: TaskView
    order: WorkOrder | None
    at: datetime
    actor: Actor
    known: Mapping[str, Any]
    """The diagram's variables."""
