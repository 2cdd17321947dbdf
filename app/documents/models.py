"""Table of documents (migration 0015)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

Instant = DateTime(timezone=True)


class Document(Base):
    """One file. `removed_at` is a fact: its row stays, and its content as long as somebody else's names it."""

    __tablename__ = "document"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    """`case`, `order`, or `registration`: a report still being written, by the id of the command that will save it."""
    subject_id: Mapped[UUID]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int]
    """Bytes."""
    media_type: Mapped[str]
    name: Mapped[str]
    added_by: Mapped[UUID]
    added_by_name: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(Instant)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
