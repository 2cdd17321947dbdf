"""Tables of the desk (migration 0039)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

Instant = DateTime(timezone=True)
BULLETIN_KINDS = ("PRODUCT", "ADVERTISING", "OTHER")
"""Product of the day, something for as long as it is advertised, other affairs (S19)."""
AGENDA_KINDS = ("APPOINTMENT", "CALLBACK")


class Bulletin(Base):
    """Words for every seat, from … until. What was withdrawn stays as a fact."""

    __tablename__ = "desk_bulletin"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    shown_from: Mapped[datetime] = mapped_column(Instant)
    shown_until: Mapped[datetime | None] = mapped_column(Instant)
    published_at: Mapped[datetime] = mapped_column(Instant)
    published_by: Mapped[UUID]
    published_by_name: Mapped[str]
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


class AgendaItem(Base):
    """Something a person plans for a time; nobody else sees it."""

    __tablename__ = "agenda_item"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    person: Mapped[UUID]
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    said: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)
    told_at: Mapped[datetime | None] = mapped_column(Instant)
    """The reminder went out."""
    done_at: Mapped[datetime | None] = mapped_column(Instant)
