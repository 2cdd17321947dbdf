"""What stands around every page: row height, what waits for this person, their telephone. Read once a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, g

from app import desk, workflow, worklist
from app.core.http import site
from app.identity import Actor
from app.messaging import unread_now

SEAT = "citydesk-seat"
"""Key of `app.extensions`: a function (session, actor) → `Seat`, put there by whoever runs the telephones."""

MOST_TASKS = 100


@dataclass(frozen=True, slots=True)
class Seat:
    """A person's telephone when the page is drawn; from then on the call bar lives by its events."""

    extension: str
    state: str
    """A value of AgentState, or DISCONNECTED."""
    answered: int = 0
    """Calls taken today."""
    shown: Mapping[str, Any] = field(default_factory=dict)
    """What else the call bar draws: since, seat, kind, the call, the queue."""


@dataclass(frozen=True, slots=True)
class Around:
    density: str = "normal"
    tasks: int = 0
    """Open tasks this person may do, up to `MOST_TASKS`."""
    unread: str = ""
    """Notices they have not read: `alarm` when one of them is one, `some`, or nothing."""
    seat: Seat | None = None
    bulletin: str = ""
    """Title of the newest bulletin, for whoever has a seat."""

    def counted(self, key: str) -> str:
        """Beside an item of the rail; nothing where nothing waits."""
        if key != "tasks" or not self.tasks:
            return ""
        return f"{MOST_TASKS - 1}+" if self.tasks >= MOST_TASKS else str(self.tasks)


def around() -> Around:
    """Raises nothing for a visitor: they get the usual look."""
    if "around" not in g:
        g.around = _read(g.actor) if g.get("actor") else Around()
    found: Around = g.around
    return found


def _read(actor: Actor) -> Around:
    seat_of = current_app.extensions.get(SEAT)
    with site().sessions() as session:
        seat = seat_of(session, actor) if seat_of else None
        return Around(
            worklist.setting_of(session, actor.id).density,
            workflow.inbox_size(session, actor, MOST_TASKS),
            unread_now(session, actor.id),
            seat,
            desk.newest_title(session, site().clock.now()) if seat else "",
        )
