"""What agents and supervisors do with a call, on the page and at the desk phone."""

import pytest

from app.contacts.models import Agent, CallEvent
from app.core.errors import CitydeskError, Conflict, Forbidden
from tests.telephony.conftest import Exchange
from tests.telephony.sipp import HangUp, Hold, Party, Refer, Speak, UntilHungUp, Wait, energy

numbers = iter(range(13800001000, 13800002000))


@pytest.fixture
def talk(exchange: Exchange) -> "Talk":
    """A citizen talks with `agent`; agent2 and the supervisor are signed in too, and pause."""
    exchange.sign_in("agent", "agent2", "supervisor")
    for other in ("agent2", "supervisor"):
        exchange.ask(other, "state", state="PAUSED", reason="TRAINING")
    return Talk(exchange)


class Talk:
    def __init__(self, exchange: Exchange, *seat: object) -> None:
        self.exchange = exchange
        self.number = str(next(numbers))
        self.seat = exchange.sipp.seat(exchange.lines["agent"].port, *(seat or (Speak(), UntilHungUp())))
        self.citizen = exchange.sipp.citizen(self.number, "12310", Speak(), UntilHungUp(40))
        exchange.until_state("agent", "ON_CALL")
        self.id = exchange.call(self.number).id

    def other(self, username: str, *deeds: object) -> Party:
        return self.exchange.sipp.seat(self.exchange.lines[username].port, *(deeds or (Speak(), UntilHungUp())))

    def kinds(self) -> list[str]:
        with self.exchange.sessions() as session:
            query = session.query(CallEvent.kind).filter_by(call_id=self.id).order_by(CallEvent.no)
            return [kind for (kind,) in query]

    def until(self, kind: str, times: int = 1) -> None:
        self.exchange.until(lambda: self.kinds().count(kind) >= times, what=f"{kind} in {self.kinds()}")

    def over(self, by: str = "agent", *parties: Party) -> None:
        """Somebody hangs up, and nobody is left on the line."""
        self.exchange.ask(by, "hang_up")
        for party in parties:
            party.finish()
        self.citizen.finish()
        assert self.exchange.ended(self.number).outcome == "ANSWERED"

    def heard_together(self) -> int:
        """Channels in the talk's bridge."""
        told = self.exchange.asterisk_cli(f"bridge show talk-{self.id}")
        return sum(line.startswith("Channel: PJSIP/") for line in told.splitlines())


@pytest.mark.feature("S06", "S10", "T15")
def test_hold_retrieve_digits_and_recording_by_hand(talk: Talk) -> None:
    exchange = talk.exchange
    exchange.ask("agent", "hold")
    exchange.until_state("agent", "HOLDING")
    assert talk.heard_together() == 1
    exchange.ask("agent", "retrieve")
    exchange.until_state("agent", "ON_CALL")
    exchange.until(lambda: talk.heard_together() == 2, what="both hear each other")
    exchange.ask("agent", "digits", digits="42#")
    exchange.ask("agent", "record", on=False)
    exchange.ask("agent", "record", on=True)
    talk.over("agent", talk.seat)
    assert [kind for kind in talk.kinds() if kind in ("held", "retrieved", "digits", "commanded")] == [
        "held", "retrieved", "digits", "commanded", "commanded",
    ]  # fmt: skip
    exchange.sound(talk.id)


@pytest.mark.feature("S05", "D10")
def test_a_blind_transfer_leads_the_citizen_on(talk: Talk) -> None:
    other = talk.other("agent2")
    talk.exchange.ask("agent", "transfer", to="7002")
    talk.exchange.until_state("agent2", "ON_CALL")
    talk.seat.finish()
    talk.exchange.until_state("agent", "WRAP_UP")
    talk.exchange.until(lambda: talk.heard_together() == 2, what="they hear each other")
    talk.over("agent2", other)
    assert talk.exchange.ended(talk.number).agent == talk.exchange.person("agent2").id


@pytest.mark.feature("S05")
def test_a_transfer_in_vain_comes_back(talk: Talk) -> None:
    """Nobody is at 8003; the one who sent it gets it again."""
    talk.exchange.ask("agent", "transfer", to="8003")
    talk.seat.finish()
    again = talk.other("agent")
    talk.until("answered", 2)
    talk.exchange.until_state("agent", "ON_CALL")
    talk.over("agent", again)


@pytest.mark.feature("T40", "S05")
def test_a_citizen_is_transferred_to_the_responsible_unit(talk: Talk) -> None:
    """Its telephone is outside: the citizen goes on there, and the seat is free."""
    unit = talk.exchange.sipp.seat(talk.exchange.outside, Speak(), UntilHungUp())
    talk.exchange.ask("agent", "transfer", to="65432100")
    talk.seat.finish()
    talk.exchange.until_state("agent", "WRAP_UP")
    talk.exchange.until(lambda: talk.heard_together() == 2, what="they hear each other")
    talk.citizen.stop()
    talk.exchange.asterisk_cli("channel request hangup all")
    unit.finish()
    talk.exchange.ended(talk.number)


@pytest.mark.feature("T07", "S05")
def test_an_attended_transfer_asks_first(talk: Talk) -> None:
    other = talk.other("agent2")
    talk.exchange.ask("agent", "consult", to="7002")
    talk.exchange.until_state("agent2", "ON_CALL")
    assert talk.heard_together() == 0
    asks = talk.exchange.person("agent").id
    talk.exchange.until(lambda: talk.exchange.call(talk.number).asking == asks, what="a page opened now shows it")
    talk.exchange.ask("agent", "complete")
    talk.seat.finish()
    talk.exchange.until(lambda: talk.exchange.call(talk.number).asking is None, what="they ask no more")
    talk.exchange.until(lambda: talk.heard_together() == 2, what="they hear each other")
    talk.over("agent2", other)
    assert talk.exchange.ended(talk.number).agent == talk.exchange.person("agent2").id


@pytest.mark.feature("T07", "S05")
@pytest.mark.parametrize("command", ["cancel", "hang_up"])
def test_who_was_asked_in_vain_is_free_again(talk: Talk, command: str) -> None:
    """The agent goes back to the citizen, or leaves: neither keeps the one who was asked in a talk that is over."""
    talk.other("agent2")
    talk.exchange.ask("agent", "consult", to="7002")
    talk.exchange.until_state("agent2", "ON_CALL")
    asks = talk.exchange.person("agent").id
    talk.exchange.until(lambda: talk.exchange.call(talk.number).asking == asks, what="they ask")
    talk.exchange.ask("agent", command)
    talk.exchange.until(lambda: talk.exchange.state("agent2") in ("WRAP_UP", "IDLE"), what="agent2 is free")
    if command == "cancel":
        talk.exchange.until(lambda: talk.heard_together() == 2, what="the agent is with the citizen")
        talk.exchange.ask("agent", "hang_up")
    talk.seat.finish()
    assert talk.exchange.ended(talk.number).outcome == "ANSWERED"


@pytest.mark.feature("T15")
def test_three_in_one_talk_and_one_may_leave(talk: Talk) -> None:
    other = talk.other("agent2")
    talk.exchange.ask("agent", "conference", to="7002")
    talk.until("joined")
    talk.exchange.until(lambda: talk.heard_together() == 3, what="three hear each other")
    talk.exchange.ask("agent", "hang_up")
    talk.seat.finish()
    talk.exchange.until(lambda: talk.heard_together() == 2, what="two are left")
    talk.over("agent2", other)


@pytest.mark.feature("M04", "Q15")
@pytest.mark.parametrize(("mode", "together"), [("listen", 2), ("whisper", 2), ("barge", 3)])
def test_a_supervisor_hears_and_speaks_in(talk: Talk, mode: str, together: int) -> None:
    own = talk.other("supervisor")
    talk.exchange.ask("supervisor", "monitor", call=str(talk.id), mode=mode)
    talk.exchange.until(lambda: talk.heard_together() == together, what=f"{together} in the talk")
    if mode != "barge":
        talk.exchange.until_state("supervisor", "BUSY")
    if mode == "barge":
        talk.exchange.ask("agent", "hang_up")
        talk.seat.finish()
        talk.over("supervisor", own)
        return
    talk.over("agent", talk.seat)
    own.finish()
    talk.exchange.until_state("supervisor", "IDLE")


@pytest.mark.feature("M01")
def test_a_supervisor_transfers_by_force(talk: Talk) -> None:
    other = talk.other("agent2")
    talk.exchange.ask("supervisor", "force_transfer", call=str(talk.id), to="7002")
    talk.exchange.until_state("agent2", "ON_CALL")
    talk.seat.finish()
    talk.over("agent2", other)


@pytest.mark.feature("M02")
def test_a_supervisor_disconnects(talk: Talk) -> None:
    with pytest.raises(Forbidden):
        talk.exchange.ask("agent2", "force_disconnect", call=str(talk.id))
    talk.exchange.ask("supervisor", "force_disconnect", call=str(talk.id))
    talk.seat.finish()
    talk.citizen.finish()
    assert talk.exchange.ended(talk.number).cause == "disconnected"


@pytest.mark.feature("M03")
def test_answering_for_another(exchange: Exchange) -> None:
    """It rings at `agent`, agent2 takes it; nobody pauses for it."""
    exchange.sign_in("agent", "agent2")
    exchange.ask("agent2", "state", state="PAUSED", reason="TRAINING")
    exchange.sipp.seat(exchange.lines["agent"].port, lift=False)
    other = exchange.sipp.seat(exchange.lines["agent2"].port, UntilHungUp())
    number = str(next(numbers))
    citizen = exchange.sipp.citizen(number, "12310", UntilHungUp())
    exchange.until_state("agent", "RINGING")
    exchange.ask("agent2", "pickup", call=str(exchange.call(number).id))
    exchange.until_state("agent2", "ON_CALL")
    exchange.until_state("agent", "IDLE")
    exchange.ask("agent2", "hang_up")
    other.finish()
    citizen.finish()


@pytest.mark.feature("S05", "S06", "T25", "T27")
def test_a_desk_phones_own_keys(exchange: Exchange) -> None:
    """Hold by re-INVITE, transfer by REFER."""
    exchange.sign_in("agent", "agent2")
    exchange.ask("agent2", "state", state="PAUSED", reason="TRAINING")
    talk = Talk(exchange, Speak(), Wait(0.5), Hold(), Wait(1), Refer("7002"), UntilHungUp())
    other = talk.other("agent2")
    talk.until("held")
    exchange.until_state("agent2", "ON_CALL")
    talk.seat.finish()
    talk.over("agent2", other)
    assert talk.kinds().count("rang") == 2, "at the agent's, and once where it was led to"


@pytest.mark.feature("O01", "S09")
def test_an_agent_calls_out_with_the_citys_number_and_is_recorded(exchange: Exchange) -> None:
    exchange.sign_in("agent")
    seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp())
    outside = exchange.sipp.seat(exchange.outside, Speak(), UntilHungUp())
    exchange.ask("agent", "dial", number="13900002222")
    exchange.until(lambda: exchange.calls(called="13900002222") and exchange.calls(called="13900002222")[0].answered_at)
    exchange.ask("agent", "hang_up")
    seat.finish()
    outside.finish()
    call = exchange.until(lambda: [c for c in exchange.calls(called="13900002222") if c.ended_at])[0]
    assert (call.direction, call.outcome, call.agent) == ("OUT", "ANSWERED", exchange.person("agent").id)
    assert '"12319"' in outside.told() or "<sip:12319@" in outside.told()
    exchange.sound(call.id)


@pytest.mark.feature("S14")
@pytest.mark.parametrize("announced", [True, False])
def test_the_work_number_is_said_where_it_is_wanted(exchange: Exchange, announced: bool) -> None:
    """Nobody speaks: what the recording holds is the announcement."""
    with exchange.sessions.begin() as session:
        session.get(Agent, exchange.person("agent").id).announce_work_no = announced
    exchange.until_rules_are_known()
    try:
        exchange.sign_in("agent")
        seat = exchange.sipp.seat(exchange.lines["agent"].port, UntilHungUp())
        number = str(next(numbers))
        exchange.sipp.citizen(number, "12310", Wait(3.5), HangUp()).finish()
        seat.finish()
        _, loud = energy(exchange.sound(exchange.ended(number).id))
        assert (loud > 100) == announced
    finally:
        with exchange.sessions.begin() as session:
            session.get(Agent, exchange.person("agent").id).announce_work_no = True
        exchange.until_rules_are_known()


@pytest.mark.feature("S24", "S25", "S26", "S28")
def test_follow_me_rings_outside_too(exchange: Exchange) -> None:
    with exchange.sessions.begin() as session:
        agent = session.get(Agent, exchange.person("agent").id)
        agent.follow_me = ["13900003333"]
    exchange.until_rules_are_known()
    try:
        exchange.sign_in("agent")
        exchange.sipp.seat(exchange.lines["agent"].port, lift=False)
        mobile = exchange.sipp.seat(exchange.outside, UntilHungUp())
        number = str(next(numbers))
        citizen = exchange.sipp.citizen(number, "12310", UntilHungUp())
        exchange.until_state("agent", "ON_CALL")
        exchange.ask("agent", "hang_up")
        mobile.finish()
        citizen.finish()
        assert exchange.ended(number).agent == exchange.person("agent").id
    finally:
        with exchange.sessions.begin() as session:
            session.get(Agent, exchange.person("agent").id).follow_me = []
        exchange.until_rules_are_known()


def test_who_may_not_is_told_why(exchange: Exchange) -> None:
    for username, name, values, error in (
        ("agent", "dial", {"number": "13900002222"}, Conflict),  # not signed in
        ("agent", "hold", {}, Conflict),
        ("auditor", "login", {"seat": "8001"}, Forbidden),
        ("agent", "monitor", {"call": str(exchange.person("agent").id), "mode": "listen"}, Forbidden),
        ("agent", "reboot", {}, Forbidden),
        ("agent", "login", {"seat": "99999"}, Conflict),
    ):
        with pytest.raises(error):
            exchange.ask(username, name, **values)
    exchange.sign_in("agent")
    for number in ("0044201234567", "16812345", "02112345678"):
        with pytest.raises(Forbidden):
            exchange.ask("agent", "dial", number=number)
    with pytest.raises(CitydeskError):
        exchange.ask("agent2", "login", seat=exchange.lines["agent"].number)


def test_a_trunk_never_reaches_a_trunk(exchange: Exchange) -> None:
    """Whatever is called from outside, however it is written, ends in the menu, the queue or nowhere."""
    outside = exchange.sipp.seat(exchange.outside, UntilHungUp())
    for called in ("13900004444", "013900004444", "8001", "7001"):
        exchange.sipp.citizen(str(next(numbers)), called, Wait(0.5), HangUp()).finish()
    assert outside.process.poll() is None
    assert "INVITE" not in outside.told()
