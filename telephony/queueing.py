"""Calls that wait for a person, and ringing at the people to whom `distribute` offers them."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from app.contacts import AgentState, CallKind
from telephony.ari import AriError
from telephony.distribute import Free, Offer, Waiting, distribute, place_of, rings
from telephony.exchange import Exchange
from telephony.line import HungUp
from telephony.ringing import Ringing
from telephony.talking import Talks
from telephony.texts import CALLBACK, CALLBACK_NOTED, NEXT, PLACE, in_language

log = logging.getLogger(__name__)

ANSWERED, TIMEOUT, NOBODY, ASKED = "answered", "timeout", "nobody", "callback"
"""What a queue answers the diagram with."""
BREATH = 0.3
"""Seconds without an answer after which an offer that failed at once is tried again."""


class Queue:
    """All waiting calls of all groups."""

    def __init__(self, exchange: Exchange, ringing: Ringing, talks: Talks) -> None:
        self.exchange = exchange
        self.ringing = ringing
        self.talks = talks
        self.waiting: dict[UUID, Waiting] = {}
        self._results: dict[UUID, asyncio.Future[str]] = {}
        self._offered: dict[UUID, asyncio.Task[None]] = {}
        self._again: asyncio.TimerHandle | None = None
        self._poked = False
        exchange.wake_queue = self.poke

    # ---------------------------------------------------------------- waiting
    async def wait(self, call_id: UUID, group: str, priority: int, wish: UUID | None) -> str:
        """Until somebody has talked with the caller, or nobody will. Raises HungUp when the caller leaves."""
        exchange = self.exchange
        if exchange.live(call_id) is None:
            raise HungUp
        if not self.anybody(group):
            return NOBODY
        call = exchange.note(call_id, CallKind.QUEUED, group=group, priority=priority, wish=str(wish) if wish else None)
        line = exchange.citizen(call)
        result: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._results[call_id] = result
        self.waiting[call_id] = Waiting(call_id, group, call.queued_at or exchange.now(), priority, call.district, wish)
        company = asyncio.ensure_future(self._keep_company(call_id, group))
        over = self.talks.over(call_id)  # before anybody lifts: they may hang up at once
        self.poke()
        try:
            outcome = await line.until(result)
            company.cancel()
            if outcome == ANSWERED:
                return await line.until(over)
            with suppress(AriError):
                await exchange.ari.stop_music(call.channel)
            return outcome
        finally:
            company.cancel()
            self.talks.forget(call_id)
            self.waiting.pop(call_id, None)
            self._results.pop(call_id, None)
            if (offered := self._offered.pop(call_id, None)) is not None:
                offered.cancel()

    def anybody(self, group: str) -> bool:
        """Is there any agent signed in who could ever take it?"""
        exchange = self.exchange
        rules = exchange.snapshot.groups.get(group)
        groups = {group, rules.overflow_to} if rules else set()
        return any(
            groups & set(exchange.snapshot.agents[agent].skills)
            for agent in exchange.seats.signed_in()
            if agent in exchange.snapshot.agents
        )

    async def _keep_company(self, call_id: UUID, group: str) -> None:
        """Music; now and then how many are before the caller, who may ask to be called back instead (Q06)."""
        exchange = self.exchange
        call = exchange.calls[call_id]
        rules = exchange.snapshot.groups[group]
        with suppress(HungUp, AriError):
            line = exchange.citizen(call)
            while call_id in self.waiting:
                await line.do(exchange.ari.start_music(line.id))
                await asyncio.sleep(rules.announce_seconds)
                if call_id in self._offered or call_id not in self.waiting:
                    continue
                await exchange.ari.stop_music(line.id)
                before = place_of(call_id, self._alike(group)) - 1
                words = in_language(PLACE, call.language, before=before) if before > 0 else in_language(
                    NEXT, call.language)  # fmt: skip
                media = await exchange.say(words, call.language)
                media += await exchange.say(in_language(CALLBACK, call.language), call.language)
                line.forget_digits()
                await line.play(media, stop_at_digit=True)
                if not line.digits.empty() and line.digits.get_nowait() == "1":
                    await self._call_back(call_id)
                    return

    async def _call_back(self, call_id: UUID) -> None:
        exchange = self.exchange
        result = self._results.get(call_id)
        if result is None or result.done():
            return
        call = exchange.note(call_id, CallKind.CALLBACK, phone=exchange.calls[call_id].caller, reason="ASKED")
        self.waiting.pop(call_id, None)
        if (offered := self._offered.pop(call_id, None)) is not None:  # it began to ring while they were asked
            offered.cancel()
        words = in_language(CALLBACK_NOTED, call.language)
        await exchange.citizen(call).play(await exchange.say(words, call.language))
        if not result.done():
            result.set_result(ASKED)

    def _alike(self, group: str) -> list[Waiting]:
        return [one for one in self.waiting.values() if one.group == group]

    # ---------------------------------------------------------------- giving out
    def poke(self) -> None:
        """Something changed: look again, once, when the loop comes round."""
        if not self._poked:
            self._poked = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        self._poked = False
        if self._again is not None:
            self._again.cancel()
            self._again = None
        waiting = [one for call, one in self.waiting.items() if call not in self._offered]
        if not waiting:
            return
        now = self.exchange.now()
        verdict = distribute(
            waiting, self.free(), self.exchange.snapshot.groups, now, present=self.exchange.seats.signed_in()
        )
        for call in verdict.expired:
            self._resolve(call, TIMEOUT)
        for offer in verdict.offers:
            task = asyncio.get_running_loop().create_task(self._ring(offer))
            self._offered[offer.call] = task
        if verdict.again_at is not None:
            pause = max(0.05, (verdict.again_at - now).total_seconds() + 0.01)
            self._again = asyncio.get_running_loop().call_later(pause, self.poke)

    def free(self) -> list[Free]:
        """Agents who can take a call now."""
        plans = self.exchange.snapshot.agents
        return [
            Free(plans[agent], one.idle_since or one.since, one.last_offer)
            for agent, one in self.exchange.seats.now.items()
            if one.state is AgentState.IDLE and agent in plans
        ]

    def redirect(self, call: UUID, agent: UUID) -> bool:
        """A waiting call to this agent, now; where it rings already, it stops. False when it does not wait."""
        waiting = self.waiting.get(call)
        if waiting is None:
            return False
        if (before := self._offered.pop(call, None)) is not None:
            before.cancel()
        self._offered[call] = asyncio.get_running_loop().create_task(self._ring(Offer(call, waiting.group, (agent,))))
        return True

    async def _ring(self, offer: Offer) -> None:
        """Ring; whoever lifts has the call. In vain, it goes back to the others."""
        answered = False
        try:
            answered = await self._offer(offer)
        except (HungUp, KeyError):
            return
        except AriError as error:
            log.warning("ringing failed: %s", error)
            await asyncio.sleep(BREATH)
        finally:
            if not answered and self._offered.get(offer.call) is asyncio.current_task():
                del self._offered[offer.call]
                self.poke()

    async def _offer(self, offer: Offer) -> bool:
        exchange = self.exchange
        rules = exchange.snapshot.groups[offer.group]
        now = exchange.now()
        rounds: list[list[tuple[str, UUID | None]]] = []
        for agent in offer.agents:
            plan = exchange.snapshot.agents[agent]
            seat = exchange.seats.of(agent, now).seat
            exchange.seats.offered(agent, now)
            exchange.seats.set(agent, AgentState.RINGING, now, call=offer.call)
            for n, numbers in enumerate(rings(plan, seat)):
                rounds += [[]] if len(rounds) <= n else []
                rounds[n] += [(number, agent) for number in numbers]
        leg, in_vain = None, False
        try:
            for targets in rounds:
                leg = await self.ringing.ring(offer.call, targets, rules.ring_seconds)
                if leg is not None:
                    break
            if leg is None:
                in_vain = True
                return False
            self._resolve(offer.call, ANSWERED)
            await self.talks.begin(offer.call, leg)
            return True
        finally:
            self._settle(offer, leg.agent if leg else None, in_vain)

    def _settle(self, offer: Offer, taker: UUID | None, in_vain: bool) -> None:
        """Agents at whom it rang: one talks now, one who was alone and did not lift pauses, the others are free."""
        exchange = self.exchange
        now = exchange.now()
        for agent in offer.agents:
            at = exchange.seats.of(agent, now)
            if agent == taker or at.state is not AgentState.RINGING or at.call != offer.call:
                continue
            if in_vain and exchange.live(offer.call) is not None:
                exchange.seats.set(agent, AgentState.PAUSED, now, reason="NO_ANSWER")
            else:
                exchange.seats.set(agent, AgentState.IDLE, now)
        waiting = self.waiting.get(offer.call)
        if waiting is not None and taker is None:
            self.waiting[offer.call] = replace(waiting, tried=waiting.tried | set(offer.agents))

    def _resolve(self, call: UUID, outcome: str) -> None:
        self.waiting.pop(call, None)
        result = self._results.get(call)
        if result is not None and not result.done():
            result.set_result(outcome)
