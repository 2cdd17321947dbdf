"""Who was missed is called back by itself: an idle seat first, then the citizen; once, whatever falls."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from app.city import publish_calendar
from app.city.rules import CalendarRules
from app.contacts.models import CallbackRequest, SkillGroup
from app.identity import SEED
from tests.browser.conftest import picture, violations
from tests.telephony.conftest import Exchange
from tests.telephony.desk import Sit, address, chromium, sit
from tests.telephony.sipp import HangUp, Speak, UntilHungUp, Wait

__all__ = ["address", "chromium", "sit"]
pytestmark = [pytest.mark.timeout(120), pytest.mark.feature("Q06")]
ALWAYS = CalendarRules(ZoneInfo("Asia/Shanghai"), (((0, 1440),),) * 7, observes_holidays=False)


@pytest.fixture
def missed(exchange: Exchange) -> Iterator[Exchange]:
    """A city that works round the clock, with an agent who pauses; groups call back."""
    _calls_back(exchange, True)
    exchange.sign_in("agent")
    exchange.ask("agent", "state", state="PAUSED", reason="MEETING")
    yield exchange
    _calls_back(exchange, False)


def _calls_back(exchange: Exchange, on: bool) -> None:
    with exchange.sessions.begin() as session:
        session.query(SkillGroup).update({"calls_back": on})
        publish_calendar(session, "city", "jz", ALWAYS, reason="test", actor=SEED, now=datetime.now(UTC))
    exchange.until_rules_are_known()


def gives_up(exchange: Exchange, number: str) -> None:
    exchange.sipp.citizen(number, "12310", Wait(0.5), HangUp()).finish()
    assert exchange.ended(number).outcome == "ABANDONED"


def request(exchange: Exchange, number: str) -> CallbackRequest:
    with exchange.sessions() as session:
        return session.query(CallbackRequest).filter_by(phone=number).one()


def until_request(exchange: Exchange, number: str, state: str) -> CallbackRequest:
    def seen() -> CallbackRequest | None:
        found = request(exchange, number)
        return found if found.state == state else None

    found = exchange.until(seen, 25, f"{number} is {state}")
    assert found is not None
    return found


@pytest.mark.browser
def test_who_gave_up_is_called_back_when_a_seat_is_idle(missed: Exchange, sit: Sit, address: str) -> None:
    """The seat rings first; the citizen sees the city's number; the page shows it live, and the agent's form opens."""
    number = "13800006001"
    gives_up(missed, number)
    board, desk = sit("supervisor"), sit("agent")
    board.goto(f"{address}/callbacks")
    row = board.locator(f"tr[data-request='{request(missed, number).id}']")
    expect(row).to_have_attribute("data-state", "OPEN")
    seat = missed.sipp.seat(missed.lines["agent"].port, Speak(), Wait(3), HangUp(), ring=2)
    outside = missed.sipp.seat(missed.outside, Speak(), UntilHungUp())
    missed.ask("agent", "state", state="IDLE")
    missed.until_state("agent", "RINGING")
    expect(row).to_have_attribute("data-state", "CALLING")
    picture(board, "callbacks-calling")
    expect(desk).to_have_url(re.compile("/registrations/new\\?call="))
    missed.until_state("agent", "ON_CALL")
    outside.finish()
    seat.finish()
    found = until_request(missed, number, "REACHED")
    assert (found.attempts, found.last_result, found.done_by) == (1, "REACHED", missed.person("agent").id)
    call = missed.calls(called=number)[0]
    assert (call.direction, call.outcome, call.callback_of, call.id) == ("OUT", "ANSWERED", found.id, found.calling)
    assert "<sip:12319@" in outside.told(), "the city's number is shown"
    expect(row).to_have_attribute("data-state", "REACHED")
    assert not violations(board)
    picture(board, "callbacks-settled")


def test_a_busy_citizen_is_called_again_later_and_never_by_two(missed: Exchange) -> None:
    number = "13800006002"
    gives_up(missed, number)
    missed.sign_in("agent2")
    seats = [missed.sipp.seat(missed.lines[who].port, UntilHungUp()) for who in ("agent", "agent2")]
    outside = missed.sipp.seat(missed.outside, busy=True)
    missed.ask("agent", "state", state="IDLE")
    outside.finish()
    missed.until(lambda: request(missed, number).last_result, 25, "the attempt is over")
    found = until_request(missed, number, "OPEN")
    assert (found.attempts, found.last_result) == (1, "BUSY")
    minutes = (found.next_at - found.last_attempt_at).total_seconds() / 60
    assert 5 <= minutes < 6
    missed.until(lambda: any(seat.process.poll() == 0 for seat in seats), what="the seat hears that it was in vain")
    assert len(missed.calls(called=number)) == 1


def test_who_does_not_lift_pauses_and_the_attempt_does_not_count(missed: Exchange) -> None:
    number = "13800006003"
    gives_up(missed, number)
    missed.sipp.seat(missed.lines["agent"].port, busy=True)
    missed.ask("agent", "state", state="IDLE")
    missed.until(lambda: request(missed, number).last_result == "SEAT", 25, "the seat did not lift")
    assert (request(missed, number).state, request(missed, number).attempts) == ("OPEN", 0)
    assert missed.state("agent") == "PAUSED"


def test_nothing_is_dialled_twice_when_telephony_falls(missed: Exchange) -> None:
    """Killed while it rings at the citizen's: what was begun ends, is counted, and waits its time."""
    number = "13800006004"
    gives_up(missed, number)
    missed.sipp.seat(missed.lines["agent"].port, Speak(), UntilHungUp())
    outside = missed.sipp.seat(missed.outside, lift=False)
    missed.ask("agent", "state", state="IDLE")
    missed.until(lambda: "180 Ringing" in outside.told(), 25, "it rings at the citizen's")
    missed.kill()
    missed.start()
    outside.finish()
    found = until_request(missed, number, "OPEN")
    assert (found.attempts, found.last_result) == (1, "LOST")
    assert found.next_at > found.last_attempt_at
    assert len(missed.calls(called=number)) == 1
