"""A citizen calls, and a person answers."""

import pytest

from app import audit
from tests.telephony.conftest import Exchange
from tests.telephony.sipp import HangUp, Press, Speak, UntilHungUp, Wait, energy


@pytest.mark.feature("T06", "T10", "T12", "T13", "T14", "S09")
def test_a_call_is_queued_answered_recorded_and_told(exchange: Exchange) -> None:
    exchange.sign_in("agent")
    seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp())
    citizen = exchange.sipp.citizen("13800136721", "96119", Speak(), Wait(2.5), HangUp())
    exchange.until_state("agent", "ON_CALL")
    citizen.finish()
    seat.finish()
    call = exchange.ended("13800136721")
    assert (call.direction, call.outcome, call.agent) == ("IN", "ANSWERED", exchange.person("agent").id)
    assert call.queued_at <= call.answered_at <= call.ended_at
    seconds, loud = energy(exchange.sound(call.id))
    assert 1.5 < seconds < 4
    assert loud > 500
    exchange.until_state("agent", "WRAP_UP")


@pytest.mark.feature("T11", "M07", "F01", "W22")
def test_the_menu_hears_keys_and_leads_to_a_person(exchange: Exchange) -> None:
    """Policies by RFC 2833, then a person by SIP INFO; the way through the diagram is in the call's history."""
    exchange.sign_in("agent")
    seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp())
    keys = (Wait(1), Press("4", "rfc2833"), Wait(1.5), Press("0"))
    citizen = exchange.sipp.citizen("13800000002", "12319", *keys, Wait(3), HangUp())
    exchange.until_state("agent", "ON_CALL")
    citizen.finish()
    seat.finish()
    call = exchange.ended("13800000002")
    assert (call.outcome, call.skill_group) == ("ANSWERED", "GENERAL")
    with exchange.sessions() as session:
        run = exchange.until(lambda: audit.read(session, call.id), what="the voice run")[0]
    passed = [step["element"] for step in run.steps if step["state"] == "completed"]
    assert passed.count("ask") == 2
    assert "policies" in passed
    assert run.steps[-1]["state"] == "cancelled"
    assert run.result == {"process": "voice_menu", "end": "hung_up"}
