"""Reading phrases."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.words import marks
from app.identity import Actor
from app.knowledge.models import Phrase

LEAST_LIKENESS = 2


def phrases_for(session: Session, actor: Actor) -> list[Phrase]:
    """One's own first, then everybody's; by title."""
    mine = or_(Phrase.owner == actor.id, Phrase.owner.is_(None))
    return list(session.scalars(select(Phrase).where(mine).order_by(Phrase.owner.is_(None), Phrase.title, Phrase.id)))


def phrases_about(session: Session, actor: Actor, words: str, most: int = 3) -> list[Phrase]:
    """Those nearest to what somebody writes, the nearest first; a title counts more than a text."""
    wanted = marks(words)
    near = [(3 * len(wanted & marks(each.title)) + len(wanted & marks(each.body)), each)
            for each in phrases_for(session, actor)]  # fmt: skip
    near.sort(key=lambda pair: -pair[0])
    return [phrase for score, phrase in near[:most] if score >= LEAST_LIKENESS]
