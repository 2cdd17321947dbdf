"""Adding and removing documents. Each stands in a stream of its own, with the hash of what it holds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import audit
from app.core.errors import Conflict, Forbidden, Invalid
from app.documents.models import Document
from app.documents.photos import without_whereabouts
from app.documents.queries import DocumentView, view_of
from app.documents.storage import Folder, media_type_of
from app.identity import Actor

MOST_BYTES = 12 * 1024 * 1024
MOST_NAME = 120


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
