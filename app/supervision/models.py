"""Tables of supervision: what was demanded of whom, and what they answered."""

from datetime import datetime
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
