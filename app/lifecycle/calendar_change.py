"""A calendar has a new version: open limits that it counts for are reckoned anew, each by a command of its own
instance, so that rows, timers, tasks and history move together (Q01; docs/adr/013); then the due times of tasks that
have no limit (`calendar_tasks`)."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, update
from sqlalchemy.orm import Session

from app import audit, city
from app.cases.models import CaseFile, TimeLimit, WorkOrder
from app.city import Calendar, CalendarRules, Unit
from app.core.errors import Conflict
from app.core.ids import derived_id, new_id
from app.identity import WORKER, Actor
from app.lifecycle.calendar_tasks import DEPARTMENT, redate_tasks
from app.lifecycle.limit_story import rungs_by
from app.lifecycle.moving_limits import is_provisional, reckon_by
from app.workflow import Busy, Command, Gone, Later, OnInstance, OutboxRow, Runtime, Stuck, View, execute
from app.workflow.engine.types import Variables
from app.workflow.models import Instance, Outbox, UserTask

log = logging.getLogger(__name__)

OUTBOX_KIND = "calendar_change"
RECOUNTED = "calendar.limits_moved"
"""In the calendar's own history: how many open limits a version was reckoned for."""
A_TURN = 2000
"""Limits of one turn: some 20 seconds, of the five minutes that a job has."""
_A_BEAT = 100
"""Limits between two signs that the worker lives."""
_UNITS = (Unit.WORKING_DAY.value, Unit.WORKING_HOUR.value)


def change_calendar(
    session: Session, kind: str, owner: str, change: Callable[[CalendarRules], CalendarRules], *, reason: str,
    actor: Actor, now: datetime,
) -> tuple[UUID, int]:  # fmt: skip
    """`city.change_calendar`, and what is to be reckoned anew: the outbox row that carries it, to be queued after the
    commit, and how many open limits. Raises Forbidden, Invalid."""
    calendar = city.change_calendar(session, kind, owner, change, reason=reason, actor=actor, now=now)
    return order_recount(session, calendar, kind, owner, reason=reason, actor=actor, now=now)


def order_recount(
    session: Session, calendar: Calendar, kind: str, owner: str, *, reason: str, actor: Actor, now: datetime
) -> tuple[UUID, int]:
    """The outbox row, and how many open limits are concerned."""
    concerned = _concerned(session, kind, owner, calendar.id, calendar.version)
    count = session.scalar(select(func.count()).select_from(concerned.subquery())) or 0
    body = {
        "calendar_id": str(calendar.id), "version": calendar.version, "kind": kind, "owner": owner, "reason": reason,
        "by": str(actor.id), "published_at": now.isoformat(), "total": count,
    }  # fmt: skip
    row_id = new_id()
    session.add(
        Outbox(
            id=row_id, kind=OUTBOX_KIND, body=body, dedupe=f"calendar:{row_id}", created_at=now, due_at=now,
            nudge_at=now + timedelta(seconds=30),
        )
    )  # fmt: skip
    return row_id, count


def recount_limits(runtime: Runtime, row: OutboxRow) -> None:
    """Outbox handler: one turn of the work; how far it came stands in the row, and the next turn goes on there, so
    that a hundred thousand limits neither stop a worker's other jobs nor its time. What is done already has the new
    version and is not met again: a crash costs nothing. A limit whose instance is stuck keeps its times; the
    calendar's history counts it."""
    work = _Work(**(row.body.get("work") or {}))
    if work.tasks_after is None and _limits_turn(runtime, row, work):
        raise Later(runtime.clock.now())
    after = (datetime.fromisoformat(work.tasks_after[0]), UUID(work.tasks_after[1])) if work.tasks_after else None
    redated = redate_tasks(runtime, row.body, partial(_tasks_there, row.body), after)
    work.tasks, work.busy = work.tasks + redated.moved, work.busy or redated.busy
    if redated.after is not None:
        work.tasks_after = [redated.after[0].isoformat(), str(redated.after[1])]
        _note(runtime, row, work)
        raise Later(runtime.clock.now())
    if work.busy:
        _note(runtime, row, _Work(tasks=work.tasks))  # from the beginning: what is done is not met again
        raise Busy
    _tell(runtime, row.body, work)


@dataclass(frozen=True, slots=True)
class Counted:
    """An open limit, and the calendar that counts for it now."""

    limit: Row[Any]
    calendar: Calendar


@dataclass(slots=True)
class _Work:
    """How far a recount has come."""

    after: str | None = None
    """Id of the last limit that was looked at."""
    done: int = 0
    stuck: int = 0
    tasks: int = 0
    """Tasks without a limit that have another due time now."""
    tasks_after: list[str] | None = None
    busy: bool = False
    """Somebody was just working on one of them: another look is needed."""


def _limits_turn(runtime: Runtime, row: OutboxRow, work: _Work) -> bool:
    """Reckon the next `A_TURN` limits anew. True: there are more."""
    body = row.body
    with runtime.sessions() as session:
        query = _concerned(session, body["kind"], body["owner"], UUID(body["calendar_id"]), int(body["version"]))
        if work.after is not None:
            query = query.where(TimeLimit.id > UUID(work.after))
        found = session.execute(query.limit(A_TURN)).all()
        counts_now = cache(lambda department, district: city.calendar_for(session, department, district))
        counted = [Counted(each, counts_now(each.department, each.district)) for each in found]
    for first in range(0, len(counted), _A_BEAT):
        beat = counted[first : first + _A_BEAT]
        wanted = [each for each in beat if not _is_reckoned(each.limit, each.calendar)]
        kept = _keep_unmoved(runtime, wanted)
        for each in wanted:
            if each.limit.id not in kept:
                try:
                    work.stuck += not _recount(runtime, each.limit, each.calendar, body)
                except Busy:
                    work.busy = True
        work.done, work.after = work.done + len(beat), str(beat[-1].limit.id)
        _note(runtime, row, work)
    return len(found) == A_TURN


def _keep_unmoved(runtime: Runtime, wanted: Sequence[Counted]) -> set[UUID]:
    """Limits that fall due by the new version as they did before are noted as reckoned by it, all at once: nothing that
    reads them changes, so their instances hear nothing. Which they are; one whose instance somebody is just working on
    is not looked at."""
    with runtime.sessions.begin() as session:
        asked = {each.limit.instance_id for each in wanted}
        ours = set(session.scalars(select(Instance.id).where(Instance.id.in_(asked)).with_for_update(skip_locked=True)))
        calendars = {each.limit.id: each.calendar for each in wanted if each.limit.instance_id in ours}
        query = select(TimeLimit).where(TimeLimit.id.in_(calendars), TimeLimit.ended_at.is_(None))
        unmoved: dict[tuple[UUID, int, bool], list[UUID]] = defaultdict(list)
        for limit in session.scalars(query):
            calendar = calendars[limit.id]
            known = (limit.warn_at, limit.due_at, limit.escalate_at)
            if not _is_reckoned(limit, calendar) and rungs_by(limit, calendar) == known:
                unmoved[calendar.id, calendar.version, is_provisional(limit, calendar)].append(limit.id)
        for (calendar_id, version, provisional), ids in unmoved.items():
            known_by = {"calendar_id": calendar_id, "calendar_version": version, "provisional": provisional}
            session.execute(update(TimeLimit).where(TimeLimit.id.in_(ids)).values(known_by))
    return {limit_id for ids in unmoved.values() for limit_id in ids}


def _is_reckoned(limit: Row[Any] | TimeLimit, calendar: Calendar) -> bool:
    """By this version, or by a newer one that was published meanwhile."""
    return limit.calendar_id == calendar.id and (limit.calendar_version or 0) >= calendar.version


def _tell(runtime: Runtime, body: Any, work: _Work) -> None:
    with runtime.sessions.begin() as session:
        result = {
            "version": int(body["version"]), "moved": _reckoned_anew(session, body), "tasks": work.tasks,
            "stuck": work.stuck,
        }  # fmt: skip
        if not any((work.done, work.tasks, result["moved"])):
            return
        audit.record(session, UUID(body["calendar_id"]), RECOUNTED, actor=WORKER, now=runtime.clock.now(),
                     result=result, stream_kind="calendar", stream_name=f"{body['kind']}:{body['owner']}")  # fmt: skip


def recounting(session: Session, calendar_id: UUID) -> dict[int, tuple[int, int]]:
    """Version → how many open limits were reckoned by it so far, and of how many; only while that goes on."""
    query = select(Outbox.body).where(Outbox.kind == OUTBOX_KIND, Outbox.state.in_(("PENDING", "CLAIMED")))
    bodies = [body for body in session.scalars(query) if body["calendar_id"] == str(calendar_id) and body.get("total")]
    return {body["version"]: ((body.get("work") or {}).get("done", 0), body["total"]) for body in bodies}


def recounted(session: Session, calendar_id: UUID) -> dict[int, int]:
    """Version → how many open limits were reckoned anew by it."""
    rows = audit.read(session, calendar_id)
    return {row.result["version"]: row.result["moved"] for row in rows if row.kind == RECOUNTED}


def _recount(runtime: Runtime, limit: Any, calendar: Calendar, body: Any) -> bool:
    """False: its instance cannot be moved now."""
    command = Command(
        derived_id(f"calendar:{calendar.id}:{calendar.version}", limit.id), "amend", WORKER,
        {"reason": body["reason"]}, on_behalf_of=UUID(body["by"]),
    )  # fmt: skip
    try:
        execute(runtime, limit.instance_id, command, prepare=partial(_reckon_anew, limit.id, calendar))
    except Gone:
        return True
    except Busy:
        raise
    except (Conflict, Stuck):
        log.warning("limit %s keeps its times: its instance %s cannot be moved", limit.id, limit.instance_id)
        return False
    return True


def _reckon_anew(limit_id: UUID, calendar: Calendar, session: Session, view: View, on: OnInstance) -> Variables:
    limit = session.get_one(TimeLimit, limit_id)
    if limit.ended_at is None and not _is_reckoned(limit, calendar):
        reckon_by(limit, calendar, on)
    return {}


def _concerned(session: Session, kind: str, owner: str, calendar_id: UUID, version: int) -> Select[*tuple[Any, ...]]:
    """Open limits in working time for which the owner's calendar counts, and which are not reckoned by it."""
    district = func.coalesce(WorkOrder.district, CaseFile.district)
    other = or_(TimeLimit.calendar_id != calendar_id, TimeLimit.calendar_version < version)
    return (
        select(
            TimeLimit.id, TimeLimit.calendar_id, TimeLimit.calendar_version, WorkOrder.department,
            district.label("district"), func.coalesce(WorkOrder.instance_id, CaseFile.instance_id).label("instance_id"),
        )
        .join(CaseFile, CaseFile.id == TimeLimit.case_id)
        .outerjoin(WorkOrder, WorkOrder.id == TimeLimit.order_id)
        .where(TimeLimit.ended_at.is_(None), TimeLimit.unit.in_(_UNITS), other)
        .where(*_place(session, kind, owner, WorkOrder.department, district))
        .order_by(TimeLimit.id)
    )  # fmt: skip


def _tasks_there(body: Any, session: Session) -> list[ColumnElement[bool]]:
    return list(_place(session, body["kind"], body["owner"], DEPARTMENT, UserTask.district))


def _place(
    session: Session, kind: str, owner: str, department: Any, district: Any
) -> Iterator[ColumnElement[bool]]:  # fmt: skip
    """Where the owner is, and nobody nearer has a calendar of their own."""
    if kind == "department":
        yield department == owner
        return
    if kind == "district":
        yield _under(district, owner)
    for other_kind, other, _ in city.all_calendars(session):
        if other_kind == "department":
            yield or_(department.is_(None), department != other)
        elif other_kind == "district" and other != owner and (kind == "city" or other.startswith(f"{owner}/")):
            yield ~_under(district, other)


def _under(district: Any, path: str) -> ColumnElement[bool]:
    return or_(district == path, district.startswith(f"{path}/", autoescape=True))


def _reckoned_anew(session: Session, body: Any) -> int:
    """Limits that began before the version and are reckoned by it: the same however often the job began again."""
    query = select(func.count()).select_from(TimeLimit).where(
        TimeLimit.calendar_id == UUID(body["calendar_id"]), TimeLimit.calendar_version == body["version"],
        TimeLimit.started_at <= datetime.fromisoformat(body["published_at"]),
    )  # fmt: skip
    return session.scalar(query) or 0


def _note(runtime: Runtime, row: OutboxRow, work: _Work) -> None:
    """How far it came, and a sign that the worker lives."""
    body = {**row.body, "work": asdict(work)}
    with runtime.sessions.begin() as session:
        mine = update(Outbox).where(Outbox.id == row.id)
        session.execute(mine.values(body=body, claimed_at=runtime.clock.now()))
