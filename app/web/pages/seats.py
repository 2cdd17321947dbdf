"""The shift's seats and queues, live, for those who lead it; and the same in big figures for the wall."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from app import contacts
from app.contacts.facts import AgentState
from app.core.http import site
from app.identity.guard import actor, permits
from app.web.call_rows import call_rows, clock, shown_number
from app.web.pages.frame import blueprint, page
from app.web.telephone import group_name, start_of_day, telephone_now
from app.web.templating import t

FIGURES = "citydesk-shift"
KEPT = 2.0
"""Seconds for which the day's figures stand, however many boards ask."""
STATES = ("ON_CALL", "RINGING", "HOLDING", "WRAP_UP", "IDLE", "BUSY", "PAUSED", "LOGGED_OUT")
LONG = {"ON_CALL": timedelta(minutes=10), "HOLDING": timedelta(minutes=2), "WRAP_UP": timedelta(minutes=2)}
REASONS = frozenset({"MEAL", "MEETING", "MONITOR", "NO_ANSWER", "REST", "SIGNED_IN", "TRAINING"})
TARGET = 85
"""Percent to be answered in time."""
HALF_HOUR = timedelta(minutes=30)
ShiftFigures = tuple[contacts.Figures, contacts.Figures, dict[str, contacts.Figures], list[contacts.AgentFigures]]


@dataclass(frozen=True, slots=True)
class SeatCard:
    seat: contacts.SeatNow
    since: str
    long: bool
    about: str
    number: str | None


@blueprint.get("/seats")
@permits("call.supervise")
def seats() -> str:
    """Drawn anew in place while it is open (`seats.js`)."""
    return page("seats.html", islands=("seats",), **_board())


@blueprint.get("/wallboard")
@permits("call.supervise")
def wallboard() -> str:
    return page("wallboard.html", islands=("seats",), **_board())


def _board() -> dict[str, Any]:
    at = site().clock.now()
    with site().sessions() as session:
        people = contacts.all_seats(session)
        queue = call_rows(session, contacts.waiting_calls(session), actor(), at)
        to_call = contacts.callbacks_to_do(session, 10)
        back = list(zip([request for request, _ in to_call],
                        call_rows(session, [call for _, call in to_call], actor(), at), strict=True))  # fmt: skip
        day, now, groups, agents = _figures(session, at)
        answer_within = [group.answer_within_seconds for group in contacts.skill_groups(session)]
    counts = Counter(each.state for each in people)
    return {
        "cards": [_card(each, at) for each in people],
        "counts": {state: counts[state] for state in STATES},
        "staffed": sum(counts[state] for state in STATES[:-1]),
        "talking": counts["ON_CALL"] + counts["HOLDING"] + counts["RINGING"] + counts["WRAP_UP"],
        "telephone": telephone_now(),
        "queue": queue, "back": back, "day": day, "half_hour": now, "clock": clock, "target": TARGET,
        "groups": [(group_name(code), figures) for code, figures in sorted(groups.items())],
        "longest": max((row.waited or 0 for row in queue), default=0), "at": at,
        "agents": agents, "names_of": {each.agent: each.name for each in people},
        "within": answer_within[0] if len(set(answer_within)) == 1 else None, "words": _words(),
    }  # fmt: skip


def _card(seat: contacts.SeatNow, at: datetime) -> SeatCard:
    about = t(f"web.phone.reason.{seat.reason}") if seat.reason in REASONS else ""
    if seat.call is not None:
        about = group_name(seat.call.skill_group) if seat.call.skill_group else ""
    lasts = at - seat.since if seat.since else timedelta()
    long = seat.state in LONG and lasts > LONG[seat.state]
    since = seat.since.isoformat() if seat.since and seat.state != AgentState.LOGGED_OUT else ""
    return SeatCard(seat, since, long, about, shown_number(seat.call) if seat.call else None)


def _figures(session: Session, at: datetime) -> ShiftFigures:
    """Today, the last half hour, today by group, and by agent."""
    kept = current_app.extensions.setdefault(FIGURES, {})
    if time.monotonic() - kept.get("at", -KEPT) >= KEPT:
        day = start_of_day(at)
        kept["figures"] = (
            contacts.figures(session, day), contacts.figures(session, at - HALF_HOUR),
            contacts.figures_by_group(session, day), contacts.figures_by_agent(session, day),
        )  # fmt: skip
        kept["at"] = time.monotonic()
    found: ShiftFigures = kept["figures"]
    return found


def _words() -> dict[str, str]:
    return {key: t(f"web.live.js.{key}") for key in ("done", "reason", "nobody", "lost")}
