"""What administrators save reaches the running Asterisk: trunks and desk phones come, change and go, and nobody is
restarted."""

import re
import time
from datetime import UTC, datetime

import pytest

from app.contacts import Vault
from app.contacts.equipment import SeatWish, TrunkWish, add_seat, add_trunk, change_seat, change_trunk
from app.contacts.models import Seat, TrunkRow
from app.contacts.roster import AgentWish, change_agent
from app.core.ids import new_id
from app.identity import actor_of_user, user_by_name
from tests.telephony.conftest import Exchange
from tests.telephony.sipp import HangUp, Speak, UntilHungUp, Wait, free_port

pytestmark = [pytest.mark.timeout(120)]
SECRET = "a-secret-of-this-phone"


def objects(exchange: Exchange, kind: str) -> str:
    return exchange.asterisk_cli(f"pjsip show {kind}")


def fallback(exchange: Exchange) -> str:
    return exchange.asterisk_cli("queue show fallback")


@pytest.mark.feature("T01", "T05", "T08")
def test_a_trunk_comes_changes_and_goes_while_asterisk_runs(exchange: Exchange) -> None:
    provider = free_port()
    with exchange.sessions.begin() as session:
        given = {"actor": actor_of_user(session, "admin"), "now": datetime.now(UTC)}
        wish = TrunkWish("127.0.0.9", provider, username="073112319", password="p;x#=y[1]", ask_every=0)
        add_trunk(session, "provider", wish, **given)
    exchange.until(lambda: "trunk-provider" in objects(exchange, "registrations"), what="the trunk registers")
    assert "p;x#=y[1]" in exchange.asterisk_cli("pjsip show auth trunk-provider")
    known = r"Identify:\s+trunk-provider/trunk-provider\s+Match: 127\.0\.0\.9/32"
    assert re.search(known, objects(exchange, "identifies"))
    with exchange.sessions.begin() as session:
        change_trunk(session, "provider", TrunkWish("127.0.0.10", provider, ask_every=0), **given)
    exchange.until(lambda: "127.0.0.10/32" in objects(exchange, "identifies"), what="the new address")
    assert "provider" not in objects(exchange, "registrations")
    assert "127.0.0.9/32" not in objects(exchange, "identifies")
    with exchange.sessions.begin() as session:
        change_trunk(session, "provider", TrunkWish("127.0.0.10", provider, active=False), **given)
    exchange.until(lambda: "trunk-provider" not in exchange.endpoints(), what="the trunk is gone")
    assert "trunk-city" in exchange.endpoints()
    assert "p;x#=y[1]" not in exchange.said()


def test_a_trunk_that_asterisk_refuses_keeps_no_other_from_it(exchange: Exchange) -> None:
    with exchange.sessions.begin() as session:
        given = {"actor": actor_of_user(session, "admin"), "now": datetime.now(UTC)}
        add_trunk(session, "a-nowhere", TrunkWish("nowhere.invalid"), **given)
        add_trunk(session, "b-good", TrunkWish("127.0.0.11", ask_every=0), **given)
    exchange.until(lambda: "trunk-b-good" in exchange.endpoints(), what="the good one")
    with exchange.sessions.begin() as session:
        for name in ("a-nowhere", "b-good"):
            change_trunk(session, name, TrunkWish("127.0.0.11", active=False), **given)
    exchange.until(lambda: "trunk-b-good" not in exchange.endpoints(), what="both are gone")


@pytest.mark.feature("X04", "X05", "T26")
def test_a_desk_phone_may_register_before_anybody_has_signed_in(exchange: Exchange) -> None:
    with exchange.sessions.begin() as session:
        given = {"actor": actor_of_user(session, "admin"), "now": datetime.now(UTC)}
        add_seat(session, "8109", SeatWish(kind="SIP", secret=SECRET), **given)
    exchange.until(lambda: "seat-8109" in exchange.endpoints(), what="the seat")
    exchange.until(lambda: "PJSIP/seat-8109" in fallback(exchange), what="it rings without the application, too")
    process = exchange.process
    assert process is not None
    exchange.kill()
    exchange.start()
    assert "seat-8109" in exchange.endpoints()
    exchange.restart_asterisk()
    assert "PJSIP/seat-8109" in fallback(exchange), "Asterisk keeps it, with or without us"
    with exchange.sessions.begin() as session:
        change_seat(session, "8109", SeatWish(kind="SIP", active=False), **given)
    exchange.until(lambda: "seat-8109" not in exchange.endpoints(), what="the seat is gone")
    exchange.until(lambda: "PJSIP/seat-8109" not in fallback(exchange), what="and rings nowhere")


@pytest.mark.feature("S01", "U03")
def test_who_is_no_agent_any_more_ends_the_call_and_is_signed_out(exchange: Exchange) -> None:
    """The talk is theirs to end; then nobody sits there."""
    exchange.sign_in("agent")
    seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp(30))
    citizen = exchange.sipp.citizen("13800139001", "12310", Speak(), UntilHungUp(30))
    exchange.until_state("agent", "ON_CALL")
    wish = AgentWish(work_no="1001", extension="7001", skills={"GENERAL": 1, "REPAIR": 1})
    with exchange.sessions.begin() as session:
        given = {"actor": actor_of_user(session, "admin"), "now": datetime.now(UTC)}
        agent = user_by_name(session, "agent").id
        change_agent(session, agent, AgentWish(work_no="1001", extension="7001", active=False), **given)
    exchange.until_rules_are_known()
    time.sleep(0.5)
    assert exchange.state("agent") == "ON_CALL"
    exchange.asterisk_cli("channel request hangup all")
    for party in (seat, citizen):
        party.finish()
    exchange.until_state("agent", "LOGGED_OUT")
    with exchange.sessions.begin() as session:
        change_agent(session, agent, wish, **given)
    exchange.until_rules_are_known()


@pytest.mark.feature("T01", "T05", "X04")
def test_what_another_key_has_sealed_is_left_out_and_all_else_goes_on(exchange: Exchange) -> None:
    """Telephony starts, says which password a person must enter again, and calls go on by the other trunk."""
    other, provider = Vault("the key before it was changed"), free_port()
    with exchange.sessions.begin() as session:
        session.add_all([
            TrunkRow(name="a-locked", host="127.0.0.9", port=provider, codecs=["alaw"], username="073112319",
                     password=other.seal("first-password", "trunk-a-locked"), ask_every=0),
            Seat(id=new_id(), number="8110", kind="SIP", codecs=["alaw"], created_at=datetime.now(UTC),
                 secret_md5=other.seal("digest", "seat-8110")),
        ])  # fmt: skip
    exchange.until(lambda: "seat-8110 is left out" in exchange.said(), what="the seat is named")
    assert "trunk-a-locked is left out: the password of trunk-a-locked cannot be read" in exchange.said()
    exchange.kill()
    exchange.start()
    there = exchange.endpoints()
    assert "trunk-city" in there
    assert "trunk-a-locked" not in there
    assert "seat-8110" not in there
    exchange.sign_in("agent")
    outside = exchange.sipp.seat(exchange.outside, Speak(), Wait(1), HangUp())
    seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp(30))
    exchange.ask("agent", "dial", number="13800139009")
    for party in (outside, seat):
        party.finish()
    with exchange.sessions.begin() as session:
        given = {"actor": actor_of_user(session, "admin"), "now": datetime.now(UTC)}
        wish = TrunkWish("127.0.0.9", provider, username="073112319", password="entered-again", ask_every=0)
        change_trunk(session, "a-locked", wish, **given)
    exchange.until(lambda: "trunk-a-locked" in exchange.endpoints(), what="the trunk, entered again")
    assert "entered-again" in exchange.asterisk_cli("pjsip show auth trunk-a-locked")
    with exchange.sessions.begin() as session:
        change_trunk(session, "a-locked", TrunkWish("127.0.0.9", provider, active=False), **given)
        change_seat(session, "8110", SeatWish(kind="SIP", active=False), **given)
    exchange.until(lambda: "trunk-a-locked" not in exchange.endpoints(), what="all is as before")
