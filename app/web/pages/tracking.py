"""The whole way of one case as a picture drawn here, with the same in a table (V04)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.models import CaseFile
from app.cases.routes import find, now
from app.contacts.models import Call
from app.core.http import language, site
from app.core.i18n import has_text
from app.identity import can
from app.identity.guard import actor, permits
from app.lifecycle.routes import runtime
from app.supervision.tracking import Bar, Mark, Track, track_of
from app.web import formats
from app.web.formats import LimitChip, finished_limit, running_limit, short_number
from app.web.limits import chip
from app.web.names import names
from app.web.pages.cases import case_page_parts
from app.web.pages.frame import blueprint, page
from app.web.templating import label, t

LEFT, WIDTH, LANE, TOP = 216, 1000, 26, 26
"""Of the picture: room for names, whole width, height of a lane, room for the days."""
LEAST = 3
"""Pixels of the shortest bar."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A row of picture and table."""

    kind: str
    name: str
    began: datetime
    ended: datetime | None
    spent: str
    who: str
    chip: LimitChip | None
    y: int
    x: float
    width: float
    late: float | None
    """Where the part past due begins."""
    due: float | None


@dataclass(frozen=True, slots=True)
class Dot:
    kind: str
    at: datetime
    words: str
    x: float


@blueprint.get("/cases/<case_no>/tracking")
@permits("case.read")
def case_tracking(case_no: str) -> str:
    with site().sessions() as session:
        found = find(session, case_no)
        track = track_of(runtime(), session, found, actor(), now(), _calls(session, found))
        parts = case_page_parts(session, found, "tracking")
    lanes = [_lane(bar, track, place) for place, bar in enumerate(track.bars)]
    dots = [Dot(mark.kind, mark.at, _words(mark), _x(mark.at, track)) for mark in track.marks]
    bottom = TOP + LANE * len(lanes)
    return page(
        "case_tracking.html", islands=("case",), lanes=lanes, dots=dots, days=_days(track), bottom=bottom,
        height=bottom + 34, left=LEFT, width=WIDTH, whole=formats.span(track.ended - track.began, language()), **parts,
    )  # fmt: skip


def _calls(session: Session, case: CaseFile) -> list[Mark]:
    """Who telephoned about it; without the number."""
    if not can(actor(), "call.read"):
        return []
    query = select(Call.began_at, Call.direction, Call.outcome).where(Call.case_id == case.id).order_by(Call.began_at)
    return [Mark("call", at, outcome or direction) for at, direction, outcome in session.execute(query)]


def _lane(bar: Bar, track: Track, place: int) -> Lane:
    end = bar.ended or track.ended
    x, right = _x(bar.began, track), _x(end, track)
    late = bar.due is not None and end > bar.due
    return Lane(
        bar.kind, _name(bar), bar.began, bar.ended, formats.span(end - bar.began, language()), bar.who, _chip(bar),
        TOP + LANE * place, x, max(right - x, LEAST), _x(bar.due, track) if late and bar.due else None,
        _x(bar.due, track) if bar.due and bar.due <= track.ended else None,
    )  # fmt: skip


def _x(at: datetime, track: Track) -> float:
    whole = max((track.ended - track.began).total_seconds(), 1)
    share = min(max((at - track.began).total_seconds() / whole, 0.0), 1.0)
    return round(LEFT + share * (WIDTH - LEFT - 8), 1)


def _chip(bar: Bar) -> LimitChip | None:
    if bar.limit is not None:
        return chip(bar.limit, now())
    if bar.due is None:
        return None
    lang, zone = language(), site().settings.city_zone
    if bar.ended is None:
        return running_limit(bar.began, bar.due, now(), lang, zone)
    return finished_limit("MET" if bar.ended <= bar.due else "BREACHED", bar.due, bar.ended, lang, zone)


def _name(bar: Bar) -> str:
    match bar.kind:
        case "stage":
            return label("CaseStage", bar.name)
        case "order":
            return f"{names().department(bar.name)} {short_number(bar.order_no)}"
        case "limit":
            limit = bar.limit
            amount = f" {limit.value} {label('TimeUnit', limit.unit)}" if limit and limit.value and limit.unit else ""
            return f"{label('LimitKind', bar.name)}{amount}"
        case "task":
            return bar.names.get(language()) or bar.names.get("en") or "—"
        case "demand":
            return label("SupervisionLevel", bar.name)


def _words(mark: Mark) -> str:
    match mark.kind:
        case "instruction":
            return t("web.tracking.instruction", who=mark.who, what=label("LeaderInstructionKind", mark.what))
        case "visit":
            return t("web.tracking.visit", who=mark.who, what=label("VisitResult", mark.what))
        case "answer":
            return t("web.tracking.answer", who=mark.who, what=names().department(mark.what))
        case "call":
            return t("web.tracking.call")
        case "message":
            key = f"web.tracking.told.{mark.what}"
            what = t(key) if has_text(key) else t("web.tracking.told")
            return t("web.tracking.message", what=what, n=mark.people, channel=t(f"messaging.channel.{mark.channel}"))


def _days(track: Track) -> list[dict[str, Any]]:
    """Ticks at the city's midnights, at most a dozen of them with their date."""
    zone, lang = site().settings.city_zone, language()
    first = track.began.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    count = max((track.ended - first) // timedelta(days=1) + 1, 0)
    every = max(1, -(-count // 12))
    days = [first + timedelta(days=place) for place in range(0, count, every)]
    return [{"x": _x(day, track), "name": formats.short_day(day, lang, zone)} for day in days]
