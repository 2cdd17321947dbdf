"""Call records: a list, one call with its legs and recordings, who is to be called back, and the sound."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, flash, redirect, request, send_file
from sqlalchemy import Row
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app import audit, contacts
from app.cases.models import CaseFile
from app.cases.queries import registrations_of, scope_of
from app.cases.routes import find
from app.contacts.models import Call, CallbackRequest
from app.core.db import transaction
from app.core.errors import CitydeskError, Conflict
from app.core.http import key_of, keyset, site
from app.identity import require, user_names
from app.identity.guard import actor, permits
from app.web.addresses import day_from, is_uuid
from app.web.call_rows import CallRow, call_rows, clock
from app.web.pages.frame import blueprint, page
from app.web.pages.phone import telephone
from app.web.problems import sentence
from app.web.telephone import group_name, other_party, start_of_day
from app.web.templating import t

PER_PAGE = 50
STATES = ("NOW", *(outcome.value for outcome in contacts.Outcome))
FILTERS = ("from", "until", "agent", "state", "group")
AGAIN = timedelta(minutes=10)
"""A player asks for a recording in pieces: within this time they are one look."""


@blueprint.get("/calls")
@permits("call.read")
def calls() -> str:
    """The newest first; a citizen's number is asked for by POST, as it has no place in addresses."""
    return _list_page({name: request.args.get(name, "") for name in FILTERS}, "", request.args.get("after", ""))


@blueprint.post("/calls")
@permits("call.read")
def calls_of_number() -> AnyResponse | str:
    asked = {name: request.form.get(name, "") for name in FILTERS}
    number = request.form.get("number", "").strip()
    if not number:
        return redirect("/calls?" + urlencode({name: value for name, value in asked.items() if value}))
    with transaction(site().sessions) as session:
        audit.log_access(session, actor(), "call.number", actor().id, site().clock.now())
    return _list_page(asked, number, request.form.get("after", ""))


def _list_page(asked: dict[str, str], number: str, after: str) -> str:
    zone, at = site().settings.city_zone, site().clock.now()
    wanted = contacts.CallFilter(
        day_from(asked["from"], zone), day_from(asked["until"], zone, days=1),
        UUID(asked["agent"]) if is_uuid(asked["agent"]) else None,
        asked["state"] if asked["state"] in STATES else "", asked["group"], number,
    )  # fmt: skip
    with site().sessions() as session:
        found = contacts.list_calls(session, wanted, keyset(after) if after else None, PER_PAGE + 1)
        rows = call_rows(session, found[:PER_PAGE], actor(), at)
        agents = [(str(each.agent), each.name) for each in contacts.all_seats(session)]
        groups = [(each.code, group_name(each.code)) for each in contacts.skill_groups(session)]
        to_call = len(contacts.callbacks_to_do(session))
    last = found[PER_PAGE - 1] if len(found) > PER_PAGE else None
    following = key_of(last.began_at, last.id) if last else ""
    kept = {name: value for name, value in asked.items() if value}
    return page(
        "calls.html", rows=rows, asked=asked, number=number, agents=agents, groups=groups, states=STATES, clock=clock,
        following=following, next_url="/calls?" + urlencode(kept | {"after": following}), filtered=bool(kept or number),
        to_call=to_call, tab="all",
    )  # fmt: skip


@blueprint.get("/callbacks")
@permits("call.read")
def callbacks() -> str:
    """Missed, abandoned, left a message or asked for it: the longest first, until somebody has talked with them."""
    at = site().clock.now()
    with site().sessions() as session:
        rows = _requests(session, contacts.callbacks_to_do(session), at)
        settled = _requests(session, contacts.settled_callbacks(session, start_of_day(at)), at)
    return page(
        "callbacks.html", islands=("callbacks",), rows=rows, settled=settled, clock=clock, tab="back",
        to_call=len(rows), now=at,
    )  # fmt: skip


def _requests(
    session: Session, found: Sequence["Row[CallbackRequest, Call]"], at: datetime
) -> list[tuple[CallbackRequest, CallRow]]:
    rows = call_rows(session, [call for _, call in found], actor(), at)
    return list(zip([request for request, _ in found], rows, strict=True))


@blueprint.get("/calls/<uuid:call_id>")
@permits("call.read")
def call(call_id: UUID) -> str:
    """One call: what its facts add up to, every leg, recordings, note."""
    at = site().clock.now()
    with site().sessions() as session:
        found = contacts.call_by_id(session, call_id)
        row = call_rows(session, [found], actor(), at)[0]
        legs = contacts.legs_of(session, call_id)
        people = user_names(session, [leg.agent for leg in legs if leg.agent])
        deeds = [each for each in audit.read(session, call_id) if each.kind.startswith("phone.")]
    return page("call.html", row=row, legs=legs, people=people, clock=clock, deeds=deeds, now=at)


@blueprint.post("/calls/<uuid:call_id>/call-back")
@permits("call.answer")
def call_back(call_id: UUID) -> AnyResponse:
    """Ring at one's own seat, then at the caller's number, which nobody needs to see."""
    with site().sessions() as session:
        found = contacts.call_by_id(session, call_id)
        asked = contacts.callback_of(session, call_id)
    try:
        number = asked.phone if asked else other_party(found)
        if len(number.lstrip("+")) < 3:
            raise Conflict("contacts.unreachable", number=t("web.pop.withheld"))
        about = {"callback": str(asked.id), "group": asked.skill_group} if asked else {}
        contacts.ask_telephone(telephone(), actor(), "dial", number=number, **about)
    except CitydeskError as error:
        flash(sentence(error), "error")
    return redirect("/callbacks" if request.form.get("back") == "/callbacks" else f"/calls/{call_id}")


@blueprint.post("/cases/<case_no>/registrations/<uuid:registration_id>/call")
@permits("call.answer")
def call_citizen(case_no: str, registration_id: UUID) -> AnyResponse:
    """A return visit by telephone: rings at one's own seat, then at the citizen's number, which nobody needs to see.
    When the agent hangs up, the citizen answers the survey by key."""
    with site().sessions() as session:
        case = find(session, case_no)
        require(actor(), "citizen.read", scope_of(case))
        reports = registrations_of(session, case, actor())
        number = next((each.caller_phone for each in reports if each.id == registration_id), None)
    try:
        if not number:
            raise Conflict("contacts.unreachable", number=t("web.pop.withheld"))
        contacts.ask_telephone(telephone(), actor(), "dial", number=number, case=str(case.id))
    except CitydeskError as error:
        flash(sentence(error), "error")
    return redirect(f"/cases/{case.case_no}")


# ------------------------------------------------------------------ sound
@blueprint.get("/recordings/<uuid:recording_id>")
@permits("recording.listen")
def recording(recording_id: UUID) -> Response:
    """The sound, in the pieces a player asks for; with `download` as a file. Each look is in the access log."""
    download = "download" in request.args
    with transaction(site().sessions) as session:
        found, of = contacts.recording_by_id(session, recording_id)
        _require_may_hear(session, of)
        file = contacts.open_recording(site().settings.data_dir, found.storage_key)
        what = "recording.download" if download else "recording"
        audit.log_access_once(session, actor(), what, found.id, site().clock.now(), AGAIN)
    name = f"{of.began_at.astimezone(site().settings.city_zone):%Y%m%d-%H%M%S}-{found.kind.lower()}{file.suffix}"
    kind = "application/pdf" if found.kind == "FAX" else "audio/wav"
    return send_file(file, mimetype=kind, as_attachment=download, download_name=name, conditional=True)


def _require_may_hear(session: Session, of: Call) -> None:
    """What was said belongs to the case it led to. Raises Forbidden."""
    case = session.get(CaseFile, of.case_id) if of.case_id else None
    if case is not None:
        require(actor(), "case.read", scope_of(case))
