"""Files of orders, cases and reports still being written; and drafts: what pages send while somebody writes."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify, make_response, request, send_file
from sqlalchemy.orm import Session

from app import audit, worklist
from app.cases.models import WorkOrder
from app.cases.order_listing import order_by_number
from app.cases.queries import case_by_id, may_read_order, order_by_id, registered_by, scope_of
from app.cases.routes import find, now
from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.http import site
from app.documents import FOLDER, DocumentView, Folder, document_of, keep, remove
from app.documents.actions import MOST_BYTES, REGISTRATION
from app.identity import Actor, require
from app.identity.guard import actor, permits, signed_in
from app.web.pages.frame import blueprint
from app.web.pop import asked_call, draft_key
from app.web.templating import t

A_DAY = 86_400
DRAFT = "registration"
"""Key of the drafts of reports."""


@blueprint.put("/orders/<order_no>/documents/<uuid:document_id>")
@permits("case.read")
def add_document(order_no: str, document_id: UUID) -> Response:
    """A photo as it is, no form around it; its sender chose its id, so that sending it again does no harm."""
    with transaction(site().sessions) as session:
        order = order_by_number(session, order_no, actor()).order
        if not may_add(order, actor()):
            raise Forbidden("web.order.may_not_add")
        return _kept(session, document_id, "order", order.id)


@blueprint.put("/cases/<case_no>/documents/<uuid:document_id>")
@permits("case.amend")
def add_to_case(case_no: str, document_id: UUID) -> Response:
    with transaction(site().sessions) as session:
        case = find(session, case_no)
        require(actor(), "case.amend", scope_of(case))
        if case.ended_at is not None:
            raise Conflict("lifecycle.case_ended", case_no=case.case_no)
        return _kept(session, document_id, "case", case.id)


@blueprint.put("/registrations/<uuid:command>/documents/<uuid:document_id>")
@permits("case.register")
def add_to_report(command: UUID, document_id: UUID) -> Response:
    """While the report is written: it stands under the command that will save it, and the draft keeps that."""
    key = draft_key(DRAFT, asked_call())
    with transaction(site().sessions) as session:
        if registered_by(session, command):
            raise Conflict("web.registration.saved_already")
        if not any(each["command_id"] == str(command) for each in worklist.drafts_of(session, actor(), key)):
            worklist.keep_one_of(session, key, command, {}, actor=actor(), now=now())
        return _kept(session, document_id, REGISTRATION, command)


def _kept(session: Session, document_id: UUID, subject_kind: str, subject_id: UUID) -> Response:
    request.max_content_length = MOST_BYTES + 1024
    kept = keep(
        session, folder(), document_id, request.get_data(), subject_kind=subject_kind, subject_id=subject_id,
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
    """Only one's own, and while what it belongs to is still open."""
    with transaction(site().sessions) as session:
        found = document_of(session, document_id)
        if found.subject_kind == "order" and order_by_id(session, found.subject_id).ended_at is not None:
            raise Conflict("web.order.reported")
        if found.subject_kind == "case":
            case = case_by_id(session, found.subject_id, actor())
            if case.ended_at is not None:
                raise Conflict("lifecycle.case_ended", case_no=case.case_no)
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


def photo_words() -> dict[str, str]:
    """What a list of photos and a draft say while they are sent."""
    keys = (
        "kept",
        "kept_here",
        "offline",
        "sending",
        "uploading",
        "photo",
        "photo_failed",
        "remove",
        "sent",
    )
    return {key: t(f"web.order.js.{key}", at="{at}", n="{n}", why="{why}") for key in keys}


def folder() -> Folder:
    return Folder(site().settings.data_dir / FOLDER)


def _require_readable(session: Session, found: DocumentView) -> None:
    """As whatever it belongs to. Raises NotFound, Forbidden."""
    if found.subject_kind == "case":
        case_by_id(session, found.subject_id, actor())
    elif found.subject_kind == REGISTRATION:
        if found.added_by != actor().id:
            raise Forbidden("web.order.not_yours")
    elif found.subject_kind != "order" or not may_read_order(actor(), order_by_id(session, found.subject_id)):
        raise Forbidden("web.order.not_yours")
