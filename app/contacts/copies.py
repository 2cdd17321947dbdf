"""Copies of recordings outside (S13): what is still to be copied, how far it is, and the way back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import audit
from app.contacts.models import Recording, RecordingCopy
from app.contacts.places import NotKept, Place, digest_of
from app.contacts.store import FOLDER
from app.core.db import Sessions
from app.core.ids import new_id
from app.identity import Actor
from app.workflow.models import Outbox

OUTBOX_KIND = "recording_copy"
AT_ONCE = 200
"""Copies ordered and not yet made: what else workers have to do never waits behind more."""
STREAM = "recording_copies"
DAMAGED = "contacts.copy.damaged"
NUDGE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one place. `waiting` counts those ordered, `unordered` whether there are more."""

    kept: int
    waiting: int
    failed: int
    newest: datetime | None
    more: bool


@dataclass(frozen=True, slots=True)
class Failure:
    recording_id: UUID
    call_id: UUID
    began_at: datetime
    attempts: int
    failed_at: datetime
    error: str


def order_copies(session: Session, place: str, now: datetime, since: datetime | None = None) -> list[UUID]:
    """Order the oldest recordings that have no copy there, `since` when they ended; rows of the outbox, to be handed
    to workers after the commit."""
    open_now = select(func.count()).where(*_open(place), RecordingCopy.failed_at.is_(None))
    room = AT_ONCE - (session.scalar(open_now) or 0)
    if room <= 0:
        return []
    missing = _missing(place).order_by(Recording.ended_at, Recording.id).limit(room)
    if since is not None:
        missing = missing.where(Recording.ended_at >= since)
    ids = session.scalars(missing).all()
    if not ids:
        return []
    rows = [{"recording_id": id_, "place": place, "asked_at": now, "attempts": 0} for id_ in ids]
    made = insert(RecordingCopy).values(rows).on_conflict_do_nothing().returning(RecordingCopy.recording_id)
    return [_ordered(session, id_, place, now) for id_ in session.scalars(made).all()]


def try_failed_again(session: Session, place: str, *, actor: Actor, now: datetime) -> list[UUID]:
    """Everything that was given up is ordered anew, as many as fit at once. Returns rows of the outbox."""
    given_up = select(RecordingCopy.recording_id).where(*_open(place), RecordingCopy.failed_at.is_not(None))
    ids = session.scalars(given_up.order_by(RecordingCopy.asked_at).limit(AT_ONCE).with_for_update()).all()
    anew = update(RecordingCopy).where(RecordingCopy.place == place, RecordingCopy.recording_id.in_(ids))
    session.execute(anew.values(failed_at=None, attempts=0, error=None, asked_at=now))
    if ids:
        told = {"place": place, "recordings": len(ids)}
        audit.record(session, new_id(), "recording_copies.retried", actor=actor, now=now, result=told,
                     stream_kind=STREAM)  # fmt: skip
    return [_ordered(session, id_, place, now) for id_ in ids]


def _ordered(session: Session, recording: UUID, place: str, now: datetime) -> UUID:
    row = Outbox(
        id=new_id(), kind=OUTBOX_KIND, body={"recording": str(recording), "place": place}, created_at=now, due_at=now,
        dedupe=f"{OUTBOX_KIND}:{recording}:{now.isoformat()}", nudge_at=now + NUDGE,
    )  # fmt: skip
    session.add(row)
    return row.id


def progress(session: Session, place: str) -> Progress:
    copies = select(
        func.count().filter(RecordingCopy.kept_at.is_not(None)),
        func.count().filter(RecordingCopy.kept_at.is_(None), RecordingCopy.failed_at.is_(None)),
        func.count().filter(RecordingCopy.failed_at.is_not(None)),
        func.max(RecordingCopy.kept_at),
    ).where(RecordingCopy.place == place)
    kept, waiting, failed, newest = session.execute(copies).one()
    return Progress(kept, waiting, failed, newest, session.scalar(_missing(place).limit(1)) is not None)


def failures(session: Session, place: str, limit: int = 100) -> list[Failure]:
    """What was given up, the oldest first."""
    query = (
        select(RecordingCopy, Recording.call_id, Recording.began_at)
        .join(Recording, Recording.id == RecordingCopy.recording_id)
        .where(*_open(place), RecordingCopy.failed_at.is_not(None))
        .order_by(RecordingCopy.asked_at)
        .limit(limit)
    )
    return [
        Failure(copy.recording_id, call, began, copy.attempts, copy.failed_at or began, copy.error or "")
        for copy, call, began in session.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of one recording that was not here as it should be: `error` says why it is still not."""

    recording_id: UUID
    error: str = ""


def restore(sessions: Sessions, data: Path, place: Place) -> Iterator[Restored]:
    """Bring back every recording whose file is missing here or does not fit its hash. What is whole is left alone;
    what comes back must fit the hash that the database has."""
    last = UUID(int=0)
    while True:
        with sessions() as session:
            rows = session.execute(_copied(place.name, last)).all()
        if not rows:
            return
        for id_, key, sha256 in rows:
            file = data / FOLDER / str(key)
            if not _whole(file, str(sha256)):
                yield _brought_back(file, place, id_, str(key), str(sha256))
        last = rows[-1][0]


def _copied(place: str, after: UUID) -> Select[UUID, str | None, str | None]:
    return (
        select(Recording.id, Recording.storage_key, Recording.sha256)
        .join(RecordingCopy, RecordingCopy.recording_id == Recording.id)
        .where(RecordingCopy.place == place, RecordingCopy.kept_at.is_not(None), Recording.id > after)
        .order_by(Recording.id)
        .limit(500)
    )


def _whole(file: Path, sha256: str) -> bool:
    return file.is_file() and digest_of(file) == sha256


def _brought_back(file: Path, place: Place, id_: UUID, key: str, sha256: str) -> Restored:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    try:
        place.fetch(key, fresh)
        if digest_of(fresh) != sha256:
            return Restored(id_, DAMAGED)
        fresh.chmod(0o600)
        fresh.replace(file)
    except NotKept as error:
        return Restored(id_, str(error))
    finally:
        fresh.unlink(missing_ok=True)
    return Restored(id_)


def _missing(place: str) -> Select[UUID]:
    copied = exists().where(RecordingCopy.recording_id == Recording.id, RecordingCopy.place == place)
    return select(Recording.id).where(Recording.storage_key.is_not(None), ~copied)


def _open(place: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return RecordingCopy.place == place, RecordingCopy.kept_at.is_(None)
