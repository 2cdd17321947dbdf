"""Results come back to whoever worked (V01): a verification, a return visit, an evaluation is told to the departments
concerned, and stands on their board."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.models import CaseFile, Evaluation, ReturnVisit, WorkOrder
from app.identity import Role, users_with
from app.lifecycle.dossier import dossier_of
from app.lifecycle.subject import CASE, ORDER
from app.messaging import Channel, Message, person, send
from app.workflow import OnInstance, OutboxRow, Runtime
from app.workflow.engine.types import Element, Step

OUTBOX_KIND = "result"
KIND = "RESULT"
_ROLES = (Role.DEPARTMENT_HANDLER, Role.DEPARTMENT_HEAD)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a case: of the newest return visit and evaluation."""

    visit: str | None = None
    score: float | None = None


def announce(session: Session, on: OnInstance, steps: Sequence[Step], elements: Mapping[str, Element]) -> None:
    """Listener on every step of every instance: what the command recorded goes to the departments after the commit."""
    if on.subject_kind != CASE:
        return
    for what, params in _recorded(on.changes):
        case = dossier_of(session, on).case
        body = {"case_id": str(case.id), "what": what, "params": params, "round": case.round}
        on.emit(OUTBOX_KIND, body, f"result:{on.instance_id}:{on.no}:{what}")


def _recorded(changes: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "custom.verification" in changes and (verdict := changes["custom.verification"]["new"]):
        yield "verification", {"result": f"enum.Verification.{verdict}"}
    if "rework_reason" in changes:
        yield "rework", {"result": f"enum.Reason.{changes['rework_reason']['new']}"}
    if "visit" in changes and changes["visit"]["new"]["result"] != "UNREACHED":
        yield "visit", {"result": f"enum.VisitResult.{changes['visit']['new']['result']}"}
    if "score" in changes:
        yield "evaluation", {"result": str(changes["score"]["new"])}


def tell_result(runtime: Runtime, row: OutboxRow) -> None:
    """Outbox handler. Those who worked in the case's present round hear of it, once."""
    body = row.body
    with runtime.sessions.begin() as session:
        case = session.get_one(CaseFile, UUID(body["case_id"]))
        concerned = select(WorkOrder).where(WorkOrder.case_id == case.id, WorkOrder.outcome == "REPORTED_BACK")
        newest = {order.department: order for order in session.scalars(concerned.order_by(WorkOrder.dispatched_at))}
        for order in newest.values():
            people = {user.id: user for role in _ROLES
                      for user in users_with(session, role, order.department, order.district)}  # fmt: skip
            params = {"number": order.order_no, **body["params"]}
            message = Message(KIND, ORDER, order.id, f"supervision.result.{body['what']}", params)
            send(session, message, map(person, people.values()), (Channel.LIVE,), occasion=row.dedupe,
                 now=row.created_at)  # fmt: skip


def results_of(session: Session, case_ids: Sequence[UUID]) -> dict[UUID, Result]:
    """By case, for a page of orders: one statement."""
    if not case_ids:
        return {}
    visit = (
        select(ReturnVisit.result)
        .where(ReturnVisit.case_id == CaseFile.id, ReturnVisit.result != "UNREACHED")
        .order_by(ReturnVisit.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    score = (
        select(Evaluation.score)
        .where(Evaluation.case_id == CaseFile.id)
        .order_by(Evaluation.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(select(CaseFile.id, visit, score).where(CaseFile.id.in_(list(case_ids))))
    return {case_id: Result(said, None if points is None else float(points)) for case_id, said, points in rows}
