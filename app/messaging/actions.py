"""Notices are written and marked read here."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.messaging.models import Notice


def send_notice(
    session: Session, recipients: Iterable[UUID], *, kind: str, subject_kind: str, subject_id: UUID, text_key: str,
    params: Mapping[str, Any], dedupe: str, now: datetime,
) -> int:  # fmt: skip
    """Tell each recipient once: a repeat with the same `dedupe` tells nobody again. Returns how many were told."""
    rows = [
        {"id": new_id(), "recipient": recipient, "kind": kind, "subject_kind": subject_kind, "subject_id": subject_id,
         "text_key": text_key, "params": dict(params), "dedupe": dedupe, "created_at": now}
        for recipient in sorted(set(recipients))
    ]  # fmt: skip
    if not rows:
        return 0
    new = insert(Notice).values(rows).on_conflict_do_nothing(index_elements=["recipient", "dedupe"])
    return len(session.execute(new.returning(Notice.id)).all())


def mark_read(session: Session, recipient: UUID, notice_ids: Iterable[UUID], now: datetime) -> int:
    """Only one's own and only unread ones; returns how many became read."""
    mine = (Notice.recipient == recipient) & Notice.id.in_(list(notice_ids)) & Notice.read_at.is_(None)
    return len(session.execute(update(Notice).where(mine).values(read_at=now).returning(Notice.id)).all())


def mark_all_read(session: Session, recipient: UUID, now: datetime) -> int:
    """Everything unread of this person; returns how many became read."""
    mine = (Notice.recipient == recipient) & Notice.read_at.is_(None)
    return len(session.execute(update(Notice).where(mine).values(read_at=now).returning(Notice.id)).all())
