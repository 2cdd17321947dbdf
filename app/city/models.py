"""The city: where things are, who is responsible, what is reported, and when people work."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Integer, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.core.ids import new_id

Names = dict[str, str]
"""By language: {"en": …, "zh-CN": …}."""


class District(Base):
    """A part of the city. Its code is its path in the tree: "jz", "jz/dongcheng", "jz/dongcheng/xinhe"."""

    __tablename__ = "district"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    parent: Mapped[str | None] = mapped_column(ForeignKey("district.code"))
    names: Mapped[Names] = mapped_column(JSONB)
    polygon: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """GeoJSON Polygon, WGS 84, [longitude, latitude]."""
    streets: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    """[{"code": "<path>/<street>", "names": {…}}], in the smallest districts only."""
    outer: Mapped[bool] = mapped_column(Boolean, default=False)
    """Far from the centre: some limits are longer."""
    position: Mapped[int] = mapped_column(Integer, default=0)


class Department(Base):
    """A responsible unit."""

    __tablename__ = "department"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    parent: Mapped[str | None] = mapped_column(ForeignKey("department.code"))
    names: Mapped[Names] = mapped_column(JSONB)
    process_id: Mapped[str | None] = mapped_column(Text)
    """The diagram of its work orders; None is the default one."""
    retired_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    """From when on nothing new is given to it."""
    position: Mapped[int] = mapped_column(Integer, default=0)


class Category(Base):
    """What is reported: a problem category, or a sub-category below it."""

    __tablename__ = "category"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    parent: Mapped[str | None] = mapped_column(ForeignKey("category.code"))
    names: Mapped[Names] = mapped_column(JSONB)
    department: Mapped[str | None] = mapped_column(ForeignKey("department.code"))
    """Who is usually responsible; a sub-category without one follows its category."""
    kind: Mapped[str | None] = mapped_column(Text)
    """EVENT or COMPONENT, where it is always that."""
    sector: Mapped[str | None] = mapped_column(Text)
    """The field of the platform it belongs to: a `term` of kind SECTOR."""
    emergency: Mapped[bool] = mapped_column(Boolean, default=False)
    retired_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    """From when on no new case may have it."""
    position: Mapped[int] = mapped_column(Integer, default=0)


class ComponentClass(Base):
    """A class of city components (manhole cover, street lamp): numbers as in the national catalogue's manner."""

    __tablename__ = "component_class"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    names: Mapped[Names] = mapped_column(JSONB)
    owner: Mapped[str | None] = mapped_column(ForeignKey("department.code"))
    """The department that usually keeps such a thing."""
    position: Mapped[int] = mapped_column(Integer, default=0)


class Term(Base):
    """Other words of the trade with codes: sectors, kinds of submission, topics of consultation."""

    __tablename__ = "term"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    names: Mapped[Names] = mapped_column(JSONB)
    position: Mapped[int] = mapped_column(Integer, default=0)


class WorkCalendar(Base):
    """A working calendar and whose it is: the city's, a district's or a department's."""

    __tablename__ = "work_calendar"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    owner_kind: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(Text)
    """A district path or a department's code."""
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))


class CalendarVersion(Base):
    """One immutable state of a calendar; the highest version is the present one."""

    __tablename__ = "calendar_version"

    calendar_id: Mapped[UUID] = mapped_column(ForeignKey("work_calendar.id"), primary_key=True)
    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    created_by: Mapped[UUID]
