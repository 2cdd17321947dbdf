"""A case that ended is opened again as a new round (重启, Q02). The lifecycle that ended stays as it is, history and
all; the new round is another instance of it, which begins where the diagram waits for `reopening_asked`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import workflow
from app.cases.actions import first_registration
from app.cases.enums import CaseStatus, FactKind
from app.cases.models import CaseFile
from app.cases.queries import case_by_id, scope_of
from app.core.errors import Conflict, Invalid
from app.core.ids import new_id
from app.identity import Actor, can, require
from app.lifecycle.combining import MERGED
from app.lifecycle.dossier import dossier_of
from app.lifecycle.reporting import lifecycle_variables
from app.lifecycle.subject import CASE
from app.workflow import Fault, OnInstance, Runtime, View
from app.workflow.engine.types import Call, Variables

MESSAGE = "reopening_asked"
REASON = "reopening_reason"
"""Where the asker's words lie: in the case's `custom`, for whoever decides."""


def reopen(
    runtime: Runtime, case_id: UUID, *, reason: str, days: int, actor: Actor, command_id: UUID | None = None
) -> None:
    """Somebody is not content, or it was ended by mistake: whoever may decide opens the case again, an agent asks for
    it. `days`: for so many after its end that is possible. The same command again changes nothing.

    Raises NotFound, Forbidden, Invalid, Conflict (it is open, asked for already, ended too long ago, merged)."""
    if not reason.strip():
        raise Invalid("lifecycle.reason_wanted")
    command, now = command_id or new_id(), runtime.clock.now()
    try:
        with workflow.busy_when_locked(), runtime.sessions.begin() as session:
            require(actor, "case.reopen", scope_of(case_by_id(session, case_id, actor)))
            case = session.scalars(select(CaseFile).where(CaseFile.id == case_id).with_for_update()).one()
            session.refresh(case)
            if case.instance_id == workflow.instance_id_of(command):
                return
            _check(session, case, days, now)
            _begin(runtime, session, case, reason.strip(), actor, command, now)
    except Fault as error:
        raise Conflict("lifecycle.cannot_reopen", element=error.element or "–") from error
    workflow.after_commit(runtime, session)


def may_reopen(session: Session, case: CaseFile, days: int, actor: Actor, now: datetime) -> bool:
    """Whether `reopen` would take it now."""
    if not can(actor, "case.reopen", scope_of(case)):
        return False
    try:
        _check(session, case, days, now)
    except Conflict:
        return False
    return True


def only_people_ask(session: Session, payload: Mapping[str, Any], actor: Actor, now: datetime) -> dict[str, Any]:
    """A message of this name from elsewhere starts nothing: it would be a round without a case."""
    raise PermissionError(f"{MESSAGE} is asked for on the page of a case")


def reopen_case(session: Session, call: Call, on: OnInstance) -> Variables:
    """From here on the case is open again, in its next round. `filed`: whether it ever was; else it is judged anew."""
    dossier = dossier_of(session, on)
    case = dossier.case
    if case.ended_at is not None:
        status = CaseStatus.IN_PROCESSING if case.filed_at else CaseStatus.NOT_PROCESSED
        on.change("status", case.status, status.value)
        on.change("reopen_count", case.reopen_count, case.reopen_count + 1)
        dossier.fact(FactKind.REOPENED, on, text=case.custom.get(REASON))
        case.status, case.ended_at, case.outcome, case.reopen_count = status, None, None, case.reopen_count + 1
    return {"reopened": True, "filed": case.filed_at is not None}


def _check(session: Session, case: CaseFile, days: int, now: datetime) -> None:
    if case.ended_at is None:
        raise Conflict("lifecycle.case_open", case_no=case.case_no)
    if case.outcome == MERGED:
        raise Conflict("lifecycle.case_merged", case_no=case.case_no)
    if now > case.ended_at + timedelta(days=days):
        raise Conflict("lifecycle.reopen_too_late", case_no=case.case_no, days=days)
    running = workflow.instance(session, case.instance_id)
    if running is not None and running.ended_at is None:
        raise Conflict("lifecycle.reopening_pending", case_no=case.case_no)


def _begin(
    runtime: Runtime, session: Session, case: CaseFile, reason: str, actor: Actor, command: UUID, now: datetime
) -> None:
    process, element = _start_event(runtime, session)

    def record(session: Session, view: View, on: OnInstance) -> Variables:
        on.change("reopening_asked", None, len(case.earlier_instances))
        on.change(f"custom.{REASON}", case.custom.get(REASON), reason, personal=True)
        case.custom = {**case.custom, REASON: reason}
        return {}

    case.earlier_instances = [*case.earlier_instances, case.instance_id]
    case.instance_id = workflow.instance_id_of(command)
    variables = lifecycle_variables(case, first_registration(session, case.id))
    variables["may_decide"] = can(actor, "case.reopen_at_once", scope_of(case))
    workflow.start(
        runtime, session, process, variables, actor=actor, now=now, command_id=command, at=element, subject_kind=CASE,
        subject_id=case.id, district=case.district, departments=case.departments, confidential=case.confidential,
        prepare=record,
    )  # fmt: skip


def _start_event(runtime: Runtime, session: Session) -> tuple[str, str]:
    """Process and element that take `reopening_asked`. Raises Conflict when the deployed diagram has none."""
    bundle = workflow.current_bundle(session)
    starts = runtime.bundles.get(session, bundle.id, runtime.registry).message_starts() if bundle else {}
    if MESSAGE not in starts:
        raise Conflict("lifecycle.cannot_reopen", element=MESSAGE)
    return starts[MESSAGE]
