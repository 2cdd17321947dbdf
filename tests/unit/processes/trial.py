"""Runs a shipped diagram in simulated time and keeps what its operations were asked."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.city import Calendar, functions, office_calendar
from app.workflow.engine import Compiled, CompleteTask, Context, DeliverMessage, FireTimers, Moved, Status
from app.workflow.engine.types import Call, EngineCommand

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=ZONE)
CALENDAR = Calendar(UUID(int=1), 1, office_calendar(ZONE))
STAGES = {
    "reporting": "REPORTING",
    "acceptance": "ACCEPTANCE",
    "sorting": "SORTING",
    "assignment": "ASSIGNMENT",
    "handling": "HANDLING",
    "feedback": "FEEDBACK",
    "return_visit_and_evaluation": "RETURN_VISIT_EVALUATION",
}


class City:
    """What the operations would find in the database: orders, reworks, visits, limits."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.returned = self.rounds = self.reworks = self.attempts = 0

    def dispatch_orders(self, now: datetime, lead_department: str, assist_departments: Any, **_: Any) -> dict[str, Any]:
        self.rounds += 1
        self.returned = 0
        self.open |= {lead_department, *(assist_departments or ())}
        return {"order_ids": sorted(self.open), "open_orders": len(self.open), "round": self.rounds}

    def count_orders(self, now: datetime) -> dict[str, Any]:
        return {"open_orders": len(self.open), "returned_orders": self.returned}

    def start_rework(self, now: datetime, **_: Any) -> dict[str, Any]:
        self.reworks, self.attempts = self.reworks + 1, 0
        return {"rework_count": self.reworks}

    def record_visit(self, now: datetime, *, result: str, resolved: str | None = None, **_: Any) -> dict[str, Any]:
        """Of a case with one caller."""
        self.attempts += 1
        reached = result != "UNREACHED"
        discontent = reached and (result == "UNSATISFIED" or resolved == "NOT_SOLVED")
        return {
            "attempts": self.attempts, "unasked": 0, "unreached": int(not reached), "reached": int(reached),
            "fewest_attempts": 0 if reached else self.attempts, "discontent": int(discontent),
        }  # fmt: skip

    def evaluate_case(self, now: datetime) -> dict[str, Any]:
        return {"score": 90, "on_time": True}

    def start_limit(self, now: datetime, kind: str, due: Any) -> dict[str, Any]:
        whole = due - now if isinstance(due, datetime) else due.timedelta()
        due = now + whole
        return {
            "id": kind,
            "started_at": now,
            "warn_at": now + whole * 0.8,
            "due_at": due,
            "escalate_at": now + whole * 1.5,
        }


class Trial:
    """One instance. `calls` holds (operation, inputs), `entered` the elements in their order."""

    def __init__(self, bundle: Compiled, process: str, at: str | None = None, **variables: Any) -> None:
        self.bundle, self.city, self.now = bundle, City(), MONDAY
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.entered: list[str] = []
        self.status, self.state = Status.RUNNING, b""
        first = {} if process == "lifecycle" and at is None else None
        self._keep(bundle.start(process, variables, self._context(), first, at=at))

    # ------------------------------------------------------------ what people, clocks and others do
    def task(self, element: str, **values: Any) -> "Trial":
        """Complete the open user task of this element."""
        found = [task for task in self.surface.tasks.values() if task.element == element]
        assert len(found) == 1, f"{element} is not open, but {self.open}"
        return self._move(CompleteTask(found[0].task_id, values))

    def message(self, name: str, key: str = "c1", **variables: Any) -> "Trial":
        return self._move(DeliverMessage(name, key, variables))

    def order_ends(self, department: str, returned: bool = False) -> "Trial":
        self.city.open.discard(department)
        self.city.returned += returned
        return self.message("order_ended")

    def until(self, moment: datetime) -> "Trial":
        """Let time pass; timers fire on the way, each at its own moment."""
        while due := [t.due for t in self.surface.timers.values() if t.due <= moment]:
            self.now = max(self.now, min(due))
            self._move(FireTimers())
        self.now = max(self.now, moment)
        return self

    def after(self, **span: float) -> "Trial":
        return self.until(self.now + timedelta(**span))

    # ------------------------------------------------------------ what one sees
    @property
    def surface(self) -> Any:
        return self.bundle.surface(self.state)

    @property
    def open(self) -> set[str]:
        """User tasks that wait for somebody."""
        return set() if self.over else {task.element for task in self.surface.tasks.values()}

    @property
    def over(self) -> bool:
        return self.status is not Status.RUNNING

    @property
    def stages(self) -> list[str]:
        return [STAGES[element] for element in self.entered if element in STAGES]

    def asked(self, operation: str) -> list[Mapping[str, Any]]:
        return [inputs for name, inputs in self.calls if name == operation]

    def variable(self, name: str) -> Any:
        return self.bundle.variables(self.state).get(name)

    def due_of(self, element: str) -> datetime:
        found: datetime = next(t.due for t in self.surface.tasks.values() if t.element == element)
        return found.astimezone(ZONE)

    # ------------------------------------------------------------ machinery
    def _move(self, command: EngineCommand) -> "Trial":
        self._keep(self.bundle.move(self.state, command, self._context()))
        return self

    def _keep(self, moved: Moved) -> None:
        self.status, self.state = moved.status, moved.state or self.state
        self.entered += [step.element for step in moved.steps if step.state == "entered"]

    def _context(self) -> Context:
        return Context(self.now, self._perform, functions(CALENDAR, self.now.astimezone(UTC)))

    def _perform(self, call: Call) -> Mapping[str, Any]:
        self.calls.append((call.operation, dict(call.inputs)))
        handler: Callable[..., Mapping[str, Any]] | None = getattr(self.city, call.operation, None)
        return partial(handler, self.now)(**call.inputs) if handler else {}


def case(bundle: Compiled, at: str | None = None, **changes: Any) -> Trial:
    """A case as `lifecycle.register` begins it: an ordinary event of the public hotline."""
    facts: dict[str, Any] = {
        "case_id": "c1",
        "origin": "PUBLIC_HOTLINE",
        "channel": "PHONE",
        "kind": "EVENT",
        "category": "CITY_APPEARANCE_AND_SANITATION",
        "sub_category": "DIRTY_ROAD",
        "component_owner": None,
        "service_type": "COMPLAINT",
        "appeal_type": None,
        "district": "jz/dongcheng",
        "urgency": "NORMAL",
        "machine_made": at is not None,
    }
    return Trial(bundle, "lifecycle", at, **facts | changes)


def order(bundle: Compiled, process: str = "department_default", **changes: Any) -> Trial:
    """An order as `dispatch_orders` begins it."""
    facts: dict[str, Any] = {
        "order_id": "o1",
        "case_id": "c1",
        "order_no": "N-1",
        "department": "municipal",
        "role": "LEAD",
        "category": "MUNICIPAL_ADMINISTRATION",
        "sub_category": "ROAD_DAMAGE",
        "district": "jz/dongcheng",
        "urgency": "NORMAL",
        "kind": "EVENT",
        "service_type": "COMPLAINT",
        "round": 1,
        "emergency": False,
    }
    return Trial(bundle, process, None, **facts | changes)
