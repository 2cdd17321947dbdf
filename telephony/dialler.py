"""Calls back by itself (Q06): while nobody waits in the queue, who is idle is rung, and then the citizen.

The database says who is due and gives a request to one attempt only; here it is seen that the right agent is free."""

import asyncio
import logging
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from app.contacts import AgentState, Due
from app.contacts.dialling import reach_of
from app.core.errors import Conflict
from app.core.ids import new_id
from telephony.calls import Callback
from telephony.distribute import Waiting, distribute
from telephony.exchange import Exchange
from telephony.handover import Database, Handover
from telephony.outbound import Outbound
from telephony.queueing import Queue

log = logging.getLogger(__name__)

LOOK = 3.0
"""Seconds between two looks."""
BY_ITSELF = ("LOCAL", "NATIONAL")
"""Numbers the machine dials; foreign and premium ones are left to people."""


class Dialler:
    def __init__(
        self, exchange: Exchange, database: Database, handover: Handover, queue: Queue, outbound: Outbound
    ) -> None:
        self.exchange = exchange
        self.database = database
        self.handover = handover
        self.queue = queue
        self.outbound = outbound

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            try:
                await self.look()
            except SQLAlchemyError as error:
                log.info("nobody is called back now: %s", type(error).__name__)
            except Exception:
                log.exception("calling back failed")

    async def look(self) -> None:
        """Give each agent who is free at most one request. Facts that are not in the database yet may settle one: these
        first."""
        if self.queue.waiting or not self.handover.idle.is_set() or not self.queue.free():
            return
        for due in await self.database.due_callbacks(self.exchange.now()):
            if (agent := self.agent_for(due)) is not None:
                await self._take(due, agent)

    def agent_for(self, due: Due) -> UUID | None:
        """By the same rules as a call that waits: group, area, and who may dial that number."""
        exchange = self.exchange
        now = exchange.now()
        group = self.group_of(due)
        rules = exchange.snapshot.groups.get(group or "")
        if group is None or rules is None or not rules.calls_back or self.queue.waiting:
            return None
        if reach_of(due.phone, False) not in BY_ITSELF or exchange.on_line(due.phone):
            return None
        if self.outbound.ringing.endpoint(due.phone)[0] is None:  # no trunk has a free line
            return None
        able = [one for one in self.queue.free() if self.outbound.may(one.plan, due.phone)]
        waiting = Waiting(due.id, group, now, district=due.district)
        offers = distribute([waiting], able, exchange.snapshot.groups, now).offers
        return offers[0].agents[0] if offers else None

    def group_of(self, due: Due) -> str | None:
        """Where they waited; who came no further, where the number they called leads."""
        return due.group or self.exchange.router.route(due.phone, due.called, self.exchange.now()).group

    async def _take(self, due: Due, agent: UUID) -> None:
        exchange = self.exchange
        call_id = new_id()
        exchange.seats.set(agent, AgentState.RINGING, exchange.now(), call=call_id)  # no call comes in between
        begun = False
        try:
            begun = await self._call(due, agent, call_id)
        finally:
            at = exchange.seats.of(agent, exchange.now())
            if not begun and at.state is AgentState.RINGING and at.call == call_id:  # nobody said otherwise meanwhile
                exchange.seats.set(agent, AgentState.IDLE, exchange.now())

    async def by_hand(self, agent: UUID, request: UUID, phone: str, group: str | None) -> UUID:
        """An agent calls back whom they chose. Raises Conflict when somebody else does, or the citizen is on a line."""
        call_id = new_id()
        if self.exchange.on_line(phone):
            raise Conflict("contacts.callback.taken")
        attempt = await self.database.claim_callback(request, phone, call_id, self.exchange.now())
        if attempt is None:
            raise Conflict("contacts.callback.taken")
        plan = self.exchange.snapshot.agents[agent]
        self.outbound.call_back(plan, phone, call_id, Callback(str(request), attempt, "ASKED"), group, by_hand=True)
        return call_id

    async def _call(self, due: Due, agent: UUID, call_id: UUID) -> bool:
        attempt = await self.database.claim_callback(due.id, due.phone, call_id, self.exchange.now())
        if attempt is None:
            return False
        plan = self.exchange.snapshot.agents[agent]
        callback = Callback(str(due.id), attempt, due.reason)
        self.outbound.call_back(plan, due.phone, call_id, callback, self.group_of(due))
        return True
