"""Reading about documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.documents.models import Document


@dataclass(frozen=True, slots=True)
class DocumentView:
    id: UUID
    subject_kind: str
    subject_id: UUID
    sha256: bytes
    size: int
    media_type: str
    name: str
    added_by: UUID
    added_by_name: str
    added_at: datetime

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")

    def told(self) -> dict[str, str]:
        """As a history keeps it, so that its chain vouches for the content."""
        return {"id": str(self.id), "sha256": self.sha256.hex(), "media_type": self.media_type}


def document_of(session: Session, document_id: UUID) -> DocumentView:
    """Raises NotFound, also for one that was removed."""
    row = session.get(Document, document_id)
    if row is None or row.removed_at is not None:
        raise NotFound("documents.unknown")
    return view_of(row)


def documents_of(session: Session, subject_ids: Sequence[UUID]) -> list[DocumentView]:
    """Of several cases or orders, in the order in which they were added."""
    wanted = Document.subject_id.in_(subject_ids), Document.removed_at.is_(None)
    rows = session.scalars(select(Document).where(*wanted).order_by(Document.added_at, Document.id))
    return [view_of(row) for row in rows] if subject_ids else []


def view_of(row: Document) -> DocumentView:
    return DocumentView(
        row.id, row.subject_kind, row.subject_id, row.sha256, row.size, row.media_type, row.name, row.added_by,
        row.added_by_name, row.added_at,
    )  # fmt: skip
