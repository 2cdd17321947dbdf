"""Correcting a report after it was saved (W12, W13): who changed what stands in the history.

Two people may correct the same case: what only one of them touched is kept, and a field that both touched is refused to
the second, with what the first one wrote, so that nothing is lost unseen."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import audit, workflow
from app.cases.actions import apply_form, complete_registration, first_registration
from app.cases.models import CaseFile
from app.cases.queries import case_by_id, scope_of
from app.core.errors import Conflict, Invalid
from app.core.ids import new_id
from app.identity import Actor, require
from app.lifecycle import forms
from app.lifecycle.dossier import dossier_of
from app.lifecycle.form_view import shown_values
from app.lifecycle.reporting import lifecycle_variables
from app.workflow import Command, OnInstance, Result, Runtime
from app.workflow.engine.types import Variables

DECIDED_ON = frozenset({
    "kind", "category", "sub_category", "component_class", "component_owner", "service_type", "district", "urgency",
    "origin", "confidential", "leader_instruction", "leader_text",
})  # fmt: skip
"""What the supervisor judged and the tables decided by: fixed once the case is filed."""


class Overtaken(Invalid):
    """Somebody saved the same fields first; each field says what stands there now."""

    status = 409


def amendable_values(runtime: Runtime, session: Session, case: CaseFile, actor: Actor) -> dict[str, Any]:
    """What the registration form shows of a saved report, by field; the caller's own data are among them, so the look
    is logged. Raises Forbidden."""
    require(actor, "case.amend", scope_of(case))
    audit.log_access(session, actor, "case.amend", case.id, runtime.clock.now())
    form = forms.registration_form(runtime, session)
    registered_by = first_registration(session, case.id).duty_staff_name
    return shown_values(form, forms.case_values(session, case, actor)) | {"duty_staff": registered_by}


def amend_case(
    runtime: Runtime, case_id: UUID, values: Mapping[str, Any], before: Mapping[str, Any], *, actor: Actor,
    command_id: UUID | None = None,
) -> Result:  # fmt: skip
    """Save the fields that differ from `before`, what the person's form began with.

    Raises Forbidden, NotFound, Conflict when the case has ended, Overtaken, Invalid (a sentence for each field)."""
    with runtime.sessions() as session:
        case = case_by_id(session, case_id, actor)
        require(actor, "case.amend", scope_of(case))
        instance_id = case.instance_id

    def prepare(session: Session, view: workflow.View, on: OnInstance) -> Variables:
        return _amend(runtime, session, on, values, before)

    command = Command(command_id or new_id(), "amend", actor, {"values": dict(values), "before": dict(before)})
    return workflow.execute(runtime, instance_id, command, prepare=prepare)


def _amend(
    runtime: Runtime, session: Session, on: OnInstance, values: Mapping[str, Any], before: Mapping[str, Any]
) -> Variables:
    dossier = dossier_of(session, on)
    case = dossier.case
    require(on.actor, "case.amend", scope_of(case))
    if case.ended_at is not None:
        raise Conflict("lifecycle.case_ended", case_no=case.case_no)
    form = forms.registration_form(runtime, session)
    stands = shown_values(form, forms.case_values(session, case, on.actor))
    wanted = {key: value for key, value in values.items() if _said(value) != _said(before.get(key))}
    _refuse_overtaken(wanted, before, stands)
    if case.filed_at is not None and (fixed := wanted.keys() & DECIDED_ON):
        raise Invalid("lifecycle.amend.filed", {key: ("lifecycle.amend.fixed", {}) for key in sorted(fixed)})
    clean = forms.check(form, {**stands, **wanted}, {"now": on.now.isoformat()})
    changed = {key: clean.get(key) for key in wanted}
    if case.filed_at is None:
        complete_registration(case, lambda: dossier.registration, changed, on, runtime.zone)
        on.set_scope(district=case.district, confidential=case.confidential)
    else:
        apply_form(case, lambda: dossier.registration, changed, on, runtime.zone)
    dossier.save()
    known = lifecycle_variables(case, dossier.registration)
    return {key: known[key] for key in changed if key in known}


def _refuse_overtaken(wanted: Mapping[str, Any], before: Mapping[str, Any], stands: Mapping[str, Any]) -> None:
    overtaken = {
        key: ("lifecycle.amend.overtaken", {"now": _said(stands.get(key)) or "—"})
        for key, value in wanted.items()
        if _said(stands.get(key)) not in (_said(before.get(key)), _said(value))
    }
    if overtaken:
        raise Overtaken("lifecycle.amend.somebody", overtaken)


def _said(value: Any) -> str:
    """As a form compares it: unset, empty and null are one; a time is a minute, however it is written."""
    if value is None or value is False:
        return ""
    written = str(value).strip()
    if _INSTANT.match(written):
        return datetime.fromisoformat(written).astimezone(UTC).isoformat(timespec="minutes")
    return written


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$")
