"""Who is due to be called back, and the one attempt that may run."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.city import publish_calendar
from app.city.rules import CalendarRules
from app.contacts import CallKind, Fact, claim_callback, due_callbacks, take_facts
from app.contacts.models import Call, CallbackRequest
from app.core.db import Sessions
from app.core.ids import new_id
from app.identity import SEED

NOW = datetime(2026, 11, 27, 2, tzinfo=UTC)  # Friday, 10 o'clock in the city
PHONE = "13900000001"
pytestmark = pytest.mark.feature("Q06")


def lost_call(sessions: Sessions, phone: str = PHONE, **values: Any) -> UUID:
    """Somebody gave up an hour ago; returns the request."""
    call = Call(
        id=new_id(), direction="IN", caller=phone, called="12319", began_at=NOW - timedelta(hours=1),
        ended_at=NOW - timedelta(minutes=59), outcome="ABANDONED",
    )  # fmt: skip
    asked = call.ended_at
    request = CallbackRequest(id=new_id(), call_id=call.id, phone=phone, reason="ABANDONED", asked_at=asked,
                              **({"next_at": asked} | values))  # fmt: skip
    with sessions.begin() as session:
        session.add_all([call, request])
    return request.id


def claim(sessions: Sessions, request: UUID, call: UUID, now: datetime = NOW, phone: str = PHONE) -> int | None:
    with sessions.begin() as session:
        return claim_callback(session, request, phone, call, now)


def due(sessions: Sessions, now: datetime = NOW) -> list[UUID]:
    with sessions() as session:
        return [one.id for one in due_callbacks(session, now)]


def attempt_ends(sessions: Sessions, request: UUID, call: UUID, **callback: Any) -> CallbackRequest:
    arrived = {"direction": "OUT", "caller": "7001", "called": PHONE, "channel": "c", "callback": str(request)}
    told = {"id": str(request), **callback}
    facts = [
        Fact(call, 1, CallKind.ARRIVED, NOW, arrived),
        Fact(call, 2, CallKind.ENDED, NOW + timedelta(seconds=30), {"outcome": "UNREACHED", "callback": told}),
    ]
    with sessions.begin() as session:
        take_facts(session, facts, NOW, lambda *_: None, Path())
        take_facts(session, facts, NOW, lambda *_: None, Path())  # again is the same as once
    with sessions() as session:
        found = session.get(CallbackRequest, request)
    assert found is not None
    return found


def test_one_attempt_at_a_time_for_a_number(sessions: Sessions) -> None:
    """Two requests of one citizen, and two that want them at the very same time."""
    requests = [lost_call(sessions), lost_call(sessions)]
    assert set(due(sessions)) == set(requests)
    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(lambda request: claim(sessions, request, new_id()), requests))
    assert sorted(got, key=str) == [1, None]
    assert due(sessions) == []


def test_nobody_is_called_who_is_on_a_line_or_was_reached(sessions: Sessions) -> None:
    request = lost_call(sessions)
    calls_now = Call(id=new_id(), direction="IN", caller=PHONE, called="12319", began_at=NOW)
    with sessions.begin() as session:
        session.add(calls_now)
    assert due(sessions) == []
    assert claim(sessions, request, new_id()) is None
    with sessions.begin() as session:
        ended = session.get_one(Call, calls_now.id)
        ended.ended_at = NOW + timedelta(seconds=5)
    assert due(sessions) == [request]
    with sessions.begin() as session:
        session.get_one(Call, calls_now.id).answered_at = NOW + timedelta(seconds=2)
    assert due(sessions) == []
    assert claim(sessions, request, new_id()) is None


def test_attempts_are_spaced_and_bounded(sessions: Sessions) -> None:
    request, call = lost_call(sessions), new_id()
    assert claim(sessions, request, call) == 1
    later = NOW + timedelta(minutes=5)
    after = attempt_ends(sessions, request, call, result="BUSY", rang=True, again_at=later.isoformat())
    assert (after.state, after.attempts, after.last_result, after.next_at) == ("OPEN", 1, "BUSY", later)
    assert due(sessions) == []
    assert due(sessions, later) == [request]
    call = new_id()
    assert claim(sessions, request, call, later) == 2
    seat = attempt_ends(sessions, request, call, result="SEAT", rang=False, again_at=later.isoformat())
    assert seat.attempts == 1, "it never rang at the citizen's"
    call = new_id()
    assert claim(sessions, request, call, later) == 2
    last = attempt_ends(sessions, request, call, result="NO_ANSWER", rang=True, again_at=None)
    assert (last.state, last.attempts) == ("GIVEN_UP", 2)
    assert due(sessions, NOW + timedelta(hours=9)) == []


def test_an_attempt_that_fell_before_it_rang_is_made_later_and_one_that_rang_never_twice(sessions: Sessions) -> None:
    request, call = lost_call(sessions), new_id()
    assert claim(sessions, request, call) == 1
    soon, later = NOW + timedelta(minutes=1), NOW + timedelta(minutes=3)
    assert due(sessions, soon) == []
    assert due(sessions, later) == [request]
    again = new_id()
    assert claim(sessions, request, again, later) == 1
    with sessions.begin() as session:
        facts = [Fact(again, 1, CallKind.ARRIVED, later, {"direction": "OUT", "caller": "7001", "called": PHONE,
                                                          "channel": "c", "callback": str(request)})]  # fmt: skip
        take_facts(session, facts, later, lambda *_: None, Path())
    assert due(sessions, later + timedelta(minutes=30)) == []


def test_whoever_was_talked_with_is_off_the_list_for_good(sessions: Sessions) -> None:
    request, call = lost_call(sessions), new_id()
    arrived = {"direction": "IN", "caller": PHONE, "called": "12319", "channel": "c"}
    facts = [Fact(call, 1, CallKind.ARRIVED, NOW, arrived), Fact(call, 2, CallKind.ANSWERED, NOW, {"leg": "l"}),
             Fact(call, 3, CallKind.ENDED, NOW, {"outcome": "ANSWERED"})]  # fmt: skip
    with sessions.begin() as session:
        take_facts(session, facts, NOW, lambda *_: None, Path())
    with sessions() as session:
        assert session.get_one(CallbackRequest, request).state == "REACHED"


def test_calls_are_made_in_the_working_time_of_the_calendar(sessions: Sessions) -> None:
    request = lost_call(sessions)
    zone = ZoneInfo("Asia/Shanghai")
    with sessions.begin() as session:
        rules = CalendarRules(zone, (((540, 1080),),) * 5 + ((), ()), observes_holidays=False)
        publish_calendar(session, "city", "jz", rules, reason="test", actor=SEED, now=NOW)
    assert due(sessions) == [request]
    night = NOW.replace(hour=14)
    assert due(sessions, night) == []
