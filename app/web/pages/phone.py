"""The telephone of a seat: what the call bar asks and commands, and the window in which a browser's telephone lives."""

from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import redis
from flask import Response, current_app, jsonify, make_response, request

from app import contacts
from app.core.db import transaction
from app.core.errors import CitydeskError, Conflict, Invalid, Unavailable
from app.core.http import site
from app.identity import Actor, can
from app.identity.guard import actor, permits
from app.web.pages.frame import blueprint, page, read_id
from app.web.security import CONTENT_SECURITY_POLICY
from app.web.telephone import group_name, own_call, shown_call, shown_seat
from app.web.templating import t

CONNECTION = "citydesk-phone"
PATIENCE = contacts.EXPIRY + 2
"""Seconds for Redis itself; telephony answers within `EXPIRY` or not at all."""
WINDOW_WORDS = ("registering", "ready", "lost", "refused", "no_microphone", "rings", "talking", "taken_elsewhere")


def telephone() -> "redis.Redis":
    """This process's connections to where telephony listens."""
    if CONNECTION not in current_app.extensions:
        current_app.extensions[CONNECTION] = redis.Redis.from_url(
            site().settings.redis_url, socket_connect_timeout=2, socket_timeout=PATIENCE
        )
    return cast("redis.Redis", current_app.extensions[CONNECTION])


def leave_seat(person: Actor) -> None:
    """Whoever leaves the product takes no calls any more; a telephone that does not answer keeps nobody."""
    if not can(person, "call.answer"):
        return
    with site().sessions() as session:
        seat = contacts.own_seat(session, person.id)
    if seat is not None and seat.seat is not None:
        with suppress(CitydeskError):
            contacts.ask_telephone(telephone(), person, "logout")


@blueprint.get("/phone/state")
@permits("call.answer")
def phone_state() -> Response:
    """One's own seat as the call bar shows it."""
    with site().sessions() as session:
        seat = contacts.own_seat(session, actor().id)
        if seat is None:
            raise Conflict("contacts.agent.unknown")
        return jsonify(shown_seat(session, seat))


@blueprint.get("/phone/calls/<uuid:call_id>")
@permits("call.answer")
def phone_call(call_id: UUID) -> Response:
    """Who rings at one's seat: name, masked number, where the call came through."""
    call = own_call(site().sessions, call_id, actor())
    with site().sessions() as session:
        return jsonify(shown_call(session, call))


@blueprint.get("/phone/places")
@permits("call.answer")
def phone_places() -> Response:
    """Free seats to sign in at, colleagues and groups to hand a call to."""
    with site().sessions() as session:
        free = [{"number": seat.number, "name": seat.name, "kind": seat.kind} for seat in contacts.free_seats(session)]
        people = [
            {"number": each.extension, "name": each.name, "state": each.state,
             "said": t(f"web.phone.state.{each.state}")}
            for each in contacts.all_seats(session)
            if each.agent != actor().id
        ]  # fmt: skip
        groups = [{"number": f"group:{each.code}", "name": group_name(each.code)}
                  for each in contacts.skill_groups(session)]  # fmt: skip
    people.sort(key=lambda each: (each["state"] != "IDLE", each["state"] == "LOGGED_OUT", each["number"]))
    return jsonify({"seats": free, "people": people, "groups": groups})


@blueprint.post("/phone/<command>")
@permits("call.answer")
def phone_command(command: str) -> Response:
    """Do it at the telephone; what a supervisor does to others' calls is in the call's history first."""
    values = _values()
    contacts.check(actor(), command)
    if command == "dial":  # what the call is about says the page that calls, after asking who may read it
        values = {"number": values.get("number", "")}
    if command in contacts.OTHERS:
        _write_down(command, values)
    try:
        return jsonify(contacts.ask_telephone(telephone(), actor(), command, **values))
    except redis.RedisError as error:
        raise Unavailable("contacts.no_telephone") from error


def _write_down(command: str, values: dict[str, Any]) -> None:
    """Whom it is done to knows: the call's history, or the agent's."""
    with transaction(site().sessions) as session:
        if "call" in values:
            subject, kind = contacts.call_by_id(session, read_id(values["call"])).id, "call"
        else:
            subject, kind = read_id(values.get("agent")), "user"
        contacts.log_command(session, subject, kind, command, values, actor=actor(), now=site().clock.now())


@blueprint.post("/phone/calls/<uuid:call_id>/note")
@permits("call.answer")
def phone_note(call_id: UUID) -> Response:
    """What the agent writes down while talking."""
    text = _values().get("text")
    if not isinstance(text, str):
        raise Invalid("web.form.unreadable")
    call = own_call(site().sessions, call_id, actor())
    with transaction(site().sessions) as session:
        contacts.write_note(session, call.id, text)
    return Response(status=204)


@blueprint.get("/phone")
@permits("call.answer")
def phone_window() -> Response:
    """The browser's telephone. It registers over its own WebSocket, to which this page alone may connect."""
    url = site().settings.phone_url
    words = {name: t(f"web.phone.window.{name}") for name in WINDOW_WORDS}
    answer = make_response(page("phone.html", islands=("phone",), phone_url=url, words=words))
    if url:
        address = urlsplit(url)
        allowed = f"connect-src 'self' {address.scheme}://{address.netloc}"
        answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace("connect-src 'self'", allowed)
    return answer


def _values() -> dict[str, Any]:
    body = request.get_json()
    if not isinstance(body, dict):
        raise Invalid("web.form.unreadable")
    return body
