"""An agent's page at work with a desk phone: the call bar signs in and out, a call fills the form, the case has its
call and its recording."""

import re

import pytest
from playwright.sync_api import Page, expect

from app.cases.models import CaseFile
from app.contacts.models import NumberMark
from app.core.ids import new_id
from app.identity import SEED
from tests.browser.conftest import choose, picture, settled, violations
from tests.telephony.conftest import Exchange
from tests.telephony.desk import Sit, address, chromium, sit
from tests.telephony.sipp import Speak, UntilHungUp

__all__ = ["address", "chromium", "sit"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def press(page: Page, command: str) -> None:
    page.locator(f"#callbar [data-callbar-shown] [data-phone={command}]").click()


def in_state(page: Page, state: str) -> None:
    expect(page.locator("#callbar")).to_have_attribute("data-state", state)


def sign_in_at(page: Page, seat: str) -> None:
    press(page, "log_in")
    page.locator(f"[data-phone-panel] [data-choose=seat][data-to='{seat}']").click()
    in_state(page, "PAUSED")


def fill_the_rest(page: Page, summary: str) -> None:
    page.get_by_label("Time Summary").fill(summary)
    page.get_by_label("Detailed Content").fill("Strong since nine o'clock.")
    choose(page, "District", "Dongcheng")
    page.get_by_label(re.compile("^Place")).fill("88 Shuyuan Road")
    choose(page, "Problem Category", "Gas")
    choose(page, "Service Type", "Complaint")


@pytest.mark.feature("S01", "S02", "S03", "S04", "S07", "S08", "S09", "S15")
def test_from_the_ring_to_the_case_with_its_call_and_recording(exchange: Exchange, sit: Sit) -> None:
    phone = "13800136721"
    with exchange.sessions.begin() as session:
        session.add(NumberMark(id=new_id(), phone=phone, kind="VIP", marked_at=exchange.now(), marked_by=SEED.id))
    exchange.until_rules_are_known()
    page = sit("agent")
    sign_in_at(page, "8001")
    press(page, "busy")
    in_state(page, "BUSY")
    press(page, "pause")
    page.locator("[data-choose=reason][value=MEAL]").click()
    in_state(page, "PAUSED")
    expect(page.locator("#callbar")).to_contain_text("Meal")
    press(page, "idle")
    in_state(page, "IDLE")
    exchange.until_state("agent", "IDLE")

    seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp(40), ring=1.0)
    citizen = exchange.sipp.citizen(phone, "12310", Speak(), UntilHungUp(60))
    page.wait_for_url(re.compile(r"/registrations/new\?call="))
    in_state(page, "ON_CALL")
    settled(page)
    assert phone not in page.url
    expect(page.get_by_label("Reporting Telephone")).to_have_value(phone)
    expect(page.locator(".console__caller")).to_contain_text("138••••6721")
    expect(page.locator(".console__caller")).to_contain_text("VIP")
    expect(page.locator("#callbar")).to_contain_text("138••••6721")
    assert not violations(page)
    picture(page, "pop")
    press(page, "note")
    page.fill("[data-note]", "Sounds worried")
    expect(page.locator("[data-note-said]")).to_have_text("Saved.")
    page.keyboard.press("Escape")
    press(page, "hold")
    in_state(page, "HOLDING")
    press(page, "resume")
    in_state(page, "ON_CALL")
    fill_the_rest(page, "Gas smell told by telephone")
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile(r"/cases/"))
    in_state(page, "ON_CALL")  # the call bar is there on every page
    page.keyboard.press("F9")
    page.keyboard.press("F9")
    in_state(page, "WRAP_UP")
    for party in (seat, citizen):
        party.finish()
    call = exchange.ended(phone)
    with exchange.sessions() as session:
        case = session.query(CaseFile).filter_by(incident_summary="Gas smell told by telephone").one()
    assert (call.case_id, call.note, call.agent) == (case.id, "Sounds worried", exchange.person("agent").id)
    assert exchange.sound(call.id).stat().st_size > 1000
    press(page, "wrapped_up")
    in_state(page, "IDLE")
    press(page, "log_out")
    in_state(page, "LOGGED_OUT")


@pytest.mark.feature("S07")
def test_what_is_being_written_is_never_taken_away(exchange: Exchange, sit: Sit) -> None:
    """A call is offered with a key; only at the seat that rings."""
    exchange.sign_in("agent")
    page, other = sit("agent"), sit("agent2")
    page.goto(page.url.split("/tasks")[0] + "/registrations/new")
    settled(page)
    page.get_by_label("Time Summary").fill("Half a sentence about a lamp")
    before = other.url
    seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp(40))
    citizen = exchange.sipp.citizen("13800136722", "12310", Speak(), UntilHungUp(60))
    expect(page.locator(".toast")).to_contain_text("138••••6722")
    in_state(page, "ON_CALL")
    expect(page.get_by_label("Time Summary")).to_have_value("Half a sentence about a lamp")
    assert other.url == before
    call = exchange.call("13800136722").id
    for path in (f"/registrations/new?call={call}", f"/phone/calls/{call}"):
        assert other.request.get(page.url.split("/registrations")[0] + path).status == 403, path
    with page.context.expect_page() as opened:
        page.keyboard.press("F3")
    form = opened.value
    settled(form)
    expect(form.get_by_label("Reporting Telephone")).to_have_value("13800136722")
    expect(form.get_by_label("Time Summary")).to_have_value("")
    form.get_by_label("Time Summary").fill("The call's own words")
    expect(form.locator("[data-draft-said]")).to_contain_text("saved")
    form.wait_for_timeout(2200)
    form.reload()
    settled(form)
    expect(form.get_by_label("Time Summary")).to_have_value("The call's own words")
    exchange.ask("agent", "hang_up")
    for party in (seat, citizen):
        party.finish()
    page.reload()
    settled(page)
    expect(page.get_by_label("Time Summary")).to_have_value("Half a sentence about a lamp")
