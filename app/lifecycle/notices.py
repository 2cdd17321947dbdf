"""Who is told what: operations put a notice into the outbox, a worker finds the people and writes it (D15, V03, V06).

Its sentence is the text `notice.<kind>[.<rung>]`. One occasion (a limit and a rung, a round, a supervision) tells
each person once, however often it is delivered."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.models import CaseFile, Registration, TimeLimit, WorkOrder
from app.core.i18n import has_text
from app.identity import Role, UserRef, users_with
from app.lifecycle.dossier import case_of, dossier_of, order_of
from app.lifecycle.subject import said
from app.messaging import Channel, Message, person, send
from app.workflow import OnInstance, OutboxRow, Runtime
from app.workflow.engine.types import Call, Variables

OUTBOX_KIND = "notice"
FALLBACK = "notice.other"
TABLE = "reminders"
"""The decision that says who is told at which rung, and by which channels."""
_RUNGS = {"WARN": "DUE_SOON", "ESCALATE": "ESCALATED"}
"""What diagrams call a rung → what the table calls it, where these differ."""

Reach = Mapping[str, Sequence[str]]
"""Whom (a key of RECIPIENTS) → by which channels."""


def notify(session: Session, call: Call, on: OnInstance) -> Variables:
    """Tell handlers, heads, supervisors, leaders or agents; once for each limit (else round) and rung. `due`: a time
    that no limit holds; then once for each of them. The table `reminders` says whom and by which channels; where it has
    no row for it, the people `to` in the house."""
    order, case = order_of(session, on), case_of(session, on)
    kind, rung = said(call.inputs["kind"]), said(call.inputs.get("rung"))
    to = call.inputs["to"]
    given = call.inputs.get("due")
    limit = None if given else _limit(dossier_of(session, on).running_limits(order), kind)
    measure = given.isoformat() if given else _edition(limit) if limit else f"round {case.round}"
    occasion, due_at = f"{measure}:{kind}:{rung}", given or (limit.due_at if limit else None)
    due = due_at.astimezone(on.runtime.zone).strftime("%m-%d %H:%M") if due_at else None
    reach = reach_of(session, on, rung, kind, [to] if isinstance(to, str) else list(to), call.element)
    note_told(on, kind, reach, rung)
    tell(session, on, kind, reach, occasion=occasion, rung=rung, due=due)
    return {}


def reach_of(
    session: Session, on: OnInstance, rung: str, cause: str, otherwise: Sequence[str], element: str = ""
) -> Reach:
    """Whom the bundle's table `reminders` wants told at a rung, and by which channels; the rows that matched stand in
    the history. Without such a table or row: those of `otherwise`, in the house."""
    order, case = order_of(session, on), case_of(session, on)
    asked = {
        "rung": _RUNGS.get(rung, rung), "limit_kind": cause, "urgency": case.urgency, "category": case.category,
        "supervision": case.supervision_level, "stage": order.state if order else case.stage,
    }  # fmt: skip
    reach: dict[str, list[str]] = {}
    for row in on.decide(session, TABLE, asked, element=element) or ():
        known = reach.setdefault(str(row["whom"]), [])
        known += [channel for channel in row["channels"] if channel not in known]
    return reach or {who: [Channel.LIVE] for who in otherwise}


def note_told(on: OnInstance, kind: str, reach: Reach, rung: str = "") -> None:
    """Who is told, for the history's sentence; `rows` of the table that said so, where one did."""
    rows = [rule.number for decided in on.decided if decided.decision == TABLE
            for rule in decided.tables[-1].matched]  # fmt: skip
    on.change(f"notice.{kind}", None, {"to": reach, "rung": rung, "rows": rows})


def tell(session: Session, on: OnInstance, kind: str, reach: Reach, *, occasion: str, **params: Any) -> None:
    """Put a notice into the outbox. `occasion` is what makes it unique within the instance."""
    order, case = order_of(session, on), case_of(session, on)
    rung = params.get("rung")
    body = {
        "kind": kind,
        "to": {who: list(channels) for who, channels in reach.items()},
        "case_id": str(case.id),
        "order_id": str(order.id) if order else None,
        "text_key": _text_key(kind, rung),
        "params": {name: value for name, value in params.items() if value is not None},
    }
    on.emit(OUTBOX_KIND, body, f"{on.instance_id}:{occasion}")


def in_house(*people: str) -> Reach:
    """These, by a notice on their pages."""
    return {who: [Channel.LIVE] for who in people}


def deliver_notice(runtime: Runtime, row: OutboxRow) -> None:
    """Outbox handler: find the people as they are now, and send each their messages. Idempotent by the row's key."""
    body = row.body
    reach: Reach = body["to"] if isinstance(body["to"], dict) else in_house(*body["to"])  # a list: from before 0020
    with runtime.sessions.begin() as session:
        case = session.get(CaseFile, UUID(body["case_id"]))
        order = session.get(WorkOrder, UUID(body["order_id"])) if body["order_id"] else None
        if case is None:
            return
        subject_kind, subject_id = ("order", order.id) if order else ("case", case.id)
        params = {**_params(case, order), **body["params"]}
        message = Message(body["kind"], subject_kind, subject_id, body["text_key"], params)
        for channel, people in _by_channel(session, case, order, reach).items():
            send(session, message, map(person, people), [channel], occasion=row.dedupe, now=row.created_at)


def _by_channel(
    session: Session, case: CaseFile, order: WorkOrder | None, reach: Reach
) -> dict[Channel, list[UserRef]]:
    """Whoever is meant twice, as handler and as head, is told once."""
    found: dict[Channel, dict[UUID, UserRef]] = {}
    for who, channels in reach.items():
        people = RECIPIENTS[who](session, case, order)
        for channel in channels:
            found.setdefault(Channel(channel), {}).update({one.id: one for one in people})
    return {channel: list(people.values()) for channel, people in found.items()}


def _params(case: CaseFile, order: WorkOrder | None) -> dict[str, Any]:
    """What a notice's sentence may name. Summaries of confidential cases stay out."""
    return {
        "case_no": case.case_no,
        "order_no": order.order_no if order else case.case_no,
        "summary": "" if case.confidential else case.incident_summary,
        "due": "",
        "reason": "",
        "level": "",
        "rung": "",
        "alarm": "",
    }


def _text_key(kind: str, rung: str | None) -> str:
    """The most exact text there is; an analyst may name kinds and rungs that no text knows yet."""
    keys = (f"notice.{kind}.{rung}", f"notice.{kind}") if rung else (f"notice.{kind}",)
    return next((key for key in keys if has_text(key)), FALLBACK)


def _edition(limit: TimeLimit) -> str:
    """A limit that was moved has its rungs anew."""
    moves = len(limit.extensions) + len(limit.pauses)
    return f"{limit.id}.{moves}" if moves else str(limit.id)


def _limit(running: Sequence[TimeLimit], kind: str) -> TimeLimit | None:
    """The running limit the notice is about: the one whose kind it names, else the youngest."""
    named = (limit for limit in reversed(running) if kind.startswith(limit.kind))
    return next(named, running[-1] if running else None)


def _of_department(role: Role) -> Callable[[Session, CaseFile, WorkOrder | None], Iterable[UserRef]]:
    def find(session: Session, case: CaseFile, order: WorkOrder | None) -> Iterable[UserRef]:
        open_ones = select(WorkOrder).where(WorkOrder.case_id == case.id, WorkOrder.ended_at.is_(None))
        concerned = [order] if order else session.scalars(open_ones.order_by(WorkOrder.order_no)).all()
        return [
            person
            for one in concerned
            for person in users_with(session, role=role, department=one.department, district=one.district)
        ]

    return find


def _of_city(role: Role) -> Callable[[Session, CaseFile, WorkOrder | None], Iterable[UserRef]]:
    def find(session: Session, case: CaseFile, order: WorkOrder | None) -> Iterable[UserRef]:
        return users_with(session, role=role, district=case.district)

    return find


def _agents(session: Session, case: CaseFile, order: WorkOrder | None) -> Iterable[UserRef]:
    """Whoever took the report; if a machine did, every agent of the place."""
    everyone = users_with(session, role=Role.AGENT, district=case.district)
    staff = set(session.scalars(select(Registration.duty_staff).where(Registration.case_id == case.id)))
    return [one for one in everyone if one.id in staff] or everyone


RECIPIENTS: dict[str, Callable[[Session, CaseFile, WorkOrder | None], Iterable[UserRef]]] = {
    "handler": _of_department(Role.DEPARTMENT_HANDLER),
    "head": _of_department(Role.DEPARTMENT_HEAD),
    "supervisor": _of_city(Role.SHIFT_SUPERVISOR),
    "leader": _of_city(Role.LEADER),
    "agent": _agents,
}
