"""What got stuck, for the people who repair it."""

from typing import Any

from flask import flash, redirect
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import workflow
from app.cases.models import CaseFile, WorkOrder
from app.core.errors import CitydeskError
from app.core.http import site
from app.core.ids import new_id
from app.identity.guard import actor, permits
from app.lifecycle.routes import runtime
from app.lifecycle.subject import ORDER
from app.web.pages.frame import blueprint, form_command_id, page
from app.web.problems import sentence
from app.web.routes import retry_incident
from app.web.templating import t
from app.web.tokens import element as find_element
from app.web.tokens import element_name
from app.workflow.schemas import IncidentView


@blueprint.get("/incidents")
@permits("incident.read")
def incidents() -> str:
    with site().sessions() as session:
        rows = [_row(session, incident) for incident in workflow.incidents(session)]
    return page("incidents.html", rows=rows)


@blueprint.post("/incidents/<int(max=2147483647):number>/retry")
@permits("incident.retry")
def retry(number: int) -> Response:
    try:
        retry_incident(number, actor(), form_command_id())
        flash(t("web.incident.retried", no=number))
    except CitydeskError as error:
        flash(sentence(error), "error")
    return redirect("/incidents")


def _row(session: Session, incident: IncidentView) -> dict[str, Any]:
    order = session.get(WorkOrder, incident.subject_id) if incident.subject_kind == ORDER else None
    case = session.get(CaseFile, order.case_id if order else incident.subject_id) if incident.subject_id else None
    return {
        "incident": incident,
        "element": _element_name(session, incident),
        "case_no": case.case_no if case else None,
        "command_id": new_id(),
    }


def _element_name(session: Session, incident: IncidentView) -> str:
    instance = workflow.instance(session, incident.instance_id) if incident.instance_id else None
    element = incident.element or "—"
    if instance is None:
        return element
    return element_name(find_element(runtime(), session, instance.bundle_id, instance.process_id, element), element)
