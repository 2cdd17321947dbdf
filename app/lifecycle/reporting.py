"""Stage 1, Problem Reporting: a person speaks, or a contact arrives, and a registration makes a case (D01, W01-W14)."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import workflow
from app.cases.actions import Received, content_hash, open_case, record_opening
from app.cases.models import CaseFile, Registration
from app.city import districts
from app.core.errors import Conflict
from app.core.ids import derived_id, new_id
from app.documents import attach
from app.identity import Actor, Scope, require
from app.lifecycle import forms
from app.lifecycle.city_lists import require_departments
from app.lifecycle.dossier import new_dossier
from app.lifecycle.proceeding import ANSWER, ANSWERED, JUDGEMENT, answered
from app.lifecycle.subject import CASE
from app.workflow import Fault, FirstTask, Runtime

log = logging.getLogger(__name__)

PROCESS = "lifecycle"


@dataclass(frozen=True, slots=True)
class Registered:
    case_id: UUID
    registration_id: UUID
    case_no: str
    acceptance_no: str
    repeated: bool = False


def register(
    runtime: Runtime, values: Mapping[str, Any], *, actor: Actor, command_id: UUID | None = None,
    now: datetime | None = None, processing: Mapping[str, Any] | None = None,
) -> Registered:  # fmt: skip
    """Save a report: registration, case NOT_PROCESSED and its lifecycle with the first task done, in one transaction.
    `processing`: how to proceed (the processing form's values); it stays with the case for the steps to come.

    The same `command_id` again gives the first one's numbers (Conflict for another person or other values).
    Raises Forbidden, Invalid (a sentence for each field), NotFound before the first deploy, Conflict when the
    deployed diagram cannot begin (nothing is saved then)."""
    require(actor, "case.register", _scope(values))
    command = command_id or new_id()
    content = {**values, "processing": processing} if processing else values
    try:
        with workflow.busy_when_locked(), runtime.sessions.begin() as session:  # many register at once
            if (known := _known(session, command, content, actor)) is not None:
                return known
            made = _register(runtime, session, values, processing, actor, command, now or runtime.clock.now())
    except (Fault, IntegrityError) as error:
        # perhaps the same command at the same moment: then the other one made it
        with runtime.sessions.begin() as session:
            if (known := _known(session, command, content, actor)) is not None:
                return known
        if not isinstance(error, Fault):
            raise
        log.warning("a report could not be registered: %s", error)
        raise Conflict("lifecycle.cannot_begin", element=error.element or "–") from error
    workflow.after_commit(runtime, session)
    return made


def contact_arrived(
    session: Session, payload: Mapping[str, Any], actor: Actor, now: datetime, *, zone: tzinfo
) -> dict[str, Any]:
    """Arguments of the instance that the message `contact_arrived` starts: the case a machine registered.

    `payload` holds registration values, `contact_id`, and `automatic` when the caller went through the automatic
    acceptance: then it needs no completion by an agent."""
    values = {key: value for key, value in payload.items() if key not in ("contact_id", "automatic")}
    source = payload.get("contact_id")
    command = derived_id("contact", source) if source else new_id()
    received = Received(command, actor, now, zone, machine_made=True)
    case, registration = open_case(values, received, _whole_city(session))
    instance = lifecycle_instance(session, case, registration)
    instance["variables"]["automatic"] = bool(payload.get("automatic", False))
    return instance


def _register(
    runtime: Runtime, session: Session, values: Mapping[str, Any], processing: Mapping[str, Any] | None, actor: Actor,
    command: UUID, now: datetime,
) -> Registered:  # fmt: skip
    bundle_id = forms.current_bundle_id(session)
    form = forms.deployed_form(runtime, session, bundle_id, forms.REGISTRATION)
    clean = forms.check(form, values, {"now": now.isoformat()})
    received = Received(command, actor, now, runtime.zone)
    chosen = _chosen(runtime, session, bundle_id, processing, now) if processing else {}
    case, registration = open_case({**chosen, **clean}, received, _whole_city(session))
    content = {**values, "processing": processing} if processing else values
    registration.command_hash = content_hash(content, actor)

    def record(session: Session, view: workflow.View, on: workflow.OnInstance) -> Mapping[str, Any]:
        record_opening(case, registration, on)
        attach_written(session, case, command, on)
        return forms.for_first_task(runtime, session, bundle_id, PROCESS, form, clean)

    workflow.start(
        runtime, session, PROCESS, actor=actor, now=now, command_id=command, first_task=FirstTask(clean),
        bundle_id=bundle_id, prepare=record, **lifecycle_instance(session, case, registration),
    )  # fmt: skip
    return _registered(case, registration)


def _chosen(
    runtime: Runtime, session: Session, bundle_id: UUID, processing: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """The processing form's clean values; of an answer given at once what the judgement says. Raises Invalid."""
    if processing.get("method") == ANSWER:
        form = forms.deployed_form(runtime, session, bundle_id, JUDGEMENT)
        said = forms.check(form, answered(processing), {"now": now.isoformat()})
        return {key: said[key] for key in ANSWERED if said.get(key)} | {"answer_article": processing.get("article")}
    form = forms.deployed_form(runtime, session, bundle_id, forms.PROCESSING)
    chosen = forms.check(form, processing, {"now": now.isoformat()})
    require_departments(session, chosen)
    return {key: value for key, value in chosen.items() if value not in (None, "", [])}


def attach_written(session: Session, case: CaseFile, command: UUID, on: workflow.OnInstance) -> None:
    """Photos and files that were added while the report was written; their hashes go into the history."""
    if added := attach(session, command, case.id, actor=on.actor, now=on.now):
        on.change("documents", None, [each.told() for each in added])


def lifecycle_instance(session: Session, case: CaseFile, registration: Registration) -> dict[str, Any]:
    """What `workflow.start` is told of a new case."""
    new_dossier(session, case, registration)
    return {
        "variables": lifecycle_variables(case, registration),
        "instance_id": case.instance_id,
        "subject_kind": CASE,
        "subject_id": case.id,
        "district": case.district,
        "departments": (),
        "confidential": case.confidential,
    }


def lifecycle_variables(case: CaseFile, registration: Registration) -> dict[str, Any]:
    """What the lifecycle's diagram knows of its case: ids and what decides the way. The number is given last in the
    transaction, so the diagram finds people and texts by `case_id`."""
    return {
        "case_id": str(case.id),
        "registration_id": str(registration.id),
        "origin": case.origin,
        "channel": registration.channel,
        "kind": case.kind,
        "category": case.category,
        "sub_category": case.sub_category,
        "component_owner": case.component_owner,
        "service_type": case.service_type,
        "appeal_type": case.appeal_type,
        "district": case.district,
        "urgency": case.urgency,
        "machine_made": case.machine_made,
        "chosen_method": case.custom.get("method"),  # while registering; an emergency is dispatched by it at once
    }


def _known(session: Session, command: UUID, values: Mapping[str, Any], actor: Actor) -> Registered | None:
    query = (
        select(CaseFile, Registration)
        .join(Registration, Registration.case_id == CaseFile.id)
        .where(Registration.command_id == command)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    case, registration = row
    if registration.command_hash != content_hash(values, actor):
        raise Conflict("workflow.other_command")
    return _registered(case, registration, repeated=True)


def _registered(case: CaseFile, registration: Registration, *, repeated: bool = False) -> Registered:
    return Registered(case.id, registration.id, case.case_no or "", registration.acceptance_no or "", repeated)


def _scope(values: Mapping[str, Any]) -> Scope | None:
    district = values.get("district")
    return Scope(str(district)) if district else None


def _whole_city(session: Session) -> str:
    """Where a report belongs that names no district."""
    return districts(session, depth=0)[0].code
