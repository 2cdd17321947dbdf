"""Stage 7, Return Visit and Evaluation (D07, O02-O05, E01-E04, W10)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.cases.actions import end_case
from app.cases.enums import CaseStatus, FactKind, OrderOutcome, OrderState, Outcome, Resolved, VisitResult
from app.cases.models import CaseFile, Evaluation, Registration, ReturnVisit
from app.cases.queries import case_by_id, reports_of, scope_of
from app.core.ids import new_id
from app.identity import Actor, require
from app.lifecycle.asking import ask
from app.lifecycle.dossier import Dossier, dossier_of
from app.lifecycle.scoring import Evidence, score
from app.lifecycle.subject import persons_reason
from app.lifecycle.withdrawal import withdraw_open_orders
from app.workflow import OnInstance, Runtime
from app.workflow.engine.types import Call, Variables


def bring_visit_forward(runtime: Runtime, case_id: UUID, *, actor: Actor, command_id: UUID | None = None) -> None:
    """The caller rings, or an agent has time: the return visit is due now.

    Raises NotFound, Forbidden, Conflict when the case does not wait for its visit."""
    with runtime.sessions() as session:
        case = case_by_id(session, case_id, actor)
        require(actor, "visit.bring_forward", scope_of(case))
        instance_id = case.instance_id
    ask(runtime, instance_id, "bring_visit_forward", case_id, {}, actor, command_id, "lifecycle.no_visit_waits")


def record_visit(session: Session, call: Call, on: OnInstance) -> Variables:
    """One attempt to reach the caller whose turn it is; `attempts` counts theirs of the present round. Every caller of
    the case is asked: `unasked` are those not tried yet, `unreached` those tried in vain, `fewest_attempts` the least
    that one of these was tried, `discontent` those who say it is not solved or not well done."""
    dossier = dossier_of(session, on)
    case = dossier.case
    registration = asked(dossier)
    result = VisitResult(call.inputs["result"])
    resolved = Resolved(call.inputs["resolved"]) if call.inputs.get("resolved") else None
    round_no = _visit_round(case)
    attempt = 1 + sum(v.registration_id == registration.id and v.round == round_no for v in dossier.visits)
    reached = result is not VisitResult.UNREACHED
    dossier.add(
        ReturnVisit(
            id=new_id(), registration_id=registration.id, case_id=case.id, round=round_no, attempt=attempt,
            result=result, resolved=resolved, processing_result=registration.processing_result if reached else None,
            opinion=registration.opinion if reached else None, at=on.now, actor=on.actor.id, actor_name=on.actor.name,
        )
    )  # fmt: skip
    on.change("visit", None, {"result": result.value, "resolved": resolved, "attempt": attempt})
    return {"attempts": attempt, **_where_it_stands(dossier)}


def whose_turn(
    registrations: Sequence[Registration], visits: Sequence[ReturnVisit], round_no: int
) -> Registration:  # fmt: skip
    """Of those not reached in this round who was tried least, the first of equals; the first of all
    where everybody was."""
    tried = _tried(visits, round_no)
    waiting = [one for one in registrations if not _reached(tried[one.id])]
    return min(waiting, key=lambda one: len(tried[one.id])) if waiting else registrations[0]


def asked(dossier: Dossier) -> Registration:
    """Whose answer a return visit's form holds."""
    return whose_turn(dossier.registrations, dossier.visits, _visit_round(dossier.case))


def caller_to_ask(session: Session, case: CaseFile) -> tuple[Registration, int, int]:
    """For whoever does the visit: whose turn it is, how many callers were reached in this round, and of how many."""
    own_first = Registration.case_id != case.id, Registration.created_at, Registration.id
    query = select(Registration).where(Registration.id.in_(reports_of(case.id))).order_by(*own_first)
    registrations = session.scalars(query).all()
    visits = session.scalars(select(ReturnVisit).where(ReturnVisit.case_id == case.id)).all()
    tried = _tried(visits, _visit_round(case))
    reached = sum(_reached(tried[one.id]) for one in registrations)
    return whose_turn(registrations, visits, _visit_round(case)), reached, len(registrations)


def _where_it_stands(dossier: Dossier) -> dict[str, int]:
    tried = _tried(dossier.visits, _visit_round(dossier.case))
    vain = [len(tried[one.id]) for one in dossier.registrations if tried[one.id] and not _reached(tried[one.id])]
    return {
        "unasked": sum(not tried[one.id] for one in dossier.registrations),
        "unreached": len(vain),
        "fewest_attempts": min(vain, default=0),
        "discontent": sum(any(map(_is_discontent, each)) for each in tried.values()),
        "reached": sum(_reached(each) for each in tried.values()),
    }


def _tried(visits: Iterable[ReturnVisit], round_no: int) -> defaultdict[UUID, list[ReturnVisit]]:
    """This round's attempts by registration."""
    found: defaultdict[UUID, list[ReturnVisit]] = defaultdict(list)
    for visit in visits:
        if visit.round == round_no:
            found[visit.registration_id].append(visit)
    return found


def _reached(visits: Iterable[ReturnVisit]) -> bool:
    return any(visit.result != VisitResult.UNREACHED for visit in visits)


def _is_discontent(visit: ReturnVisit) -> bool:
    if visit.result == VisitResult.UNREACHED:
        return False
    return visit.result == VisitResult.UNSATISFIED or visit.resolved == Resolved.NOT_SOLVED


def evaluate_case(session: Session, call: Call, on: OnInstance) -> Variables:
    """Score the case; a second evaluation of the same round replaces the first. What lies before it was opened again
    was scored then."""
    dossier = dossier_of(session, on)
    found = score(_evidence(dossier, on.instance.started_at))
    values = {
        "score": Decimal(str(found.points)), "on_time": found.on_time, "weight": found.weight, "parts": found.parts,
        "at": on.now,
    }  # fmt: skip
    new = insert(Evaluation).values(id=new_id(), case_id=dossier.case.id, round=_visit_round(dossier.case), **values)
    with session.no_autoflush:
        session.execute(new.on_conflict_do_update(index_elements=["case_id", "round"], set_=values))
    on.change("score", None, found.points)
    return {"score": found.points, "on_time": found.on_time}


def close_case(session: Session, call: Call, on: OnInstance) -> Variables:
    """COMPLETED. What its departments still have open is withdrawn; what they reported is closed."""
    dossier = dossier_of(session, on)
    outcome = Outcome(call.inputs["outcome"])
    reason = persons_reason(on)
    dossier.fact(FactKind.CLOSED, on, reason=outcome, text=reason)
    withdraw_open_orders(dossier, on, outcome)
    for order in dossier.orders:
        if order.outcome == OrderOutcome.REPORTED_BACK:
            order.state = OrderState.CLOSED
    end_case(dossier.case, CaseStatus.COMPLETED, outcome, on, on.now)
    on.change("outcome", None, outcome.value)
    return {}


def _visit_round(case: CaseFile) -> int:
    """A rework that ended in a new visit makes a new round of attempts, and so does opening the case again."""
    return case.rework_count + case.reopen_count + 1


def _telling(dossier: Dossier) -> ReturnVisit | None:
    """Of several callers the least content one's answer counts; of one, the last attempt."""
    answers = {visit.registration_id: visit for visit in dossier.visits if visit.round == _visit_round(dossier.case)}
    discontent = [visit for visit in answers.values() if _is_discontent(visit)]
    reached = [visit for visit in answers.values() if visit.result != VisitResult.UNREACHED]
    return next(iter(discontent or reached), dossier.visits[-1] if dossier.visits else None)


def _evidence(dossier: Dossier, since: datetime) -> Evidence:
    case = dossier.case
    counted = {order.id for order in dossier.orders if order.outcome == OrderOutcome.REPORTED_BACK}
    ended = [limit for limit in dossier.limits if limit.state is not None and limit.started_at >= since]
    visit = _telling(dossier)
    return Evidence(
        limits=[limit.state or "" for limit in ended if limit.order_id is None or limit.order_id in counted],
        outcomes=[order.outcome for order in dossier.orders if order.outcome and order.round == case.round],
        rework_count=case.rework_count,
        visit=visit.result if visit else None,
        resolved=visit.resolved if visit else None,
        origin=case.origin,
    )
