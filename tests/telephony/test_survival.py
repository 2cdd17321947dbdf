"""Any part falls, calls go on: no record is lost, none is there twice."""

import asyncio
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from app.cli.telephone import Plan, start_asterisk
from app.contacts import CallKind, Fact
from app.contacts.models import CallEvent
from telephony.ari import Ari
from telephony.exchange import folder_of
from telephony.spool import Spool
from tests.telephony.conftest import HOME, Exchange
from tests.telephony.sipp import HangUp, Speak, UntilHungUp, Wait, energy


def events_are_whole(exchange: Exchange, caller: str) -> None:
    call = exchange.ended(caller)
    with exchange.sessions() as session:
        events = session.query(CallEvent).filter_by(call_id=call.id).order_by(CallEvent.no).all()
    assert [event.no for event in events] == list(range(1, len(events) + 1))
    kinds = [event.kind for event in events]
    assert kinds.count("arrived") == kinds.count("ended") == 1


def test_telephony_is_killed_in_the_middle_of_a_talk(exchange: Exchange) -> None:
    exchange.sign_in("agent")
    seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp())
    citizen = exchange.sipp.citizen("13800003001", "12310", Speak(), Wait(15), HangUp())
    exchange.until_state("agent", "ON_CALL")
    exchange.until(lambda: exchange.recordings(exchange.call("13800003001").id), what="it is recorded")
    exchange.kill()
    time.sleep(1)
    there = exchange.asterisk_cli("core show channels concise")
    assert "PJSIP/trunk-city" in there
    assert "PJSIP/seat-8001" in there
    exchange.start()
    citizen.finish()
    seat.finish()
    events_are_whole(exchange, "13800003001")
    call = exchange.ended("13800003001")
    assert (call.outcome, call.agent) == ("ANSWERED", exchange.person("agent").id)
    seconds, loud = energy(exchange.sound(call.id))
    assert seconds > 4, "what was said while telephony was away is recorded"
    assert loud > 500
    exchange.until_state("agent", "WRAP_UP")


def test_who_talks_and_was_not_brought_together_yet_hears_the_other_after_a_fall(exchange: Exchange) -> None:
    """As when it is killed between its note that the agent lifted and its asking for a bridge."""
    exchange.sign_in("agent")
    seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp())
    citizen = exchange.sipp.citizen("13800003011", "12310", Speak(), Wait(15), HangUp())
    exchange.until_state("agent", "ON_CALL")
    call = exchange.call("13800003011")
    bridge = f"/bridges/talk-{call.id}"
    exchange.until(lambda: exchange.recordings(call.id), what="it is recorded")
    exchange.kill()
    exchange.ari(bridge, "DELETE")
    exchange.start()
    exchange.until(lambda: len((exchange.ari(bridge) or {}).get("channels", ())) == 2, what="they are together")
    citizen.finish()
    seat.finish()
    events_are_whole(exchange, "13800003011")


def test_who_was_about_to_be_hung_up_when_telephony_fell_is_no_new_caller(exchange: Exchange) -> None:
    """As when it is killed between its note that the call is over and its hanging up."""
    citizen = exchange.sipp.citizen("13800003012", "12319", Speak(), UntilHungUp(30))
    call = exchange.call("13800003012")
    exchange.kill()
    spool = Spool(folder_of(exchange.data))
    (*_, last) = [fact for fact in spool.alive() if fact.subject == call.id]
    about = {"outcome": "MENU", "cause": "menu", "callback": None}
    spool.put(Fact(call.id, last.no + 1, CallKind.ENDED, exchange.now(), about))
    spool.end(call.id)
    spool.close()
    exchange.start()
    citizen.finish()
    events_are_whole(exchange, "13800003012")


def test_a_talk_ends_while_telephony_is_away(exchange: Exchange) -> None:
    exchange.sign_in("agent")
    exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp())
    citizen = exchange.sipp.citizen("13800003002", "12310", Speak(), Wait(1.5), HangUp())
    exchange.until_state("agent", "ON_CALL")
    exchange.until(lambda: exchange.recordings(exchange.call("13800003002").id), what="it is recorded")
    exchange.kill()
    citizen.finish()
    exchange.start()
    events_are_whole(exchange, "13800003002")
    assert exchange.ended("13800003002").outcome == "ANSWERED"
    assert energy(exchange.sound(exchange.ended("13800003002").id))[0] > 0.5
    exchange.until(lambda: exchange.state("agent") in ("IDLE", "WRAP_UP"), what="the agent is free")


def test_who_waits_when_telephony_falls_waits_on(exchange: Exchange) -> None:
    exchange.sign_in("agent")
    exchange.ask("agent", "state", state="PAUSED", reason="MEETING")
    citizen = exchange.sipp.citizen("13800003003", "12310", UntilHungUp())
    queued = exchange.call("13800003003", skill_group="GENERAL").queued_at
    exchange.kill()
    exchange.start()
    seat = exchange.sipp.seat(exchange.lines["agent"].port, Wait(0.5), HangUp())
    exchange.ask("agent", "state", state="IDLE")
    seat.finish()
    citizen.finish()
    events_are_whole(exchange, "13800003003")
    call = exchange.ended("13800003003")
    assert (call.outcome, call.queued_at) == ("ANSWERED", queued)


@pytest.mark.feature("T31")
def test_without_telephony_the_dialplan_takes_a_letter(exchange: Exchange) -> None:
    members = set(re.findall(r"PJSIP/seat-\d+", exchange.asterisk_cli("queue show fallback")))
    assert "PJSIP/seat-8001" in members
    for member in members:
        exchange.asterisk_cli(f"queue pause member {member} queue fallback")
    exchange.kill()
    exchange.sipp.citizen("13800003004", "12310", Speak(), Wait(8), HangUp()).finish()
    for member in members:
        exchange.asterisk_cli(f"queue unpause member {member} queue fallback")
    exchange.start()
    call = exchange.ended("13800003004")
    assert call.outcome == "VOICEMAIL"
    seconds, loud = energy(exchange.sound(call.id))
    assert seconds > 0.5
    assert loud > 500
    exchange.kill(signal.SIGTERM)
    exchange.start()
    assert len(exchange.calls(caller="13800003004")) == 1


def test_without_telephony_the_dialplan_rings_the_seats(exchange: Exchange) -> None:
    exchange.sign_in("agent")
    exchange.kill()
    seat = exchange.sipp.seat(exchange.lines["agent"].port, UntilHungUp())
    exchange.sipp.citizen("13800003008", "12310", Wait(2), HangUp()).finish()
    seat.finish()
    exchange.start()
    assert exchange.ended("13800003008").outcome == "ANSWERED"


def test_the_database_is_away(exchange: Exchange) -> None:
    """Calls are answered, distributed and recorded; when it is back, it has everything once."""
    exchange.sign_in("agent")
    name = exchange.environ["DATABASE_URL"].partition("?")[0].rpartition("/")[2]
    url = exchange.environ["DATABASE_URL"].replace("citydesk_app@", "postgres@").replace(f"/{name}?", "/postgres?")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"alter role citydesk_app in database {name} set statement_timeout = 1")
        connection.execute(f"alter database {name} allow_connections false")
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
        try:
            seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp())
            exchange.sipp.citizen("13800003005", "12310", Speak(), Wait(2), HangUp()).finish()
            seat.finish()
            assert "the database does not take facts" in exchange.said()
        finally:
            connection.execute(f"alter role citydesk_app in database {name} reset statement_timeout")
            connection.execute(f"alter database {name} allow_connections true")
    events_are_whole(exchange, "13800003005")
    call = exchange.ended("13800003005")
    assert (call.outcome, call.agent) == ("ANSWERED", exchange.person("agent").id)
    assert energy(exchange.sound(call.id))[1] > 500


def test_asterisk_restarts(exchange: Exchange) -> None:
    """The talk is over, the agent's seat is back without signing in again, and the next call comes through."""
    exchange.sign_in("agent")
    exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp())
    exchange.sipp.citizen("13800003006", "12310", Speak(), UntilHungUp())
    exchange.until_state("agent", "ON_CALL")
    exchange.restart_asterisk()
    assert exchange.ended("13800003006").outcome == "ANSWERED"
    exchange.sipp.stop()
    exchange.until(lambda: exchange.state("agent") in ("IDLE", "WRAP_UP"), what="the agent is free")
    exchange.ask("agent", "state", state="IDLE")
    seat = exchange.sipp.seat(exchange.lines["agent"].port, UntilHungUp())
    exchange.sipp.citizen("13800003007", "12310", Wait(1), HangUp()).finish()
    seat.finish()
    assert exchange.ended("13800003007").outcome == "ANSWERED"
    events_are_whole(exchange, "13800003006")


def test_a_telephony_that_goes_while_seats_change_leaves_an_asterisk_that_answers(tmp_path: Path) -> None:
    """Asterisk 22.10 waited for itself for ever when a connection went away while a device's state was on its way there
    (`modules.conf` says how)."""
    assert HOME is not None
    running = start_asterisk(HOME, Plan(tmp_path, strict_rtp=False))
    try:
        with ThreadPoolExecutor(1) as apart:  # the browsers' driver keeps a loop in this thread
            apart.submit(asyncio.run, come_and_go(running.access.ari_url, 150)).result()
    finally:
        running.server.process.kill()
        running.server.process.wait()


async def come_and_go(ari_url: str, times: int) -> None:
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        changing = group.create_task(change_seats(ari_url))
        for _ in range(times):
            ari = Ari(ari_url)
            await ari.open()
            async for event in ari.events():
                if event is not None:
                    break
            await ari.close()
        changing.cancel()


async def change_seats(ari_url: str) -> None:
    ari = Ari(ari_url)
    await ari.open()
    try:
        while True:
            for context in ("seat-joins", "seat-leaves"):
                for seat in range(8100, 8150):
                    await ari.run_dialplan(context, str(seat))
    finally:
        await ari.close()
