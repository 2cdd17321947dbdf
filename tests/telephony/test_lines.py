"""Trunks, gateways and seats elsewhere, over UDP, TCP and TLS, through the configuration as it is generated: a second
Asterisk is the network around the city."""

import time
from collections.abc import Iterator

import pytest

from app.cli.telephone import Telephone
from app.contacts.models import CallbackRequest, Seat, TrunkRow
from tests.telephony.conftest import HOME, Exchange
from tests.telephony.far import (
    ACCOUNT,
    ANALOG,
    LINES,
    PRI,
    PROVIDER,
    REMOTE,
    SEALED,
    Far,
    start_both,
    trunks,
    variable,
)
from tests.telephony.sipp import Speak, UntilHungUp, energy, free_port

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Telephone, Far]]:
    assert HOME is not None
    city, far = start_both(HOME, tmp_path_factory.mktemp("lines"), "seat-8001")
    yield city, far
    far.asterisk.server.stop()
    city.server.stop()


@pytest.fixture(scope="module")
def asterisk(both: tuple[Telephone, Far]) -> tuple[Telephone, int]:
    """In place of the one that all other tests share."""
    return both[0], free_port()


@pytest.fixture
def far(both: tuple[Telephone, Far], exchange: Exchange) -> Iterator[Far]:
    given_wiring(exchange, both[1])
    yield both[1]
    both[1].hang_up()


@pytest.mark.feature("T01", "T05", "T08", "X02")
@pytest.mark.parametrize(
    ("way", "caller", "trunk", "safe"),
    [("pri", "13811110001", "pri", "0"), ("provider", "13811110002", "provider", "1"),
     ("district", "07318102333", "xicheng", "0")],
)  # fmt: skip
def test_a_citizen_comes_by_each_way(
    exchange: Exchange, far: Far, way: str, caller: str, trunk: str, safe: str
) -> None:  # fmt: skip
    """ISDN's gateway over TCP, the provider we registered with over TLS and SRTP, a district's own gateway over UDP."""
    exchange.until(lambda: "Registered" in exchange.asterisk_cli("pjsip show registrations"), what="our registration")
    exchange.sign_in("agent")
    seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp())
    far.call(way, caller, "12310")
    exchange.until_state("agent", "ON_CALL")
    call = exchange.call(caller)
    assert (call.trunk, call.called) == (trunk, "12310")
    assert secure(exchange) == {safe}
    time.sleep(1)
    far.hang_up()
    seat.finish()
    _, loud = energy(exchange.sound(exchange.ended(caller).id))
    assert loud > 500


@pytest.mark.feature("T05")
@pytest.mark.parametrize(("way", "named", "called"), [("account", "none", "12319"), ("pri", "s", "0")])
def test_who_names_no_number_comes_too(exchange: Exchange, far: Far, way: str, named: str, called: str) -> None:
    """A provider calls the account we registered: the trunk's own number. A gateway may name none at all."""
    far.call(way, f"1381111004{len(way)}", named)
    assert exchange.call(f"1381111004{len(way)}").called == called


@pytest.mark.feature("T26", "T27", "X01", "X03", "X05", "X06")
@pytest.mark.parametrize(("way", "caller"), [("pri", "13811110011"), ("district", "07318102011")])
def test_a_seat_far_away_answers(exchange: Exchange, far: Far, way: str, caller: str) -> None:
    """One access (X01) or many (X03): the seat's desk phone registered over TLS, its sound is enciphered, G.711."""
    exchange.ask("agent2", "login", seat="8003")
    exchange.ask("agent2", "state", state="IDLE")
    exchange.until(lambda: exchange.endpoints().get("seat-8003") == "online", 30, "the desk phone")
    far.call(way, caller, "12310")
    exchange.until_state("agent2", "ON_CALL")
    told = exchange.until(lambda: far.heard("seat-8003", caller), what="the call at the desk phone")
    assert told == [caller, f"{REMOTE}:{told[1].rpartition(':')[2]}", "1", "1"]
    far.hang_up()
    call = exchange.ended(caller)
    assert (call.outcome, call.agent) == ("ANSWERED", exchange.person("agent2").id)


@pytest.mark.feature("T22", "T23", "T24")
def test_lines_of_an_analog_gateway_are_seats(exchange: Exchange, far: Far) -> None:
    """The seat's contact names the gateway's line: 01 to 32; what is no line there cannot be rung."""
    at = f"{ANALOG}:{far.ports[ANALOG]}"
    with exchange.sessions.begin() as session:
        for number, line in (("8001", "01"), ("8002", "32")):
            session.query(Seat).filter_by(number=number).one().contact = f"sip:{line}@{at}"
    exchange.until_rules_are_known()
    exchange.sign_in("agent", "agent2")
    far.call("pri", "13811110021", "12310")
    far.call("pri", "13811110022", "12310")
    for username in ("agent", "agent2"):
        exchange.until_state(username, "ON_CALL")
    heard = [exchange.until(lambda line=line: far.heard(line), what=f"line {line}") for line in ("01", "32")]
    assert {told[0] for told in heard} == {"13811110021", "13811110022"}
    far.hang_up()
    for caller in ("13811110021", "13811110022"):
        assert exchange.ended(caller).outcome == "ANSWERED"


@pytest.mark.feature("T04", "T05")
def test_a_trunk_carries_as_many_calls_as_it_has_channels(exchange: Exchange, far: Far) -> None:
    """One more than the gateway's channels comes in: it hears that the network is busy, and is called back. Out, the
    next trunk takes over."""
    for n in range(LINES):
        far.call("pri", f"1381111003{n}")
        exchange.call(f"1381111003{n}")
    far.call("pri", "13811110039")
    refused = exchange.ended("13811110039")
    assert (refused.outcome, refused.cause) == ("MISSED", "trunk_full")
    with exchange.sessions() as session:
        assert session.query(CallbackRequest).filter_by(call_id=refused.id).count() == 1
    call_out(exchange, "02165430001")
    told = exchange.until(lambda: far.heard("02165430001"), what="the call outside")
    assert told[:2] == [ACCOUNT, f"{PROVIDER}:{far.ports[PROVIDER]}"]
    far.hang_up()
    for n in range(LINES):
        exchange.ended(f"1381111003{n}")


@pytest.mark.feature("T04", "T08", "X02")
def test_calls_out_take_the_first_trunk_that_answers(exchange: Exchange, far: Far) -> None:
    call_out(exchange, "02165430002")
    told = exchange.until(lambda: far.heard("02165430002"), what="the call outside")
    assert told == ["12319", f"{PRI}:{far.ports[PRI]}", "0", "0"]
    far.hang_up()
    assert exchange.ended("7000").outcome == "ANSWERED"


@pytest.mark.parametrize("called", ["02165430003", "0013811110000", "900168", "pri", "02165430003@provider"])
def test_a_trunk_never_reaches_a_trunk(exchange: Exchange, far: Far, called: str) -> None:
    """Whatever number it names: it hears the menu, and nothing leaves."""
    far.call("district", "07318102099", called)
    time.sleep(1.5)
    rung = exchange.asterisk_cli("core show channels concise")
    assert not [line for line in rung.splitlines() if line.startswith(("PJSIP/trunk-pri-", "PJSIP/trunk-provider-"))]
    assert far.heard(called.partition("@")[0]) is None


def call_out(exchange: Exchange, number: str) -> None:
    """The supervisor calls outside from their seat."""
    exchange.sign_in("supervisor")
    exchange.sipp.seat(exchange.lines["supervisor"].port, UntilHungUp())
    exchange.ask("supervisor", "dial", number=number)


def secure(exchange: Exchange) -> set[str]:
    """Of each channel that a trunk has here: is its sound enciphered?"""
    listed = exchange.asterisk_cli("core show channels concise").splitlines()
    names = [line.split("!") for line in listed if line.startswith("PJSIP/") and not line.startswith("PJSIP/seat-")]
    return {variable(exchange.asterisk, each[-1], "CHANNEL(rtp,secure)") for each in names}


def given_wiring(exchange: Exchange, far: Far) -> None:
    """What an administrator would enter: three trunks, a desk phone far away, lines of an analog gateway."""
    with exchange.sessions.begin() as session:
        if session.get(TrunkRow, "pri") is not None:
            return
        session.query(TrunkRow).delete()
        session.add_all(trunks(far.ports))
        remote = session.query(Seat).filter_by(number="8003").one()
        remote.kind, remote.secret_md5, remote.codecs = "SIP", SEALED, ["alaw"]
    exchange.until_rules_are_known()
