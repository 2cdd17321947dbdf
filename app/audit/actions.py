"""Writing to the audit trail."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.audit.chain import FORMAT, GENESIS, Row, chain, detail_hash, new_salt, to_json
from app.audit.models import AccessLog, AuditStream
from app.core.ids import new_id


class Who(Protocol):
    """An actor, as far as the audit trail needs one (identity stands above us)."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


def record(
    session: Session,
    stream: UUID,
    kind: str,
    *,
    actor: Who,
    now: datetime,
    changes: Mapping[str, object] | None = None,
    personal: Mapping[str, object] | None = None,
    stream_kind: str = "admin",
    stream_name: str | None = None,
    command_id: UUID | None = None,
    on_behalf_of: UUID | None = None,
    result: Mapping[str, object] | None = None,
    bundle: UUID | None = None,
    steps: Sequence[Mapping[str, object]] = (),
    occurred_at: datetime | None = None,
) -> int:
    """Append one row to an administrative stream (made when missing) and return its number.

    `changes` {field: {"old": …, "new": …}} stays for ever; `personal` may be erased later. `steps` are a diagram's, of
    `bundle`, where something ran that is no instance. The stream stays locked until the caller's transaction ends."""
    no, head = _locked_head(session, stream, stream_kind, stream_name)
    salt, body = (new_salt(), to_json(personal)) if personal else (None, None)
    row = Row(
        stream=stream, no=no + 1, command_id=command_id or new_id(), kind=kind, actor=actor.id, actor_name=actor.name,
        on_behalf_of=on_behalf_of, recorded_at=now, occurred_at=occurred_at or now, bundle=bundle,
        steps=to_json(list(steps)),
        changes=to_json(changes or {}), result=to_json(result or {}),
        detail_hash=detail_hash(salt, body) if salt is not None and body is not None else None,
    )  # fmt: skip
    digest = chain(head, row)
    _insert(session, row, head, digest, salt, body)
    session.execute(update(AuditStream).where(AuditStream.id == stream).values(no=row.no, head=digest))
    return row.no


def _locked_head(session: Session, stream: UUID, kind: str, name: str | None) -> tuple[int, bytes]:
    locked = select(AuditStream.no, AuditStream.head).where(AuditStream.id == stream).with_for_update()
    found = session.execute(locked).one_or_none()
    if found is None:
        new = upsert(AuditStream).values(id=stream, kind=kind, name=name, no=0, head=GENESIS)
        session.execute(new.on_conflict_do_nothing())
        found = session.execute(locked).one()
    return found.no, found.head


INSERT = """insert into history(stream, no, command_id, kind, actor, actor_name, on_behalf_of, recorded_at, occurred_at,
 bundle, steps, changes, result, detail_hash, format, previous, hash)
 values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::text::json, %s::text::json, %s::text::json, %s, %s, %s, %s)"""
INSERT_DETAIL = "insert into history_detail(stream, no, salt, body) values (%s, %s, %s, %s::text::json)"


def _insert(session: Session, row: Row, previous: bytes, digest: bytes, salt: bytes | None, body: str | None) -> None:
    """The JSON goes in as the very text that was hashed, past any serialiser."""
    execute = session.connection().exec_driver_sql
    execute(INSERT, (
        row.stream, row.no, row.command_id, row.kind, row.actor, row.actor_name, row.on_behalf_of, row.recorded_at,
        row.occurred_at, row.bundle, row.steps, row.changes, row.result, row.detail_hash, FORMAT, previous, digest,
    ))  # fmt: skip
    if body is not None:
        execute(INSERT_DETAIL, (row.stream, row.no, salt, body))


def log_access(
    session: Session, actor: Who, what: str, subject: UUID, now: datetime, *, unless_since: datetime | None = None
) -> None:
    """Note that `actor` looked at `subject`; `what` is a stable word such as `case.citizen`. One look that a page
    repeats while somebody writes is one, if noted since `unless_since`."""
    if unless_since is not None:
        same = AccessLog.actor == actor.id, AccessLog.subject == subject, AccessLog.what == what
        if session.scalar(select(AccessLog.id).where(*same, AccessLog.at >= unless_since).limit(1)) is not None:
            return
    values = {"id": new_id(), "at": now, "actor": actor.id, "actor_name": actor.name, "what": what, "subject": subject}
    session.execute(insert(AccessLog).values(**values))


def log_access_once(session: Session, actor: Who, what: str, subject: UUID, now: datetime, within: timedelta) -> None:
    """The same, but once for a look that comes in pieces: nothing is added while the last entry is younger."""
    before = select(AccessLog.id).where(
        AccessLog.subject == subject, AccessLog.actor == actor.id, AccessLog.what == what, AccessLog.at > now - within
    )
    if session.scalar(before.limit(1)) is None:
        log_access(session, actor, what, subject, now)
