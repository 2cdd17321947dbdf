"""Several callers, one matter (并单, Q04): a report joins a case that runs already, and can be taken out again.

The caller who joins keeps an acceptance number of their own and is answered with the case. Each step stands in the
case's history; taking out makes a case of the report, as if it had never joined."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import workflow
from app.cases import numbers
from app.cases.actions import Received, content_hash, open_case, record_opening
from app.cases.models import CaseFile, Merge, Registration
from app.cases.queries import case_by_id, scope_of
from app.core.errors import Conflict, NotFound
from app.core.ids import derived_id, new_id
from app.identity import Actor, require
from app.lifecycle import forms
from app.lifecycle.combining import require_open, unmerge_case
from app.lifecycle.dossier import dossier_of
from app.lifecycle.reporting import PROCESS, Registered, attach_written, lifecycle_instance
from app.workflow import Command, FirstTask, OnInstance, Runtime


def join_case(
    runtime: Runtime, case_id: UUID, values: Mapping[str, Any], *, actor: Actor, command_id: UUID | None = None
) -> Registered:
    """Register a report of what the case is about already: no case of its own, a number of its own (W14).

    Raises Forbidden, NotFound, Invalid (a sentence for each field), Conflict when the case is over or already asks its
    callers whether they are content."""
    case = _case(runtime, case_id, actor)
    command = Command(command_id or new_id(), "amend", actor, {"values": dict(values), "joins": str(case_id)})

    def prepare(session: Session, view: workflow.View, on: OnInstance) -> Mapping[str, Any]:
        _join(runtime, session, on, values)
        return {}

    workflow.execute(runtime, case.instance_id, command, prepare=prepare)
    with runtime.sessions() as session:
        made = session.scalars(select(Registration).where(Registration.command_id == command.id)).one()
    return Registered(made.case_id, made.id, case.case_no or "", made.acceptance_no or "")


def take_out(runtime: Runtime, merge_id: UUID, *, actor: Actor, command_id: UUID | None = None) -> Registered:
    """Undo `join_case`: the report becomes a case of its own, with the number its caller has; undo `merge_case`: the
    whole case goes on where it stood.

    Raises Forbidden, NotFound, Conflict when that was done already or the case is over."""
    with runtime.sessions() as session:
        merge = session.get(Merge, merge_id)
    if merge is None:
        raise NotFound("lifecycle.merge.unknown")
    if merge.from_case_id is not None:
        return _registered(runtime, merge.registration_id, unmerge_case(runtime, merge, actor=actor))
    case = _case(runtime, merge.case_id, actor)
    command = Command(command_id or derived_id("take out", merge_id), "amend", actor, {"takes_out": str(merge_id)})

    def prepare(session: Session, view: workflow.View, on: OnInstance) -> Mapping[str, Any]:
        _take_out(runtime, session, on, merge_id)
        return {}

    workflow.execute(runtime, case.instance_id, command, prepare=prepare)
    with runtime.sessions() as session:
        own_id = session.get_one(Registration, merge.registration_id).case_id
    return _registered(runtime, merge.registration_id, own_id)


def _registered(runtime: Runtime, registration_id: UUID, case_id: UUID) -> Registered:
    with runtime.sessions() as session:
        own, report = session.get_one(CaseFile, case_id), session.get_one(Registration, registration_id)
    return Registered(own.id, report.id, own.case_no or "", report.acceptance_no or "")


def _case(runtime: Runtime, case_id: UUID, actor: Actor) -> CaseFile:
    with runtime.sessions() as session:
        case = case_by_id(session, case_id, actor)
        require(actor, "case.merge", scope_of(case))
        return case


def _join(runtime: Runtime, session: Session, on: OnInstance, values: Mapping[str, Any]) -> None:
    dossier = dossier_of(session, on)
    case = dossier.case
    require_open(case)
    form = forms.registration_form(runtime, session)
    clean = forms.check(form, values, {"now": on.now.isoformat()})
    _, report = open_case(clean, Received(on.command.id, on.actor, on.now, runtime.zone), case.district)
    report.case_id, report.command_hash = case.id, content_hash(values, on.actor)
    merge = Merge(
        id=new_id(), case_id=case.id, registration_id=report.id, content=dict(values), at=on.now, actor=on.actor.id,
        actor_name=on.actor.name,
    )  # fmt: skip
    on.change("joined_report", None, dict(values), personal=True)
    report.acceptance_no = numbers.next_acceptance_no(session, on.now, runtime.zone)
    on.change("joined", None, report.acceptance_no)
    attach_written(session, case, on.command.id, on)
    dossier.add(report)
    dossier.add(merge)
    dossier.save()


def _take_out(runtime: Runtime, session: Session, on: OnInstance, merge_id: UUID) -> None:
    target = dossier_of(session, on).case
    require_open(target)
    merge = session.get_one(Merge, merge_id, with_for_update=True)
    if merge.undone_at is not None:
        raise Conflict("lifecycle.merge.undone")
    report = session.get_one(Registration, merge.registration_id)
    bundle_id = forms.current_bundle_id(session)
    form = forms.deployed_form(runtime, session, bundle_id, forms.REGISTRATION)
    clean = forms.check(form, merge.content, {"now": on.now.isoformat()})
    case, _ = open_case(clean, Received(new_id(), on.actor, on.now, runtime.zone), target.district)
    merge.undone_at, merge.undone_by, merge.undone_by_name = on.now, on.actor.id, on.actor.name
    case.case_no = numbers.next_case_no(session, on.now, runtime.zone)
    session.add(case)
    session.flush()  # the report refers to it
    report.case_id = case.id

    def record(session: Session, view: workflow.View, on: OnInstance) -> Mapping[str, Any]:
        record_opening(case, report, on)
        on.change("case_no", None, case.case_no)
        on.change("taken_out_of", None, target.case_no)
        return forms.for_first_task(runtime, session, bundle_id, PROCESS, form, clean)

    workflow.start(
        runtime, session, PROCESS, actor=on.actor, now=on.now, command_id=derived_id("taken out", merge_id),
        first_task=FirstTask(clean), bundle_id=bundle_id, prepare=record, **lifecycle_instance(session, case, report),
    )  # fmt: skip
    on.change("taken_out", report.acceptance_no, None)
