"""Talks: who hears whom, what is recorded, and how a talk is held, handed on and ended."""

import asyncio
from collections.abc import Callable, Collection
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

from app.contacts import AgentState, CallKind
from telephony.calls import SEAT, Call, Leg, Stage
from telephony.exchange import Exchange
from telephony.line import HungUp
from telephony.recordings import Recordings
from telephony.texts import WORK_NO, in_language


class Talks:
    def __init__(self, exchange: Exchange, recordings: Recordings) -> None:
        self.exchange = exchange
        self.recordings = recordings
        self._over: dict[UUID, asyncio.Future[str]] = {}
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        self._moving: set[UUID] = set()
        """Calls between two seats: the first has gone, the next does not talk yet."""
        self.ask: Callable[[Call], bool] = lambda _: False
        """Ask the citizen who is left how it was, and then end the call; False where nothing is asked."""

    # ---------------------------------------------------------------- begin
    async def begin(self, call_id: UUID, leg: Leg) -> None:
        """The citizen and `leg` talk. What was paid for in time comes first: they hear each other. Who lifted and has
        gone since has talked for no time at all. Raises HungUp when the call is over."""
        exchange = self.exchange
        before = exchange.live(call_id)
        if before is None:
            exchange.go(exchange.ari.hang_up(leg.id))
            raise HungUp
        call = exchange.note(call_id, CallKind.ANSWERED, leg=leg.id, agent=str(leg.agent) if leg.agent else None)
        self._moving.discard(call_id)  # from here on, who leaves ends the talk
        if leg.agent is not None:
            exchange.seats.set(leg.agent, AgentState.ON_CALL, exchange.now(), call=call_id)
        if leg.id not in before.legs:
            self.on_leg_gone(call, leg.id)
            return
        ari = exchange.ari
        await asyncio.gather(ari.make_bridge(call.bridge), ari.stop_music(call.channel))
        await ari.add(call.bridge, call.channel, leg.id)
        if exchange.live(call_id) is None:
            return
        if self._records(call, leg):
            await self.recordings.begin_talk(call)
        await self._announce(call, leg)

    async def rejoin(self, call: Call, together: Collection[str]) -> None:
        """After a restart: who talks, and was not brought together before we fell, hears the others now."""
        apart = [each for each in (call.channel, *(leg.id for leg in call.seats)) if each not in together]
        if apart:
            await self.exchange.ari.make_bridge(call.bridge)
            await self.exchange.ari.stop_music(call.channel)
            await self.exchange.ari.add(call.bridge, *apart)

    def _records(self, call: Call, leg: Leg) -> bool:
        """Recording is on unless the group or the agent has it off (S10); one that runs goes on."""
        if any(sound.kind == "TALK" for sound in call.sounds.values()):
            return False
        group = self.exchange.snapshot.groups.get(call.group or "")
        agent = self.exchange.snapshot.agents.get(leg.agent) if leg.agent else None
        return (group is None or group.record) and (agent is None or agent.record)

    async def _announce(self, call: Call, leg: Leg) -> None:
        """The work number, where the agent wants it told (S14)."""
        agent = self.exchange.snapshot.agents.get(leg.agent) if leg.agent else None
        if agent is None or not agent.announce_work_no or call.direction != "IN":
            return
        words = in_language(WORK_NO, call.language, work_no=agent.work_no)
        media = await self.exchange.say(words, call.language)
        if media:
            await self.exchange.ari.play_to_bridge(call.bridge, f"b-{uuid4().hex}", media)

    # ---------------------------------------------------------------- end
    def over(self, call_id: UUID) -> "asyncio.Future[str]":
        """Done when everybody but the caller has left."""
        if call_id not in self._over or self._over[call_id].done():
            self._over[call_id] = asyncio.get_running_loop().create_future()
        return self._over[call_id]

    def on_leg_gone(self, call: Call, channel: str) -> None:
        """A seat hung up. The last one ends the talk: the caller goes on in the menu that waits for it, else the call
        is over. A citizen who hangs up ends the call wherever it is."""
        exchange = self.exchange
        leg = call.legs[channel]
        exchange.call_of.pop(channel, None)
        if channel == call.channel and not self._citizen_stays(call):
            exchange.end(call.id, cause="caller" if call.direction == "IN" else "seat")
            self.forget(call.id)
            return
        after = exchange.note(call.id, CallKind.LEG_ENDED, leg=channel, cause="hung_up")
        if leg.agent is not None:
            exchange.free(leg.agent, call, talked=leg.up)
        if after.stage is not Stage.AFTER or call.id in self._moving:
            return
        for left in list(after.legs.values()):
            if left.id != after.channel:  # a consultation that nobody leads any more
                exchange.go(exchange.ari.hang_up(left.id))
        self.recordings.stop_talk(after)
        waiting = self._over.pop(call.id, None)
        if waiting is not None and not waiting.done():
            exchange.go(exchange.ari.remove(call.bridge, call.channel))
            waiting.set_result("answered")
        elif not (after.direction == "IN" or leg.id == call.channel) or not self.ask(after):
            exchange.go(exchange.ari.hang_up(after.channel))
            exchange.end(call.id, cause="seat")

    def _citizen_stays(self, call: Call) -> bool:
        """We called, and the one whom we called is now alone on the line."""
        return call.stage is Stage.TALKING and call.direction == "OUT" and len(call.seats) == 1 and bool(call.outside)

    def forget(self, call_id: UUID) -> None:
        """The call ends: whoever waits for its talk hears so from the line."""
        self._over.pop(call_id, None)

    # ---------------------------------------------------------------- hold
    async def hold(self, call: Call, agent: UUID | None) -> None:
        """The citizen hears music, the seat nothing. After what was asked before: a key may be pressed twice."""
        async with self._one_by_one(call.id):
            exchange, live = self.exchange, self.exchange.live(call.id)
            if live is None or live.held or live.stage is not Stage.TALKING:
                return
            exchange.note(call.id, CallKind.HELD, by=str(agent) if agent else None)
            if agent is not None:
                exchange.seats.set(agent, AgentState.HOLDING, exchange.now(), call=call.id)
            await exchange.ari.remove(live.bridge, live.channel)
            await exchange.ari.start_music(live.channel)

    async def retrieve(self, call: Call, agent: UUID | None) -> None:
        async with self._one_by_one(call.id):
            exchange, live = self.exchange, self.exchange.live(call.id)
            if live is None or not live.held:
                return
            await exchange.ari.stop_music(live.channel)
            await exchange.ari.add(live.bridge, live.channel)
            after = exchange.live(call.id)
            if after is None or not after.held:  # somebody hung up meanwhile
                return
            exchange.note(call.id, CallKind.RETRIEVED, by=str(agent) if agent else None)
            if agent is not None and after.leg_of(agent) is not None:
                exchange.seats.set(agent, AgentState.ON_CALL, exchange.now(), call=call.id)

    def _one_by_one(self, call_id: UUID) -> asyncio.Lock:
        return self._turns.setdefault(call_id, asyncio.Lock())

    # ---------------------------------------------------------------- more people
    async def join(self, call: Call, leg: Leg) -> None:
        """One more telephone in the talk: a conference (T15), a supervisor who barges in."""
        exchange = self.exchange
        exchange.note(call.id, CallKind.JOINED, leg=leg.id, agent=str(leg.agent) if leg.agent else None)
        if leg.agent is not None and leg.kind == SEAT:
            exchange.seats.set(leg.agent, AgentState.ON_CALL, exchange.now(), call=call.id)
        await exchange.ari.add(call.bridge, leg.id)

    async def replace(self, call: Call, leg: Leg, way: str, by: UUID | None, *leaving: Leg) -> None:
        """`leg` takes the talk over and `leaving` are out of it: transfers of all kinds, answering for another."""
        exchange = self.exchange
        if exchange.live(call.id) is None:  # who waited for it has hung up
            exchange.go(exchange.ari.hang_up(leg.id))
            return
        self._moving.add(call.id)
        try:
            exchange.note(call.id, CallKind.TRANSFERRED, way=way, to=leg.number, by=str(by) if by else None, leg=leg.id)
            for old in leaving:
                self.let_go(call.id, old)
                exchange.go(exchange.ari.hang_up(old.id))
            await self.begin(call.id, leg)
        finally:
            self._moving.discard(call.id)

    def let_go(self, call_id: UUID, leg: Leg) -> None:
        """A leg that we hang up ourselves. Said before it is done: what Asterisk tells of its end is no news then."""
        exchange = self.exchange
        call = exchange.live(call_id)
        exchange.call_of.pop(leg.id, None)
        if call is not None and leg.id in call.legs:
            exchange.note(call_id, CallKind.LEG_ENDED, leg=leg.id, cause="transferred")
            if leg.agent is not None:
                exchange.free(leg.agent, call, talked=leg.up)

    def moving(self, call_id: UUID, on: bool) -> None:
        """While a call moves, an empty talk is not the end of it."""
        (self._moving.add if on else self._moving.discard)(call_id)

    def moves(self, call_id: UUID) -> bool:
        return call_id in self._moving

    async def disconnect(self, call: Call, by: UUID) -> None:
        """End it for everybody (M02)."""
        exchange = self.exchange
        exchange.note(call.id, CallKind.COMMANDED, name="force_disconnect", by=str(by))
        exchange.end(call.id, cause="disconnected")
        self.forget(call.id)
