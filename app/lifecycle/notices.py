"""Who is told what: operations put a notice into the outbox, a worker finds the people and writes it (D15, V03, V06).

Its sentence is the text `notice.<kind>[.<rung>]`. One occasion (a limit and a rung, a round, a supervision) tells
each person once, however often it is delivered."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.models import CaseFile, Registration, TimeLimit, WorkOrder
from app.core.i18n import has_text
from app.identity import Role, users_with
from app.lifecycle.dossier import case_of, dossier_of, order_of
from app.lifecycle.subject import said
from app.messaging import send_notice
from app.workflow import OnInstance, OutboxRow, Runtime
from app.workflow.engine.types import Call, Variables

OUTBOX_KIND = "notice"
FALLBACK = "notice.other"


def notify(session: Session, call: Call, on: OnInstance) -> Variables:
    """Tell handlers, heads, supervisors, leaders or agents; once for each limit (else round) and rung."""
    order, case = order_of(session, on), case_of(session, on)
    kind, rung = said(call.inputs["kind"]), said(call.inputs.get("rung"))
    to = call.inputs["to"]
    limit = _limit(dossier_of(session, on).running_limits(order), kind)
    occasion = f"{limit.id if limit else f'round {case.round}'}:{kind}:{rung}"
    due = limit.due_at.isoformat() if limit else None
    on.change(f"notice.{kind}", None, {"to": to, "rung": rung})
    tell(session, on, kind, [to] if isinstance(to, str) else list(to), occasion=occasion, rung=rung, due=due)
    return {}


def tell(session: Session, on: OnInstance, kind: str, to: Sequence[str], *, occasion: str, **params: Any) -> None:
    """Put a notice into the outbox. `occasion` is what makes it unique within the instance."""
    order, case = order_of(session, on), case_of(session, on)
    rung = params.get("rung")
    body = {
        "kind": kind,
        "to": list(to),
        "case_id": str(case.id),
        "order_id": str(order.id) if order else None,
        "text_key": _text_key(kind, rung),
        "params": {name: value for name, value in params.items() if value is not None},
    }
    on.emit(OUTBOX_KIND, body, f"{on.instance_id}:{occasion}")


def deliver_notice(runtime: Runtime, row: OutboxRow) -> None:
    """Outbox handler: find the people as they are now, and write one notice each. Idempotent by the row's key."""
    body = row.body
    with runtime.sessions.begin() as session:
        case = session.get(CaseFile, UUID(body["case_id"]))
        order = session.get(WorkOrder, UUID(body["order_id"])) if body["order_id"] else None
        if case is None:
            return
        people = {person for who in body["to"] for person in RECIPIENTS[who](session, case, order)}
        subject_kind, subject_id = ("order", order.id) if order else ("case", case.id)
        send_notice(
            session, people, kind=body["kind"], subject_kind=subject_kind, subject_id=subject_id,
            text_key=body["text_key"], params={**_params(case, order), **body["params"]}, dedupe=row.dedupe,
            now=row.created_at,
        )  # fmt: skip


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


def _limit(running: Sequence[TimeLimit], kind: str) -> TimeLimit | None:
    """The running limit the notice is about: the one whose kind it names, else the youngest."""
    named = (limit for limit in reversed(running) if kind.startswith(limit.kind))
    return next(named, running[-1] if running else None)


def _of_department(role: Role) -> Callable[[Session, CaseFile, WorkOrder | None], Iterable[UUID]]:
    def find(session: Session, case: CaseFile, order: WorkOrder | None) -> Iterable[UUID]:
        open_ones = select(WorkOrder).where(WorkOrder.case_id == case.id, WorkOrder.ended_at.is_(None))
        concerned = [order] if order else session.scalars(open_ones.order_by(WorkOrder.order_no)).all()
        return [
            person.id
            for one in concerned
            for person in users_with(session, role=role, department=one.department, district=one.district)
        ]

    return find


def _of_city(role: Role) -> Callable[[Session, CaseFile, WorkOrder | None], Iterable[UUID]]:
    def find(session: Session, case: CaseFile, order: WorkOrder | None) -> Iterable[UUID]:
        return [person.id for person in users_with(session, role=role, district=case.district)]

    return find


def _agents(session: Session, case: CaseFile, order: WorkOrder | None) -> Iterable[UUID]:
    """Whoever took the report; if a machine did, every agent of the place."""
    everyone = [person.id for person in users_with(session, role=Role.AGENT, district=case.district)]
    staff = set(session.scalars(select(Registration.duty_staff).where(Registration.case_id == case.id)))
    return [person for person in everyone if person in staff] or everyone


RECIPIENTS: dict[str, Callable[[Session, CaseFile, WorkOrder | None], Iterable[UUID]]] = {
    "handler": _of_department(Role.DEPARTMENT_HANDLER),
    "head": _of_department(Role.DEPARTMENT_HEAD),
    "supervisor": _of_city(Role.SHIFT_SUPERVISOR),
    "leader": _of_city(Role.LEADER),
    "agent": _agents,
}
