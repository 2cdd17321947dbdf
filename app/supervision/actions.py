"""What people do about supervision. Each deed is one command of the case's instance, with its row in the history; after
the case has ended, a row in the demand's own stream."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import audit, workflow
from app.cases.actions import Recorder
from app.cases.enums import SupervisionLevel, SupervisionState
from app.cases.models import CaseFile
from app.cases.queries import case_by_id, scope_of
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.ids import derived_id, new_id
from app.identity import Actor, Role, Scope, require, users_with
from app.lifecycle.dossier import dossier_of
from app.lifecycle.subject import CASE
from app.messaging import send_notice
from app.supervision.errors import Closed, NotHigher
from app.supervision.models import Supervision, SupervisionAnswer
from app.supervision.queries import answers_of, supervision_by_id
from app.supervision.raising import Demand, Within, raise_demand, rank, settle
from app.workflow import Command, OnInstance, Runtime
from app.workflow.engine.types import Variables
from app.workflow.peek import was_done

RAISED = "RAISED"
"""Closing text of a demand that a higher one took the place of."""
LONGEST = 2000
Deed = Callable[[Session, Recorder, datetime], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person demands; `answer` None: the level's usual limit."""

    level: SupervisionLevel
    text: str
    order_id: UUID | None = None
    answer: Within | None = None
    raised_from: UUID | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        """As the command carries it: the same again is the same demand."""
        within = [str(self.answer.value), self.answer.unit] if self.answer else None
        return {
            "level": self.level.value, "text": self.text, "order_id": str(self.order_id or ""), "answer": within,
            "raised_from": str(self.raised_from or ""), "custom": dict(self.custom),
        }  # fmt: skip


def raise_supervision(
    runtime: Runtime, case_id: UUID, asked: Asked, *, actor: Actor, command_id: UUID | None = None
) -> UUID:
    """Demand something of one order's department, or of all that work on the case (V02, V05). Returns the demand's id.

    Raises Forbidden, NotFound, Invalid, Conflict when the case or the order has ended, NotHigher, Closed."""
    _words(asked.text)
    command = Command(command_id or new_id(), "amend", actor, {"supervision": asked.content()})
    supervision_id = derived_id("supervision", command.id)
    with runtime.sessions() as session:
        case = case_by_id(session, case_id, actor)
        require(actor, "case.supervise", scope_of(case))
        instance_id = case.instance_id
        if case.ended_at is not None:
            raise Conflict("lifecycle.case_ended", case_no=case.case_no)

    def prepare(session: Session, view: workflow.View, on: OnInstance) -> Variables:
        _raise(session, on, asked, supervision_id)
        return {}

    workflow.execute(runtime, instance_id, command, prepare=prepare)
    return supervision_id


def _raise(session: Session, on: OnInstance, asked: Asked, supervision_id: UUID) -> None:
    dossier = dossier_of(session, on)
    order = next((each for each in dossier.orders if each.id == asked.order_id), None)
    if asked.order_id and (order is None or order.ended_at is not None):
        raise Conflict("lifecycle.order_ended", order_no=order.order_no if order else "")
    before = supervision_by_id(session, asked.raised_from) if asked.raised_from else None
    if before is not None:
        if before.state == SupervisionState.CLOSED:
            raise Closed
        if rank(asked.level) <= rank(before.level):
            raise NotHigher
        _closed(session, before, RAISED, on.actor, on.now)
    demand = Demand(asked.level, "", asked.text.strip(), order, asked.answer, before, custom=asked.custom)
    raise_demand(session, on, dossier, demand, supervision_id)
    dossier.save()


def answer_supervision(
    runtime: Runtime, supervision_id: UUID, words: str, *, department: str | None = None, actor: Actor,
    command_id: UUID | None = None,
) -> None:  # fmt: skip
    """What a department says to a demand. Once all that were asked have answered, the supervisor looks at it.

    `department` may be left out by people of one department. Raises Forbidden, NotFound, Invalid, Closed."""
    words = _words(words)
    with runtime.sessions() as session:
        demand = supervision_by_id(session, supervision_id)
        case = session.get_one(CaseFile, demand.case_id)
        code = department or _own(demand, actor)
        require(actor, "supervision.answer", Scope(case.district, frozenset({code})))
        if code not in demand.departments:
            raise Forbidden("supervision.not_asked")

    def write(session: Session, on: Recorder, now: datetime) -> None:
        found = take_answer(session, on, supervision_id, code, words, actor, now)
        settle(session, found, [code], now)

    _do(runtime, demand, case, {"answer": words, "department": code}, write, actor, command_id)


def take_answer(
    session: Session, on: Recorder, supervision_id: UUID, department: str, words: str, actor: Actor, now: datetime
) -> Supervision:
    """Write the answer down, and tell whoever watches the demand. Raises Closed."""
    demand = session.get_one(Supervision, supervision_id, with_for_update=True)
    if demand.state == SupervisionState.CLOSED:
        raise Closed
    session.add(
        SupervisionAnswer(id=new_id(), supervision_id=demand.id, case_id=demand.case_id, department=department,
                          text=words, at=now, actor=actor.id, actor_name=actor.name)
    )  # fmt: skip
    session.flush()
    on.change("supervision_answered", None, department)
    on.change("supervision_answer", None, words, personal=True)
    answered = {each.department for each in answers_of(session, demand.case_id).get(demand.id, [])}
    if answered >= set(demand.departments) and demand.state == SupervisionState.OPEN:
        demand.state, demand.answered_at = SupervisionState.ANSWERED, now
    case = session.get_one(CaseFile, demand.case_id)
    watching = {demand.actor} if demand.by_person else {
        user.id for user in users_with(session, role=Role.SHIFT_SUPERVISOR, district=case.district)
    }  # fmt: skip
    send_notice(
        session, watching, kind="SUPERVISION_ANSWERED", subject_kind=CASE, subject_id=case.id,
        text_key="supervision.notice.answered", dedupe=f"supervision:{demand.id}:{department}:{now.isoformat()}",
        params={"case_no": case.case_no, "name": actor.name, "level": f"enum.SupervisionLevel.{demand.level}"},
        now=now,
    )  # fmt: skip
    return demand


def close_supervision(
    runtime: Runtime, supervision_id: UUID, words: str = "", *, actor: Actor, command_id: UUID | None = None
) -> None:
    """The supervisor has looked at it and is content, or takes it back. Raises Forbidden, NotFound, Closed."""
    with runtime.sessions() as session:
        demand = supervision_by_id(session, supervision_id)
        case = case_by_id(session, demand.case_id, actor)
        require(actor, "case.supervise", scope_of(case))

    def write(session: Session, on: Recorder, now: datetime) -> None:
        found = session.get_one(Supervision, supervision_id, with_for_update=True)
        if found.state == SupervisionState.CLOSED:
            raise Closed
        _closed(session, found, words.strip()[:LONGEST], actor, now)
        on.change("supervision_closed", None, found.level)
        if found.closing_text:
            on.change("supervision_closing", None, found.closing_text, personal=True)

    _do(runtime, demand, case, {"close": words}, write, actor, command_id)


def _closed(session: Session, demand: Supervision, words: str, actor: Actor, now: datetime) -> None:
    demand.state, demand.closed_at = SupervisionState.CLOSED, now
    demand.closed_by, demand.closed_by_name, demand.closing_text = actor.id, actor.name, words
    settle(session, demand, demand.departments, now)


def _own(demand: Supervision, actor: Actor) -> str:
    mine = sorted(actor.departments() & set(demand.departments))
    return mine[0] if mine else next(iter(sorted(actor.departments())), "")


def _words(text: str) -> str:
    given = text.strip()
    if not 2 <= len(given) <= LONGEST:
        raise Invalid("supervision.text_missing", {"text": ("supervision.text_missing", {})})
    return given


@dataclass
class _Changes:
    """Collects what changes where no instance runs any more."""

    plain: dict[str, object] = field(default_factory=dict)
    personal: dict[str, object] = field(default_factory=dict)

    def change(self, field: str, old: object, new: object, *, personal: bool = False) -> None:
        (self.personal if personal else self.plain)[field] = {"old": old, "new": new}


def _do(
    runtime: Runtime, demand: Supervision, case: CaseFile, content: Mapping[str, Any], write: Deed, actor: Actor,
    command_id: UUID | None,
) -> None:  # fmt: skip
    """Through the engine while the case's instance lives; the same command again changes nothing."""
    command = Command(command_id or new_id(), "amend", actor, {"supervision_id": str(demand.id), **content})
    if case.ended_at is None:

        def prepare(session: Session, view: workflow.View, on: OnInstance) -> Variables:
            write(session, on, on.now)
            session.flush()
            return {}

        workflow.execute(runtime, case.instance_id, command, prepare=prepare)
        return
    with runtime.sessions.begin() as session:
        session.get_one(Supervision, demand.id, with_for_update=True)
        if was_done(session, demand.id, command.id):
            return
        changes = _Changes()
        write(session, changes, runtime.clock.now())
        audit.record(
            session, demand.id, "supervision.changed", actor=actor, now=runtime.clock.now(), command_id=command.id,
            changes=changes.plain, personal=changes.personal, stream_kind="supervision", stream_name=case.case_no,
        )  # fmt: skip
