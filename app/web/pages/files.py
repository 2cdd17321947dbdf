"""Files of orders, and drafts: what the pages of people in the street send while they write."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify, make_response, request, send_file
from sqlalchemy.orm import Session

from app import audit, worklist
from app.cases.models import WorkOrder
from app.cases.order_listing import order_by_number
from app.cases.queries import case_by_id, may_read_order, order_by_id
from app.cases.routes import now
from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.http import site
from app.documents import FOLDER, DocumentView, Folder, document_of, keep, remove
from app.documents.actions import MOST_BYTES
from app.identity import Actor
from app.identity.guard import actor, permits, signed_in
from app.web.pages.frame import blueprint

A_DAY = 86_400


@blueprint.put("/orders/<order_no>/documents/<uuid:document_id>")
@permits("case.read")
def add_document(order_no: str, document_id: UUID) -> Response:
    """A photo as it is, no form around it; its sender chose its id, so that sending it again does no harm."""
    request.max_content_length = MOST_BYTES + 1024
    content = request.get_data()
    with transaction(site().sessions) as session:
        order = order_by_number(session, order_no, actor()).order
        if not may_add(order, actor()):
            raise Forbidden("web.order.may_not_add")
        kept = keep(
            session, folder(), document_id, content, subject_kind="order", subject_id=order.id,
            name=request.args.get("name", ""), actor=actor(), now=now(),
        )  # fmt: skip
    return make_response(jsonify({"id": str(kept.id), "url": f"/documents/{kept.id}"}), 201)


@blueprint.get("/documents/<uuid:document_id>")
@permits("case.read")
def document(document_id: UUID) -> Response:
    """Its content, for whoever may read what it belongs to; the look is written down. It never changes, and no script
    in it runs."""
    with transaction(site().sessions) as session:
        found = document_of(session, document_id)
        _require_readable(session, found)
        audit.log_access(session, actor(), "document", found.id, now())
    response = send_file(folder().path(found.sha256), mimetype=found.media_type, download_name=found.name or None)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = f"private, max-age={A_DAY}, immutable"
    return response


@blueprint.delete("/documents/<uuid:document_id>")
@permits("case.read")
def remove_document(document_id: UUID) -> Response:
    """Only one's own, and while its order is still open."""
    with transaction(site().sessions) as session:
        found = document_of(session, document_id)
        if order_by_id(session, found.subject_id).ended_at is not None:
            raise Conflict("web.order.reported")
        remove(session, document_id, actor=actor(), now=now())
    return Response(status=204)


@blueprint.put("/drafts/<key>")
@signed_in
def keep_draft(key: str) -> Response:
    """One's own unfinished form, each few seconds while one writes."""
    body: Any = request.get_json()
    if not isinstance(body, dict) or not isinstance(body.get("values"), dict):
        raise Invalid("web.form.unreadable")
    with transaction(site().sessions) as session:
        worklist.keep_draft(session, key, {"values": body["values"]}, actor=actor(), now=now())
    return Response(status=204)


def may_add(order: WorkOrder, person: Actor) -> bool:
    """The department's own people, as long as they have the order."""
    return order.ended_at is None and order.department in person.departments()


def folder() -> Folder:
    return Folder(site().settings.data_dir / FOLDER)


def _require_readable(session: Session, found: DocumentView) -> None:
    """As whatever it belongs to. Raises NotFound, Forbidden."""
    if found.subject_kind == "case":
        case_by_id(session, found.subject_id, actor())
    elif found.subject_kind != "order" or not may_read_order(actor(), order_by_id(session, found.subject_id)):
        raise Forbidden("web.order.not_yours")
