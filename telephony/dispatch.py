"""Events from Asterisk, each to whom it concerns; and after every reconnect, both sides' truth put together."""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.contacts import AgentState, Unreadable
from telephony.calls import Stage
from telephony.events import (
    Channel,
    Digit,
    Ended,
    Entered,
    Event,
    Held,
    Left,
    PhoneChanged,
    Played,
    Recorded,
    Replaced,
    Retrieved,
    TransferAsked,
    channel_of,
    parse,
)
from telephony.exchange import Exchange
from telephony.fallback import Fallback
from telephony.fax import Fax, is_receiving
from telephony.inbound import Inbound, call_id_of
from telephony.outbound import Outbound
from telephony.recordings import Recordings
from telephony.ringing import Ringing
from telephony.seats import connect, endpoint_of, trunk_of
from telephony.supervise import Supervision
from telephony.talking import Talks
from telephony.transfer import Transfers

log = logging.getLogger(__name__)

BUSY = 17
"""Q.850's number."""


class Dispatch:
    def __init__(
        self, exchange: Exchange, inbound: Inbound, outbound: Outbound, ringing: Ringing, talks: Talks,
        recordings: Recordings, transfers: Transfers, supervision: Supervision, fallback: Fallback,
        fax: Fax,
    ) -> None:  # fmt: skip
        self.exchange = exchange
        self.inbound = inbound
        self.outbound = outbound
        self.ringing = ringing
        self.talks = talks
        self.recordings = recordings
        self.transfers = transfers
        self.supervision = supervision
        self.fallback = fallback
        self.fax = fax

    def raw(self, raw: Mapping[str, Any]) -> None:
        try:
            event = parse(raw)
        except (KeyError, ValueError, TypeError) as error:
            log.warning("an event of kind %s cannot be read: %r", raw.get("type"), error)
            return
        if event is not None:
            try:
                self.event(event)
            except Exception:  # one call's trouble is not the others'
                log.exception("an event of kind %s was not dealt with", raw.get("type"))

    def event(self, event: Event) -> None:
        exchange = self.exchange
        log.debug("%s", type(event).__name__)
        match event:
            case Entered(channel, args):
                self._entered(channel, args)
            case Ended(channel, cause):
                self._ended(channel, cause)
            case Left(channel):
                self.fax.on_left(channel.id)  # its end comes too, for every channel
            case Digit(channel, digit):
                if (line := exchange.lines.get(channel.id)) is not None:
                    line.on_digit(digit)
            case Held(channel):
                self._held(channel, on=True)
            case Retrieved(channel):
                self._held(channel, on=False)
            case Played(playback):
                exchange.sound_over(playback)
            case Recorded(name, seconds, failed):
                self.recordings.on_finished(name, failed, seconds)
                exchange.sound_over(name, seconds)
            case TransferAsked(channel, to, partner):
                exchange.go(self.transfers.asked_by_phone(channel.id, to, partner))
            case PhoneChanged(endpoint, reachable):
                (exchange.trunks_away.discard if reachable else exchange.trunks_away.add)(trunk_of(endpoint))
                exchange.news.tell({"about": "phone", "endpoint": endpoint, "reachable": reachable})
            case Replaced():
                log.error("another telephony process has taken over this Asterisk: only one may run")

    # ---------------------------------------------------------------- channels
    def _entered(self, channel: Channel, args: tuple[str, ...]) -> None:
        match args:
            case ("inbound", called, trunk):
                self.inbound.arrive(channel, called, trunk_of(trunk))
            case ("outbound", number, endpoint):
                self.outbound.dialled(channel, number, endpoint)
            case ("leg", _):
                if not self.ringing.on_up(channel.id):
                    self.exchange.go(self.exchange.ari.hang_up(channel.id))
            case ("first", _):
                self.outbound.on_up(channel)
            case ("ear", _, name):
                self.exchange.go(self.recordings.on_ear(channel.id, name))
            case ("monitor", *_):
                self.supervision.on_up(channel.id)
            case _:
                log.warning("a channel came with %s, which means nothing", args)
                self.exchange.go(self.exchange.ari.hang_up(channel.id))

    def _ended(self, channel: Channel, cause: int) -> None:
        exchange = self.exchange
        call = exchange.call_at(channel.id)
        if call is not None and call.stage is Stage.FAX and channel.id == call.channel:
            exchange.go(self.fax.take_over())
            return
        line = exchange.lines.pop(channel.id, None)
        self.ringing.on_ended(channel.id)
        self.supervision.on_ended(channel.id)
        if self.outbound.on_ended(channel.id):
            pass
        elif call is not None and channel.id in call.legs and (call.legs[channel.id].up or channel.id == call.channel):
            self.talks.on_leg_gone(call, channel.id)
        elif call is not None and channel.id in call.legs:
            self.ringing.stopped(call.id, channel.id, "busy" if cause == BUSY else "hung_up")
        self.transfers.on_ended(channel.id)
        exchange.call_of.pop(channel.id, None)
        if line is not None:
            line.on_gone(cause)

    def _held(self, channel: Channel, *, on: bool) -> None:
        """A desk phone's own hold key."""
        call = self.exchange.call_at(channel.id)
        if call is None or channel.id not in call.legs:
            return
        agent = call.legs[channel.id].agent
        self.exchange.go(self.talks.hold(call, agent) if on else self.talks.retrieve(call, agent))

    # ---------------------------------------------------------------- reconciling
    async def reconcile(self) -> None:
        """What happened while we did not hear each other."""
        exchange, ari = self.exchange, self.exchange.ari
        there = {raw["id"]: raw for raw in await ari.channels()}
        for channel in [id_ for id_ in exchange.lines if id_ not in there]:
            exchange.lines.pop(channel).on_gone(0)
        self.supervision.reconcile(there)
        together = {bridge["id"]: bridge["channels"] for bridge in await ari.bridges()}
        for call in list(exchange.calls.values()):
            if call.stage is not Stage.ENDED:
                self._reconcile_call(call.id, there, together)
        for raw in there.values():
            self._adopt(raw)
        self._reconcile_seats()
        await self._reconnect_seats()
        stored = await ari.stored_recordings()
        await self.recordings.reconcile(stored, set(there))
        exchange.go(self.fallback.take_over(stored))
        exchange.go(self.fax.take_over())
        log.info("%s calls after reconciling, %s channels", len(exchange.calls), len(there))

    def _reconcile_call(self, call_id: UUID, there: Mapping[str, Any], together: Mapping[str, list[str]]) -> None:
        exchange = self.exchange
        call = exchange.calls[call_id]
        if call.stage is Stage.FAX:
            exchange.call_of[call.channel] = call_id
            return  # Asterisk receives it alone
        if call.channel not in there:
            exchange.end(call_id, cause="lost")
            return
        if is_receiving(there[call.channel]):
            exchange.call_of[call.channel] = call_id
            self.fax.begin(call_id)
            return
        for leg in call.legs.values():
            exchange.call_of[leg.id] = call_id
        gone = [leg for leg in call.legs.values() if leg.id not in there]
        for leg in gone:
            if leg.id in call.legs and exchange.live(call_id) is not None:
                if leg.up:
                    self.talks.on_leg_gone(exchange.calls[call_id], leg.id)
                else:
                    self.ringing.on_ended(leg.id)
                    self.ringing.stopped(call_id, leg.id, "lost")
        live = exchange.live(call_id)
        if live is None or live.channel in exchange.lines or live.id in exchange.led:
            return  # over, or its own task has never stopped
        exchange.line(live.channel).up = there[live.channel]["state"] == "Up"
        for leg in live.legs.values():
            if not leg.up and leg.id in there:  # nobody waits for it any more
                exchange.go(exchange.ari.hang_up(leg.id))
                self.ringing.stopped(call_id, leg.id, "lost")
        if live.asking is not None:
            exchange.go(self.transfers.give_up(live))
        if live.direction == "IN" and live.stage in (Stage.LED, Stage.QUEUED, Stage.AFTER):
            self.inbound.resume(live)
        elif live.stage is Stage.AFTER and self.inbound.survey.begin(live):
            pass
        elif live.stage is not Stage.TALKING:
            exchange.go(exchange.ari.hang_up(live.channel))
        elif not live.held and live.asking is None:
            exchange.go(self.talks.rejoin(live, together.get(live.bridge, [])))

    def _adopt(self, raw: Mapping[str, Any]) -> None:
        """A channel in our application that no call knows: it came in while we were falling, or is left over, as when
        we fell between noting a call's end and hanging up. Nobody is there whom a menu could lead."""
        channel = channel_of(raw)
        if channel.id in self.exchange.call_of:
            return
        plan = raw.get("dialplan", {})
        if plan.get("app_name") != "Stasis":
            return
        _, *args = plan.get("app_data", "").split(",")
        ended = self.exchange.spool.has_ended(call_id_of(channel))
        if args[:1] in (["inbound"], ["outbound"]) and not ended:
            self._entered(channel, tuple(args))
        elif channel.mark or ended:
            self.exchange.go(self.exchange.ari.hang_up(channel.id))

    async def _reconnect_seats(self) -> None:
        """An Asterisk that was killed has forgotten what it was told of seats in its last second: tell it again."""
        exchange = self.exchange
        endpoints = await exchange.ari.endpoints()
        known = {endpoint["resource"] for endpoint in endpoints}
        exchange.trunks_away = {trunk_of(each["resource"]) for each in endpoints if each.get("state") == "offline"}
        for agent, at in list(exchange.seats.now.items()):
            seat = exchange.snapshot.seats.get(at.seat or "")
            if seat is None or not at.signed_in:
                continue
            secret = exchange.secrets.get(seat.number, "")
            if seat.kind != "BROWSER" or secret:
                plan = exchange.snapshot.agents.get(agent)
                try:
                    await connect(exchange.ari, exchange.vault, seat, plan, secret)
                except Unreadable as error:
                    log.warning("seat %s stays as Asterisk knows it: %s", seat.number, error)
            elif endpoint_of(seat.number) not in known:  # forgotten on both sides: sign in anew
                exchange.seats.set(agent, AgentState.PAUSED, exchange.now(), reason="SIGN_IN_AGAIN")

    def _reconcile_seats(self) -> None:
        """Nobody rings or talks in a call that is over."""
        exchange = self.exchange
        busy = (AgentState.RINGING, AgentState.ON_CALL, AgentState.HOLDING, AgentState.WRAP_UP)
        for agent, at in list(exchange.seats.now.items()):
            if at.state not in busy:
                continue
            talk = exchange.talk_of(agent)
            if talk is None:
                exchange.seats.set(agent, AgentState.IDLE, exchange.now(), reason="restart")
