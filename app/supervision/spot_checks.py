"""Spot checks (V11, V12, Q08): supervisors note what they find in a drawn order, the table says what it costs; the
department's head may appeal, a leader decides. Each step is a row in the check's own stream of the audit trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import city
from app.cases.models import CaseFile, TimeLimit, WorkOrder
from app.core.errors import Conflict, Invalid, NotFound
from app.identity import Actor, Role, Scope, UserRef, require, users_with
from app.lifecycle.forms import current_bundle_id
from app.lifecycle.subject import ORDER
from app.messaging import send_notice
from app.supervision.models import SpotCheck
from app.supervision.spot_samples import record
from app.workflow import Runtime
from app.workflow.peek import decide, was_done

TABLE = "spot_check"
"""The decision that lists criteria with their points."""
VERDICTS = ("OK", "MINOR", "MAJOR")
DECISIONS = ("UPHELD", "REDUCED", "REVOKED")
APPEAL_DAYS = 5
"""Working days in which a head may appeal."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing to look at, as the table says for this order."""

    code: str
    names: Mapping[str, str]
    points: Mapping[str, Decimal]
    """Verdict → points it costs."""


def criteria_of(runtime: Runtime, session: Session, check: SpotCheck) -> list[Criterion]:
    """What the deployed table wants looked at in this order."""
    case, late = session.get_one(CaseFile, check.case_id), _late(session, check.order_id)
    facts = {"category": case.category, "service_type": case.service_type, "urgency": case.urgency, "late": late}
    found = decide(runtime, session, current_bundle_id(session), TABLE, facts, runtime.clock.now())
    rows = found.value if found and isinstance(found.value, list) else []
    return [
        Criterion(
            str(row["criterion"]), {"en": str(row["en"]), "zh-CN": str(row["zh"])},
            {"OK": Decimal(0), "MINOR": Decimal(str(row["minor"])), "MAJOR": Decimal(str(row["major"]))},
        )
        for row in rows
    ]  # fmt: skip


def _late(session: Session, order_id: UUID) -> bool:
    late = select(TimeLimit.id).where(TimeLimit.order_id == order_id, TimeLimit.state == "BREACHED").limit(1)
    return session.scalar(late) is not None


def record_check(
    runtime: Runtime, session: Session, check_id: UUID, verdicts: Mapping[str, str], note: str, *, actor: Actor,
    now: datetime, command_id: UUID,
) -> SpotCheck:  # fmt: skip
    """What was found; the table says what it costs. Raises Forbidden, Invalid (a criterion left out), Conflict."""
    check = _locked(session, check_id)
    require(actor, "spotcheck.draw", Scope(check.district, frozenset({check.department})))
    if was_done(session, check.id, command_id):
        return check
    criteria = criteria_of(runtime, session, check)
    if not criteria:
        raise Conflict("supervision.check.no_criteria")
    left_out = [each.code for each in criteria if verdicts.get(each.code) not in VERDICTS]
    if left_out:
        raise Invalid("supervision.check.verdict", {code: ("supervision.check.verdict", {}) for code in left_out})
    if check.state != "OPEN":
        raise Conflict("supervision.check.done_already")
    check.findings = [
        {"criterion": each.code, "names": dict(each.names), "verdict": verdicts[each.code],
         "points": float(each.points[verdicts[each.code]])}
        for each in criteria
    ]  # fmt: skip
    check.deduction = check.counted = sum((each.points[verdicts[each.code]] for each in criteria), Decimal(0))
    check.note, check.state = note.strip()[:2000], "CHECKED"
    check.checked_at, check.checked_by, check.checked_by_name = now, actor.id, actor.name
    calendar = city.calendar_for(session, check.department, check.district)
    check.appeal_until = calendar.add(now, APPEAL_DAYS, city.Unit.WORKING_DAY)
    told = {"findings": check.findings, "deduction": float(check.deduction)}
    record(session, check.id, "spot_check.checked", told, actor, now, command_id, note=check.note)
    _tell(session, check, _department(session, check), "done", now, n=f"{check.deduction:g}")
    return check


def appeal(session: Session, check_id: UUID, words: str, *, actor: Actor, now: datetime, command_id: UUID) -> SpotCheck:
    """The department's head does not accept it. Raises Forbidden, Invalid, Conflict (nothing deducted, too late)."""
    check = _locked(session, check_id)
    require(actor, "spotcheck.appeal", Scope(check.district, frozenset({check.department})))
    if was_done(session, check.id, command_id):
        return check
    words = _words(words)
    if check.state != "CHECKED" or not check.deduction:
        raise Conflict("supervision.check.no_appeal")
    if check.appeal_until is not None and now > check.appeal_until:
        raise Conflict("supervision.check.too_late")
    check.state, check.appeal_text = "APPEALED", words
    check.appealed_at, check.appealed_by, check.appealed_by_name = now, actor.id, actor.name
    record(session, check.id, "spot_check.appealed", {}, actor, now, command_id, appeal=words)
    _tell(session, check, users_with(session, Role.LEADER, district=check.district), "appealed", now, n="")
    return check


def decide_appeal(
    session: Session, check_id: UUID, decision: str, words: str, left: Decimal | None, *, actor: Actor, now: datetime,
    command_id: UUID,
) -> SpotCheck:  # fmt: skip
    """UPHELD keeps the deduction, REVOKED takes it back, REDUCED leaves `left` of it. Raises Forbidden, Invalid,
    Conflict."""
    check = _locked(session, check_id)
    require(actor, "spotcheck.decide", Scope(check.district, frozenset({check.department})))
    if was_done(session, check.id, command_id):
        return check
    words = _words(words)
    if check.state != "APPEALED" or check.deduction is None:
        raise Conflict("supervision.check.no_decision")
    if decision not in DECISIONS:
        raise Invalid("supervision.check.decision", {"decision": ("supervision.check.decision", {})})
    if decision == "REDUCED" and (left is None or not 0 < left < check.deduction):
        raise Invalid("supervision.check.left", {"left": ("supervision.check.left", {})})
    check.state, check.decision, check.decision_text = "DECIDED", decision, words
    check.counted = {"UPHELD": check.deduction, "REVOKED": Decimal(0)}.get(decision, left)
    check.decided_at, check.decided_by, check.decided_by_name = now, actor.id, actor.name
    told = {"decision": decision, "counted": float(check.counted or 0)}
    record(session, check.id, "spot_check.decided", told, actor, now, command_id, decision=words)
    _tell(session, check, _department(session, check), f"decided.{decision}", now, n=f"{check.counted:g}")
    return check


def _locked(session: Session, check_id: UUID) -> SpotCheck:
    found = session.get(SpotCheck, check_id, with_for_update=True)
    if found is None:
        raise NotFound("supervision.check.unknown")
    return found


def _words(text: str) -> str:
    given = text.strip()
    if not 2 <= len(given) <= 2000:
        raise Invalid("supervision.text_missing", {"text": ("supervision.text_missing", {})})
    return given


def _department(session: Session, check: SpotCheck) -> Sequence[UserRef]:
    return [user for role in (Role.DEPARTMENT_HEAD, Role.DEPARTMENT_HANDLER)
            for user in users_with(session, role, check.department, check.district)]  # fmt: skip


def _tell(
    session: Session, check: SpotCheck, people: Sequence[UserRef], what: str, now: datetime, **params: str
) -> None:
    order = session.get_one(WorkOrder, check.order_id)
    send_notice(
        session, {user.id for user in people}, kind="SPOT_CHECK", subject_kind=ORDER, subject_id=check.order_id,
        text_key=f"supervision.check.told.{what}", params={"number": order.order_no, **params},
        dedupe=f"spot_check:{check.id}:{what}", now=now,
    )  # fmt: skip
