"""Tables of what people write again and again, and of the knowledge base (migrations 0016, 0041)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class Phrase(Base):
    """A piece of text under a short name."""

    __tablename__ = "phrase"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[UUID | None]
    """Whose it is; None: everybody's."""
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    made_by: Mapped[UUID]


class Article(Base):
    """An article of the knowledge base as it stands now."""

    __tablename__ = "article"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
    """A code of the city's categories; None: any."""
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    marks: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """What title and body are recognised by (`core.words.marks`), for the search."""
    version: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    changed_by: Mapped[UUID]
    changed_by_name: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class ArticleVersion(Base):
    """An article as it once stood; never changed."""

    __tablename__ = "article_version"

    article_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    changed_by: Mapped[UUID]
    changed_by_name: Mapped[str] = mapped_column(Text)
