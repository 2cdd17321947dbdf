"""A city without trunks, and nobody signed in: what every first start meets."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from app.cli.telephone import Plan, start_asterisk
from telephony.ari import Ari
from tests.telephony.conftest import HOME


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
