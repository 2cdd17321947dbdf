"""Who may do what at the telephone. Asked again by telephony for every command that comes over Redis."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Forbidden
from app.identity import Actor, require
from app.identity.models import User

TELEPHONE = Actor(UUID(int=5), "telephone", system=True)
"""Who acts where no person does: the voice menu, the queue, a citizen by key."""

OWN = frozenset({"login", "logout", "state", "dial", "hang_up", "hold", "retrieve", "transfer", "consult", "complete",
                 "cancel", "conference", "digits", "record", "note"})  # fmt: skip
"""An agent's commands, about their own seat and the call they are in."""
OTHERS = {
    "pickup": "call.answer",
    "give": "call.supervise",
    "monitor": "call.monitor",
    "force_transfer": "call.supervise",
    "force_disconnect": "call.supervise",
    "force_state": "call.supervise",
}


def actor_for_command(session: Session, actor_id: UUID, name: str) -> Actor:
    """Who gave it, if they may: read anew, not believed. Raises Forbidden."""
    user = session.scalar(select(User).where(User.id == actor_id))
    if user is None or user.deactivated_at is not None:
        raise Forbidden("identity.closed_route")
    actor = user.actor()
    check(actor, name)
    return actor


def check(actor: Actor, name: str) -> None:
    """Raises Forbidden for a command that is unknown, or not this person's to give."""
    if name in OWN:
        require(actor, "call.answer")
    elif name in OTHERS:
        require(actor, OTHERS[name])
    else:
        raise Forbidden("contacts.unknown_command", name=name)
