"""Tables of the audit trail (migration 0001)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, DateTime, LargeBinary, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class History(Base):
    __tablename__ = "history"

    stream: Mapped[UUID] = mapped_column(primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True)
    command_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    actor: Mapped[UUID]
    actor_name: Mapped[str] = mapped_column(Text)
    on_behalf_of: Mapped[UUID | None]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    bundle: Mapped[UUID | None]
    steps: Mapped[Any] = mapped_column(JSON)
    changes: Mapped[Any] = mapped_column(JSON)
    result: Mapped[Any] = mapped_column(JSON)
    detail_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    format: Mapped[int] = mapped_column(SmallInteger)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class HistoryDetail(Base):
    """Personal values of a row; may be deleted (erasure), never changed."""

    __tablename__ = "history_detail"

    stream: Mapped[UUID] = mapped_column(primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[Any] = mapped_column(JSON)


class AuditStream(Base):
    """Head of an administrative stream; an instance carries its own head."""

    __tablename__ = "audit_stream"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    no: Mapped[int]
    head: Mapped[bytes] = mapped_column(LargeBinary)


class AccessLog(Base):
    """Who looked at what: reading personal data leaves a trace too."""

    __tablename__ = "access_log"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor: Mapped[UUID]
    actor_name: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    subject: Mapped[UUID]
