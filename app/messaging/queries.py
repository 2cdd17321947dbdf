"""Reading notices: the newest first, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.core.i18n import has_text, text
from app.messaging.models import Notice

After = tuple[datetime, UUID]
"""Key of a page's last row: when it was made, and its id."""


@dataclass(frozen=True, slots=True)
class NoticeView:
    id: UUID
    kind: str
    subject_kind: str
    subject_id: UUID
    text_key: str
    params: Mapping[str, Any]
    created_at: datetime
    read_at: datetime | None

    def sentence(self, language: str) -> str:
        return said(self.text_key, self.params, language)


def said(text_key: str, params: Mapping[str, Any], language: str) -> str:
    """Params whose value is itself the key of a text are said in the reader's language too."""
    words = {
        name: text(value, language) if isinstance(value, str) and has_text(value) else value
        for name, value in params.items()
    }
    return text(text_key, language, **words)


def notices(
    session: Session, recipient: UUID, *, unread_only: bool = False, after: After | None = None, limit: int = 50
) -> list[NoticeView]:
    """One person's notices, the newest first; `after` continues behind that row."""
    query = select(Notice).where(Notice.recipient == recipient)
    if unread_only:
        query = query.where(Notice.read_at.is_(None))
    if after is not None:
        query = query.where(tuple_(Notice.created_at, Notice.id) < tuple_(*after))
    query = query.order_by(Notice.created_at.desc(), Notice.id.desc()).limit(limit)
    return [
        NoticeView(n.id, n.kind, n.subject_kind, n.subject_id, n.text_key, n.params, n.created_at, n.read_at)
        for n in session.scalars(query)
    ]


def unread_count(session: Session, recipient: UUID) -> int:
    query = select(func.count()).select_from(Notice).where(Notice.recipient == recipient, Notice.read_at.is_(None))
    return session.scalar(query) or 0
