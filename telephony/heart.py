"""The sign of life, beaten by the event loop itself: when that hangs, it stops. Asking how trunks are comes with it."""

import asyncio
import logging
from contextlib import suppress

import redis.asyncio as redis
from redis.exceptions import RedisError

from app.contacts import EVERY, PULSE, Pulse
from telephony.ari import AriError
from telephony.exchange import Exchange
from telephony.outfit import Outfit
from telephony.seats import TRUNK, trunk_of

log = logging.getLogger(__name__)

ASK_LINES = 4
"""Beats between two questions how trunks and desk phones are."""


class Heart:
    def __init__(self, exchange: Exchange, outfit: Outfit, url: str) -> None:
        self.exchange = exchange
        self.outfit = outfit
        self._redis = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        self._lines: dict[str, str] = {}
        self._version = -1

    async def run(self) -> None:
        beat = 0
        while True:
            if beat % ASK_LINES == 0 or self._version != self.outfit.version:
                self._version = self.outfit.version
                await self._ask_lines()
            await self._beat()
            beat += 1
            await asyncio.sleep(EVERY)

    async def _ask_lines(self) -> None:
        with suppress(AriError):
            known = {each["resource"]: str(each["state"]) for each in await self.exchange.ari.endpoints()}
            known |= dict.fromkeys(self.outfit.refused, "refused")
            self._lines = {trunk_of(name): state for name, state in known.items()
                           if name.startswith((TRUNK, "seat-"))}  # fmt: skip

    async def _beat(self, *, ended: bool = False) -> None:
        pulse = Pulse(self.exchange.now(), self.exchange.ari.connected, self.outfit.version, self._lines, ended=ended)
        with suppress(RedisError, OSError):
            await self._redis.set(PULSE, pulse.to_json())

    async def stop(self) -> None:
        """Stopped in order: pages need not wait until it is missed."""
        await self._beat(ended=True)
        await self._redis.aclose()
