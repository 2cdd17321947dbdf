"""Every REST blueprint under /api/v1, in one list; and the workflow's own routes, which has none below the web."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Api, Blueprint

from app import workflow
from app.cases import routes as cases
from app.cases import search_routes as searching
from app.contacts import routes as telephone
from app.core.http import ApiBlueprint, command_id, site
from app.identity import Actor, require
from app.identity import routes as identity
from app.identity.guard import actor, permits
from app.lifecycle import routes as lifecycle
from app.lifecycle.routes import runtime
from app.messaging import routes as messaging
from app.reports import routes as reports
from app.supervision import routes as supervision
from app.web.schemas import IncidentsSchema, RetriedSchema

PREFIX = "/api/v1"

incidents = ApiBlueprint("incidents", __name__, url_prefix="/incidents", description="What got stuck")
processes = ApiBlueprint("processes", __name__, url_prefix="/processes", description="Deployed diagrams")

BLUEPRINTS: tuple[Blueprint, ...] = (
    identity.blueprint, identity.people, lifecycle.registering, cases.registrations, cases.cases, lifecycle.steering,
    lifecycle.tasks, cases.orders, lifecycle.ordering, supervision.of_case, supervision.demands,
    supervision.checks, searching.searching,
    searching.queries, searching.case_fields, reports.exports, reports.contacts, reports.spots, messaging.blueprint,
    messaging.sendings, telephone.blueprint, incidents,
    processes,
)  # fmt: skip


def register(api: Api) -> None:
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix=f"{PREFIX}{blueprint.url_prefix}")


@incidents.operation("")
@permits("incident.read")
@incidents.gives(IncidentsSchema)
def list_open() -> dict[str, Any]:
    """Open incidents, the newest first"""
    with site().sessions() as session:
        return {"incidents": workflow.incidents(session)}


@incidents.operation("/<int(max=2147483647):number>/retry", "POST")
@permits("incident.retry")
@incidents.gives(RetriedSchema)
def retry(number: int) -> dict[str, str]:
    """Apply the failed command again"""
    retry_incident(number, actor(), command_id())
    return {"state": "RETRIED"}


@processes.operation("/<uuid:bundle_id>/<process_id>/diagram")
@permits("bundle.read")
@processes.gives(None)
def diagram(bundle_id: UUID, process_id: str) -> Response:
    """The BPMN file a process of a bundle stands in; a bundle never changes"""
    here = site()
    with here.sessions() as session:
        xml = workflow.diagram(session, bundle_id, process_id)
    response = Response(xml, content_type="application/xml; charset=utf-8")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def retry_incident(number: int, person: Actor, command: UUID) -> None:
    """Raises NotFound, Forbidden, Conflict, Stuck when it fails again."""
    workflow.retry_incident(
        runtime(), number, actor=person, command_id=command, authorize=lambda _: require(person, "incident.retry")
    )
