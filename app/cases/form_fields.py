"""Where the values of forms live. A form's key that names an attribute is written there only if it stands here;
numbers, status, confidentiality and scope never do. Any other key an analyst adds is kept in `custom`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Literal

from app.cases import enums

Home = Literal["case", "registration", "order"]


@dataclass(frozen=True, slots=True)
class Attribute:
    home: Home
    values: type[StrEnum] | None = None
    """The closed list it is taken from."""
    type: Literal["text", "instant", "number"] = "text"
    personal: bool = False
    """A citizen's own, or a free text that may hold such: kept in the history's erasable detail, never in the chain."""
    required: bool = False
    """The column takes no null: an emptied field leaves what was there."""
    column: str | None = None
    """Where the form's key has another name than the attribute."""


FORM_WRITABLE: Mapping[str, Attribute] = {
    "caller_name": Attribute("registration", personal=True),
    "caller_phone": Attribute("registration", personal=True),
    "caller_email": Attribute("registration", personal=True),
    "reported_at": Attribute("registration", type="instant", required=True),
    "channel": Attribute("registration", enums.Channel, required=True),
    "incident_source": Attribute("registration", enums.IncidentSource, required=True),
    "reply_wish": Attribute("registration", enums.ReplyWish, required=True),
    "reply_way": Attribute("registration", enums.ReplyWish),
    "reply_text": Attribute("registration", personal=True),
    "answer_text": Attribute("registration", personal=True, column="reply_text"),
    "processing_result": Attribute("registration", enums.ProcessingResult),
    "opinion": Attribute("registration", personal=True),
    "leader_instruction": Attribute("registration", enums.LeaderInstructionKind),
    "leader_text": Attribute("registration", personal=True),
    "category": Attribute("case", required=True),
    "sub_category": Attribute("case"),
    "service_type": Attribute("case", enums.ServiceType, required=True),
    "appeal_type": Attribute("case", enums.AppealType),
    "kind": Attribute("case", enums.MatterKind, required=True),
    "component_class": Attribute("case"),
    "component_owner": Attribute("case"),
    "incident_summary": Attribute("case", personal=True, required=True),
    "detailed_content": Attribute("case", personal=True, required=True),
    "address": Attribute("case", personal=True, required=True),
    "urgency": Attribute("case", enums.Urgency, required=True),
    "note": Attribute("order", personal=True),
    "result_text": Attribute("order", personal=True),
    "responsible_person": Attribute("order", personal=True),
    "cost": Attribute("order", type="number"),
    "objection_rule": Attribute("order"),
    "objection_text": Attribute("order", personal=True),
}

ROUTING = frozenset(
    {
        *("judgement", "instruction", "lead_department", "assist_departments", "method"),
        *("verification", "visit_result", "resolved", "decision"),
    }
)
"""Keys of `custom` that hold a choice from a list and nothing personal."""

PERSONAL = frozenset(key for key, attribute in FORM_WRITABLE.items() if attribute.personal)
FREE_TEXT = frozenset({"textfield", "textarea"})
"""Types of form fields into which people write what they like, a citizen's data included."""


def for_diagram(values: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What a diagram's variables may hold of a form's values: choices, numbers and dates, nothing personal. They are
    part of the history's chain, which nobody can erase. `fields`: the form's components by key."""
    return {
        key: value
        for key, value in values.items()
        if key not in PERSONAL and fields.get(key, {}).get("type") not in FREE_TEXT
    }


FIXED = frozenset(
    {
        *("id", "case_id", "registration_id", "order_id", "instance_id", "command_id", "citizen_id"),
        *("case_no", "acceptance_no", "order_no", "processing_no"),
        *("status", "stage", "state", "outcome", "round", "rework_count", "reopen_count", "supervision_level"),
        *("confidential", "district", "departments", "origin", "machine_made"),
        *("registered_at", "filed_at", "ended_at", "created_at", "dispatched_at", "signed_at", "replied_at"),
    }
)
"""What no task's form may write, not even into `custom`, where a reader could take it for the real one.
District, confidentiality and origin are set once, by registering."""


class NotInList(ValueError):
    """A value outside the attribute's closed list, or of another type."""


def read(attribute: Attribute, value: Any, zone: tzinfo) -> Any:
    """A form's JSON value as the attribute's own type; '' means empty. A date-time without an offset is meant in
    the city's zone. Raises NotInList."""
    if value is None or value == "":
        return None
    if attribute.values is not None:
        try:
            return attribute.values(value).value
        except ValueError:
            raise NotInList(value) from None
    match attribute.type:
        case "instant":
            return _instant(value, zone)
        case "number":
            return _number(value)
        case _:
            return str(value)


def shown(value: Any) -> Any:
    """An attribute's value as history and forms carry it: JSON."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


_YEARS = range(1900, 2200)
"""At the ends of the calendar the same moment has no date in another zone, and could be stored but never read."""


def _instant(value: Any, zone: tzinfo) -> datetime:
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise NotInList(value) from None
    if instant.year not in _YEARS:
        raise NotInList(value)
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


def _number(value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise NotInList(value) from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 12:
        raise NotInList(value)
    return number
