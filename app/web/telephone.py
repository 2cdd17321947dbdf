"""What pages show of the telephone: one's own seat in the call bar, and a call in words."""

import time as clock
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, cast
from uuid import UUID

import redis
from flask import current_app, g
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.orm import Session

from app.citizens import citizens_at, masked_phone
from app.contacts import (
    SeatNow,
    answered_since,
    call_by_id,
    is_recorded,
    off_since,
    own_seat,
    queue_now,
    read_pulse,
    takes_part,
)
from app.contacts.models import Call
from app.core.db import Sessions
from app.core.errors import Forbidden, NotFound
from app.core.http import site
from app.identity import Actor, can
from app.web.around import Seat
from app.web.names import GROUP, names
from app.web.templating import t

PULSE_CLIENT = "citydesk-pulse"
PATIENCE, LOOK = 1.5, 0.005
"""Seconds a page waits for a call whose record is still on its way to the database, and between two looks."""


@dataclass(frozen=True, slots=True)
class PhoneNow:
    """`known`: Valkey answers. `since`: when it was last there, for one that is not running. `lines`: as in `Pulse`."""

    running: bool
    known: bool = True
    since: datetime | None = None
    asterisk: bool = False
    off: str = ""
    """As `off_since` tells pages."""
    version: int = 0
    lines: Mapping[str, str] = field(default_factory=dict)


def telephone_now() -> PhoneNow:
    """Is the telephone running? Asked of Valkey once a request."""
    if "telephone" not in g:
        g.telephone = telephone_at(_pulse_client(), site().clock.now())
    found: PhoneNow = g.telephone
    return found


def telephone_at(client: "redis.Redis", now: datetime) -> PhoneNow:
    try:
        pulse = read_pulse(client)
    except redis.RedisError:
        return PhoneNow(running=False, known=False)
    if pulse is None:
        return PhoneNow(running=False, off=off_since(None, now))
    running = pulse.beats(now)
    return PhoneNow(running, True, None if running else pulse.at, running and pulse.asterisk, off_since(pulse, now),
                    pulse.version, pulse.lines if running else {})  # fmt: skip


def _pulse_client() -> "redis.Redis":
    if PULSE_CLIENT not in current_app.extensions:
        current_app.extensions[PULSE_CLIENT] = redis.Redis.from_url(
            site().settings.redis_url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=Retry(NoBackoff(), 0)
        )
    return cast("redis.Redis", current_app.extensions[PULSE_CLIENT])


def seat_of(session: Session, actor: Actor) -> Seat | None:
    """For the call bar of every page: None for whoever answers no calls."""
    seat = own_seat(session, actor.id) if can(actor, "call.answer") else None
    if seat is None:
        return None
    answered = answered_since(session, actor.id, start_of_day(site().clock.now()))
    return Seat(seat.extension, seat.state, answered, shown_seat(session, seat))


def shown_seat(session: Session, seat: SeatNow) -> dict[str, Any]:
    """What `callbar.js` draws: `since` in ISO, `kind` of the seat, the call and the queue."""
    waiting, first = queue_now(session)
    return {
        "state": seat.state,
        "since": seat.since.isoformat() if seat.since else None,
        "seat": seat.seat,
        "kind": seat.kind,
        "reason": seat.reason,
        "waiting": waiting,
        "off": telephone_now().off,
        "longest": round((site().clock.now() - first).total_seconds()) if first else 0,
        **(_own_call(session, seat.call, seat.agent) if seat.call else {}),
    }


def _own_call(session: Session, call: Call, agent: UUID) -> dict[str, Any]:
    recorded = is_recorded(session, call.id)
    return shown_call(session, call) | {"recording": recorded, "asking": call.asking == agent}


def shown_call(session: Session, call: Call) -> dict[str, Any]:
    """A call in words; the number masked."""
    number = other_party(call)
    known = citizens_at(session, number) if number else []
    return {
        "call": str(call.id),
        "direction": call.direction,
        "calls_back": call.callback_of is not None,
        "name": next((citizen.name for citizen in known if citizen.name), None),
        "phone": masked_phone(number) if call.direction != "INTERNAL" else number,
        "about": about(call),
        "mark": call.mark,
        "note": call.note,
        "case_id": str(call.case_id) if call.case_id else None,
    }


def other_party(call: Call) -> str:
    """The citizen's number, whoever began the call."""
    return call.caller if call.direction == "IN" else call.called


def about(call: Call) -> str:
    """“to 12319 · waited 18 s · General acceptance · Binjiang”"""
    parts = [t(f"web.phone.way.{call.direction}", number=call.called if call.direction == "IN" else call.caller)]
    if call.callback_of:
        parts = [t("web.phone.way.CALLBACK")]
    if call.mark:
        parts.append(t(f"web.calls.mark.{call.mark}"))
    if call.queued_at:
        until = call.answered_at or call.ended_at or site().clock.now()
        parts.append(t("web.phone.waited", n=max(0, round((until - call.queued_at).total_seconds()))))
    if call.skill_group:
        parts.append(group_name(call.skill_group))
    if call.district:
        parts.append(names().district(call.district))
    return " · ".join(parts)


def outcome_words(call: Call) -> str:
    """“answered”, “abandoned”; of a call that goes on its state."""
    return t(f"web.calls.outcome.{call.outcome}") if call.outcome else t("web.calls.outcome.now")


def group_name(code: str | None) -> str:
    """A skill group's own words; read with the labels of the page's other codes."""
    return names().of(f"{GROUP}{code}").removeprefix(GROUP) if code else "—"


def start_of_day(now: datetime) -> datetime:
    """Midnight in the city."""
    zone = site().settings.city_zone
    return datetime.combine(now.astimezone(zone).date(), time(), zone)


def own_call(sessions: Sessions, call_id: UUID, actor: Actor) -> Call:
    """A call that rings or rang at this person's seat (supervisors: any). What telephony told a moment ago may reach
    the database a moment later, so it is waited for. Raises NotFound, Forbidden."""
    deadline = clock.monotonic() + PATIENCE
    while True:
        with sessions() as session:
            call = _known(session, call_id)
            if call is not None and (can(actor, "call.supervise") or takes_part(session, call, actor.id)):
                return call
        if clock.monotonic() > deadline:
            raise Forbidden("contacts.call.not_yours") if call else NotFound("contacts.unknown_call")
        clock.sleep(LOOK)


def _known(session: Session, call_id: UUID) -> Call | None:
    try:
        return call_by_id(session, call_id)
    except NotFound:
        return None


def half_filled(session: Session, call: Call) -> Mapping[str, Any]:
    """Values of the registration form that the call itself tells."""
    number = other_party(call)
    known = next((citizen.name for citizen in citizens_at(session, number) if citizen.name), "") if number else ""
    told = {
        "caller_phone": number, "caller_name": known, "channel": "PHONE", "district": call.district,
        "incident_source": "PUBLIC",
    }  # fmt: skip
    return {key: value for key, value in told.items() if value}
