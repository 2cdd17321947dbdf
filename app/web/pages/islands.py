"""What a form's island sends and needs."""

from typing import Any
from uuid import UUID

from flask import request

from app.core.errors import Invalid
from app.web.templating import t

_WORDS = (
    "incomplete", "unreachable", "failed", "required", "min", "max", "minLength", "maxLength", "pattern", "number",
    "select", "search", "field", "was", "theirs", "mine",
)  # fmt: skip


def form_texts() -> dict[str, str]:
    """The words of form-js and of sending, in the page's language. `{n}` stays for the island to fill."""
    return {word: t(f"web.form.{word}", n="{n}") for word in _WORDS}


def sent() -> tuple[UUID, dict[str, Any]]:
    """The command id made when the page was rendered, and the form's values. Raises Invalid."""
    body = request.get_json()
    try:
        command_id, values = UUID(str(body["command_id"])), body["values"]
    except (KeyError, TypeError, ValueError):
        raise Invalid("web.form.unreadable") from None
    if not isinstance(values, dict):
        raise Invalid("web.form.unreadable")
    return command_id, values
