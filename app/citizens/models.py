"""People who call: their name and numbers. Personal data, so nothing else refers to them but by id."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base
from app.core.ids import new_id

Instant = TIMESTAMP(timezone=True)


class Citizen(Base):
    __tablename__ = "citizen"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(Text, default="")
    """Empty for somebody who did not give one."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_contact_at: Mapped[datetime] = mapped_column(Instant)
    phones: Mapped[list["CitizenPhone"]] = relationship(
        cascade="all, delete-orphan", order_by="CitizenPhone.added_at", lazy="selectin"
    )


class CitizenPhone(Base):
    """A number somebody called from. A family or an office may share one: (phone, citizen) is the key."""

    __tablename__ = "citizen_phone"

    phone: Mapped[str] = mapped_column(Text, primary_key=True)
    citizen_id: Mapped[UUID] = mapped_column(ForeignKey("citizen.id"), primary_key=True)
    added_at: Mapped[datetime] = mapped_column(Instant)
