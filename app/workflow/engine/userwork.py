"""A user task's assignment and dates: evaluated when it opens, kept as JSON in its token."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from app import feel

from .expressions import Expr
from .scopes import evaluate as evaluate_expression
from .token import Token
from .types import Fault

DEFAULT_PRIORITY = 50

Decide = Callable[[Token, str, Mapping[str, Any]], Any]
"""(token, decision id, variables) → the decision's value."""

Work = dict[str, Any]
"""groups, users: lists; assignee; due, follow_up: ISO strings; priority. Only what differs from the default."""


def evaluate(token: Token, fields: Mapping[str, Expr]) -> Work:
    work: Work = {}
    for name, expression in fields.items():
        value = evaluate_expression(token, expression)
        if value is None:
            continue
        match name:
            case "groups" | "users":
                work[name] = names(token, name, value)
            case "assignee":
                work[name] = str(value)
            case "due" | "follow_up":
                work[name] = as_instant(token, name, value).isoformat()
            case "priority":
                work[name] = _priority(token, value)
    return work


def names(token: Token, field: str, value: object) -> list[str]:
    """A FEEL list of texts, or one text with commas."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Fault(token.element, f"{field} must be a list of texts, not {value!r}")
    return [item.strip() for item in value if item.strip()]


def as_instant(token: Token, field: str, value: object) -> datetime:
    """A date and time, or its ISO text. A date is its first minute; without a zone it is the command's zone."""
    if isinstance(value, str):
        try:
            value = feel.parse_temporal(value)
        except ValueError:
            raise Fault(token.element, f"{field}: {value!r} is no date and time") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise Fault(token.element, f"{field} must be a date and time, not {value!r}")
    return value if value.tzinfo else value.replace(tzinfo=token.journal.now.tzinfo)


def instant(work: Work, field: str) -> datetime | None:
    """A stored date."""
    text = work.get(field)
    return None if text is None else datetime.fromisoformat(text)


def _priority(token: Token, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = -1
    if not 0 <= number <= 100:
        raise Fault(token.element, f"priority must be a number from 0 to 100, not {value!r}")
    return number
