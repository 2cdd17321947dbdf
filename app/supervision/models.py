"""Tables of supervision: what was demanded of whom, and what they answered."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Numeric, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

Instant = DateTime(timezone=True)


class Supervision(Base):
    """One demand (督办) in a case, of one order or of all its open ones. `departments` are asked for an answer;
    without `answer_due_at` none is."""

    __tablename__ = "supervision"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    order_id: Mapped[UUID | None]
    level: Mapped[str]
    reason: Mapped[str]
    """A code, as diagrams and tables give it; empty where a person wrote `text`."""
    text: Mapped[str] = mapped_column(default="")
    departments: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[UUID]
    actor_name: Mapped[str]
    command_id: Mapped[UUID | None]
    raised_from: Mapped[UUID | None]
    """The demand of a lower level that this one took the place of."""
    rule: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The row of the table that raised it: {no, note, inputs}."""
    custom: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """What an analyst's form asks beyond the product's own fields."""
    answer_value: Mapped[Decimal | None] = mapped_column(Numeric)
    answer_unit: Mapped[str | None]
    answer_due_at: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(default="OPEN")
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the last department that was asked had answered."""
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by: Mapped[UUID | None]
    closed_by_name: Mapped[str | None]
    closing_text: Mapped[str | None]

    @property
    def by_person(self) -> bool:
        """A person wrote it; else a diagram or a rule raised it, in whosever command."""
        return bool(self.text)


class SupervisionAnswer(Base):
    """What a department says to a demand; it may add to it later."""

    __tablename__ = "supervision_answer"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    supervision_id: Mapped[UUID]
    case_id: Mapped[UUID]
    department: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[UUID]
    actor_name: Mapped[str]


class SpotSample(Base):
    """Closed orders drawn for checking. `seed`, the days and the place draw the same ones again; `population_hash`
    tells whether they were drawn from the same."""

    __tablename__ = "spot_sample"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    department: Mapped[str | None]
    district: Mapped[str | None]
    first_day: Mapped[date]
    last_day: Mapped[date]
    size: Mapped[int]
    seed: Mapped[str]
    population: Mapped[int]
    population_hash: Mapped[bytes]
    strata: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """[{department, population, drawn}]"""
    drawn_at: Mapped[datetime] = mapped_column(Instant)
    drawn_by: Mapped[UUID]
    drawn_by_name: Mapped[str]


class SpotCheck(Base):
    """One order of a sample: what was found, what it costs the department, and what became of its appeal."""

    __tablename__ = "spot_check"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sample_id: Mapped[UUID]
    order_id: Mapped[UUID]
    case_id: Mapped[UUID]
    department: Mapped[str]
    district: Mapped[str]
    state: Mapped[str] = mapped_column(default="OPEN")
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    """[{criterion, names, verdict, points}]; points are what it costs."""
    note: Mapped[str] = mapped_column(default="")
    deduction: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    checked_at: Mapped[datetime | None] = mapped_column(Instant)
    checked_by: Mapped[UUID | None]
    checked_by_name: Mapped[str | None]
    appeal_until: Mapped[datetime | None] = mapped_column(Instant)
    appeal_text: Mapped[str | None]
    appealed_at: Mapped[datetime | None] = mapped_column(Instant)
    appealed_by: Mapped[UUID | None]
    appealed_by_name: Mapped[str | None]
    decision: Mapped[str | None]
    decision_text: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[UUID | None]
    decided_by_name: Mapped[str | None]
    counted: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    """What the department's score loses: the deduction, or what the decision left of it."""
