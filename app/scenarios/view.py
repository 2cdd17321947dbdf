"""What a scenario may look at: the case, its orders and limits, open tasks, notices, where the tokens stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import workflow
from app.audit.models import History
from app.cases.enums import FactKind
from app.cases.limits import LimitView, limits_of
from app.cases.models import CaseFile, Registration, WorkOrder
from app.cases.queries import evaluations_of, facts_of, instructions_of, visits_of
from app.identity import all_users
from app.messaging.models import Notice
from app.scenarios.schemas import Place
from app.supervision import supervisions_of
from app.workflow import IncidentView, Runtime, TaskView, Token
from app.workflow.engine.types import Element, Process
from app.workflow.models import Instance, UserTask
from app.workflow.queries import open_tasks, task_view


@dataclass(frozen=True, slots=True)
class Told:
    """A notice and who got it."""

    username: str
    notice: Notice


class Diagrams:
    """The bundle's processes, and its elements by whatever an analyst may call them."""

    def __init__(self, processes: Mapping[str, Process]) -> None:
        self.processes = processes

    def named(self, name: str) -> list[Element]:
        """Elements with this id, or this name in either language."""
        every = [element for process in self.processes.values() for element in process.elements.values()]
        by_id = [element for element in every if element.id == name]
        return by_id or [element for element in every if _plain(name) in map(_plain, element.names.values())]

    def names(self, kind: str) -> list[str]:
        """What elements of a kind are called."""
        return sorted({e.names["en"] for p in self.processes.values() for e in p.elements.values() if e.type == kind})

    def place(self, process: str, element: str) -> Place | None:
        found = self.processes[process].elements.get(element) if process in self.processes else None
        return None if found is None else Place(found.id, found.type, found.names, self.processes[process].file)

    def places(self, elements: Sequence[Element]) -> tuple[Place, ...]:
        return tuple(Place(e.id, e.type, e.names, self.processes[e.process].file) for e in elements)


class View:
    """One moment, read lazily. Everything in the database belongs to the scenario: it has one of its own."""

    def __init__(
        self, runtime: Runtime, session: Session, diagrams: Diagrams, zone: tzinfo, case_id: UUID | None, since: int
    ) -> None:
        self.runtime, self.session, self.diagrams, self.zone = runtime, session, diagrams, zone
        self.case_id = case_id
        self.since = since
        """How many notices there were when the last deed or wait began."""
        self.now: datetime = runtime.clock.now()

    @cached_property
    def case(self) -> CaseFile | None:
        return None if self.case_id is None else self.session.get(CaseFile, self.case_id)

    @cached_property
    def registration(self) -> Registration | None:
        query = select(Registration).where(Registration.case_id == self.case_id).order_by(Registration.created_at)
        return self.session.scalars(query.limit(1)).one_or_none()

    @cached_property
    def orders(self) -> list[WorkOrder]:
        return list(self.session.scalars(select(WorkOrder).order_by(WorkOrder.order_no)))

    def order_of(self, department: str) -> WorkOrder | None:
        """The department's latest."""
        return next((order for order in reversed(self.orders) if order.department == department), None)

    @cached_property
    def tasks(self) -> list[TaskView]:
        rows = self.session.execute(open_tasks().order_by(UserTask.created_at, UserTask.task_id))
        return [task_view(*row) for row in rows]

    def department_of(self, task: TaskView) -> str | None:
        return next((order.department for order in self.orders if order.id == task.subject_id), None)

    def tasks_called(self, name: str, department: str | None = None) -> list[TaskView]:
        wanted = {(element.process, element.id) for element in self.diagrams.named(name)}
        found = [task for task in self.tasks if (task.process_id, task.element) in wanted]
        return [task for task in found if department in (None, self.department_of(task))]

    def called(self, task: TaskView) -> str:
        """A task as a failure tells of it: `Sign (sanitation)`."""
        element = self.diagrams.processes[task.process_id].elements[task.element]
        department = self.department_of(task)
        return f"{element.names['en']} ({department})" if department else element.names["en"]

    @cached_property
    def limits(self) -> list[tuple[LimitView, str | None]]:
        """Each with the department of its order, the oldest first."""
        if self.case_id is None:
            return []
        departments = {order.id: order.department for order in self.orders}
        return [(one, departments.get(one.order_id) if one.order_id else None)
                for one in limits_of(self.session, self.case_id)]  # fmt: skip

    @cached_property
    def told(self) -> list[Told]:
        """Notices, the oldest first."""
        names = {user.id: user.username for user in all_users(self.session)}
        rows = self.session.scalars(select(Notice).order_by(Notice.created_at, Notice.id))
        return [Told(names.get(row.recipient, "?"), row) for row in rows]

    @cached_property
    def alarms(self) -> list[str]:
        facts = [] if self.case_id is None else facts_of(self.session, self.case_id)
        return [str(fact.body.get("kind")) for fact in facts if fact.kind == FactKind.ALARMED]

    @cached_property
    def supervisions(self) -> list[Any]:
        return [] if self.case_id is None else supervisions_of(self.session, self.case_id)

    @cached_property
    def visits(self) -> list[str]:
        return [] if self.case_id is None else [visit.result for visit in visits_of(self.session, self.case_id)]

    @cached_property
    def evaluations(self) -> list[Any]:
        return [] if self.case_id is None else evaluations_of(self.session, self.case_id)

    @cached_property
    def instructions(self) -> list[str]:
        return [] if self.case_id is None else [i.instruction for i in instructions_of(self.session, self.case_id)]

    @cached_property
    def incidents(self) -> list[IncidentView]:
        return workflow.incidents(self.session)

    @cached_property
    def variables(self) -> dict[str, Any]:
        """Of the case's instance; {} when it is over."""
        row = None if self.case is None else self.session.get(Instance, self.case.instance_id)
        if row is None or row.state is None:
            return {}
        compiled = self.runtime.bundles.get(self.session, row.bundle_id, self.runtime.registry)
        return compiled.variables(bytes(row.state))

    @cached_property
    def tokens(self) -> list[Token]:
        """Where tokens stand in everything that runs; the inner ones, not the sub-processes around them."""
        running = self.session.scalars(select(Instance.id).where(Instance.ended_at.is_(None)).order_by(Instance.id))
        found: list[Token] = []
        for instance_id in running:
            tokens = workflow.replay(self.session, instance_id)
            found += [] if tokens is None else tokens.open
        around = {token.scope for token in found}
        return [token for token in found if token.id not in around]

    def places(self) -> tuple[Place, ...]:
        """Where the case stands: user tasks and waits, without the timers on their edges."""
        made = [self.diagrams.place(token.process, token.element) for token in self.tokens]
        there = {place.id: place for place in made if place is not None and place.type not in _EDGES}
        return tuple(there.values())


_EDGES = ("boundaryEvent", "startEvent")


def passed(session: Session) -> frozenset[tuple[str, str]]:
    """(process, sequence flow taken or boundary event fired) of everything that ran in this database."""
    found: set[tuple[str, str]] = set()
    rows = session.execute(select(History.steps, Instance.process_id).join(Instance, Instance.id == History.stream))
    for steps, process in rows:
        for step in steps:
            where = step.get("process", process)
            if step["state"] == "entered" and step.get("cause"):
                found.add((where, step["cause"]))
            elif step["state"] == "fired":
                found.add((where, step["element"]))
    return frozenset(found)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
