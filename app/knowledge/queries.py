"""Reading phrases."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.identity import Actor
from app.knowledge.models import Phrase


def phrases_for(session: Session, actor: Actor) -> list[Phrase]:
    """One's own first, then everybody's; by title."""
    mine = or_(Phrase.owner == actor.id, Phrase.owner.is_(None))
    return list(session.scalars(select(Phrase).where(mine).order_by(Phrase.owner.is_(None), Phrase.title, Phrase.id)))
