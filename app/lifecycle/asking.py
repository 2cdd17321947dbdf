"""What people ask of a running diagram by a message: taken at once, or refused; never left lying for a later round."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from app import workflow
from app.core.errors import Conflict
from app.core.ids import new_id
from app.identity import Actor
from app.workflow import Runtime

AT_ONCE = timedelta(seconds=30)
"""Long enough for a receiver that is busy at this moment."""


def ask(
    runtime: Runtime, name: str, key: UUID, payload: Mapping[str, Any], actor: Actor, command_id: UUID | None,
    refusal: str = "lifecycle.nothing_waits",
) -> None:  # fmt: skip
    """Deliver a message in a person's name. Raises Conflict with `refusal` when no diagram waits for it now."""
    dedupe = f"{name}:{key}:{command_id or new_id()}"
    with runtime.sessions() as session:
        awaited = workflow.is_awaited(session, name, str(key))
        repeated = workflow.was_delivered(session, dedupe)
    if repeated:
        return
    if not awaited:
        raise Conflict(refusal)
    workflow.deliver(runtime, name, str(key), payload, dedupe=dedupe, expires_in=AT_ONCE, actor=actor)
