"""A city without trunks, and nobody signed in: what every first start meets."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from app.cli.call_command import ring_in
from app.cli.telephone import Plan, start_asterisk
from app.core.errors import CitydeskError, Unavailable
from telephony.ari import Ari
from tests.telephony.conftest import HOME, Exchange
from tests.telephony.sipp import UntilHungUp, energy


def test_an_asterisk_without_any_seat_has_no_endpoints(tmp_path: Path) -> None:
    assert HOME is not None
    running = start_asterisk(HOME, Plan(tmp_path / "ast"))

    async def ask() -> list[dict[str, Any]]:
        ari = Ari(running.access.ari_url)
        await ari.open()
        try:
            return await ari.endpoints()
        finally:
            await ari.close()

    try:
        # A thread of its own: the browser's tests leave an event loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(asyncio.run, ask()).result() == []
    finally:
        running.server.stop()


@pytest.mark.feature("T06", "T09")
def test_a_newcomer_s_first_call_needs_no_telephone(exchange: Exchange) -> None:
    """`citydesk call`: it comes as a trunk's call does, is led, answered and recorded."""
    exchange.sign_in("agent")
    seat = exchange.sipp.seat(exchange.lines["agent"].port, UntilHungUp(30))
    ring_in(exchange.asterisk.access.ari_url, "13812346721", "12310")
    exchange.until_state("agent", "ON_CALL")
    call = exchange.call("13812346721")
    assert (call.direction, call.called) == ("IN", "12310")
    time.sleep(0.6)
    exchange.ask("agent", "hang_up")
    seat.finish()
    seconds, loud = energy(exchange.sound(exchange.ended("13812346721").id))
    assert seconds > 0.3
    assert loud > 500


def test_a_call_to_nothing_is_refused_in_a_sentence() -> None:
    with pytest.raises(Unavailable, match="no_asterisk"):
        ring_in("", "138", "12319")
    with pytest.raises(CitydeskError, match="digits"):
        ring_in("http://127.0.0.1:1/ari", "138", "12319@evil")
