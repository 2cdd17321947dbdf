"""Where a caller whose number tells no place reported from before (T28): looked up beside the menu, never waited for
long.

Asked only while somebody who is responsible for an area is signed in: nobody else's calls depend on it."""

import asyncio
import logging
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from app.contacts import CallKind
from telephony.calls import Call
from telephony.exchange import Exchange
from telephony.handover import Database

log = logging.getLogger(__name__)

PATIENCE = 0.15
"""Seconds for which a call waits for its area before it is distributed without one."""
LONGEST = 5.0


class Areas:
    def __init__(self, exchange: Exchange, database: Database) -> None:
        self.exchange = exchange
        self.database = database
        self._looking: dict[UUID, asyncio.Task[None]] = {}

    def look(self, call: Call) -> None:
        """Begin, where it matters and is not known."""
        plans = self.exchange.snapshot.agents
        there = [plans[agent] for agent in self.exchange.seats.signed_in() if agent in plans]
        if call.district is None and len(call.caller) > 2 and any(plan.areas for plan in there):
            task = asyncio.get_running_loop().create_task(self._find(call.id, call.caller))
            self._looking[call.id] = task
            task.add_done_callback(lambda _: self._looking.pop(call.id, None))

    async def known(self, call_id: UUID) -> None:
        """When it is found, or will not be in time."""
        if (task := self._looking.get(call_id)) is not None:
            await asyncio.wait({task}, timeout=PATIENCE)

    async def _find(self, call_id: UUID, caller: str) -> None:
        try:
            district = await asyncio.wait_for(self.database.area_of(caller), LONGEST)
        except (SQLAlchemyError, TimeoutError) as error:
            log.info("no area: %s", type(error).__name__)
            return
        if district is not None and self.exchange.live(call_id) is not None:
            self.exchange.note(call_id, CallKind.AREA, district=district)
