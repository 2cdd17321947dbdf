"""What workers do for recordings: copy one to the place outside that the settings name (S13)."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from app.contacts.copies import DAMAGED, OUTBOX_KIND, order_copies
from app.contacts.models import Recording, RecordingCopy
from app.contacts.places import NotKept, Place, digest_of
from app.contacts.store import FOLDER
from app.workflow.errors import Later
from app.workflow.runtime import Runtime
from app.workflow.schemas import OutboxRow

__all__ = ["OUTBOX_KIND", "copy_out", "order_all", "order_recent"]

AGAIN = tuple(timedelta(seconds=each) for each in (10, 60, 300, 900, 3600, 7200))
"""How long to wait after each failure; after one more the copy is given up, and a person is told on a page."""
RECENT = timedelta(days=1)
"""What ended longer ago is looked for once a day: that reads the whole table."""


def order_recent(runtime: Runtime, *, place: Place) -> None:
    _order(runtime, place, runtime.clock.now() - RECENT)


def order_all(runtime: Runtime, *, place: Place) -> None:
    """What was recorded before there was a place, too."""
    _order(runtime, place, None)


def _order(runtime: Runtime, place: Place, since: datetime | None) -> None:
    with runtime.sessions.begin() as session:
        ordered = order_copies(session, place.name, runtime.clock.now(), since)
    if runtime.queue is not None:
        runtime.queue.enqueue(ordered)


def copy_out(runtime: Runtime, row: OutboxRow, *, data: Path, place: Place | None) -> None:
    """Copy, read back, note. Whoever is killed in between leaves at most a copy that the next one writes again, under
    the same name. Raises Later when another try may help."""
    key = (UUID(row.body["recording"]), row.body["place"])
    with runtime.sessions.begin() as session:
        copy, recording = session.get(RecordingCopy, key), session.get(Recording, key[0])
        if copy is None or recording is None or copy.kept_at is not None:
            return
        if place is None or place.name != copy.place:  # the settings name another place by now
            session.delete(copy)
            return
        storage_key, sha256 = str(recording.storage_key), str(recording.sha256)
    try:
        _copy(data / FOLDER / storage_key, storage_key, sha256, place)
    except NotKept as error:
        _failed(runtime, key, str(error))
    else:
        with runtime.sessions.begin() as session:
            copy = session.get_one(RecordingCopy, key)
            copy.kept_at, copy.failed_at, copy.error = runtime.clock.now(), None, None


def _copy(file: Path, storage_key: str, sha256: str, place: Place) -> None:
    if not file.is_file():
        raise NotKept("contacts.copy.gone")
    if digest_of(file) != sha256:
        raise NotKept("contacts.copy.unfit")
    place.put(storage_key, file)
    if place.digest(storage_key) != sha256:
        raise NotKept(DAMAGED)


def _failed(runtime: Runtime, key: tuple[UUID, str], why: str) -> None:
    now = runtime.clock.now()
    with runtime.sessions.begin() as session:
        copy = session.get_one(RecordingCopy, key)
        copy.attempts, copy.error = copy.attempts + 1, why[:500]
        tries = copy.attempts
        if tries > len(AGAIN):
            copy.failed_at = now
            return
    raise Later(now + AGAIN[tries - 1])
