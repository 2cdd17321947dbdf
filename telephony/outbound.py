"""Calls that a seat begins: typed on its telephone, or asked for on a page."""

import asyncio
import logging
from uuid import UUID, uuid4

from app.contacts import AgentPlan, AgentState, Outcome
from app.contacts.dialling import may_dial
from app.core.errors import Conflict, Forbidden
from app.core.ids import derived_id, new_id
from telephony.ari import AriError
from telephony.calls import OUTSIDE, SEAT, Call, Callback
from telephony.distribute import rings
from telephony.events import Channel
from telephony.exchange import Exchange
from telephony.line import HungUp
from telephony.ringing import Ringing
from telephony.seats import endpoint_of, seat_of
from telephony.talking import Talks

log = logging.getLogger(__name__)

RING = 60
"""Seconds it rings outside."""


class Outbound:
    def __init__(self, exchange: Exchange, ringing: Ringing, talks: Talks) -> None:
        self.exchange = exchange
        self.ringing = ringing
        self.talks = talks
        self._first: dict[str, asyncio.Future[bool]] = {}

    # ---------------------------------------------------------------- from the telephone
    def dialled(self, channel: Channel, number: str, endpoint: str) -> None:
        """A seat's telephone dialled. Only who sits there, and may, gets through; a trunk never comes this way."""
        exchange = self.exchange
        seat = seat_of(endpoint)
        at = exchange.seats.at(seat) if seat else None
        plan = exchange.snapshot.agents.get(at.agent) if at else None
        if plan is None or not self.may(plan, number):
            log.warning("seat %s may not call %s digits", seat, len(number))
            exchange.go(exchange.ari.hang_up(channel.id, "congestion"))
            return
        call_id = derived_id("call", channel.id, channel.made_at.isoformat())
        if call_id in exchange.calls:  # adopted when we reconnected; this is the event that told the same
            return
        exchange.line(channel.id)
        call = self._arrived(call_id, channel.id, plan, number)
        exchange.go(self._reach(call, number))

    # ---------------------------------------------------------------- from a page
    async def dial(self, plan: AgentPlan, number: str, case: UUID | None = None) -> Call:
        """Ring at the agent's own seat, then call `number`, about that case. Raises Conflict, Forbidden."""
        exchange = self.exchange
        seat = self.require(plan, number)
        channel = f"leg-{uuid4().hex}"
        call = self._arrived(new_id(), channel, plan, number, case=str(case) if case else None)
        exchange.line(channel)
        exchange.go(self._from_seat(call, channel, seat, number))
        return call

    def require(self, plan: AgentPlan, number: str) -> str:
        """The seat from which that agent may call now. Raises Conflict, Forbidden."""
        exchange = self.exchange
        seat = exchange.seats.of(plan.id, exchange.now()).seat
        if seat is None or seat not in exchange.snapshot.seats:
            raise Conflict("contacts.agent.not_logged_in")
        if exchange.talk_of(plan.id) is not None:
            raise Conflict("contacts.agent.in_call")
        if not self.may(plan, number):
            raise Forbidden("contacts.dialling.refused", number=number, right=plan.dialling)
        return seat

    def call_back(
        self, plan: AgentPlan, number: str, call_id: UUID, request: Callback, group: str | None, *,
        by_hand: bool = False,
    ) -> None:  # fmt: skip
        """The same for a request that this attempt alone has; the seat's telephone rings as for a citizen's call."""
        channel = f"leg-{uuid4().hex}"
        about = {"callback": request.id, "attempt": request.attempt, "reason": request.reason, "group": group}
        state = AgentState.ON_CALL if by_hand else AgentState.RINGING
        call = self._arrived(call_id, channel, plan, number, state, **about)
        self.exchange.line(channel)
        self.exchange.news.tell({"about": "callback"})
        seat = self.exchange.seats.of(plan.id, self.exchange.now()).seat or ""
        self.exchange.go(self._from_seat(call, channel, seat, number, by_itself=by_hand))

    async def _from_seat(self, call: Call, channel: str, seat: str, number: str, *, by_itself: bool = True) -> None:
        """`by_itself`: the browser's telephone lifts without a press."""
        exchange = self.exchange
        up: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._first[channel] = up
        variables = {"CITYDESK": f"{call.id}:{SEAT}", "PJSIP_HEADER(add,X-Citydesk-Call)": str(call.id),
                     "PJSIP_TRANSFER_HANDLING()": "ari-only"}  # fmt: skip
        if by_itself:
            variables["PJSIP_HEADER(add,X-Citydesk-Dial)"] = "1"
        try:
            await exchange.ari.originate(
                channel, f"PJSIP/{endpoint_of(seat)}", ("first", str(call.id)), caller_id=f"<{number}>", timeout=20,
                variables=variables,
            )  # fmt: skip
            lifted = await asyncio.wait_for(up, 25)
        except (AriError, TimeoutError):
            lifted = False
        finally:
            self._first.pop(channel, None)
        if call.agent is not None and call.callback is not None:
            self._seat_heard(call.agent, call.id if lifted else None)
        if not lifted:
            exchange.end(call.id, Outcome.UNREACHED, cause="seat")
            return
        if call.callback is not None and self._called_us(call, number):
            exchange.end(call.id, Outcome.UNREACHED, cause="on_line")
            return
        await self._reach(call, number)

    def _seat_heard(self, agent: UUID, call: UUID | None) -> None:
        """Talks in that call, or did not lift: as for a citizen's call, they pause then."""
        seats, now = self.exchange.seats, self.exchange.now()
        if call is not None:
            seats.set(agent, AgentState.ON_CALL, now, call=call)
        else:
            seats.set(agent, AgentState.PAUSED, now, reason="NO_ANSWER")

    def _called_us(self, call: Call, number: str) -> bool:
        """While it rang at the seat, the citizen called."""
        others = [each for each in self.exchange.calls.values() if each.id != call.id]
        return any(number == each.caller and self.exchange.live(each.id) is not None for each in others)

    def on_up(self, channel: Channel) -> None:
        waiting = self._first.get(channel.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(True)
        elif self.exchange.call_at(channel.id) is None:
            self.exchange.go(self.exchange.ari.hang_up(channel.id))

    def on_ended(self, channel: str) -> bool:
        """Was it a seat that we rang first and that has not lifted? What becomes of its call is decided here then."""
        waiting = self._first.get(channel)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(False)
        return True

    # ---------------------------------------------------------------- both
    def may(self, plan: AgentPlan, number: str) -> bool:
        endpoint, kind, _ = self.ringing.endpoint(number)
        return may_dial(plan.dialling, number, endpoint is not None and kind == SEAT)

    def _arrived(self, call_id: UUID, channel: str, plan: AgentPlan, number: str,
        state: AgentState = AgentState.ON_CALL, **about: object,
    ) -> Call:  # fmt: skip
        exchange = self.exchange
        _, kind, _ = self.ringing.endpoint(number)
        call = exchange.arrived(
            call_id, exchange.now(), direction="OUT" if kind == OUTSIDE else "INTERNAL", caller=plan.extension,
            called=number, channel=channel, agent=str(plan.id), **about,
        )  # fmt: skip
        exchange.seats.set(plan.id, state, exchange.now(), call=call_id)
        return call

    async def _reach(self, call: Call, number: str) -> None:
        """Ring there; an extension's follow-me numbers ring with it, or after it (S24-S28)."""
        exchange = self.exchange
        if exchange.live(call.id) is None:  # lifted, and hung up before this was heard
            return
        line = exchange.line(call.channel)
        try:
            await line.do(exchange.ari.ring(call.channel))
            leg = None
            for numbers in self._rounds(number):
                leg = await line.until(self.ringing.ring(call.id, [(each, None) for each in numbers], RING))
                if leg is not None:
                    break
            if leg is None:
                busy = exchange.calls[call.id].refused == "busy"
                exchange.end(call.id, Outcome.UNREACHED, cause="busy" if busy else "no_answer", reason="no_answer")
                return
            await line.answer()
            await self.talks.begin(call.id, leg)
        except HungUp:
            exchange.end(call.id, cause="seat")

    def _rounds(self, number: str) -> list[tuple[str, ...]]:
        agent = self.exchange.snapshot.agent_at(number)
        if agent is None:
            return [(number,)]
        seat = self.exchange.seats.of(agent.id, self.exchange.now()).seat
        return rings(agent, seat) or [(number,)]
