"""What this person may ask of an order now, beside its tasks."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import lifecycle
from app.cases.limits import LimitView
from app.cases.models import WorkOrder
from app.identity import Scope, can
from app.identity.guard import actor
from app.web.names import choices_of

ACTIONS = {
    "extension": "order.extend", "shelving": "order.shelve", "suspension": "order.suspend",
    "resumption": "order.resume", "assistance": "order.assist", "reassignment": "order.reassign",
    "withdrawal": "order.withdraw",
}  # fmt: skip


def deeds_of(session: Session, order: WorkOrder) -> dict[str, Any]:
    """`deeds`: a form is drawn for each of these names; `askable`: what there is to ask for."""
    known = lifecycle.askable(session, order)
    choosable = lifecycle.choosable(session, order)
    runs = known is not None and not known.stands_still
    is_open = {
        "extension": runs and known is not None and not known.pending, "shelving": runs, "suspension": runs,
        "resumption": known is not None and known.stands_still, "withdrawal": order.ended_at is None,
        "assistance": bool(choosable), "reassignment": bool(choosable),
    }  # fmt: skip
    place = Scope(order.district, frozenset({order.department}))
    names = [name for name, action in ACTIONS.items() if is_open[name] and can(actor(), action, place)]
    return {"deeds": names, "askable": known, "moves": _moves(known.limit) if known else [],
            "departments": choices_of(choosable)}  # fmt: skip


def _moves(limit: LimitView) -> list[dict[str, Any]]:
    """Extensions and pauses in the order they came, with times as times."""
    found = [{**entry, "at": datetime.fromisoformat(entry.get("at") or entry["since"])} for entry in
             (*limit.extensions, *limit.pauses)]  # fmt: skip
    for entry in found:
        if entry.get("until"):
            entry["until"] = datetime.fromisoformat(entry["until"])
    return sorted(found, key=lambda entry: entry["at"])
