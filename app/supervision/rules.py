"""Supervision is raised by rule: the table `supervision` is asked at the moment when one of its facts becomes true
(Q07): a rework, a returned order, a limit that passed, a citizen who is not content."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app import city, workflow
from app.cases.enums import OrderOutcome, Resolved, SupervisionLevel, VisitResult
from app.cases.models import CaseFile, TimeLimit, WorkOrder
from app.core.errors import CitydeskError
from app.core.ids import derived_id
from app.dmn import Explained
from app.identity import CLOCK
from app.lifecycle.dossier import Dossier, dossier_of, order_of
from app.lifecycle.forms import current_bundle_id
from app.lifecycle.subject import CASE, ORDER
from app.supervision.models import Supervision
from app.supervision.raising import Demand, raise_demand, rank
from app.workflow import Command, OnInstance, Runtime
from app.workflow.engine.types import Element, Step, Variables
from app.workflow.peek import decide

DECISION = "supervision"
MOST_DAYS = 60
"""Working days past due that are counted; the table tells no more apart."""
BATCH = 200


@dataclass(frozen=True, slots=True)
class Found:
    """What the table says, and the row that says it."""

    level: SupervisionLevel
    reason: str
    rule: Mapping[str, Any]


def follow(session: Session, on: OnInstance, steps: Sequence[Step], elements: Mapping[str, Element]) -> None:
    """Listener on every step of every instance; looks at what the command has changed so far."""
    if on.subject_kind not in (CASE, ORDER):
        return
    for event, facts in _events(session, on):
        apply(session, on, dossier_of(session, on), {"event": event, **facts})


def apply(session: Session, on: OnInstance, dossier: Dossier, facts: Mapping[str, Any]) -> None:
    """Raise what the table says, unless the case stands as high already. A demand that the diagram itself raised with
    this command gets the row as its reason."""
    found = _ask(session, on, dossier.case, facts)
    if found is None:
        return
    own = [row for row in dossier.added(Supervision) if rank(row.level) >= rank(found.level)]
    if own:
        own[-1].rule = own[-1].rule or dict(found.rule)
        on.change("supervision_rule", None, own[-1].rule)
    elif rank(found.level) > rank(dossier.case.supervision_level):
        demand = Demand(found.level, found.reason, order=order_of(session, on), rule=found.rule)
        raise_demand(session, on, dossier, demand)


def _events(session: Session, on: OnInstance) -> Iterator[tuple[str, dict[str, Any]]]:
    changes = on.changes
    if "rework_count" in changes:
        yield "REWORK", {}
    if changes.get("order_outcome", {}).get("new") == OrderOutcome.RETURNED:
        yield "REFUSAL", {}
    if "visit" in changes and _unsatisfied(changes["visit"]["new"]):
        yield "UNSATISFIED", {"visit": changes["visit"]["new"]["result"]}
    order = order_of(session, on) if on.command.kind == "fire_timers" and on.subject_kind == ORDER else None
    if order is not None:
        late = [each for each in dossier_of(session, on).running_limits(order) if each.due_at <= on.now]
        if late:
            yield "OVERDUE", {"overdue_days": overdue_days(session, order, late[0].due_at, on.now)}


def _unsatisfied(visit: Mapping[str, Any]) -> bool:
    return visit["result"] == VisitResult.UNSATISFIED or visit.get("resolved") == Resolved.NOT_SOLVED


def overdue_days(session: Session, order: WorkOrder, due: datetime, now: datetime) -> int:
    """Whole working days past due, by the department's calendar."""
    calendar, days = city.calendar_for(session, order.department, order.district), 0
    while days < MOST_DAYS and calendar.add(due, days + 1, city.Unit.WORKING_DAY) <= now:
        days += 1
    return days


def _ask(session: Session, on: OnInstance, case: CaseFile, facts: Mapping[str, Any]) -> Found | None:
    dossier = dossier_of(session, on)
    known = {
        "reworks": case.rework_count, "overdue_days": 0, "visit": None, "urgency": case.urgency,
        "category": case.category, "district": case.district, "origin": case.origin,
        "refusals": sum(order.outcome == OrderOutcome.RETURNED for order in dossier.orders),
    }  # fmt: skip
    return found_in(decide(on.runtime, session, on.bundle_id, DECISION, {**known, **facts}, on.now))


def found_in(explained: Explained | None) -> Found | None:
    """None: no row fits, or this bundle has no such table."""
    said = explained.value if explained else None
    if explained is None or not isinstance(said, Mapping) or not said.get("level"):
        return None
    matched = explained.matched[0] if explained.matched else None
    inputs = {label: value if isinstance(value, str | bool) else str(value)
              for label, value in explained.inputs if value is not None}  # fmt: skip
    rule = {
        "decision": DECISION, "no": matched.number if matched else 0,
        "note": " ".join(matched.annotations) if matched else "", "inputs": inputs,
    }  # fmt: skip
    return Found(SupervisionLevel(str(said["level"])), str(said.get("reason") or ""), rule)


# ------------------------------------------------------------------ days go by
def raise_for_overdue(runtime: Runtime) -> None:
    """Recurring: no timer of a diagram fires on the second or fifth day past due, so the table is asked again."""
    after: tuple[datetime, UUID] | None = None
    while True:
        with runtime.sessions() as session:
            rows = _overdue(session, runtime.clock.now(), after)
            wanted = [(limit, order) for limit, order, case in rows if _rises(runtime, session, limit, order, case)]
        for limit, order in wanted:
            _raise_for(runtime, limit, order)
        if len(rows) < BATCH:
            return
        after = rows[-1][0].due_at, rows[-1][0].id


def _overdue(
    session: Session, now: datetime, after: tuple[datetime, UUID] | None
) -> list[tuple[TimeLimit, WorkOrder, CaseFile]]:
    query = (
        select(TimeLimit, WorkOrder, CaseFile)
        .join(WorkOrder, WorkOrder.id == TimeLimit.order_id)
        .join(CaseFile, CaseFile.id == TimeLimit.case_id)
        .where(TimeLimit.ended_at.is_(None), TimeLimit.due_at < now - timedelta(days=1), CaseFile.ended_at.is_(None))
        .order_by(TimeLimit.due_at, TimeLimit.id)
        .limit(BATCH)
    )
    if after is not None:
        query = query.where(tuple_(TimeLimit.due_at, TimeLimit.id) > tuple_(*after))
    return [(limit, order, case) for limit, order, case in session.execute(query)]


def _rises(runtime: Runtime, session: Session, limit: TimeLimit, order: WorkOrder, case: CaseFile) -> bool:
    """Would the table raise this case above where it stands? Most stand where they stood yesterday."""
    if rank(case.supervision_level) == len(SupervisionLevel):
        return False
    now = runtime.clock.now()
    facts = {
        "event": "OVERDUE", "reworks": case.rework_count, "refusals": 0, "visit": None, "urgency": case.urgency,
        "category": case.category, "district": case.district, "origin": case.origin,
        "overdue_days": overdue_days(session, order, limit.due_at, now),
    }  # fmt: skip
    found = found_in(decide(runtime, session, current_bundle_id(session), DECISION, facts, now))
    return found is not None and rank(found.level) > rank(case.supervision_level)


def _raise_for(runtime: Runtime, limit: TimeLimit, order: WorkOrder) -> None:
    """Under the order's lock everything is read again. Busy or ended by now: the next round sees."""
    now = runtime.clock.now()
    command_id = derived_id("supervision", limit.id, now.date())
    command = Command(command_id, "amend", CLOCK, {"supervision": {"limit": str(limit.id)}})

    def prepare(session: Session, view: workflow.View, on: OnInstance) -> Variables:
        dossier = dossier_of(session, on)
        own = order_of(session, on)
        late = [each for each in dossier.running_limits(own) if each.due_at <= on.now]
        if own is not None and late:
            facts = {"event": "OVERDUE", "overdue_days": overdue_days(session, own, late[0].due_at, on.now)}
            apply(session, on, dossier, facts)
            dossier.save()
        return {}

    try:
        workflow.execute(runtime, order.instance_id, command, prepare=prepare)
    except CitydeskError:
        return
