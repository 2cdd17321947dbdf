"""Replay: a slider over a case's history, on the diagrams of the case and its orders, with the data at that moment."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, jsonify
from sqlalchemy.orm import Session

from app import audit
from app.cases.enums import CaseStage, CaseStatus
from app.cases.models import CaseFile
from app.cases.queries import registrations_of, scope_of
from app.cases.routes import find, now
from app.citizens import masked_phone
from app.core.db import transaction
from app.core.http import language, site
from app.identity import require
from app.identity.guard import actor, permits
from app.lifecycle.replay import STATES, Film, Frame, film_of, steps_drawn
from app.lifecycle.routes import runtime
from app.supervision import supervisions_of
from app.web import formats
from app.web.names import names
from app.web.pages.case_parts import history_lines
from app.web.pages.frame import blueprint, page
from app.web.templating import label, t

LOOKED = "case.replay"
ENDED = (CaseStatus.COMPLETED, CaseStatus.VOIDED)
FIRST = ("status", "stage", "lead_department", "urgency", "supervision", "rework_count", "order_state")
"""Data that always stand on top."""
MOST_LISTED = 300
SAME_LOOK = timedelta(minutes=10)


@blueprint.get("/cases/<case_no>/replay")
@permits("history.replay")
def case_replay(case_no: str) -> str:
    """The look is written down. Without a script the page lists what happened."""
    with transaction(site().sessions) as session:
        found = find(session, case_no)
        require(actor(), "history.replay", scope_of(found))
        film = film_of(runtime(), session, found, actor(), language())
        phones = _phones(session, found)
        faults = [fault for stream in film.streams for fault in audit.verify(session, stream.instance_id)]
        audit.log_access(session, actor(), LOOKED, found.id, now())
    told = [frame.sentence for frame in film.frames if frame.sentence][-MOST_LISTED:]
    return page(
        "replay.html", islands=("replay",), case=found, film=film, sound=not faults, words=_words(),
        zone=str(site().settings.city_zone),
        history=history_lines(told, phones), streams=[_stream_name(film, place) for place in range(len(film.streams))],
    )  # fmt: skip


@blueprint.get("/cases/<case_no>/replay/film")
@permits("history.replay")
def case_film(case_no: str) -> Response:
    """What the page's island plays. Numbers stand for elements and fields, as long histories must load at once. Asked
    for without the page it is a look, too."""
    with transaction(site().sessions) as session:
        found = find(session, case_no)
        require(actor(), "history.replay", scope_of(found))
        audit.log_access_once(session, actor(), LOOKED, found.id, now(), SAME_LOOK)
        film = film_of(runtime(), session, found, actor(), language())
        phones, seals = _phones(session, found), supervisions_of(session, found.id)
    return jsonify(
        {
            "streams": [_stream(film, place) for place in range(len(film.streams))],
            "fields": film.fields, "first": FIRST, "states": STATES,
            "stages": {stage.value: label("CaseStage", stage.value) for stage in CaseStage},
            "kinds": {kind: label("LimitKind", kind) for frame in film.frames for kind in frame.limits},
            "ended": {state: t(f"web.replay.limit.{state}") for state in ("MET", "BREACHED", "WITHDRAWN")},
            "seals": [{"at": _ms(each.at), "level": each.level, "word": t(f"web.seal.{each.level}")} for each in seals],
            "rows": [_row(frame, film, phones) for frame in film.frames],
        }
    )  # fmt: skip


def _row(frame: Frame, film: Film, phones: list[str]) -> dict[str, Any]:
    told, row = frame.sentence, frame.row
    known: dict[str, Any] = {
        "at": _ms(row.recorded_at), "s": frame.stream, "no": row.no,
        "steps": [
            [step["token"], step["element"], STATES.index(step["state"]), step.get("cause"), step.get("due")]
            for step in steps_drawn(row, film.streams[frame.stream].process)
        ],
    }  # fmt: skip
    if told:
        known |= {"text": _masked(told.text, phones), "mark": told.mark}
        if told.details:
            known["more"] = [_masked(detail, phones) for detail in told.details]
    if frame.data:
        known["data"] = {name: value and _masked(value, phones) for name, value in frame.data.items()}
    fields = row.changes.get("fields", {})
    if "stage" in fields:
        known["stage"] = fields["stage"]["new"]
    if fields.get("status", {}).get("new") in ENDED:
        known["over"] = True
    if frame.limits:
        known["limits"] = {kind: _limit(value) for kind, value in frame.limits.items()}
    return known


def _limit(value: Mapping[str, Any] | str) -> str:
    """The time it is due, or how it ended."""
    return value if isinstance(value, str) else str(value["due_at"])


def _stream(film: Film, place: int) -> dict[str, Any]:
    stream = film.streams[place]
    return {
        "name": _stream_name(film, place), "elements": film.names[place],
        "xml": f"/api/v1/processes/{stream.bundle_id}/{stream.process}/diagram" if stream.bundle_id else None,
    }  # fmt: skip


def _stream_name(film: Film, place: int) -> str:
    order = film.streams[place].order
    if order is None:
        rounds = sum(stream.order is None for stream in film.streams)
        return t("web.diagram.earlier_round", n=rounds - place) if place else t("web.diagram.lifecycle")
    number = formats.short_number(order.order_no)
    return t("web.diagram.order", department=names().of(order.department), no=number)


def _phones(session: Session, case: CaseFile) -> list[str]:
    return [each.caller_phone for each in registrations_of(session, case, actor()) if each.caller_phone]


def _masked(text: str, phones: list[str]) -> str:
    for phone in phones:
        text = text.replace(phone, masked_phone(phone) or "")
    return text


def _ms(at: Any) -> int:
    return int(at.timestamp() * 1000)


def _words() -> dict[str, str]:
    """Sentences of the island; what stands in braces it fills."""
    keys = ("place", "play", "stop", "stage", "supervision", "moment", "nothing", "left", "over", "waits")
    return {key: t(f"web.replay.js.{key}", n="{n}", all="{all}", span="{span}", at="{at}") for key in keys}
