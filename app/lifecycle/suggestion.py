"""What the deployed tables would say of a report that is still being written: which department, and how long it has.

The same tables decide again when the case is sorted; nothing said here binds anybody (D08)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import city
from app.core.words import likeness
from app.dmn import Explained
from app.lifecycle.forms import current_bundle_id
from app.workflow import Runtime
from app.workflow.peek import decide

UNIT, LIMIT = "responsible_department", "time_limits"


@dataclass(frozen=True, slots=True)
class Suggestion:
    department: str
    assist: tuple[str, ...]
    urgency: str
    certain: bool
    rule: str
    """Name of the row that decided, as the analyst wrote it."""
    limit_value: Any
    """In `limit_unit`; None where the table gives none."""
    limit_unit: str | None
    limit_rule: str


def suggest(runtime: Runtime, session: Session, values: Mapping[str, Any], now: datetime) -> Suggestion | None:
    """None while the report says too little, or where no department fits.

    `values` are the registration form's, as far as they are filled."""
    if not values.get("category"):
        return None
    bundle_id = current_bundle_id(session)
    known = {**_NOTHING, **{key: value for key, value in values.items() if value not in (None, "")}}
    unit = decide(runtime, session, bundle_id, UNIT, {**known, "reported_urgency": known["urgency"],
                                                     "hour": now.astimezone(runtime.zone).hour}, now)  # fmt: skip
    found = unit.value if unit is not None and isinstance(unit.value, Mapping) else {}
    if unit is None or not found.get("lead"):
        return None
    urgency = "EMERGENCY" if known["urgency"] == "EMERGENCY" else str(found.get("urgency") or known["urgency"])
    order = {**known, "emergency": urgency == "EMERGENCY", "round": 1, "supervised": False, "complex": False}
    limit = decide(runtime, session, bundle_id, LIMIT, order, now)
    spell = limit.value if limit is not None and isinstance(limit.value, Mapping) else {}
    assist = found.get("assist") or ()
    return Suggestion(
        str(found["lead"]), (assist,) if isinstance(assist, str) else tuple(assist), urgency,
        found.get("certain") is True, _row(unit, "responsible_unit", str(found.get("rule") or "")),
        spell.get("value"), spell.get("unit"), _row(limit, LIMIT),
    )  # fmt: skip


LIKELY = 0.5
"""How much of a sub-category's name must stand in the words before it is offered."""


def suggest_matter(session: Session, text: str) -> city.Matter | None:
    """The sub-category whose name the words come nearest to; None where none is near."""
    below = [matter for matter in city.categories(session) if matter.parent is not None and matter.active]
    best = max(below, key=lambda matter: _near(matter, text), default=None)
    return best if best is not None and _near(best, text) >= LIKELY else None


def _near(matter: city.Matter, text: str) -> float:
    return max((likeness(str(name), text) for name in matter.names.values()), default=0.0)


_NOTHING: Mapping[str, Any] = {
    "sub_category": None, "component_owner": None, "district": None, "kind": "EVENT", "service_type": None,
    "urgency": "NORMAL", "origin": "PUBLIC_HOTLINE",
}  # fmt: skip


def _row(explained: Explained | None, table: str, code: str = "") -> str:
    """What the analyst calls the row that matched, else the code that it gives, else its number."""
    if explained is None:
        return ""
    for trace in explained.tables:
        if trace.decision == table and trace.matched:
            rule = trace.matched[0]
            return " ".join(rule.annotations) or code or str(rule.number)
    return code
