"""What diagrams call: supervision is raised at this step."""

from sqlalchemy.orm import Session

from app.cases.enums import SupervisionLevel
from app.lifecycle.dossier import dossier_of, order_of
from app.lifecycle.subject import said
from app.supervision.raising import Demand, raise_demand
from app.workflow import OnInstance
from app.workflow.engine.types import Call, Variables


def raise_supervision(session: Session, call: Call, on: OnInstance) -> Variables:
    """Of this order in a department's diagram, of the whole case in the lifecycle."""
    level, reason = SupervisionLevel(call.inputs["level"]), said(call.inputs.get("reason"))
    raise_demand(session, on, dossier_of(session, on), Demand(level, reason, order=order_of(session, on)))
    return {}
