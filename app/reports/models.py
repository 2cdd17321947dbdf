"""Tables of background work, and of registrations from before this system."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime
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


class DailyFigure(Base):
    """How often something happened on a day of the city: counted anew by `rollup`, never written by commands."""

    __tablename__ = "daily_figure"
    day: Mapped[date] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    district: Mapped[str] = mapped_column(primary_key=True)
    """City and district: two levels of the path."""
    department: Mapped[str] = mapped_column(primary_key=True)
    """Of limits the order's, else the lead; empty where none is responsible."""
    n: Mapped[int]


class DailyTopic(Base):
    """How many reports of a kind of matter were registered on a day: by sub-category, where the case has one."""

    __tablename__ = "daily_topic"
    day: Mapped[date] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    district: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int]


class MonthlyFigure(Base):
    """The sum of a month's `DailyFigure`s: written by `rollup` together with them."""

    __tablename__ = "monthly_figure"
    month: Mapped[date] = mapped_column(primary_key=True)
    """Its first day."""
    measure: Mapped[str] = mapped_column(primary_key=True)
    district: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)


class MonthlyTopic(Base):
    """The sum of a month's `DailyTopic`s: written by `rollup` together with them."""

    __tablename__ = "monthly_topic"
    month: Mapped[date] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    district: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)


class DailySpot(Base):
    """How many reports of a kind of matter came from a place on a day; counted anew by `rollup`."""

    __tablename__ = "daily_spot"
    day: Mapped[date] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    district: Mapped[str] = mapped_column(primary_key=True)
    """The whole path."""
    department: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int]
    hard: Mapped[int]
    """Of these: reworked, not solved at the return visit, or highly supervised."""
    open_n: Mapped[int]
    """Of these: not confidential."""


class HotSpotBulletin(Base):
    """A list of hot spots that a leader made public: matters and places with their counts, no case and no person."""

    __tablename__ = "hot_spot_bulletin"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    text: Mapped[str]
    entries: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """[{topic, district, names, place, count, before, kinds}]; names and place by language, as they were then."""
    published_at: Mapped[datetime] = mapped_column(Instant)
    published_by: Mapped[UUID]
    published_by_name: Mapped[str]
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[UUID | None]
    withdrawn_by_name: Mapped[str | None]


class FiguresState(Base):
    """One row: as of when today's figures are, and how far the walk into the past has come."""

    __tablename__ = "figures_state"
    id: Mapped[int] = mapped_column(primary_key=True)
    as_of: Mapped[datetime] = mapped_column(Instant)
    reached: Mapped[date]
    complete: Mapped[bool] = mapped_column(default=False)
