"""How far a story has come, and what its people write into their forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from app.cases.models import WorkOrder
from app.identity import Actor
from app.lifecycle.seed_plan import Story
from app.workflow import TaskView


@dataclass(slots=True)
class Course:
    """How far a story has come."""

    story: Story
    case_id: UUID
    done: list[str] = field(default_factory=list)
    """Elements of the tasks done so far, in order."""
    planned: dict[UUID, "Step"] = field(default_factory=dict)
    orders: dict[UUID, WorkOrder] = field(default_factory=dict)
    stale: bool = True
    """Something happened that may have made orders."""
    timer: tuple[UUID, datetime] | None = None
    """The case's next timer: its instance, and when it is due."""
    cut_off: bool = False
    """Left open, or overtaken by the present."""

    def subjects(self) -> list[UUID]:
        """The case and its orders."""
        return [self.case_id, *self.orders]


@dataclass(frozen=True, slots=True)
class Step:
    task: TaskView
    order: WorkOrder | None
    at: datetime
    actor: Actor
    known: Mapping[str, Any]
    """The diagram's variables."""


@dataclass(frozen=True, slots=True)
class Forms:
    """One method for each task whose form has fields, named like the task."""

    words: Mapping[str, Any]
    chance: Random

    def values(self, course: Course, step: Step) -> dict[str, Any]:
        """A task without a method here has nothing to fill in."""
        fill = getattr(self, f"_{step.task.element}", None)
        values: dict[str, Any] = fill(course, step) if fill else {}
        return values

    def _judge(self, course: Course, step: Step) -> dict[str, Any]:
        if course.story.script == "answer":
            return {"judgement": "ANSWER", "answer_text": self.chance.choice(self.words["answers"])}
        if course.story.script == "void":
            reason, text = self.chance.choice(self.words["voids"])
            return {"judgement": "VOID", "void_reason": reason, "judgement_reason": text}
        if course.story.script == "leader" and "instruct" not in course.done:
            return {"judgement": "REPORT_LEADER", "judgement_reason": "涉及多个单位，请领导批示。"}
        return {"judgement": "FILE"}

    def _instruct(self, course: Course, step: Step) -> dict[str, Any]:
        return {"instruction": "APPROVAL", "instruction_text": self.chance.choice(self.words["leader"])}

    _instruct_dispatch = _instruct

    def _confirm_unit(self, course: Course, step: Step) -> dict[str, Any]:
        lead = str(step.known.get("lead_department") or "general")
        if "review_objection" in course.done:
            lead = "property" if lead == "municipal" else "municipal"
        return {"lead_department": lead, "assist_departments": step.known.get("assist_departments") or []}

    def _dispatch(self, course: Course, step: Step) -> dict[str, Any]:
        method = step.known.get("method")
        return {
            "method": method if method in ("FILE_CASE", "TRANSFER", "ASSIST") else "FILE_CASE",
            "lead_department": step.known.get("lead_department") or "general",
            "assist_departments": step.known.get("assist_departments") or [],
            "processing_content": "请按时限办理并反馈结果，附现场照片。",
        }

    def _sign(self, course: Course, step: Step) -> dict[str, Any]:
        if course.story.script == "return" and "review_objection" not in course.done:
            rule, text = self.chance.choice(self.words["objections"])
            return {"decision": "RETURN", "objection_rule": rule, "objection_text": text}
        return {"decision": "SIGN"}

    def _review_objection(self, course: Course, step: Step) -> dict[str, Any]:
        return {"review": "GRANTED"}

    def _on_site(self, course: Course, step: Step) -> dict[str, Any]:
        return {"danger": "CONTAINED", "on_site_note": self.chance.choice(self.words["sites"])}

    def _inspect(self, course: Course, step: Step) -> dict[str, Any]:
        return {"finding": "CONFIRMED", "inspection_note": "现场核查情况属实，已拍照取证。"}

    def _handle(self, course: Course, step: Step) -> dict[str, Any]:
        return {"note": self.chance.choice(self.words["notes"])}

    def _answer_supervision(self, course: Course, step: Step) -> dict[str, Any]:
        return {"supervision_answer": "已督促经办人员到场处理，逾期系人手调配所致，今日内办结并反馈。"}

    def _hand_over(self, course: Course, step: Step) -> dict[str, Any]:
        return {"higher_no": f"S-{self.chance.randrange(100_000, 999_999)}"}

    def _note_answer(self, course: Course, step: Step) -> dict[str, Any]:
        return {"result_text": course.story.result, "responsible_person": "省级平台"}

    def _report_back(self, course: Course, step: Step) -> dict[str, Any]:
        cost = self.chance.choice((None, None, 280, 650, 1200, 3600))
        person = self.chance.choice(self.words["handlers"])
        return {"result_text": course.story.result, "responsible_person": person, "cost": cost}

    def _verify(self, course: Course, step: Step) -> dict[str, Any]:
        if course.story.script == "rework" and "verify" not in course.done:
            return {"verification": "REWORK", "verification_note": self.chance.choice(self.words["reworks"])}
        return {"verification": "PASSED"}

    def _reply(self, course: Course, step: Step) -> dict[str, Any]:
        way = str(course.story.values["reply_wish"])
        if way == "NONE":
            return {"reply_way": way}
        return {
            "reply_way": way,
            "reply_text": self.chance.choice(self.words["replies"]).format(result=course.story.result),
        }

    def _return_visit(self, course: Course, step: Step) -> dict[str, Any]:
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
