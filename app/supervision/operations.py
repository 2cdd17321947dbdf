"""What diagrams call: supervision is raised at this step, or answered by the task before it."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.cases.enums import SupervisionLevel
from app.lifecycle.dossier import dossier_of, order_of
from app.lifecycle.subject import said
from app.supervision.actions import take_answer
from app.supervision.raising import Demand, raise_demand
from app.workflow import OnInstance
from app.workflow.engine.types import Call, Variables

ANSWER = "supervision_answer"
"""The form's key that holds what the department says."""


def raise_supervision(session: Session, call: Call, on: OnInstance) -> Variables:
    """Of this order in a department's diagram, of the whole case in the lifecycle."""
    level, reason = SupervisionLevel(call.inputs["level"]), said(call.inputs.get("reason"))
    raise_demand(session, on, dossier_of(session, on), Demand(level, reason, order=order_of(session, on)))
    return {}


def answer_supervision(session: Session, call: Call, on: OnInstance) -> Variables:
    """What the task's form said moves from the order to the demand. Raises Closed when it was settled meanwhile."""
    order = order_of(session, on)
    assert order is not None, "answer_supervision is called for orders only"
    words = str(order.custom.get(ANSWER) or "")
    order.custom = {key: value for key, value in order.custom.items() if key != ANSWER}
    on.personal.pop(f"custom.{ANSWER}", None)
    take_answer(session, on, UUID(str(call.inputs["supervision_id"])), order.department, words, on.actor, on.now)
    return {}
