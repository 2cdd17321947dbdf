"""In-app notices: one row a recipient."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class Notice(Base):
    """`text_key` and `params` make the sentence in the reader's language; (recipient, dedupe) is unique, so that a
    repeated delivery tells nobody twice."""

    __tablename__ = "notice"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient: Mapped[UUID]
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    text_key: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    dedupe: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
