"""News for open pages, over Redis: at most once, never waited for. The database is the truth."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import orjson
import redis.asyncio as redis
from redis.exceptions import RedisError

from app.contacts import LIVE
from telephony.calls import Call
from telephony.seats import AtSeat

log = logging.getLogger(__name__)
OFF = 2.0


class News:
    """Publishes `{"about": "call" | "seat", "kind": …, …}` on the channel `LIVE`."""

    def __init__(self, url: str | None) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) if url else None
        self._off_until = 0.0
        self._waiting: deque[bytes] = deque()
        self._worker: asyncio.Task[None] | None = None

    def call(self, kind: str, call: Call, body: Mapping[str, Any] | None = None) -> None:
        """`agents` are those in the call: whose pages pop up."""
        told = {
            "about": "call", "kind": kind, "call": str(call.id), "stage": call.stage.value, "caller": call.caller,
            "called": call.called, "direction": call.direction, "group": call.group, "mark": call.mark,
            "district": call.district, "priority": call.priority, "held": call.held,
            "agents": [str(leg.agent) for leg in call.legs.values() if leg.agent],
            "began_at": call.began_at.isoformat(),
            "queued_at": call.queued_at.isoformat() if call.queued_at else None,
            "answered_at": call.answered_at.isoformat() if call.answered_at else None,
        }  # fmt: skip
        hidden = ("steps", "variables", "values")
        told |= {key: value for key, value in (body or {}).items() if key not in told and key not in hidden}
        self.tell(told)

    def seat(self, seat: AtSeat) -> None:
        self.tell(
            {"about": "seat", "kind": "state", "agent": str(seat.agent), "state": seat.state.value, "seat": seat.seat,
             "reason": seat.reason, "call": str(seat.call) if seat.call else None, "since": seat.since.isoformat()}
        )  # fmt: skip

    def tell(self, what: Mapping[str, Any]) -> None:
        if self._redis is None or time.monotonic() < self._off_until:
            return
        self._waiting.append(orjson.dumps(what, default=str))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._publish())

    async def _publish(self) -> None:
        """In order, all that waits in one round trip."""
        assert self._redis is not None
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
            try:
                async with self._redis.pipeline(transaction=False) as pipe:
                    for text in batch:
                        pipe.publish(LIVE, text)
                    await pipe.execute()
            except (RedisError, OSError) as error:
                self._off_until = time.monotonic() + OFF
                self._waiting.clear()
                log.warning("live: %s", error)

    async def close(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
        if self._redis is not None:
            await self._redis.aclose()
