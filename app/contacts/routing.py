"""The first decision about a call, by the table `call_routing`: reject it, lead it through a voice diagram, into a
queue, or to one person. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app import dmn
from app.contacts.snapshot import Mark, RoutingSnapshot

TABLE = "call_routing"
FILE = "processes/decisions/call_routing.dmn"
FALLBACK = "MENU"
AGAIN_TABLE = "callback"
AGAIN_FILE = "processes/decisions/callback.dmn"
AGAIN = {1: 10, 2: 60}
"""Minutes after the first and the second attempt, where no table says it; the third is the last."""


@dataclass(frozen=True, slots=True)
class Route:
    """`action`: REJECT, FAX (a machine's own number), MENU (run `flow`), QUEUE (into `group`), VOICEMAIL (`flow`, or
    the plain letter box)."""

    action: str
    flow: str | None = None
    group: str | None = None
    priority: int = 0
    wish: UUID | None = None
    """The agent who gets it first."""
    district: str | None = None
    mark: str | None = None


class Router:
    """The deployed table, read once for each snapshot."""

    def __init__(self, snapshot: RoutingSnapshot) -> None:
        self.snapshot = snapshot
        self.zone = ZoneInfo(snapshot.zone)
        source = snapshot.files.get(FILE)
        self.model = dmn.parse(source, [], {}) if source else None
        again = snapshot.files.get(AGAIN_FILE)
        self.again = dmn.parse(again, [], {}) if again else None

    def route(self, caller: str, called: str, now: datetime) -> Route:
        """Where a call goes. A table that fails, or is not there, sends everybody to the menu: nobody hears nothing."""
        snapshot = self.snapshot
        mark = snapshot.mark_of(caller, called, now)
        district = snapshot.area_of(caller)
        told = self._decide(mark, caller, called, district, now)
        action = str(told.get("action") or FALLBACK)
        flow, group = told.get("flow"), told.get("group")
        if mark is not None and mark.flow and action != "REJECT":
            action, flow = "MENU", mark.flow  # a diagram of their own comes before any queue (S16)
            if mark is snapshot.called_marks.get(called):  # of a line of ours the diagram finds out who is who
                return Route(action, flow, group if group in snapshot.groups else None, 0, None, district)
        return Route(
            action,
            flow,
            group if group in snapshot.groups else next(iter(snapshot.groups), None),
            int(told.get("priority") or 0),
            mark.seat_of if mark else None,
            district,
            mark.kind if mark else None,
        )

    def call_again(self, reason: str, result: str, attempt: int, now: datetime) -> datetime | None:
        """When an attempt to call back that came to `result` (see `CallbackRequest.last_result`) is followed by another
        one; None: never."""
        minutes: Any = AGAIN.get(attempt)
        if self.again is not None:
            facts = {"reason": reason, "result": result, "attempt": attempt}
            minutes = self.again.evaluate(AGAIN_TABLE, facts, {}, now=now)
        return now + timedelta(minutes=float(minutes)) if minutes is not None else None

    def _decide(
        self, mark: Mark | None, caller: str, called: str, district: str | None, now: datetime
    ) -> dict[str, Any]:
        if self.model is None:
            return {"action": "REJECT"} if mark and mark.kind == "BLACKLIST" else {}
        here = now.astimezone(self.zone)
        facts = {
            "caller": caller, "called": called, "mark": mark.kind if mark else None,
            "level": mark.level if mark else None, "district": district, "hour": here.hour,
            "weekday": here.isoweekday(),
        }  # fmt: skip
        found = self.model.evaluate(TABLE, facts, {}, now=now)
        return found if isinstance(found, dict) else {}
