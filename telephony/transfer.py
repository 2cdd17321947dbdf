"""Handing a talk on: blind, after asking (attended), to a group, and three in one talk (S05, T15, T40)."""

import logging
from dataclasses import dataclass
from uuid import UUID

from app.contacts import AgentState, CallKind
from app.core.errors import Conflict
from telephony.calls import Call, Leg, Stage
from telephony.exchange import Exchange
from telephony.line import HungUp
from telephony.queueing import ANSWERED, ASKED, Queue
from telephony.ringing import Ringing
from telephony.talking import Talks

log = logging.getLogger(__name__)

RING = 25
GROUP = "group:"
"""Before a skill group's code, where a transfer's aim is no number."""


@dataclass(frozen=True, slots=True)
class Asking:
    """An agent asks somebody while the citizen hears music."""

    agent: UUID
    seat: Leg
    other: Leg


class Transfers:
    def __init__(self, exchange: Exchange, ringing: Ringing, talks: Talks, queue: Queue) -> None:
        self.exchange = exchange
        self.ringing = ringing
        self.talks = talks
        self.queue = queue
        self.asking: dict[UUID, Asking] = {}
        self._calling: set[UUID] = set()
        """Calls for which it rings at the one who will be asked."""

    # ---------------------------------------------------------------- blind
    async def blind(self, call: Call, to: str, by: UUID | None, way: str = "blind") -> None:
        """The seats leave, the citizen hears music while it rings there. In vain, it comes back to who sent it, then
        to the group's queue."""
        if call.stage is not Stage.TALKING or self.talks.moves(call.id):
            raise Conflict("contacts.call.over")
        self.talks.moving(call.id, True)
        await self._move(call, to, by, way)

    async def _move(self, call: Call, to: str, by: UUID | None, way: str) -> None:
        exchange = self.exchange
        leaving = [leg for leg in call.legs.values() if leg.id != call.channel]
        try:
            await exchange.ari.remove(call.bridge, call.channel)
            await exchange.ari.start_music(call.channel)
            if to.startswith(GROUP):
                exchange.note(call.id, CallKind.TRANSFERRED, way=way, to=to, by=str(by) if by else None, leg=None)
            for leg in leaving:
                self.talks.let_go(call.id, leg)
                exchange.go(exchange.ari.hang_up(leg.id))
        except BaseException:
            self.talks.moving(call.id, False)
            raise
        exchange.go(self._reach(call, to, by, way))

    async def _reach(self, call: Call, to: str, by: UUID | None, way: str) -> None:
        exchange = self.exchange
        if exchange.live(call.id) is None:
            self.talks.moving(call.id, False)
            return
        line = exchange.citizen(call)
        try:
            if not to.startswith(GROUP):
                for number in [to, *self._sender(by)]:
                    leg = await line.until(self.ringing.ring(call.id, [(number, self._agent_at(number))], RING))
                    if leg is not None:
                        self.talks.moving(call.id, False)
                        await exchange.ari.stop_music(call.channel)
                        await self.talks.replace(call, leg, way, by)
                        return
            group = to.removeprefix(GROUP) if to.startswith(GROUP) else call.group
            self.talks.moving(call.id, False)
            await self._to_queue(call, group)
        except HungUp:
            exchange.end(call.id, cause="caller")
        finally:
            self.talks.moving(call.id, False)

    async def _to_queue(self, call: Call, group: str | None) -> None:
        exchange = self.exchange
        outcome = "nobody"
        if group is not None and group in exchange.snapshot.groups:
            outcome = await self.queue.wait(call.id, group, call.priority, None)
        if outcome not in (ANSWERED, ASKED) or exchange.live(call.id) is not None:
            exchange.end(call.id, cause="transfer")
            exchange.go(exchange.ari.hang_up(call.channel))

    def _sender(self, by: UUID | None) -> list[str]:
        at = self.exchange.seats.of(by, self.exchange.now()) if by else None
        return [at.seat] if at is not None and at.seat else []

    def _agent_at(self, number: str) -> UUID | None:
        """Who will talk, when it rings at a seat or extension of ours."""
        exchange = self.exchange
        plan = exchange.snapshot.agent_at(number)
        at = exchange.seats.at(number)
        return plan.id if plan else at.agent if at else None

    # ---------------------------------------------------------------- asking first
    async def consult(self, call: Call, agent: UUID, to: str) -> None:
        """The citizen hears music, the agent asks `to`. Raises Conflict when nobody lifts."""
        exchange = self.exchange
        seat = call.leg_of(agent)
        if seat is None or call.stage is not Stage.TALKING or call.id in self.asking or call.id in self._calling:
            raise Conflict("contacts.call.not_yours")
        self._calling.add(call.id)
        try:
            await self.talks.hold(call, agent)
            leg = await self.ringing.ring(call.id, [(to, self._agent_at(to))], RING)
        finally:
            self._calling.discard(call.id)
        if leg is None or not self.ringing.holds(call.id, seat.id):
            if leg is not None:  # who wanted to ask them has hung up
                self._let_go(call.id, leg)
            await self._back(call.id, agent)
            raise Conflict("contacts.unreachable", number=to)
        self.asking[call.id] = Asking(agent, seat, leg)
        self._tell(call.id, agent, leg.number, on=True)
        if leg.agent is not None:
            exchange.seats.set(leg.agent, AgentState.ON_CALL, exchange.now(), call=call.id)
        await exchange.ari.make_bridge(f"ask-{call.id}")
        await exchange.ari.add(f"ask-{call.id}", seat.id, leg.id)

    async def complete(self, call: Call, agent: UUID) -> None:
        """The one who was asked takes the citizen over."""
        asking = self._of(call, agent)
        self._tell(call.id, agent, asking.other.number, on=False)
        await self.talks.replace(call, asking.other, "attended", agent, asking.seat)
        await self._tidy(call.id)

    async def cancel(self, call: Call, agent: UUID) -> None:
        """Back to the citizen; the one who was asked is let go."""
        self._let_go(call.id, self._of(call, agent).other)
        await self._tidy(call.id)
        await self._back(call.id, agent)

    async def conference(self, call: Call, agent: UUID, to: str | None) -> None:
        """All in one talk: with the one who was asked, or with `to`, who is called now."""
        asking = self.asking.pop(call.id, None)
        if asking is not None:
            await self._back(call.id, agent)
            await self.talks.join(self.exchange.calls[call.id], asking.other)
            await self._tidy(call.id)
            return
        if not to:
            raise Conflict("contacts.call.not_yours")
        leg = await self.ringing.ring(call.id, [(to, self._agent_at(to))], RING)
        if leg is None or self.exchange.live(call.id) is None:
            raise Conflict("contacts.unreachable", number=to)
        await self.talks.join(self.exchange.calls[call.id], leg)

    def _let_go(self, call_id: UUID, other: Leg) -> None:
        self.ringing.stopped(call_id, other.id, "cancelled")
        self.exchange.go(self.exchange.ari.hang_up(other.id))

    def _of(self, call: Call, agent: UUID) -> Asking:
        asking = self.asking.get(call.id)
        if asking is None or asking.agent != agent:
            raise Conflict("contacts.call.not_yours")
        del self.asking[call.id]
        return asking

    def _tell(self, call_id: UUID, agent: UUID, to: str, *, on: bool) -> None:
        """A fact, so that a page that is opened now shows it too."""
        self.exchange.note(call_id, CallKind.CONSULTING, by=str(agent), to=to, on=on)

    async def give_up(self, call: Call) -> None:
        """After a restart nobody knows any more who was asked: the agent is with the citizen again."""
        if call.asking is not None:
            await self._tidy(call.id)
            await self._back(call.id, call.asking)

    async def _back(self, call_id: UUID, agent: UUID) -> None:
        call = self.exchange.live(call_id)
        if call is not None and call.asking is not None:
            self._tell(call_id, agent, "", on=False)
        seat = call.leg_of(agent) if call else None
        if call is not None and seat is not None:
            await self.exchange.ari.add(call.bridge, seat.id)
            await self.talks.retrieve(call, agent)

    async def _tidy(self, call_id: UUID) -> None:
        await self.exchange.ari.end_bridge(f"ask-{call_id}")

    # ---------------------------------------------------------------- events
    def on_ended(self, channel: str) -> None:
        """The one who was asked hung up: the agent is with the citizen again. Or the one who asks did. Whose leg it
        was is free already (`Ringing.stopped`, `Talks.on_leg_gone`)."""
        for call_id, asking in list(self.asking.items()):
            if channel in (asking.other.id, asking.seat.id):
                del self.asking[call_id]
            if channel == asking.other.id:
                self.exchange.go(self._back(call_id, asking.agent))

    async def asked_by_phone(self, channel: str, to: str, partner: str | None) -> None:
        """A desk phone's own transfer key (SIP REFER)."""
        exchange = self.exchange
        call = exchange.call_at(channel)
        leg = call.legs.get(channel) if call else None
        idle = call is None or call.stage is not Stage.TALKING or self.talks.moves(call.id)
        if call is None or idle or leg is None or partner is not None or leg.id == call.channel:
            await exchange.ari.transfer_progress(channel, "channel_declined")
            return
        self.talks.moving(call.id, True)  # the telephone hangs up as soon as it hears that this is done
        try:
            # the last word at once: an Asterisk of 22.10 dies of a second one when the telephone has hung up meanwhile
            await exchange.ari.transfer_progress(channel, "channel_answered")
        finally:
            await self._move(call, to, leg.agent, "blind")
