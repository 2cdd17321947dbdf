"""When the agent has hung up, the citizen says by key how it was; whoever hangs up first is asked nothing."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from app import audit
from app.contacts.models import CallEvent, CallSurvey, SkillGroup
from app.lifecycle.reporting import register
from tests.browser.conftest import picture, violations
from tests.integration.web.test_search import REPORT
from tests.telephony.conftest import Exchange
from tests.telephony.desk import Sit, address, chromium, sit
from tests.telephony.sipp import HangUp, Press, Speak, UntilHungUp, Wait

__all__ = ["address", "chromium", "sit"]
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def asked(exchange: Exchange) -> Iterator[Exchange]:
    """An exchange whose groups ask afterwards."""
    _let_ask(exchange, True)
    exchange.sign_in("agent")
    yield exchange
    _let_ask(exchange, False)


def _let_ask(exchange: Exchange, on: bool) -> None:
    with exchange.sessions.begin() as session:
        session.query(SkillGroup).update({"survey": on})
    exchange.until_rules_are_known()


def survey(exchange: Exchange, caller: str) -> CallSurvey | None:
    with exchange.sessions() as session:
        return session.get(CallSurvey, exchange.call(caller).id)


def rated(exchange: Exchange, caller: str) -> CallSurvey:
    def seen() -> CallSurvey | None:
        found = survey(exchange, caller)
        return found if found is not None and found.rated_at else None

    found = exchange.until(seen, what=f"{caller} has answered")
    assert found is not None
    return found


def kinds(exchange: Exchange, caller: str) -> list[str]:
    call = exchange.call(caller)
    with exchange.sessions() as session:
        return [row.kind for row in session.query(CallEvent).filter_by(call_id=call.id).order_by(CallEvent.no)]


@pytest.mark.feature("Q16", "O02", "O05")
def test_a_caller_rates_by_key_when_the_agent_has_hung_up(asked: Exchange) -> None:
    seat = asked.sipp.seat(asked.lines["agent"].port, Speak(), Wait(1), HangUp())
    citizen = asked.sipp.citizen("13800005001", "12310", Wait(3.5), Press("1"), UntilHungUp())
    seat.finish()
    asked.until_state("agent", "WRAP_UP")
    citizen.finish()
    call = asked.ended("13800005001")
    answer = rated(asked, "13800005001")
    assert (answer.satisfaction, answer.resolved) == ("VERY_SATISFIED", None)
    assert answer.agent == call.agent == asked.person("agent").id
    assert (call.outcome, call.cause) == ("ANSWERED", "menu")
    assert call.answered_at < call.talked_until < call.ended_at, "the survey is no talk"
    with asked.sessions() as session:
        run = asked.until(lambda: audit.read(session, call.id), what="the way through the diagram")[-1]
    assert run.result == {"process": "voice_survey", "end": "rated"}


@pytest.mark.feature("Q16")
def test_who_hangs_up_first_is_asked_nothing(asked: Exchange) -> None:
    seat = asked.sipp.seat(asked.lines["agent"].port, Speak(), UntilHungUp())
    asked.sipp.citizen("13800005002", "12310", Wait(1.5), HangUp()).finish()
    seat.finish()
    asked.ended("13800005002")
    assert survey(asked, "13800005002") is None


@pytest.mark.feature("Q16")
def test_who_leaves_without_an_answer_was_asked(asked: Exchange) -> None:
    seat = asked.sipp.seat(asked.lines["agent"].port, Speak(), Wait(1), HangUp())
    asked.sipp.citizen("13800005003", "12310", Wait(3), HangUp()).finish()
    seat.finish()
    assert asked.ended("13800005003").outcome == "ANSWERED"
    found = asked.until(lambda: survey(asked, "13800005003"), what="the survey")
    assert found is not None
    assert (found.satisfaction, found.rated_at) == (None, None)


def test_an_answer_is_asked_for_again_after_a_fall_and_kept_once(asked: Exchange) -> None:
    """Killed while the question is said: the citizen hears it again. Killed after the answer: never."""
    asked.sipp.seat(asked.lines["agent"].port, Speak(), Wait(0.6), HangUp())
    citizen = asked.sipp.citizen("13800005004", "12310", Wait(5), *((Wait(2), Press("4")) * 8), Wait(9))
    asked.until(lambda: "asked" in kinds(asked, "13800005004"), what="the question")
    asked.kill()
    asked.start()
    answer = rated(asked, "13800005004")
    assert answer.satisfaction == "UNSATISFIED"
    asked.kill()
    asked.start()
    asked.ended("13800005004")
    citizen.stop()
    told = kinds(asked, "13800005004")
    assert (told.count("rated"), told.count("ended"), told.count("asked")) == (1, 1, 2)


@pytest.mark.browser
@pytest.mark.feature("Q16", "O03", "O05", "D07")
def test_a_return_visit_is_answered_by_key_and_shows_everywhere(asked: Exchange, sit: Sit, address: str) -> None:
    """We call about a case; when the agent hangs up, the citizen is also asked whether it is solved."""
    number = REPORT["caller_phone"]
    case = register(asked.runtime, REPORT, actor=asked.person("agent"))
    outside = asked.sipp.seat(asked.outside, Speak(), Wait(3.5), Press("2"), Wait(2), Press("1"), UntilHungUp())
    seat = asked.sipp.seat(asked.lines["agent"].port, Speak(), Wait(2), HangUp())
    asked.ask("agent", "dial", number=number, case=str(case.case_id))
    seat.finish()
    outside.finish()
    call = asked.until(lambda: asked.calls(called=number, outcome="ANSWERED"), what="the call")[0]
    assert call.case_id == case.case_id
    with asked.sessions() as session:
        answer = session.get(CallSurvey, call.id)
    assert answer is not None
    assert (answer.satisfaction, answer.resolved) == ("SATISFIED", "SOLVED")
    page = sit("supervisor")
    page.goto(f"{address}/calls/{call.id}")
    expect(page.locator("main")).to_contain_text("Satisfied · Solved")
    picture(page, "call-rated")
    page.goto(f"{address}/cases/{case.case_no}")
    expect(page.locator("[data-live=calls]")).to_contain_text("Satisfied · Solved")
    expect(page.locator(".history").first).to_contain_text("answered by key: Satisfied · Solved")
    page.goto(f"{address}/seats")
    row = page.locator(f"tr[data-agent='{asked.person('agent').id}']")
    expect(row).to_contain_text(re.compile(r"\d%"))
    assert not violations(page)
    picture(page, "live-board-agents")
