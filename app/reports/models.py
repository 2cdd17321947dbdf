"""Tables of background work, and of registrations from before this system."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

Instant = DateTime(timezone=True)


class ReportJob(Base):
    """One export or import: who asked, how far it is, and its file while it is kept."""

    __tablename__ = "report_job"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    owner: Mapped[UUID]
    owner_name: Mapped[str]
    language: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(default="WAITING")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    file: Mapped[str | None]
    """Name in the folder of exports; None when it was not made yet, or is gone."""
    error: Mapped[str | None]
    """Key of a sentence."""
    result: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    created_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class ImportedRegistration(Base):
    """A registration accepted before this system (W19)."""

    __tablename__ = "imported_registration"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    job_id: Mapped[UUID]
    row_no: Mapped[int]
    former_no: Mapped[str] = mapped_column(default="")
    citizen_id: Mapped[UUID | None]
    caller_name: Mapped[str] = mapped_column(default="")
    caller_phone: Mapped[str] = mapped_column(default="")
    reported_at: Mapped[datetime] = mapped_column(Instant)
    category: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(default="")
    content: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    result: Mapped[str] = mapped_column(default="")
    imported_at: Mapped[datetime] = mapped_column(Instant)
