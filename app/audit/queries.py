"""Reading the audit trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.audit.models import AccessLog, AuditStream, History, HistoryDetail


@dataclass(frozen=True, slots=True)
class HistoryRow:
    stream: UUID
    no: int
    command_id: UUID
    kind: str
    actor: UUID
    actor_name: str
    on_behalf_of: UUID | None
    recorded_at: datetime
    occurred_at: datetime
    bundle: UUID | None
    steps: Sequence[Mapping[str, Any]]
    changes: Mapping[str, Any]
    result: Mapping[str, Any]
    personal: Mapping[str, Any] | None
    """The personal values, where there are any and they have not been erased."""
    erased: bool


def read(session: Session, stream: UUID, *, after: int = 0, limit: int | None = None) -> list[HistoryRow]:
    """The rows of a stream in order, with their personal part where it still exists."""
    same = and_(HistoryDetail.stream == History.stream, HistoryDetail.no == History.no)
    query = (
        select(History, HistoryDetail.body)
        .outerjoin_from(History, HistoryDetail, same)
        .where(History.stream == stream, History.no > after)
        .order_by(History.no)
    )
    rows = session.execute(query.limit(limit) if limit else query)
    return [_row(row, body) for row, body in rows]


def latest(
    session: Session, kinds: Sequence[str], *, before: datetime | None = None, limit: int = 100
) -> list[tuple[HistoryRow, str | None]]:
    """The newest rows of all administrative streams of these kinds, with the stream's name; those streams are few."""
    same = and_(HistoryDetail.stream == History.stream, HistoryDetail.no == History.no)
    query = (
        select(History, HistoryDetail.body, AuditStream.name)
        .join_from(AuditStream, History, History.stream == AuditStream.id)
        .outerjoin(HistoryDetail, same)
        .where(AuditStream.kind.in_(kinds))
        .order_by(History.recorded_at.desc(), History.stream, History.no.desc())
    )
    if before is not None:
        query = query.where(History.recorded_at < before)
    return [(_row(row, body), name) for row, body, name in session.execute(query.limit(limit))]


def _row(row: History, body: Any) -> HistoryRow:
    return HistoryRow(
        row.stream, row.no, row.command_id, row.kind, row.actor, row.actor_name, row.on_behalf_of, row.recorded_at,
        row.occurred_at, row.bundle, row.steps, row.changes, row.result, body,
        erased=row.detail_hash is not None and body is None,
    )  # fmt: skip


def accesses(session: Session, subject: UUID, limit: int = 200) -> list[AccessLog]:
    """Who looked at this subject, the latest first."""
    query = select(AccessLog).where(AccessLog.subject == subject).order_by(AccessLog.at.desc()).limit(limit)
    return list(session.scalars(query))
