"""Reading the desk."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.desk.models import AgendaItem, Bulletin

MOST = 100


def bulletins_now(session: Session, now: datetime, *, planned: bool = False) -> Sequence[Bulletin]:
    """The newest first; `planned`: those that are still to come, too."""
    wanted = [Bulletin.withdrawn_at.is_(None), or_(Bulletin.shown_until.is_(None), Bulletin.shown_until > now)]
    if not planned:
        wanted.append(Bulletin.shown_from <= now)
    return session.scalars(select(Bulletin).where(*wanted).order_by(Bulletin.shown_from.desc()).limit(MOST)).all()


def newest_title(session: Session, now: datetime) -> str:
    """What a seat shows in one line; empty where there is nothing."""
    return (
        session.scalar(select(Bulletin.title).where(*_shown(now)).order_by(Bulletin.shown_from.desc()).limit(1)) or ""
    )


def agenda_of(session: Session, person: UUID) -> Sequence[AgendaItem]:
    """What one has still to do, the next first."""
    mine = AgendaItem.person == person, AgendaItem.done_at.is_(None)
    return session.scalars(select(AgendaItem).where(*mine).order_by(AgendaItem.at).limit(MOST)).all()


def _shown(now: datetime) -> list[ColumnElement[bool]]:
    until = or_(Bulletin.shown_until.is_(None), Bulletin.shown_until > now)
    return [Bulletin.withdrawn_at.is_(None), Bulletin.shown_from <= now, until]
