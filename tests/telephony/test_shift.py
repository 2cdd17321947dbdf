"""Whoever leads a shift, at the live board; what was said, for those who may hear it; who is to be called back."""

import re

import pytest
from playwright.sync_api import Page, expect

from app import audit
from app.audit.models import AccessLog
from app.contacts.models import CallEvent
from tests.browser.conftest import picture, violations
from tests.telephony.conftest import Exchange
from tests.telephony.desk import Sit, address, chromium, sit
from tests.telephony.sipp import HangUp, Party, Speak, UntilHungUp, Wait

__all__ = ["address", "chromium", "sit"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
numbers = iter(range(13900002000, 13900003000))


class Scene:
    """A citizen talks with `agent`; agent2 pauses at a seat, the supervisor looks at the board."""

    def __init__(self, exchange: Exchange, page: Page, address: str) -> None:
        self.exchange, self.page = exchange, page
        exchange.sign_in("agent", "agent2", "supervisor")
        for other in ("agent2", "supervisor"):
            exchange.ask(other, "state", state="PAUSED", reason="TRAINING")
        self.number = str(next(numbers))
        self.seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp(60))
        self.citizen = exchange.sipp.citizen(self.number, "12310", Speak(), UntilHungUp(60))
        exchange.until_state("agent", "ON_CALL")
        self.id = exchange.call(self.number).id
        page.goto(f"{address}/seats")
        agent = exchange.person("agent").id
        self.card = page.locator(f"[data-seat='{agent}']")
        expect(self.card).to_have_attribute("data-state", "ON_CALL")
        self.card.click()

    def phone_of(self, username: str) -> Party:
        return self.exchange.sipp.seat(self.exchange.lines[username].port, Speak(), UntilHungUp(60))

    def deeds(self) -> list[str]:
        with self.exchange.sessions() as session:
            return [row.result.get("mode", row.kind) for row in audit.read(session, self.id)
                    if row.kind.startswith("phone.")]  # fmt: skip

    def kinds(self) -> list[str]:
        with self.exchange.sessions() as session:
            return [row.kind for row in session.query(CallEvent).filter_by(call_id=self.id).order_by(CallEvent.no)]

    def until(self, kind: str) -> None:
        self.exchange.until(lambda: kind in self.kinds(), what=kind)


@pytest.fixture
def scene(exchange: Exchange, sit: Sit, address: str) -> Scene:
    return Scene(exchange, sit("supervisor"), address)


@pytest.mark.feature("M01", "M04")
def test_listen_and_whisper_by_figure_and_the_history_knows(scene: Scene) -> None:
    page, exchange = scene.page, scene.exchange
    assert not violations(page)
    picture(page, "live-board")
    ear = scene.phone_of("supervisor")
    page.keyboard.press("1")
    exchange.until_state("supervisor", "BUSY")
    exchange.until(lambda: scene.deeds() == ["listen"], what="it is written down")
    exchange.ask("agent", "hang_up")
    for party in (scene.seat, scene.citizen, ear):
        party.finish()
    expect(scene.card).to_have_attribute("data-state", "WRAP_UP")


@pytest.mark.feature("M04", "Q15")
def test_whispering_is_for_the_agent_and_barging_in_for_both(scene: Scene) -> None:
    """The whisper is heard by the agent alone: only who barges in counts as somebody in the talk."""
    page, exchange = scene.page, scene.exchange
    ear = exchange.sipp.seat(exchange.lines["supervisor"].port, Speak(), Wait(2), HangUp())
    page.keyboard.press("2")
    exchange.until_state("supervisor", "BUSY")
    exchange.until(lambda: scene.deeds() == ["whisper"], what="the whisper is written down")
    assert "joined" not in scene.kinds()
    ear.finish()
    exchange.until(lambda: exchange.state("supervisor") != "BUSY", what="the whisper is over")
    again = scene.phone_of("supervisor")
    expect(scene.card).to_have_attribute("data-state", "ON_CALL")
    page.keyboard.press("3")
    scene.until("joined")
    assert scene.deeds() == ["whisper", "barge"]
    exchange.ask("agent", "hang_up")
    scene.seat.finish()
    exchange.ask("supervisor", "hang_up")
    for party in (scene.citizen, again):
        party.finish()
    exchange.ended(scene.number)


@pytest.mark.feature("M03", "Q15")
def test_a_waiting_call_is_given_to_a_seat(exchange: Exchange, sit: Sit, address: str) -> None:
    """To one who pauses, too: whoever leads the shift says who takes it."""
    exchange.sign_in("agent", "agent2")
    for each in ("agent", "agent2"):
        exchange.ask(each, "state", state="PAUSED", reason="REST")
    page, number = sit("supervisor"), str(next(numbers))
    page.goto(f"{address}/seats")
    seat = exchange.sipp.seat(exchange.lines["agent2"].port, Speak(), UntilHungUp(60))
    citizen = exchange.sipp.citizen(number, "12310", Speak(), UntilHungUp(60))
    give = page.get_by_role("button", name="Give")
    give.click()
    expect(page.locator("[data-toasts]")).to_contain_text("seat")
    page.locator(f"[data-seat='{exchange.person('agent2').id}']").click()
    give.click()
    exchange.until_state("agent2", "ON_CALL")
    call = exchange.call(number)
    exchange.ask("agent2", "hang_up")
    for party in (seat, citizen):
        party.finish()
    assert exchange.ended(number).agent == exchange.person("agent2").id
    with exchange.sessions() as session:
        assert [row.kind for row in audit.read(session, call.id)] == ["phone.give"]


@pytest.mark.feature("M02", "Q15")
def test_a_forced_disconnect_wants_a_reason(scene: Scene) -> None:
    page = scene.page
    page.locator("[data-deed=disconnect]").click()
    page.fill("#live-ask", "Threats")
    page.keyboard.press("Enter")
    for party in (scene.seat, scene.citizen):
        party.finish()
    call = scene.exchange.ended(scene.number)
    assert call.cause == "disconnected"
    page.goto(re.sub(r"/seats.*", f"/calls/{call.id}", page.url))
    expect(page.locator("main")).to_contain_text("disconnected the call")
    expect(page.locator("main")).to_contain_text("Threats")
    assert not violations(page)


@pytest.mark.feature("M03", "Q15")
def test_a_forced_transfer_and_answering_for_another(scene: Scene) -> None:
    page, exchange = scene.page, scene.exchange
    other = scene.phone_of("agent2")
    page.locator("[data-deed=transfer]").click()
    page.fill("#live-ask", "7002")
    page.keyboard.press("Enter")
    exchange.until_state("agent2", "ON_CALL")
    scene.seat.finish()
    own = scene.phone_of("supervisor")
    taken = page.locator(f"[data-seat='{exchange.person('agent2').id}']")
    expect(taken).to_have_attribute("data-state", "ON_CALL")
    taken.click()
    page.locator("[data-deed=answer]").click()
    exchange.until_state("supervisor", "ON_CALL")
    other.finish()
    exchange.ask("supervisor", "hang_up")
    for party in (own, scene.citizen):
        party.finish()
    assert scene.deeds() == ["phone.force_transfer", "phone.pickup"]
    assert exchange.ended(scene.number).agent == exchange.person("supervisor").id


@pytest.mark.feature("S11", "S12", "S13")
def test_what_was_said_is_heard_in_the_page_and_each_look_is_logged(scene: Scene, address: str) -> None:
    page, exchange = scene.page, scene.exchange
    page.wait_for_timeout(1500)  # so long they talk
    exchange.ask("agent", "hang_up")
    for party in (scene.seat, scene.citizen):
        party.finish()
    call = exchange.ended(scene.number)
    exchange.sound(call.id)
    recording = exchange.recordings(call.id)[0]
    page.goto(f"{address}/calls/{call.id}")
    page.evaluate("document.querySelector('audio').play()")
    heard = "() => document.querySelector('audio').currentTime > 0.2"
    exchange.until(lambda: page.evaluate(heard), what="the sound is played")
    headers = {"Range": "bytes=44-143"}
    part = page.request.get(f"{address}/recordings/{recording.id}", headers=headers)
    assert (part.status, len(part.body())) == (206, 100)
    whole = page.request.get(f"{address}/recordings/{recording.id}?download=1")
    assert "attachment" in whole.headers["content-disposition"]
    assert len(whole.body()) == recording.bytes
    with exchange.sessions() as session:
        looks = session.query(AccessLog).filter_by(subject=recording.id).order_by(AccessLog.at).all()
    assert [(look.actor_name, look.what) for look in looks] == [
        (exchange.person("supervisor").name, "recording"), (exchange.person("supervisor").name, "recording.download"),
    ]  # fmt: skip


@pytest.mark.feature("Q06", "S12")
def test_who_hung_up_while_waiting_is_called_back(exchange: Exchange, sit: Sit, address: str) -> None:
    """An agent presses the button and never sees the number; who was reached is off the list. Agents hear nothing."""
    number = str(next(numbers))
    exchange.sign_in("agent")
    exchange.ask("agent", "state", state="PAUSED", reason="REST")
    exchange.sipp.citizen(number, "12310", Wait(1.5), HangUp()).finish()
    call = exchange.ended(number)
    assert call.outcome == "ABANDONED"
    page = sit("agent")
    page.goto(f"{address}/callbacks")
    row = page.locator("tr", has_text=f"139••••{number[-4:]}")
    assert number not in page.content()
    assert not violations(page)
    picture(page, "callbacks")
    seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), Wait(2), HangUp())
    outside = exchange.sipp.seat(exchange.outside, Speak(), UntilHungUp(20))
    row.get_by_role("button", name="Call back").click()
    for party in (outside, seat):
        party.finish()
    exchange.until(lambda: exchange.calls(called=number, outcome="ANSWERED"), what="they were reached")
    page.goto(f"{address}/callbacks")
    expect(row).to_have_attribute("data-state", "REACHED")
    for recording in exchange.recordings(exchange.calls(called=number)[0].id):
        assert page.request.get(f"{address}/recordings/{recording.id}").status == 403
