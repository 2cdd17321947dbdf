"""What people ask of a running diagram by a message: taken at once, or refused; never left lying for a later round."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.ids import new_id
from app.identity import Actor
from app.workflow import Gone, OnInstance, Runtime, send
from app.workflow.engine.types import Call, Variables
from app.workflow.peek import tell_instance


def ask(
    runtime: Runtime, instance_id: UUID, name: str, key: UUID, payload: Mapping[str, Any], actor: Actor,
    command_id: UUID | None, refusal: str = "lifecycle.nothing_waits",
) -> None:  # fmt: skip
    """Give a message to an instance in a person's name. Raises Conflict with `refusal` when it does not wait for it."""
    dedupe = f"{name}:{key}:{command_id or new_id()}"
    try:
        tell_instance(runtime, instance_id, name, str(key), payload, actor=actor, dedupe=dedupe)
    except Gone:
        raise Conflict(refusal) from None


SENDERS: Mapping[str, str | None] = {
    "contact_arrived": None,
    "case_voided": None,
    "case_withdrawn": None,
    "department_asked": None,
    "extension_asked": None,
    "pause_asked": None,
    "reopening_asked": None,
    "resume_order": None,
    "bring_visit_forward": None,
    "supervision_raised": None,
    "supervision_settled": None,
    "withdraw_order": "lifecycle",
    "return_order": "lifecycle",
    "order_ended": "department_",
}
"""Messages that steer cases and orders: how the id of the process begins that may throw them; None: people and the
product alone. Else a department's diagram could void a case that it may not void."""


def send_message(session: Session, call: Call, on: OnInstance) -> Variables:
    """A message-throwing element: to another instance, after the commit. Raises PermissionError."""
    name = str(call.inputs["name"])
    sender = SENDERS.get(name, "")
    if sender is None or not on.instance.process_id.startswith(sender):
        raise PermissionError(f"{on.instance.process_id} may not send {name}")
    send(on, name, call.inputs.get("key"), call.inputs.get("variables") or {})
    return {}
