"""What supervisors do with others' calls: listen, whisper, barge in, transfer, disconnect, answer (M01-M04, Q15)."""

import asyncio
from collections.abc import Container
from dataclasses import dataclass
from uuid import UUID, uuid4

from app.contacts import AgentState, CallKind
from app.core.errors import Conflict
from telephony.ari import AriError
from telephony.calls import LISTENER, SEAT, Call, Leg, Stage
from telephony.exchange import Exchange
from telephony.queueing import Queue
from telephony.ringing import Ringing
from telephony.seats import endpoint_of
from telephony.talking import Talks

RING = 20


@dataclass(frozen=True, slots=True)
class Ear:
    """A supervisor's telephone that hears a talk."""

    supervisor: UUID
    channel: str
    call: UUID
    bridge: str
    snoop: str


class Supervision:
    def __init__(self, exchange: Exchange, ringing: Ringing, talks: Talks, queue: Queue) -> None:
        self.exchange = exchange
        self.ringing = ringing
        self.talks = talks
        self.queue = queue
        self._up: dict[str, asyncio.Future[bool]] = {}
        self.ears: dict[str, Ear] = {}
        """By the supervisor's channel."""

    # ---------------------------------------------------------------- hearing
    async def monitor(self, call: Call, supervisor: UUID, mode: str) -> None:
        """`listen`: heard by nobody; `whisper`: heard by the agent alone; `barge`: heard by both. Again with another
        mode, the same telephone changes over. Raises Conflict."""
        seat = self._talking_seat(call)
        await self.stop(supervisor)
        self.exchange.note(call.id, CallKind.COMMANDED, name=mode, by=str(supervisor))
        if mode == "barge":
            leg = await self.ringing.ring(call.id, [(self._own_seat(supervisor), supervisor)], RING)
            if leg is None or self.exchange.live(call.id) is None:
                raise Conflict("contacts.unreachable", number=self._own_seat(supervisor))
            await self.talks.join(self.exchange.calls[call.id], leg)
            return
        channel = await self._ring_own(supervisor, call)
        ear = Ear(supervisor, channel, call.id, f"ear-{uuid4().hex}", f"snoop-{uuid4().hex}")
        self.ears[channel] = ear
        self.exchange.seats.set(supervisor, AgentState.BUSY, self.exchange.now(), reason="MONITOR", call=call.id)
        try:
            await self._open(ear, seat, "out" if mode == "whisper" else "none")
        except (AriError, TimeoutError):
            if self.ears.pop(channel, None) is not None:
                await self._close(ear)
            raise Conflict("contacts.call.over") from None

    async def _open(self, ear: Ear, seat: Leg, whisper: str) -> None:
        """Unless the supervisor hangs up meanwhile, or the talk ends: `on_ended` has closed it then."""
        ari = self.exchange.ari
        opened = self._expect(ear.snoop)
        await ari.snoop(seat.id, ear.snoop, spy="both", whisper=whisper, args=("monitor", str(ear.call)))
        await asyncio.wait_for(opened, RING)
        if ear.channel in self.ears:
            await ari.make_bridge(ear.bridge, "mixing")
            await ari.add(ear.bridge, ear.channel, ear.snoop)

    async def stop(self, supervisor: UUID) -> None:
        for channel, ear in list(self.ears.items()):
            if ear.supervisor == supervisor:
                del self.ears[channel]
                await self._close(ear)

    def on_up(self, channel: str) -> None:
        waiting = self._up.pop(channel, None)
        if waiting is None:  # nobody waits for it any more
            self.exchange.go(self.exchange.ari.hang_up(channel))
        elif not waiting.done():
            waiting.set_result(True)

    def on_ended(self, channel: str) -> None:
        """The supervisor hung up, or what they heard is over."""
        waiting = self._up.pop(channel, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(False)
        for own, ear in list(self.ears.items()):
            if channel in (own, ear.snoop):
                del self.ears[own]
                self.exchange.go(self._close(ear))

    def reconcile(self, there: Container[str]) -> None:
        """After a reconnect: whose telephone is not there any more has hung up."""
        for ear in [each for each in self.ears.values() if each.channel not in there]:
            self.on_ended(ear.channel)

    async def _close(self, ear: Ear) -> None:
        ari = self.exchange.ari
        await ari.hang_up(ear.snoop)
        await ari.hang_up(ear.channel)
        await ari.end_bridge(ear.bridge)
        at = self.exchange.seats.of(ear.supervisor, self.exchange.now())
        if at.reason == "MONITOR":
            self.exchange.seats.set(ear.supervisor, AgentState.IDLE, self.exchange.now())

    async def _ring_own(self, supervisor: UUID, call: Call) -> str:
        """Ring at the supervisor's seat; its channel is no part of the call."""
        seat = self._own_seat(supervisor)
        channel = f"ear-{uuid4().hex}"
        lifted = self._expect(channel)
        variables = {"CITYDESK": f"{call.id}:{LISTENER}", "PJSIP_HEADER(add,X-Citydesk-Dial)": "1"}
        try:
            await self.exchange.ari.originate(
                channel, f"PJSIP/{endpoint_of(seat)}", ("monitor", str(call.id)), caller_id=f"<{call.caller}>",
                timeout=RING, variables=variables,
            )  # fmt: skip
            up = await asyncio.wait_for(lifted, RING + 2)
        except (AriError, TimeoutError):
            up = False
            self.exchange.go(self.exchange.ari.hang_up(channel))
        finally:
            self._up.pop(channel, None)
        if not up:
            raise Conflict("contacts.unreachable", number=seat)
        return channel

    def _expect(self, channel: str) -> "asyncio.Future[bool]":
        self._up[channel] = asyncio.get_running_loop().create_future()
        return self._up[channel]

    def _own_seat(self, supervisor: UUID) -> str:
        seat = self.exchange.seats.of(supervisor, self.exchange.now()).seat
        if seat is None:
            raise Conflict("contacts.agent.not_logged_in")
        return seat

    def _talking_seat(self, call: Call) -> Leg:
        seat = next((leg for leg in call.legs.values() if leg.up and leg.kind == SEAT), None)
        if call.stage is not Stage.TALKING or seat is None:
            raise Conflict("contacts.call.over")
        return seat

    # ---------------------------------------------------------------- answering for others
    async def pick_up(self, call: Call, agent: UUID) -> None:
        """Take a call that waits or rings at somebody else's (M03); one that is talked with comes over too."""
        seat = self._own_seat(agent)
        exchange = self.exchange
        if self.queue.redirect(call.id, agent):
            return
        if call.stage is not Stage.TALKING:
            raise Conflict("contacts.call.over")
        leg = await self.ringing.ring(call.id, [(seat, agent)], RING)
        live = exchange.live(call.id)
        if leg is None or live is None:
            raise Conflict("contacts.unreachable", number=seat)
        await self.talks.replace(live, leg, "pickup", agent, *live.seats)
