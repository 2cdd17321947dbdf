"""My reminders: what the system told a person, by what it is about, each leading to its order or case."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from flask import jsonify, redirect, request
from werkzeug.wrappers import Response

from app.cases.models import CaseFile, WorkOrder
from app.cases.routes import now
from app.core.db import transaction
from app.core.http import key_of, keyset, language, site
from app.identity.guard import actor, signed_in
from app.lifecycle.subject import ORDER
from app.messaging import NoticeView, mark_all_read, mark_read, notices, unread_count, unread_now
from app.messaging.models import Notice
from app.web.pages.frame import blueprint, page
from app.web.templating import t

MOST = 50
LIMITS = ("SIGN", "HANDLE", "STAGE", "STAGE_ON_SITE")
KINDS: dict[str, tuple[str, ...]] = {
    "limits": LIMITS, "alarms": ("ALARM",), "urged": ("BY_HAND", "SUPERVISED"),
}  # fmt: skip
"""What may be shown alone → the kinds of notices that are meant."""
_RUNGS = {"WARN": ("tag--amber", "clock"), "DUE": ("tag--red", "alert-circle"), "ESCALATE": ("tag--red", "arrow-up")}
_DESK = {"desk_bulletin": "/bulletins", "agenda_item": "/agenda"}
_LOOKS = {
    "ALARM": ("tag--red", "alarm"), "BY_HAND": ("tag--amber", "bell-ringing"),
    "SUPERVISED": ("tag--red", "rubber-stamp"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Symbol:
    """Shape, colour and word of a rung."""

    look: str
    icon: str
    word: str


@blueprint.get("/notices")
@signed_in
def list_notices() -> str:
    shown = request.args.get("show", "")
    kinds = KINDS.get(shown, ())
    with site().sessions() as session:
        found = notices(
            session, actor().id, unread_only=shown == "unread", kinds=kinds, after=keyset(request.args.get("after")),
            limit=MOST,
        )  # fmt: skip
        unread = unread_count(session, actor().id)
    rows = [{"notice": each, "sentence": each.sentence(language()), "symbol": _symbol(each)} for each in found]
    after = {"after": key_of(found[-1].created_at, found[-1].id)} if len(found) == MOST else None
    following = "/notices?" + urlencode(({"show": shown} if shown else {}) | after) if after else None
    tabs = [(key, f"/notices?show={key}" if key else "/notices") for key in ("", "unread", *KINDS)]
    return page("notices.html", rows=rows, unread=unread, following=following, tabs=tabs, shown=shown)


@blueprint.get("/notices/pulse")
@signed_in
def notices_pulse() -> Response:
    """For a page that just heard of news: the bell, and the newest sentence that was not read."""
    with site().sessions() as session:
        state = unread_now(session, actor().id)
        newest = notices(session, actor().id, unread_only=True, limit=1)
    label = t(f"web.notices.bell.{state}") if state else t("web.nav.notices")
    return jsonify({
        "state": state, "label": label, "id": str(newest[0].id) if newest else None,
        "sentence": newest[0].sentence(language()) if newest else "",
    })  # fmt: skip


@blueprint.post("/notices/<uuid:notice_id>/reading")
@signed_in
def open_notice(notice_id: UUID) -> Response:
    """Reading it leads to what it is about: a department's people to their order, others to the case."""
    with transaction(site().sessions) as session:
        mark_read(session, actor().id, [notice_id], now())
        notice = session.get(Notice, notice_id)
        if notice is None or notice.recipient != actor().id:
            return redirect("/notices")
        if notice.subject_kind in _DESK:
            return redirect(_DESK[notice.subject_kind])
        if notice.subject_kind == "bulletin":
            return redirect("/hot-spots/bulletins")
        order = session.get(WorkOrder, notice.subject_id) if notice.subject_kind == ORDER else None
        if order is not None and order.department in actor().departments():
            return redirect(f"/orders/{order.order_no}")
        case = session.get(CaseFile, order.case_id if order else notice.subject_id)
    return redirect(f"/cases/{case.case_no}" if case else "/notices")


@blueprint.post("/notices/reading")
@signed_in
def read_all() -> Response:
    with transaction(site().sessions) as session:
        mark_all_read(session, actor().id, now())
    return redirect("/notices")


def _symbol(notice: NoticeView) -> Symbol | None:
    rung = str(notice.params.get("rung") or "")
    if notice.kind in LIMITS and rung in _RUNGS:
        return Symbol(*_RUNGS[rung], t(f"web.notices.rung.{rung}"))
    if notice.kind in _LOOKS:
        return Symbol(*_LOOKS[notice.kind], t(f"web.notices.rung.{notice.kind}"))
    return None
