"""Calendars in the database: which one counts, and publishing a new version."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Text, cast, literal_column, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from app import audit
from app.city.calendar import Calendar
from app.city.models import CalendarVersion, WorkCalendar
from app.city.rules import CalendarRules
from app.city.sources import published_days, published_years
from app.core.errors import NotFound
from app.core.ids import new_id
from app.identity import Actor, Scope, require


class Renewed(NamedTuple):
    """A calendar that got newly published years."""

    owner_kind: str
    owner: str
    calendar: Calendar
    years: str


_KEPT = 200
_known: dict[tuple[UUID, int, str], Calendar] = {}
"""Versions never change, so a process keeps those it has read. The transaction that wrote it is part of the key: a
version that was read and then rolled back must not stand for the one that is published in its place."""
_NEWEST = "city.newest_calendars"
_lock = Lock()


def calendar_for(session: Session, department: str | None, district: str | None) -> Calendar:
    """The calendar that counts: the department's, else that of the nearest district, else the city's.

    `district` is a path; the city is its first part (without one, any city's calendar). One statement a session when
    this process knows the version already. Raises NotFound when the city has no calendar.
    """
    rank = {owner: place for place, owner in enumerate(_owners(department, district))}
    rows = [row for row in _newest(session) if row.owner_kind == "city" or (row.owner_kind, row.owner) in rank]
    if not rows:
        raise NotFound("city.calendar.none")
    best = min(rows, key=lambda row: rank.get((row.owner_kind, row.owner), len(rank)))
    return _read(session, best.id, best.version, best.writer)


def has_calendar(session: Session) -> bool:
    """Whether there is any: without one no `deadline(…)` can be computed."""
    return session.scalar(select(WorkCalendar.id).limit(1)) is not None


def calendar_version(session: Session, calendar_id: UUID, version: int) -> Calendar:
    """One version, for going on with a limit that was computed from it. Raises NotFound."""
    for row in session.info.get(_NEWEST, ()):
        if (row.id, row.version) == (calendar_id, version):
            return _read(session, calendar_id, version, row.writer)
    here = (CalendarVersion.calendar_id == calendar_id) & (CalendarVersion.version == version)
    writer = session.scalar(select(_WRITER).where(here))
    if writer is None:
        raise NotFound("city.calendar.none")
    return _read(session, calendar_id, version, writer)


def publish_calendar(
    session: Session, owner_kind: str, owner: str, rules: CalendarRules, *, reason: str, actor: Actor, now: datetime
) -> Calendar:
    """Store `rules` as the owner's newest calendar: `owner_kind` is city, district or department.

    Equal rules make no new version. Limits that run are not touched: whoever keeps them reschedules them.
    Raises Forbidden.
    """
    departments = frozenset({owner} if owner_kind == "department" else ())
    require(actor, "calendar.manage", Scope(None if owner_kind != "district" else owner, departments))
    calendar_id = _locked_calendar(session, owner_kind, owner, now)
    last = session.scalar(
        select(CalendarVersion).where(CalendarVersion.calendar_id == calendar_id).order_by(_VERSION_DOWN).limit(1)
    )
    snapshot = rules.to_json()
    if last is not None and last.snapshot == snapshot:
        return calendar_version(session, calendar_id, last.version)
    version = last.version + 1 if last else 1
    new = CalendarVersion(calendar_id=calendar_id, version=version, snapshot=snapshot, reason=reason)
    new.created_at, new.created_by = now, actor.id
    session.add(new)
    session.flush()
    session.info.pop(_NEWEST, None)
    changes = _differences(last.snapshot if last else {}, snapshot)
    audit.record(
        session,
        calendar_id,
        "calendar.published",
        actor=actor,
        now=now,
        changes=changes | {"version": {"old": last.version if last else None, "new": version}},
        result={"reason": reason},
        stream_kind="calendar",
        stream_name=f"{owner_kind}:{owner}",
    )
    return Calendar(calendar_id, version, rules)


def change_calendar(
    session: Session, owner_kind: str, owner: str, change: Callable[[CalendarRules], CalendarRules], *, reason: str,
    actor: Actor, now: datetime,
) -> Calendar:  # fmt: skip
    """Publish what `change` makes of the newest version, read under the calendar's lock, so that two administrators'
    changes add up. An owner without a calendar begins with the one that counted for it so far."""
    departments = frozenset({owner} if owner_kind == "department" else ())
    require(actor, "calendar.manage", Scope(None if owner_kind != "district" else owner, departments))
    before = _owner_calendar(session, owner_kind, owner)
    _locked_calendar(session, owner_kind, owner, now)
    session.info.pop(_NEWEST, None)
    present = [row for row in _newest(session) if (row.owner_kind, row.owner) == (owner_kind, owner)]
    rules = _read(session, present[0].id, present[0].version, present[0].writer).rules if present else before.rules
    return publish_calendar(session, owner_kind, owner, change(rules), reason=reason, actor=actor, now=now)


def all_calendars(session: Session) -> list[tuple[str, str, int]]:
    """(whose kind, whose, newest version) of every calendar."""
    return sorted((row.owner_kind, row.owner, row.version) for row in _newest(session))


def versions_of(session: Session, calendar_id: UUID) -> Sequence[CalendarVersion]:
    """The newest first."""
    return session.scalars(
        select(CalendarVersion).where(CalendarVersion.calendar_id == calendar_id).order_by(_VERSION_DOWN)
    ).all()


def _owner_calendar(session: Session, owner_kind: str, owner: str) -> Calendar:
    return calendar_for(
        session, owner if owner_kind == "department" else None, None if owner_kind == "department" else owner
    )


def refresh_published_years(session: Session, *, actor: Actor, now: datetime) -> list[Renewed]:
    """Give every calendar the years that have been published since: new versions of those that lacked some."""
    renewed = []
    for row in list(_newest(session)):
        rules = _read(session, row.id, row.version, row.writer).rules
        fresh = published_days(published_years() - rules.published)
        if not fresh.years or not rules.observes_holidays:
            continue
        wider = CalendarRules(
            zone=rules.zone,
            week=rules.week,
            make_up_shifts=rules.make_up_shifts,
            off={**rules.off, **fresh.off},
            make_up={**rules.make_up, **fresh.make_up},
            published=rules.published | fresh.years,
        )
        years = ", ".join(str(year) for year in sorted(fresh.years))
        newer = publish_calendar(session, row.owner_kind, row.owner, wider, reason=years, actor=actor, now=now)
        renewed.append(Renewed(row.owner_kind, row.owner, newer, years))
    return renewed


_VERSION_DOWN = CalendarVersion.version.desc()
_WRITER = cast(literal_column("calendar_version.xmin"), Text).label("writer")


def _newest(session: Session) -> Sequence[Any]:
    """Each calendar's newest version, looked up once a session: a city has a handful."""
    found: Sequence[Any] | None = session.info.get(_NEWEST)
    if found is None:
        query = (
            select(WorkCalendar.id, WorkCalendar.owner_kind, WorkCalendar.owner, CalendarVersion.version, _WRITER)
            .join(CalendarVersion, CalendarVersion.calendar_id == WorkCalendar.id)
            .ext(distinct_on(WorkCalendar.id))
            .order_by(WorkCalendar.id, _VERSION_DOWN)
        )
        with session.no_autoflush:
            found = session.info[_NEWEST] = session.execute(query).all()
    return found


def _owners(department: str | None, district: str | None) -> list[tuple[str, str]]:
    owners = [("department", department)] if department else []
    parts = district.split("/") if district else []
    owners += [("district", "/".join(parts[:depth])) for depth in range(len(parts), 1, -1)]
    return [*owners, ("city", parts[0])] if parts else owners


def _locked_calendar(session: Session, owner_kind: str, owner: str, now: datetime) -> UUID:
    """The owner's calendar, made when missing and locked: versions follow each other."""
    new = insert(WorkCalendar).values(id=new_id(), owner_kind=owner_kind, owner=owner, created_at=now)
    session.execute(new.on_conflict_do_nothing())
    query = select(WorkCalendar.id).where(WorkCalendar.owner_kind == owner_kind, WorkCalendar.owner == owner)
    return session.execute(query.with_for_update()).scalar_one()


def _read(session: Session, calendar_id: UUID, version: int, writer: str) -> Calendar:
    key = (calendar_id, version, writer)
    if (known := _known.get(key)) is not None:
        return known
    row = session.get_one(CalendarVersion, (calendar_id, version))
    with _lock:
        while len(_known) >= _KEPT:
            _known.pop(next(iter(_known)))
        return _known.setdefault(key, Calendar(calendar_id, version, CalendarRules.from_json(row.snapshot)))


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of two snapshots that differ."""
    fields = sorted(set(old) | set(new))
    return {
        field: {"old": old.get(field), "new": new.get(field)} for field in fields if old.get(field) != new.get(field)
    }
