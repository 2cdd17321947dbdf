"""Plays one scenario: each step through the doors that people and machines use, in simulated time."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select, update

from app import city, lifecycle, workflow
from app.cases.enums import SupervisionLevel
from app.cases.models import CaseFile
from app.city.models import Department
from app.core.clock import SimulatedClock
from app.core.errors import CitydeskError, Invalid
from app.core.i18n import text
from app.core.ids import new_id
from app.core.settings import REOPEN_DAYS
from app.identity import OPERATOR, Actor, actor_of_user
from app.messaging.models import Notice
from app.scenarios.checks import CHECKS
from app.scenarios.comparing import written
from app.scenarios.schemas import Check, Deed, Failure, Outcome, Place, Scenario, Span, Step
from app.scenarios.view import Diagrams, View, passed
from app.supervision import Asked, answer_supervision, close_supervision, raise_supervision
from app.workflow import Command, Fault, Runtime, TaskView

NOTHING = "–"
T = TypeVar("T")


class Stopped(Exception):
    """The step went otherwise than the scenario says."""

    def __init__(self, expected: str, found: str, places: tuple[Place, ...] = ()) -> None:
        super().__init__(found)
        self.expected, self.found, self.places = expected, found, places


@dataclass(slots=True)
class Play:
    """One scenario on a city of its own. `language` is that of a failure's sentences."""

    runtime: Runtime
    scenario: Scenario
    diagrams: Diagrams
    zone: tzinfo
    language: str
    case_id: UUID | None = None
    notices: int = 0
    known_incidents: set[int] = field(default_factory=set)

    def run(self) -> Outcome:
        began, clock = time.perf_counter(), self.runtime.clock
        assert isinstance(clock, SimulatedClock)
        clock.move_to(self.scenario.time.replace(tzinfo=self.zone))
        start, done, failure = clock.now(), 0, None
        self._set_diagrams()
        for step in self.scenario.steps:
            failure = self._try(step)
            if failure is not None:
                break
            done += 1
        seconds = time.perf_counter() - began
        with self.runtime.sessions() as session:
            ways = passed(session)
        return Outcome(self.scenario, seconds, start, clock.now(), done, failure, ways)

    def say(self, key: str, **params: object) -> str:
        return text(f"scenario.{key}", self.language, **params)

    # ---------------------------------------------------------------- one step
    def _try(self, step: Step) -> Failure | None:
        try:
            self._step(step)
        except Stopped as stopped:
            places = stopped.places or self._look(lambda view: view.places())
            return Failure(step, stopped.expected, stopped.found, places, self.runtime.clock.now())
        return None

    def _step(self, step: Step) -> None:
        if step.deed is not None or step.wait is not None:
            with self.runtime.sessions() as session:
                self.notices = session.scalar(select(func.count()).select_from(Notice)) or 0
        if step.deed is not None:
            self._do(step.deed)
            workflow.settle(self.runtime)
        if step.wait is not None:
            workflow.settle(self.runtime, self._instant(step.wait))
        for check in step.checks:
            self._check(check)
        self._no_surprise(any(check.name == "incident" for check in step.checks))

    def _check(self, check: Check) -> None:
        misses = self._look(lambda view: list(CHECKS[check.name].misses(view, check.wanted)))
        if misses:
            expected, found = misses[0]
            raise Stopped(f"{check.name}: {expected}", found)

    def _look(self, question: Callable[[View], T]) -> T:
        with self.runtime.sessions() as session:
            return question(View(self.runtime, session, self.diagrams, self.zone, self.case_id, self.notices))

    def _no_surprise(self, expected: bool) -> None:
        """An incident that no step speaks of is a failure, whatever else holds."""
        fresh = [one for one in self._look(lambda view: view.incidents) if one.no not in self.known_incidents]
        self.known_incidents |= {one.no for one in fresh}
        if fresh and not expected:
            places = self.diagrams.places(self.diagrams.named(fresh[0].element or ""))
            raise Stopped(self.say("no_incident"), fresh[0].message, places)

    def _instant(self, wait: Span | datetime) -> datetime:
        now = self.runtime.clock.now()
        if isinstance(wait, datetime):
            at = wait.replace(tzinfo=self.zone)
            if at < now:
                raise Stopped(written(at, self.zone), self.say("already", now=written(now, self.zone)))
            return at
        if wait.unit is None:
            return now + timedelta(seconds=float(wait.value))
        with self.runtime.sessions() as session:
            calendar = city.calendar_for(session, wait.department, None)
        return calendar.deadline(now.astimezone(self.zone), wait.value, wait.unit.value).plain().astimezone(UTC)

    # ---------------------------------------------------------------- deeds
    def _do(self, deed: Deed) -> None:
        try:
            _DEEDS[deed.kind](self, deed)
        except (CitydeskError, Fault) as error:
            self._judge_refusal(deed, error)
        else:
            if deed.refused:
                raise Stopped(self.say("refusal_wanted", what=deed.refused), self.say("taken"), self._places(deed))

    def _judge_refusal(self, deed: Deed, error: CitydeskError | Fault) -> None:
        sentence, fields = self._sentence(error), error.fields if isinstance(error, Invalid) else {}
        wanted = deed.refused
        if wanted is True or (wanted and (str(wanted) in fields or str(wanted).casefold() in sentence.casefold())):
            return
        expected = self.say("refusal_wanted", what=wanted) if wanted else self.say("taken")
        raise Stopped(expected, sentence, self._places(deed))

    def _sentence(self, error: CitydeskError | Fault) -> str:
        if isinstance(error, Fault):
            return str(error)
        said = text(error.key, self.language, **error.params)
        if isinstance(error, Invalid) and error.fields:
            said += " " + "; ".join(f"{k}: {text(key, self.language, **p)}" for k, (key, p) in error.fields.items())
        return said

    def _places(self, deed: Deed) -> tuple[Place, ...]:
        return self.diagrams.places(self.diagrams.named(deed.what)) if deed.kind == "complete" else ()

    def _person(self, deed: Deed) -> Actor:
        with self.runtime.sessions() as session:
            return actor_of_user(session, str(deed.person))

    def _case(self) -> UUID:
        if self.case_id is None:
            raise Stopped(self.say("a_case"), self.say("no_case"))
        return self.case_id

    def _order(self, department: str | None) -> UUID:
        found = self._look(lambda view: view.order_of(str(department)))
        if found is None:
            raise Stopped(self.say("an_order", department=department), NOTHING)
        return found.id

    def register(self, deed: Deed) -> None:
        values = {**self.scenario.report, **deed.values}
        self.case_id = lifecycle.register(self.runtime, values, actor=self._person(deed)).case_id

    def join(self, deed: Deed) -> None:
        values = {**self.scenario.report, **deed.values}
        lifecycle.join_case(self.runtime, self._case(), values, actor=self._person(deed))

    def complete(self, deed: Deed) -> None:
        actor, task = self._person(deed), self._task(deed)
        values = self._fit(task, deed.values)
        lifecycle.complete_task(self.runtime, task.task_id, values, actor=actor, instance_id=task.instance_id)

    def _task(self, deed: Deed) -> TaskView:
        """The open task that is meant; with several departments the one that this person may do."""
        actor = self._person(deed)
        tasks = self._look(lambda view: view.tasks_called(deed.what, deed.of))
        if len(tasks) > 1:
            tasks = [task for task in tasks if workflow.may_work_on(actor, task)] or tasks
        if len(tasks) == 1:
            return tasks[0]
        open_now = self._look(lambda view: written([view.called(task) for task in view.tasks], self.zone))
        expected = self.say("task_open" if not tasks else "one_task", task=deed.what)
        raise Stopped(expected, self.say("open_tasks", tasks=open_now), self._places(deed))

    def _fit(self, task: TaskView, values: Mapping[str, Any]) -> dict[str, Any]:
        """A number written where the form takes a text is that text: `caller_phone: 13800136721`."""
        form = self._look(
            lambda view: view.runtime.bundles.get(view.session, task.bundle_id, self.runtime.registry).forms
        )
        kinds = {c.get("key"): c.get("type") for c in components(form.get(task.form_id or "") or {})}
        return {k: str(v) if type(v) is int and kinds.get(k) in _TEXTS else v for k, v in values.items()}

    def withdraw_case(self, deed: Deed) -> None:
        lifecycle.withdraw_case(self.runtime, self._case(), reason=self._reason(deed), actor=self._person(deed))

    def withdraw_order(self, deed: Deed) -> None:
        order, reason = self._order(deed.of), self._reason(deed)
        lifecycle.withdraw_order(self.runtime, order, reason=reason, actor=self._person(deed))

    def extend(self, deed: Deed) -> None:
        lifecycle.ask_extension(
            self.runtime, self._order(deed.of or deed.person), value=Decimal(str(deed.values.get("value", 1))),
            reason=self._reason(deed), actor=self._person(deed),
        )  # fmt: skip

    def shelve(self, deed: Deed) -> None:
        self._pause(deed, lifecycle.PauseKind.SHELVE)

    def suspend(self, deed: Deed) -> None:
        self._pause(deed, lifecycle.PauseKind.SUSPEND)

    def _pause(self, deed: Deed, kind: lifecycle.PauseKind) -> None:
        """`days`: how long it is put off, from now."""
        until = self.runtime.clock.now() + timedelta(days=int(deed.values.get("days", 10)))
        order = self._order(deed.of or deed.person)
        lifecycle.ask_pause(self.runtime, order, kind, until=until, reason=self._reason(deed), actor=self._person(deed))

    def resume(self, deed: Deed) -> None:
        lifecycle.resume_order(self.runtime, self._order(deed.of), reason=self._reason(deed), actor=self._person(deed))

    def assist(self, deed: Deed) -> None:
        self._further(deed, lifecycle.FurtherKind.ASSIST)

    def reassign(self, deed: Deed) -> None:
        self._further(deed, lifecycle.FurtherKind.REASSIGN)

    def _further(self, deed: Deed, kind: lifecycle.FurtherKind) -> None:
        lifecycle.ask_department(
            self.runtime, self._order(deed.of or deed.person), kind, department=deed.what, reason=self._reason(deed),
            actor=self._person(deed),
        )  # fmt: skip

    def supervise(self, deed: Deed) -> None:
        level = SupervisionLevel(deed.values.get("level", SupervisionLevel.SUPERVISION))
        order = None if deed.of == "case" else self._order(deed.of)
        asked = Asked(level, str(deed.values.get("text", "")) or self.say("some_reason"), order)
        raise_supervision(self.runtime, self._case(), asked, actor=self._person(deed))

    def answer(self, deed: Deed) -> None:
        answer_supervision(self.runtime, self._demand(), self._reason(deed), actor=self._person(deed))

    def settle_demand(self, deed: Deed) -> None:
        close_supervision(self.runtime, self._demand(), self._reason(deed), actor=self._person(deed))

    def _demand(self) -> UUID:
        """The newest demand of the case."""
        demands: list[UUID] = self._look(lambda view: [each.id for each in view.supervisions])
        if not demands:
            raise Stopped(self.say("a_demand"), NOTHING)
        return demands[-1]

    def void_case(self, deed: Deed) -> None:
        cause = str(deed.values.get("cause", "OTHERS"))
        lifecycle.void_case(
            self.runtime, self._case(), cause=cause, reason=self._reason(deed), actor=self._person(deed)
        )

    def reopen(self, deed: Deed) -> None:
        lifecycle.reopen(
            self.runtime, self._case(), reason=self._reason(deed), days=REOPEN_DAYS, actor=self._person(deed)
        )

    def _reason(self, deed: Deed) -> str:
        return str(deed.values.get("reason", "")) or self.say("some_reason")

    def bring_forward(self, deed: Deed) -> None:
        lifecycle.bring_visit_forward(self.runtime, self._case(), actor=self._person(deed))

    def contact(self, deed: Deed) -> None:
        """As telephony, mail or the citizens' window hands it over."""
        payload = {**self.scenario.report, **deed.values}
        payload.setdefault("contact_id", str(new_id()))
        workflow.deliver(self.runtime, "contact_arrived", None, payload, dedupe=f"scenario:{payload['contact_id']}")
        workflow.settle(self.runtime)
        with self.runtime.sessions() as session:
            newest = select(CaseFile.id).order_by(CaseFile.registered_at.desc(), CaseFile.id.desc()).limit(1)
            self.case_id = session.scalar(newest)

    def message(self, deed: Deed) -> None:
        key = {None: None, "case": self.case_id}.get(deed.of) if deed.of in (None, "case") else self._order(deed.of)
        workflow.deliver(
            self.runtime, deed.what, None if key is None else str(key), dict(deed.values), dedupe=f"scenario:{new_id()}"
        )

    def signal(self, deed: Deed) -> None:
        workflow.broadcast(self.runtime, deed.what, dict(deed.values), dedupe=f"scenario:{new_id()}")

    def correct(self, deed: Deed) -> None:
        """As an authorised person repairs a case."""
        content = {"variables": dict(deed.values), "reason": self.say("some_reason")}
        case = self._look(lambda view: view.case)
        if case is None:
            raise Stopped(self.say("a_case"), self.say("no_case"))
        workflow.execute(self.runtime, case.instance_id, Command(new_id(), "set_variables", OPERATOR, content))

    def start(self, deed: Deed) -> None:
        with self.runtime.sessions.begin() as session:
            workflow.start(
                self.runtime, session, deed.what, dict(deed.values), actor=OPERATOR, now=self.runtime.clock.now(),
                command_id=new_id(),
            )  # fmt: skip
        workflow.after_commit(self.runtime, session)

    def _set_diagrams(self) -> None:
        with self.runtime.sessions.begin() as session:
            for department, process in self.scenario.diagrams.items():
                session.execute(update(Department).where(Department.code == department).values(process_id=process))


_TEXTS = ("textfield", "textarea", "select", "radio")
_DEEDS: Mapping[str, Callable[[Play, Deed], None]] = {
    "register": Play.register, "join": Play.join, "complete": Play.complete, "withdraw_case": Play.withdraw_case,
    "withdraw_order": Play.withdraw_order, "extend": Play.extend, "shelve": Play.shelve, "suspend": Play.suspend,
    "resume": Play.resume, "assist": Play.assist, "reassign": Play.reassign, "void_case": Play.void_case,
    "reopen": Play.reopen,
    "bring_forward": Play.bring_forward, "contact": Play.contact,
    "supervise": Play.supervise, "answer": Play.answer, "settle": Play.settle_demand, "message": Play.message,
    "signal": Play.signal, "correct": Play.correct, "start": Play.start,
}  # fmt: skip


def components(form: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every component of a form, those in groups too."""
    for component in form.get("components", ()):
        yield component
        yield from components(component)
