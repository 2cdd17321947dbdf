"""Tables of people's own lists and drafts (migrations 0007, 0015)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

Instant = DateTime(timezone=True)


class SavedView(Base):
    """Conditions with a name. Removed ones stay, so that removing can be undone."""

    __tablename__ = "saved_view"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    conditions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    shared_with: Mapped[str | None] = mapped_column(Text)
    """A role's value or a department's code: its people see the view too."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)


class Setting(Base):
    __tablename__ = "list_setting"

    person: Mapped[UUID] = mapped_column(primary_key=True)
    density: Mapped[str] = mapped_column(Text)
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text))
    theme: Mapped[str | None] = mapped_column(Text)
    """light or dark; None: as the person's system."""


class FollowUp(Base):
    """A person's own reminder to look at a task again; nobody else sees it, and it changes nothing of the task."""

    __tablename__ = "follow_up"

    person: Mapped[UUID] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)


class Draft(Base):
    """A form that somebody has not sent yet, as they left it; nobody else sees it."""

    __tablename__ = "draft"

    person: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    """What the form is about: `task:<id>`, or a name of the page's own, with `#<command>` where several may be."""
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(Instant)
