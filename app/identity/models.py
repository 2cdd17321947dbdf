"""People who sign in, what they were granted, their sessions and their attempts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, LargeBinary, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base
from app.core.ids import new_id
from app.identity.actors import Actor, Grant, Role

Instant = TIMESTAMP(timezone=True)


class User(Base):
    """A person who may sign in. Never deleted: history names them."""

    __tablename__ = "app_user"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    """Where SMS and voice messages reach them; digits, see `app.citizens.masking.normalise_phone`."""
    email: Mapped[str | None] = mapped_column(Text)
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    """A login whose password is public: it works only where demo logins are switched on."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    password_changed_at: Mapped[datetime] = mapped_column(Instant)
    deactivated_at: Mapped[datetime | None] = mapped_column(Instant)
    grants: Mapped[list["UserGrant"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", order_by="UserGrant.granted_at, UserGrant.id"
    )

    def actor(self) -> Actor:
        """This person as a value, with what is granted to them at this moment."""
        return Actor(self.id, self.name, tuple(grant.value() for grant in self.grants), self.language)


class UserGrant(Base):
    __tablename__ = "user_grant"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    role: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    department: Mapped[str | None] = mapped_column(Text)
    granted_at: Mapped[datetime] = mapped_column(Instant)
    granted_by: Mapped[UUID]
    user: Mapped[User] = relationship(back_populates="grants")

    def value(self) -> Grant:
        return Grant(Role(self.role), self.district, self.department)


class UserSession(Base):
    """A signed-in browser or program. The token itself is never stored, only its sha256."""

    __tablename__ = "user_session"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    agent: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)


class SignInAttempt(Base):
    """One try to sign in. The typed name is kept as a hash only: people type passwords into that field."""

    __tablename__ = "sign_in_attempt"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    username_hash: Mapped[bytes] = mapped_column(LargeBinary)
    address: Mapped[str | None] = mapped_column(Text)
    attempted_at: Mapped[datetime] = mapped_column(Instant)
    succeeded: Mapped[bool] = mapped_column(Boolean, default=False)
