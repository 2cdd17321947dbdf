"""Ringing at telephones: seats, and numbers outside. The first that lifts wins; the others stop."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID, uuid4

from app.contacts import AgentState, CallKind, TrunkPlan
from telephony.ari import AriError
from telephony.calls import OUTSIDE, SEAT, Leg
from telephony.exchange import Exchange
from telephony.seats import endpoint_of, trunk_endpoint
from telephony.trunks import way_out

Target = tuple[str, UUID | None]
"""A seat's or outside number, and the agent it rings for."""


class Ringing:
    """Legs that ring, by channel."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._waiting: dict[str, asyncio.Future[bool]] = {}

    def on_up(self, channel: str) -> bool:
        """A leg we rang lifted. False when nobody waits for it any more."""
        waiting = self._waiting.get(channel)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(True)
        return True

    def on_ended(self, channel: str) -> None:
        waiting = self._waiting.get(channel)
        if waiting is not None and not waiting.done():
            waiting.set_result(False)

    async def ring(self, call_id: UUID, targets: Sequence[Target], seconds: int) -> Leg | None:
        """Ring at all of them; the leg that lifted, or None. Cancelled, everything stops ringing."""
        by_id: dict[str, Leg] = {}
        winner: Leg | None = None
        try:
            for number, agent in targets:
                await self._begin(call_id, number, agent, seconds, by_id)
            ringing = {id_: self._waiting[id_] for id_ in by_id}
            deadline = asyncio.get_running_loop().time() + seconds + 2
            while ringing and winner is None:
                left = deadline - asyncio.get_running_loop().time()
                done, _ = await asyncio.wait(
                    ringing.values(), timeout=max(left, 0), return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    break
                for id_, waiting in list(ringing.items()):
                    if waiting.done():
                        del ringing[id_]
                        if waiting.result() and winner is None and self.holds(call_id, id_):
                            winner = by_id[id_]
        finally:
            for id_, leg in by_id.items():
                self._waiting.pop(id_, None)
                if leg is not winner:
                    self._stop(call_id, id_)
        return winner

    def holds(self, call_id: UUID, leg: str) -> bool:
        """Is it part of that call still? Who lifted may have hung up before anybody could take them."""
        call = self.exchange.live(call_id)
        return call is not None and leg in call.legs

    async def _begin(self, call_id: UUID, number: str, agent: UUID | None, seconds: int, begun: dict[str, Leg]) -> None:
        """Ring there; not `begun` when that cannot be."""
        exchange = self.exchange
        call = exchange.live(call_id)
        endpoint, kind, trunk = self.endpoint(number)
        if endpoint is None or call is None:
            return
        leg = Leg(f"leg-{uuid4().hex}", kind, agent, number, trunk=trunk.name if trunk else None)
        exchange.note(
            call_id, CallKind.RANG, leg=leg.id, kind=kind, number=number, agent=str(agent) if agent else None,
            trunk=leg.trunk,
        )  # fmt: skip
        exchange.call_of[leg.id] = call_id
        self._waiting[leg.id] = asyncio.get_running_loop().create_future()
        begun[leg.id] = leg
        caller = call.caller if trunk is None else trunk.caller_id
        variables = {"CITYDESK": f"{call_id}:{kind}", "PJSIP_TRANSFER_HANDLING()": "ari-only"}
        if kind == SEAT:
            variables["PJSIP_HEADER(add,X-Citydesk-Call)"] = str(call_id)
        try:
            await exchange.ari.originate(
                leg.id, endpoint, ("leg", str(call_id)), caller_id=f"<{caller}>", timeout=seconds, variables=variables,
                originator=call.channel if call.channel in exchange.lines else None,
            )  # fmt: skip
        except AriError as error:
            del begun[leg.id]
            self._waiting.pop(leg.id, None)
            self.stopped(call_id, leg.id, "unreachable")
            if error.status == 0:  # no answer is no refusal: it may ring there
                exchange.go(exchange.ari.hang_up(leg.id))

    def endpoint(self, number: str) -> tuple[str | None, str, TrunkPlan | None]:
        """How a number is reached: a seat's own telephone, an extension's agent at their seat, else a trunk with a free
        line. No endpoint: not at all now."""
        exchange = self.exchange
        agent = exchange.snapshot.agent_at(number)
        seat = exchange.seats.of(agent.id, exchange.now()).seat if agent else number
        if seat is not None and seat in exchange.snapshot.seats:
            return f"PJSIP/{endpoint_of(seat)}", SEAT, None
        away = exchange.trunks_away | exchange.trunks_refused
        trunk = way_out(exchange.snapshot.trunks, exchange.calls.values(), away)
        if trunk is None or agent is not None:
            return None, OUTSIDE, None
        return f"PJSIP/{number}@{trunk_endpoint(trunk.name)}", OUTSIDE, trunk

    def stopped(self, call_id: UUID, leg: str, cause: str) -> None:
        """The leg is no longer part of the call. Whose it was talks in it no more, where they had been asked first."""
        exchange = self.exchange
        exchange.call_of.pop(leg, None)
        call = exchange.live(call_id)
        if call is None or leg not in call.legs:
            return
        exchange.note(call_id, CallKind.LEG_ENDED, leg=leg, cause=cause)
        agent = call.legs[leg].agent
        if agent is not None and exchange.seats.of(agent, exchange.now()).state is AgentState.ON_CALL:
            exchange.free(agent, call, talked=True)

    def _stop(self, call_id: UUID, leg: str) -> None:
        self.stopped(call_id, leg, "no_answer")
        with suppress(RuntimeError):  # the loop is closing
            self.exchange.go(self.exchange.ari.hang_up(leg))
