"""Stage 5, Handling: the departments' orders and how they end, alarms (D05, D11, Q02)."""

from sqlalchemy.orm import Session

from app.cases.enums import FactKind, OrderOutcome, OrderState
from app.cases.models import WorkOrder
from app.lifecycle.dossier import dossier_of, order_of
from app.lifecycle.limits import end_running_limits
from app.lifecycle.notices import note_told, reach_of, tell
from app.lifecycle.subject import persons_reason, reason_key, said
from app.workflow import OnInstance
from app.workflow.engine.types import Call, Variables

_ENDED_AS = {
    OrderOutcome.REPORTED_BACK: OrderState.REPORTED_BACK,
    OrderOutcome.RETURNED: OrderState.CLOSED,
    OrderOutcome.WITHDRAWN: OrderState.WITHDRAWN,
}


def count_orders(session: Session, call: Call, on: OnInstance) -> Variables:
    """How many orders of the case are open, and how many of the present round came back unhandled.

    Read under the lock of the case's instance: two orders ending at once would each see the other open, were it
    counted on the orders' side."""
    dossier = dossier_of(session, on)
    this_round = [order for order in dossier.orders if order.round == dossier.case.round]
    returned = [order for order in this_round if order.outcome == OrderOutcome.RETURNED]
    return {"open_orders": len(dossier.open_orders()), "returned_orders": len(returned)}


def end_order(session: Session, call: Call, on: OnInstance) -> Variables:
    """Close the order's row. Its diagram then tells the case by the message `order_ended`."""
    order = order_of(session, on)
    assert order is not None, "end_order is called by departments' diagrams only"
    outcome = OrderOutcome(call.inputs["outcome"])
    if order.ended_at is None:
        set_order_state(order, _ENDED_AS[outcome], on)
        order.ended_at, order.outcome = on.now, outcome
        on.change("order_outcome", None, outcome.value)
        persons_reason(on)
        end_running_limits(dossier_of(session, on), order, on.now)
    return {}


def set_order_state(order: WorkOrder, state: OrderState, on: OnInstance) -> None:
    """Also keeps the times of signing and reporting back (D13)."""
    if state == order.state:
        return
    on.change("order_state", order.state, state.value)
    order.state = state
    if state is OrderState.SIGNED and order.signed_at is None:
        order.signed_at = on.now
    if state is OrderState.REPORTED_BACK:
        order.reported_at = on.now


def alarm(session: Session, call: Call, on: OnInstance) -> Variables:
    """Leaders and supervisors hear of it at once (D16, T32)."""
    kind, text = said(call.inputs["kind"]), said(call.inputs.get("text"))
    dossier_of(session, on).fact(FactKind.ALARMED, on, reason=text, body={"kind": kind})
    on.change("alarm", None, kind)
    reach = reach_of(session, on, kind, kind, ["leader", "supervisor"], call.element)
    note_told(on, "ALARM", reach, kind)
    tell(session, on, "ALARM", reach, occasion=f"{kind}:{on.no}", reason=text, alarm=reason_key(kind))
    return {}
