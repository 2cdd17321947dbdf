"""Tables of the workflow (migration 0004). Instances and what hangs on them are written by `advance_write` only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, DateTime, FetchedValue, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

Instant = DateTime(timezone=True)


class FileContent(Base):
    __tablename__ = "file_content"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class BundleRow(Base):
    __tablename__ = "bundle"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[UUID]


class BundleFile(Base):
    __tablename__ = "bundle_file"

    bundle_id: Mapped[UUID] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(Text, primary_key=True)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)


class Deployment(Base):
    __tablename__ = "deployment"

    no: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    bundle_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[UUID]
    actor_name: Mapped[str] = mapped_column(Text)


class OperationGrant(Base):
    __tablename__ = "operation_grant"

    process_id: Mapped[str] = mapped_column(Text, primary_key=True)
    operation: Mapped[str] = mapped_column(Text, primary_key=True)
    actor: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(Instant)


class Instance(Base):
    __tablename__ = "instance"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    bundle_id: Mapped[UUID]
    process_id: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    status: Mapped[str] = mapped_column(Text)
    head: Mapped[bytes] = mapped_column(LargeBinary)
    seal: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    started_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    next_due: Mapped[datetime | None] = mapped_column(Instant)
    incidents: Mapped[int]
    suspended: Mapped[bool]
    holds: Mapped[bool]
    subject_kind: Mapped[str | None] = mapped_column(Text)
    subject_id: Mapped[UUID | None]
    district: Mapped[str | None] = mapped_column(Text)
    departments: Mapped[list[str]] = mapped_column(ARRAY(Text))
    confidential: Mapped[bool]


class UserTask(Base):
    __tablename__ = "user_task"

    task_id: Mapped[UUID] = mapped_column(primary_key=True)
    instance_id: Mapped[UUID]
    element: Mapped[str] = mapped_column(Text)
    process_id: Mapped[str] = mapped_column(Text)
    form_id: Mapped[str | None] = mapped_column(Text)
    groups: Mapped[list[str]] = mapped_column(ARRAY(Text))
    users: Mapped[list[str]] = mapped_column(ARRAY(Text))
    assignee: Mapped[str | None] = mapped_column(Text)
    due: Mapped[datetime | None] = mapped_column(Instant)
    follow_up: Mapped[datetime | None] = mapped_column(Instant)
    priority: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)
    subject_kind: Mapped[str | None] = mapped_column(Text)
    subject_id: Mapped[UUID | None]
    district: Mapped[str | None] = mapped_column(Text)
    departments: Mapped[list[str]] = mapped_column(ARRAY(Text))
    confidential: Mapped[bool]
    act_by: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    """The earlier of its own due time and its subject's first running limit, else `NEVER`; the database keeps it."""
    warn_by: Mapped[datetime | None] = mapped_column(Instant, server_default=FetchedValue())
    """From when on it is due soon."""


class Timer(Base):
    __tablename__ = "timer"

    timer_id: Mapped[UUID] = mapped_column(primary_key=True)
    instance_id: Mapped[UUID]
    element: Mapped[str] = mapped_column(Text)
    due: Mapped[datetime] = mapped_column(Instant)
    held: Mapped[str | None] = mapped_column(Text)


class TimerStart(Base):
    """A process of the current bundle that a clock starts."""

    __tablename__ = "timer_start"

    process_id: Mapped[str] = mapped_column(Text, primary_key=True)
    element: Mapped[str] = mapped_column(Text, primary_key=True)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    next_due: Mapped[datetime | None] = mapped_column(Instant)
    last_due: Mapped[datetime | None] = mapped_column(Instant)
    count: Mapped[int] = mapped_column(default=0)


class Subscription(Base):
    __tablename__ = "subscription"

    wait_id: Mapped[UUID] = mapped_column(primary_key=True)
    instance_id: Mapped[UUID]
    element: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)


class Message(Base):
    """The inbox: a message waits here until an instance takes it or it expires."""

    __tablename__ = "message"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    payload: Mapped[Any] = mapped_column(JSON)
    dedupe: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Text, default="WAITING")
    instance_id: Mapped[UUID | None]
    history_no: Mapped[int | None]


class Outbox(Base):
    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    instance_id: Mapped[UUID | None]
    history_no: Mapped[int | None]
    kind: Mapped[str] = mapped_column(Text)
    body: Mapped[Any] = mapped_column(JSON)
    dedupe: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Text, default="PENDING")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(Instant)
    nudge_at: Mapped[datetime] = mapped_column(Instant)
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    claimed_by: Mapped[int | None]
    """Number of the worker (`presence`)."""
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(Text)


class Incident(Base):
    __tablename__ = "incident"

    no: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    instance_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(Text)
    target: Mapped[str | None] = mapped_column(Text)
    element: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    data: Mapped[Any] = mapped_column(JSON)
    command: Mapped[Any] = mapped_column(JSON, nullable=True)
    state: Mapped[str] = mapped_column(Text, default="OPEN")
    attempts: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(Text)
