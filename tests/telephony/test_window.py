"""A Chromium as the telephone itself: it registers over its WebSocket, rings, is answered by a key of the page, carries
sound both ways, and goes on while pages come and go."""

import re

import pytest
from playwright.sync_api import Page, expect

from app.cases.models import CaseFile
from tests.browser.conftest import picture, settled, violations
from tests.telephony.conftest import Exchange
from tests.telephony.desk import Sit, address, chromium, sit
from tests.telephony.sipp import HangUp, Speak, UntilHungUp, Wait, energy
from tests.telephony.test_desk import fill_the_rest, in_state, press

__all__ = ["address", "chromium", "sit"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

LOUDNESS = """async () => {
  const stream = document.querySelector('audio').srcObject
  if (!stream) return 0
  const context = new AudioContext()
  const ear = context.createAnalyser()
  context.createMediaStreamSource(stream).connect(ear)
  await new Promise(resolve => setTimeout(resolve, 400))
  const samples = new Float32Array(ear.fftSize)
  ear.getFloatTimeDomainData(samples)
  await context.close()
  return Math.max(...samples.map(Math.abs))
}"""


def sit_down(page: Page, seat: str) -> Page:
    """Sign in at a browser's seat: its window opens, registers, and the page knows."""
    press(page, "log_in")
    with page.context.expect_page() as opened:
        page.locator(f"[data-phone-panel] [data-choose=seat][data-to='{seat}']").click()
    window = opened.value
    expect(window.locator("[data-window-said]")).to_have_text("Ready for calls.")
    in_state(page, "PAUSED")
    press(page, "idle")
    in_state(page, "IDLE")
    return window


@pytest.mark.feature("S01", "S05", "S06", "S07", "S08", "S09", "X01")
def test_from_invite_to_the_case_with_a_browser_as_telephone(exchange: Exchange, sit: Sit, address: str) -> None:
    phone = "13800137001"
    page = sit("agent")
    window = sit_down(page, "8003")
    assert not violations(window)
    picture(window, "phone-window")
    exchange.until_state("agent", "IDLE")
    citizen = exchange.sipp.citizen(phone, "12310", Speak(), UntilHungUp(60))
    page.wait_for_url(re.compile(r"/registrations/new\?call="))
    in_state(page, "RINGING")
    settled(page)
    picture(page, "pop-ringing")
    page.keyboard.press("F2")
    in_state(page, "ON_CALL")
    expect(window.locator("[data-window-said]")).to_have_text("Talking.")
    fill_the_rest(page, "Told to a browser")
    exchange.until(lambda: window.evaluate(LOUDNESS) > 0.05, what="the browser hears the citizen")
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile(r"/cases/"))
    page.goto(f"{address}/tasks")
    in_state(page, "ON_CALL")
    page.keyboard.press("F6")
    expect(page.locator("[data-phone=mute]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("F6")
    expect(page.locator("[data-phone=mute]")).to_have_attribute("aria-pressed", "false")
    press(page, "hang_up")
    citizen.finish()
    in_state(page, "WRAP_UP")
    call = exchange.ended(phone)
    with exchange.sessions() as session:
        case = session.query(CaseFile).filter_by(incident_summary="Told to a browser").one()
    assert call.case_id == case.id
    seconds, loud = energy(exchange.sound(call.id))
    assert seconds > 0.8
    assert loud > 500
    page.goto(f"{address}/cases/{case.case_no}")
    expect(page.locator("[aria-labelledby=h-calls]")).to_contain_text("138••••7001")
    press(page, "wrapped_up")
    in_state(page, "IDLE")
    page.click("details.me summary")
    with window.expect_event("close"):
        page.locator("[data-sign-out] button").click()
    page.wait_for_url("**/sign-in")
    exchange.until_state("agent", "LOGGED_OUT")


@pytest.mark.feature("S01", "S06")
def test_a_window_that_closes_is_said_and_a_call_out_lifts_by_itself(exchange: Exchange, sit: Sit) -> None:
    page = sit("agent")
    window = sit_down(page, "8003")
    window.close()
    expect(page.locator("#callbar")).to_contain_text("Open the telephone window")
    with page.context.expect_page() as opened:
        press(page, "open_window")
    expect(opened.value.locator("[data-window-said]")).to_have_text("Ready for calls.")
    in_state(page, "IDLE")
    outside = exchange.sipp.seat(exchange.outside, Speak(), UntilHungUp(40))
    press(page, "dial")
    page.fill("[data-typed]", "13800137002")
    page.keyboard.press("Enter")
    in_state(page, "ON_CALL")
    call = exchange.until(lambda: exchange.calls(called="13800137002"), what="the call out")[0]
    exchange.until(lambda: exchange.calls(id=call.id)[0].answered_at, what="it is answered")
    press(page, "dial")
    page.locator("[data-choose=digit][value='5']").click()
    page.keyboard.press("Escape")
    press(page, "hang_up")
    outside.finish()
    exchange.until(lambda: exchange.calls(id=call.id)[0].ended_at, what="the end")


def lift(page: Page) -> None:
    """Once the call's form stands there, as it comes by itself where nothing is being written."""
    in_state(page, "RINGING")
    page.wait_for_url(re.compile(r"/registrations/new\?call="))
    settled(page)
    page.wait_for_selector("#callbar[data-ready=true]")
    page.keyboard.press("F2")


@pytest.mark.feature("S05", "T15")
def test_asking_first_and_handing_over_from_the_bar(exchange: Exchange, sit: Sit) -> None:
    phone = "13800137003"
    page = sit("agent")
    sit_down(page, "8003")
    exchange.sign_in("agent2")
    exchange.ask("agent2", "state", state="PAUSED", reason="TRAINING")
    citizen = exchange.sipp.citizen(phone, "12310", Speak(), UntilHungUp(60))
    lift(page)
    in_state(page, "ON_CALL")
    other = exchange.sipp.seat(exchange.lines["agent2"].port, Speak(), UntilHungUp(60))
    page.keyboard.press("F7")
    page.locator("[data-choose=consult][data-to='7002']").click()
    expect(page.locator("#callbar")).to_contain_text("Asking a colleague")
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(page.locator("#callbar")).to_contain_text("Asking a colleague")
    page.keyboard.press("F7")
    exchange.until_state("agent2", "ON_CALL")
    in_state(page, "WRAP_UP")
    exchange.ask("agent2", "hang_up")
    for party in (citizen, other):
        party.finish()
    assert exchange.ended(phone).agent == exchange.person("agent2").id


@pytest.mark.feature("S09", "T12")
def test_a_silent_citizen_is_talked_to_by_the_browsers_microphone(exchange: Exchange, sit: Sit) -> None:
    """Nobody else makes a sound, and this agent has no work number announced: the recording holds the microphone."""
    phone = "13800137004"
    page = sit("supervisor")
    sit_down(page, "8003")
    citizen = exchange.sipp.citizen(phone, "12310", Wait(6), HangUp())
    lift(page)
    in_state(page, "ON_CALL")
    citizen.finish()
    seconds, loud = energy(exchange.sound(exchange.ended(phone).id))
    assert seconds > 2
    assert loud > 100
