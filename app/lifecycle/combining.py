"""Two cases about one matter (并案, Q04): one goes on with the callers of both, the other rests in it, and can be taken
out again as it was.

Never are both instances locked at once. The case that goes on takes the callers in first, so that no caller is ever
without a case that answers them; then the other one is set aside. An outbox row sees to the second step, should the
process die between the two. Each step stands in the history of the case it is about."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import workflow
from app.cases.actions import end_case
from app.cases.enums import CaseStage, CaseStatus
from app.cases.models import CaseFile, Merge, Registration, WorkOrder
from app.cases.queries import case_by_id, merged_into, scope_of
from app.core.errors import Conflict
from app.core.ids import derived_id, new_id
from app.identity import Actor, require
from app.lifecycle.dossier import Dossier, dossier_of
from app.lifecycle.limits import end_running_limits
from app.lifecycle.progress import status_of
from app.workflow import Command, Gone, OnInstance, OutboxRow, Runtime, View
from app.workflow.engine.types import Variables

OUTBOX_KIND = "merge"
MERGED = "MERGED"
"""Outcome of a case that rests in another one."""


def merge_case(
    runtime: Runtime, case_id: UUID, into_id: UUID, *, actor: Actor, command_id: UUID | None = None
) -> UUID:  # fmt: skip
    """Let a case rest in another one, which answers its callers from now on; returns the merge's id.

    Raises Forbidden, NotFound, Conflict: one of them is over or asks its callers already, the first has open orders or
    cases merged into it, or went on in the same moment."""
    case, target = _case(runtime, case_id, actor), _case(runtime, into_id, actor)
    if case.id == target.id:
        raise Conflict("lifecycle.merge.itself", case_no=case.case_no)
    command = Command(command_id or new_id(), "amend", actor, {"merges": str(case_id)})

    def prepare(session: Session, view: View, on: OnInstance) -> Variables:
        _take_in(session, on, case_id)
        return {}

    workflow.execute(runtime, target.instance_id, command, prepare=prepare)
    with runtime.sessions() as session:
        merge = merged_into(session, case_id)
    if merge is None or not carry_on(runtime, merge.id):
        raise Conflict("lifecycle.merge.went_on", case_no=case.case_no)
    return merge.id


def unmerge_case(runtime: Runtime, merge: Merge, *, actor: Actor) -> UUID:
    """Undo `merge_case`: the case goes on where it stood, with its callers; returns its id.

    Raises Forbidden, Conflict when that was done already or the other case is over."""
    assert merge.from_case_id is not None
    _case(runtime, merge.case_id, actor)
    _undo(runtime, merge, actor)
    carry_on(runtime, merge.id)
    return merge.from_case_id


def deliver_merge(runtime: Runtime, row: OutboxRow) -> None:
    """Outbox handler: the second step, where the first one's process did not come to it."""
    carry_on(runtime, UUID(str(row.body["merge_id"])))


def carry_on(runtime: Runtime, merge_id: UUID) -> bool:
    """Set the merged case aside, or bring it back once that was undone. Doing it again changes nothing. False: the case
    went on before it could be set aside, and its callers have been given back."""
    with runtime.sessions() as session:
        merge = session.get_one(Merge, merge_id)
        case = session.get_one(CaseFile, merge.from_case_id)
    if merge.undone_at is None:
        return _set_aside(runtime, case, merge)
    by = Actor(merge.undone_by or merge.actor, merge.undone_by_name or merge.actor_name)
    _bring_back(runtime, case, merge_id, by)
    return True


# ------------------------------------------------------------------ the case that goes on
def _take_in(session: Session, on: OnInstance, other_id: UUID) -> None:
    dossier = dossier_of(session, on)
    both = select(CaseFile).where(CaseFile.id.in_((dossier.case.id, other_id))).order_by(CaseFile.id)
    session.scalars(both.with_for_update()).all()  # in this order, so that two merges cannot pass each other
    case, other = dossier.case, session.get_one(CaseFile, other_id)
    for each in (case, other):
        require_open(each)
        if (standing := merged_into(session, each.id)) is not None:
            raise Conflict("lifecycle.merge.already", case_no=session.get_one(CaseFile, standing.case_id).case_no)
    _require_free(session, other)
    reports = session.scalars(select(Registration).where(Registration.case_id == other_id)).all()
    merges = [
        Merge(id=new_id(), case_id=case.id, registration_id=report.id, from_case_id=other_id, content={}, at=on.now,
              actor=on.actor.id, actor_name=on.actor.name)
        for report in reports
    ]  # fmt: skip
    for merge in merges:
        dossier.add(merge)
    on.change("took_in", None, other.case_no)
    on.emit(OUTBOX_KIND, {"merge_id": str(merges[0].id)}, f"in:{merges[0].id}")
    dossier.save()


def _undo(runtime: Runtime, merge: Merge, actor: Actor) -> None:
    with runtime.sessions() as session:
        target = session.get_one(CaseFile, merge.case_id)
    command = Command(derived_id("unmerge", merge.id), "amend", actor, {"unmerges": str(merge.from_case_id)})

    def prepare(session: Session, view: View, on: OnInstance) -> Variables:
        _give_back(session, on, merge.id)
        return {}

    workflow.execute(runtime, target.instance_id, command, prepare=prepare)


def _give_back(session: Session, on: OnInstance, merge_id: UUID) -> None:
    require_open(dossier_of(session, on).case)
    merge = session.get_one(Merge, merge_id, with_for_update=True)
    if merge.undone_at is not None:
        raise Conflict("lifecycle.merge.undone")
    same = Merge.from_case_id == merge.from_case_id, Merge.case_id == merge.case_id, Merge.undone_at.is_(None)
    for each in session.scalars(select(Merge).where(*same)):
        each.undone_at, each.undone_by, each.undone_by_name = on.now, on.actor.id, on.actor.name
    on.change("gave_back", session.get_one(CaseFile, merge.from_case_id).case_no, None)
    on.emit(OUTBOX_KIND, {"merge_id": str(merge_id)}, f"out:{merge_id}")
    session.flush()


def is_open(case: CaseFile) -> bool:
    """Neither over, nor asking its callers whether they are content."""
    return case.ended_at is None and case.stage != CaseStage.RETURN_VISIT_EVALUATION


def require_open(case: CaseFile) -> None:
    """Raises Conflict once a case is over or asks its callers whether they are content."""
    if case.ended_at is not None:
        raise Conflict("lifecycle.case_ended", case_no=case.case_no)
    if case.stage == CaseStage.RETURN_VISIT_EVALUATION:
        raise Conflict("lifecycle.merge.too_late", case_no=case.case_no)


def _require_free(session: Session, case: CaseFile) -> None:
    """Departments at work on it, or callers of others, would be left behind. Raises Conflict."""
    if session.scalar(select(Merge.id).where(Merge.case_id == case.id, Merge.undone_at.is_(None)).limit(1)):
        raise Conflict("lifecycle.merge.has_others", case_no=case.case_no)
    at_work = select(WorkOrder.id).where(WorkOrder.case_id == case.id, WorkOrder.ended_at.is_(None)).limit(1)
    if session.scalar(at_work):
        raise Conflict("lifecycle.merge.orders_open", case_no=case.case_no)


# ------------------------------------------------------------------ the case that rests
def _set_aside(runtime: Runtime, case: CaseFile, merge: Merge) -> bool:
    actor = Actor(merge.actor, merge.actor_name)

    def prepare(session: Session, view: View, on: OnInstance) -> Variables:
        dossier = dossier_of(session, on)
        standing = session.get_one(Merge, merge.id)
        if standing.undone_at is not None:
            raise Conflict("lifecycle.merge.undone")
        require_open(dossier.case)
        _require_free(session, dossier.case)
        _rest(dossier, session.get_one(CaseFile, merge.case_id).case_no, on)
        return {}

    command = Command(derived_id("set aside", merge.id), "suspend", actor, {"merge": str(merge.id)})
    try:
        workflow.execute(runtime, case.instance_id, command, prepare=prepare)
    except (Conflict, Gone):  # it was dispatched, ended or taken out meanwhile
        with runtime.sessions() as session:
            undone = session.get_one(Merge, merge.id).undone_at is not None
        if not undone:
            _undo(runtime, merge, actor)
        return False
    return True


def _rest(dossier: Dossier, into: str | None, on: OnInstance) -> None:
    end_running_limits(dossier, None, on.now)
    end_case(dossier.case, CaseStatus.COMPLETED, MERGED, on, on.now)
    on.change("merged_into", None, into)
    dossier.save()


def _bring_back(runtime: Runtime, case: CaseFile, merge_id: UUID, actor: Actor) -> None:
    def prepare(session: Session, view: View, on: OnInstance) -> Variables:
        dossier = dossier_of(session, on)
        own = dossier.case
        if own.outcome != MERGED or merged_into(session, own.id) is not None:
            raise Conflict("lifecycle.merge.undone")
        for limit in dossier.limits:
            if limit.order_id is None and limit.ended_at == own.ended_at:
                limit.ended_at = limit.state = None
        before, own.ended_at, own.outcome = own.status, None, None
        own.status = status_of(own)
        on.change("status", before, own.status)
        on.change("taken_out_of", None, session.get_one(CaseFile, session.get_one(Merge, merge_id).case_id).case_no)
        dossier.save()
        return {}

    command = Command(derived_id("bring back", merge_id), "resume", actor, {"merge": str(merge_id)})
    try:
        workflow.execute(runtime, case.instance_id, command, prepare=prepare)
    except Conflict:  # it was never set aside
        return


def _case(runtime: Runtime, case_id: UUID, actor: Actor) -> CaseFile:
    with runtime.sessions() as session:
        case = case_by_id(session, case_id, actor)
        require(actor, "case.combine", scope_of(case))
        return case
