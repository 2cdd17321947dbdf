"""Adding and removing documents. Each stands in a stream of its own, with the hash of what it holds."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import audit
from app.core.errors import Conflict, Forbidden, Invalid
from app.documents.models import Document
from app.documents.photos import without_whereabouts
from app.documents.queries import DocumentView, documents_of, view_of
from app.documents.storage import Folder, digest_of, media_type_of
from app.identity import Actor

MOST_BYTES = 12 * 1024 * 1024
MOST_NAME = 120
REGISTRATION = "registration"
"""Kind of subject: a report that is not saved yet, by the id of the command that will save it."""
KEEP_UNSAVED = timedelta(days=14)
"""As long as the drafts they belong to."""


def keep(
    session: Session, folder: Folder, document_id: UUID, content: bytes, *, subject_kind: str, subject_id: UUID,
    name: str, actor: Actor, now: datetime,
) -> DocumentView:  # fmt: skip
    """Add a file under an id that its sender chose: sent twice it is one. What a camera wrote beside a photo (place,
    device) is taken off. Raises Invalid (its kind, its size), Conflict (the id stands for something else)."""
    kind = media_type_of(content)
    if kind is None:
        raise Invalid("documents.kind")
    if len(content) > MOST_BYTES:
        raise Invalid("documents.size", most=MOST_BYTES // 1024 // 1024)
    if kind.startswith("image/"):
        content = without_whereabouts(content)
    _hold(session, digest_of(content))
    digest = folder.put(content)
    known = session.get(Document, document_id)
    if known is not None:
        if (known.sha256, known.subject_id, known.added_by) != (digest, subject_id, actor.id):
            raise Conflict("documents.id_used")
        return view_of(known)
    row = Document(
        id=document_id, subject_kind=subject_kind, subject_id=subject_id, sha256=digest, size=len(content),
        media_type=kind, name=name.strip()[:MOST_NAME], added_by=actor.id, added_by_name=actor.name, added_at=now,
    )  # fmt: skip
    session.add(row)
    told = {"sha256": digest.hex(), "size": row.size, "media_type": kind, "subject": str(subject_id)}
    audit.record(session, document_id, "document.added", actor=actor, now=now, result=told, stream_kind="document")
    return view_of(row)


def remove(session: Session, document_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Take back what one added oneself. Raises NotFound, Forbidden."""
    row = session.get(Document, document_id)
    if row is None or row.removed_at is not None:
        return
    if row.added_by != actor.id:
        raise Forbidden("documents.not_yours")
    row.removed_at = now
    audit.record(session, document_id, "document.removed", actor=actor, now=now, stream_kind="document")


def attach(session: Session, command_id: UUID, case_id: UUID, *, actor: Actor, now: datetime) -> list[DocumentView]:
    """The report was saved: what this person added to it while writing belongs to its case from now on."""
    mine = [row for row in documents_of(session, [command_id]) if row.added_by == actor.id]
    for each in mine:
        row = session.get_one(Document, each.id)
        row.subject_kind, row.subject_id = "case", case_id
        told = {"subject": str(case_id)}
        audit.record(session, row.id, "document.attached", actor=actor, now=now, result=told, stream_kind="document")
    return mine


def forget_written(session: Session, folder: Folder, command_id: UUID, *, actor: Actor, now: datetime) -> None:
    """The report was dropped by who wrote it."""
    own = Document.subject_kind == REGISTRATION, Document.subject_id == command_id, Document.added_by == actor.id
    rows = session.scalars(select(Document).where(*own, Document.removed_at.is_(None))).all()
    _erase(session, folder, rows, actor=actor, now=now)


def forget_unsaved(session: Session, folder: Folder, *, actor: Actor, now: datetime) -> None:
    """Files of reports that nobody saved are erased: the row says when, the content goes unless something else holds
    the same."""
    old = Document.subject_kind == REGISTRATION, Document.removed_at.is_(None), Document.added_at < now - KEEP_UNSAVED
    _erase(session, folder, session.scalars(select(Document).where(*old)).all(), actor=actor, now=now)


def _erase(session: Session, folder: Folder, rows: Sequence[Document], *, actor: Actor, now: datetime) -> None:
    for row in sorted(rows, key=lambda each: each.sha256):  # in one order, so that two cannot wait for each other
        _hold(session, row.sha256)
        row.removed_at = now
        audit.record(session, row.id, "document.removed", actor=actor, now=now, stream_kind="document")
        session.flush()
        held = select(func.count()).where(Document.sha256 == row.sha256, Document.removed_at.is_(None))
        if not session.scalar(held):
            folder.path(row.sha256).unlink(missing_ok=True)


def _hold(session: Session, digest: bytes) -> None:
    """Until the transaction ends nobody else keeps or erases the same content."""
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], signed=True))))
