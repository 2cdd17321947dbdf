"""What the system told a person."""

from uuid import UUID

from flask import redirect, request
from werkzeug.wrappers import Response

from app.cases.models import CaseFile, WorkOrder
from app.cases.routes import now
from app.core.db import transaction
from app.core.http import key_of, keyset, language, site
from app.identity.guard import actor, signed_in
from app.lifecycle.subject import ORDER
from app.messaging import mark_all_read, mark_read, notices, unread_count
from app.messaging.models import Notice
from app.web.pages.frame import blueprint, page

MOST = 50


@blueprint.get("/notices")
@signed_in
def list_notices() -> str:
    with site().sessions() as session:
        found = notices(session, actor().id, after=keyset(request.args.get("after")), limit=MOST)
        unread = unread_count(session, actor().id)
    rows = [{"notice": notice, "sentence": notice.sentence(language())} for notice in found]
    following = key_of(found[-1].created_at, found[-1].id) if len(found) == MOST else None
    return page("notices.html", rows=rows, unread=unread, following=following)


@blueprint.post("/notices/<uuid:notice_id>/reading")
@signed_in
def open_notice(notice_id: UUID) -> Response:
    """Reading it leads to what it is about."""
    with transaction(site().sessions) as session:
        mark_read(session, actor().id, [notice_id], now())
        notice = session.get(Notice, notice_id)
        case_id = None
        if notice is not None and notice.recipient == actor().id:
            order = session.get(WorkOrder, notice.subject_id) if notice.subject_kind == ORDER else None
            case_id = order.case_id if order else notice.subject_id
        case = session.get(CaseFile, case_id) if case_id else None
    return redirect(f"/cases/{case.case_no}" if case else "/notices")


@blueprint.post("/notices/reading")
@signed_in
def read_all() -> Response:
    with transaction(site().sessions) as session:
        mark_all_read(session, actor().id, now())
    return redirect("/notices")
