"""A reminder by hand: the shift supervisor writes to whoever works on an order (V02, V03, V09)."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.cases.queries import order_by_id
from app.core.errors import Conflict
from app.core.ids import new_id
from app.identity import Actor, Scope, require
from app.lifecycle.dossier import order_of
from app.lifecycle.notices import note_told, reach_of, tell
from app.lifecycle.subject import persons_reason
from app.workflow import Command, OnInstance, Result, Runtime, View, execute
from app.workflow.engine.types import Variables

BY_HAND = "BY_HAND"
"""The rung that the table `reminders` is asked for."""


def remind(runtime: Runtime, order_id: UUID, *, text: str, actor: Actor, command_id: UUID | None = None) -> Result:
    """Tell the order's handlers, or whom the table says, what the supervisor wrote; it stands in the order's history.

    Raises NotFound, Forbidden, Conflict when the order has ended already."""
    with runtime.sessions() as session:
        order = order_by_id(session, order_id)
        scope = Scope(order.district, frozenset({order.department}))
        require(actor, "order.remind", scope)
        instance_id = order.instance_id
        if order.ended_at is not None:
            raise Conflict("lifecycle.order_ended", order_no=order.order_no)

    def prepare(session: Session, view: View, on: OnInstance) -> Variables:
        return _remind(session, on)

    command = Command(command_id or new_id(), "amend", actor, {"reason": text, "deed": "remind"})
    return execute(runtime, instance_id, command, prepare=prepare)


def _remind(session: Session, on: OnInstance) -> Variables:
    order = order_of(session, on)
    assert order is not None, "only orders are reminded of"
    if order.ended_at is not None:
        raise Conflict("lifecycle.order_ended", order_no=order.order_no)
    reach = reach_of(session, on, BY_HAND, BY_HAND, ["handler", "head"])
    note_told(on, BY_HAND, reach)
    text = persons_reason(on)
    tell(session, on, BY_HAND, reach, occasion=f"{BY_HAND}:{on.no}", by=on.actor.name, reason=text)
    return {}
