"""Stage 2, Acceptance: what the shift supervisor's judgement does to a case (D02, P01-P03, W09)."""

from sqlalchemy.orm import Session

from app.cases.actions import end_case
from app.cases.enums import CaseStatus, FactKind, LeaderInstructionKind
from app.cases.models import LeaderInstruction
from app.core.ids import new_id
from app.lifecycle.dossier import case_of, dossier_of
from app.lifecycle.notices import in_house, tell
from app.lifecycle.subject import persons_reason, reason_key, said
from app.lifecycle.withdrawal import withdraw_open_orders
from app.workflow import OnInstance
from app.workflow.engine.types import Call, Variables

JUDGEMENT_TEXT = "judgement_reason"
"""Where the judgement's form leaves the supervisor's words: in the case's `custom`."""


def file_case(session: Session, call: Call, on: OnInstance) -> Variables:
    """The case is filed: from now on it is IN_PROCESSING. Filing twice is filing once."""
    dossier = dossier_of(session, on)
    case = dossier.case
    if case.filed_at is None:
        case.filed_at = on.now
        on.change("filed_at", None, on.now.isoformat())
        dossier.fact(FactKind.FILED, on)
    return {"filed": True}


def void_case(session: Session, call: Call, on: OnInstance) -> Variables:
    """The report is no matter for the city, or a mistake: VOIDED, with the reason."""
    dossier = dossier_of(session, on)
    reason = said(call.inputs.get("reason"))
    text = persons_reason(on) or dossier.case.custom.get(JUDGEMENT_TEXT)
    dossier.fact(FactKind.VOIDED, on, reason=reason, text=text)
    on.change("void_reason", None, reason)
    withdraw_open_orders(dossier, on, "VOIDED")
    end_case(dossier.case, CaseStatus.VOIDED, "VOIDED", on, on.now)
    return {}


def report_to_leader(session: Session, call: Call, on: OnInstance) -> Variables:
    """The leaders hear of it and are asked for their instruction (P03, P10). `reason` is a code; what the supervisor
    wrote stays with the case."""
    case = case_of(session, on)
    reason = said(call.inputs.get("reason"))
    text = case.custom.get(JUDGEMENT_TEXT) if reason == "JUDGEMENT" else None
    dossier_of(session, on).fact(FactKind.REPORTED_TO_LEADER, on, reason=reason, text=text)
    on.change("reported_to_leader", None, reason)
    tell(session, on, "REPORTED_TO_LEADER", in_house("leader"), occasion=f"{on.no}", reason=reason_key(reason))
    return {}


def record_instruction(session: Session, call: Call, on: OnInstance) -> Variables:
    """The leader's instruction, binding for what follows; it also stands in the registration (W09, W12). The text may
    come from the diagram, else it is what the leader's form left with the case."""
    dossier = dossier_of(session, on)
    case, registration = dossier.case, dossier.registration
    kind = LeaderInstructionKind(call.inputs["instruction"])
    text = said(call.inputs.get("text")) or said(case.custom.get("instruction_text"))
    dossier.add(
        LeaderInstruction(
            id=new_id(), case_id=case.id, instruction=kind, text=text, at=on.now, actor=on.actor.id,
            actor_name=on.actor.name,
        )
    )  # fmt: skip
    registration.leader_instruction, registration.leader_text = kind, text
    on.change("instructed", None, kind.value)
    return {}
