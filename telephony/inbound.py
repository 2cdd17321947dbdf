"""A call from outside, from its arrival to its end: the table's decision, the menu, the queue, the letter box."""

import logging
from uuid import UUID

from app.contacts import Outcome, Route, normalise_phone
from app.core.ids import derived_id
from app.workflow.engine.types import BpmnError
from telephony.ari import AriError
from telephony.calls import Call, Stage
from telephony.diagrams import Diagrams
from telephony.events import Channel
from telephony.exchange import Exchange
from telephony.line import HungUp
from telephony.menu import Menu
from telephony.queueing import ANSWERED, ASKED
from telephony.survey import Survey
from telephony.texts import BUSY, LETTER_BOX
from telephony.trunks import is_full

log = logging.getLogger(__name__)

MENU = "voice_menu"
"""The diagram that leads a call when the table names none."""


def call_id_of(channel: Channel) -> UUID:
    """The same channel is the same call, however often we hear of it."""
    return derived_id("call", channel.id, channel.made_at.isoformat())


class Inbound:
    def __init__(self, exchange: Exchange, menu: Menu, diagrams: Diagrams, survey: Survey) -> None:
        self.exchange = exchange
        self.menu = menu
        self.diagrams = diagrams
        self.survey = survey

    def arrive(self, channel: Channel, called: str, trunk: str) -> None:
        """A new call: noted first, then led."""
        exchange = self.exchange
        call_id = call_id_of(channel)
        if call_id in exchange.calls:
            return
        caller = normalise_phone(channel.caller)
        route = exchange.router.route(caller, called, exchange.now())
        full = any(each.name == trunk and is_full(each, exchange.calls.values()) for each in exchange.snapshot.trunks)
        exchange.line(channel.id)
        call = exchange.arrived(
            call_id, channel.made_at, direction="IN", caller=caller, called=called, trunk=trunk, channel=channel.id,
            mark=route.mark, district=route.district, priority=route.priority,
            wish=str(route.wish) if route.wish else None,
        )  # fmt: skip
        if full:  # the line that was agreed on is not there: the network says so, and we call back
            exchange.end(call_id, Outcome.MISSED, cause="trunk_full", reason="congestion")
            return
        self.menu.areas.look(call)
        self._begin(call, route)

    def resume(self, call: Call) -> None:
        """After a restart: the caller is still there. Who waited, waits on from where they stood; who was in the menu
        hears it from its beginning, and who has talked is asked how it was."""
        if call.stage is Stage.AFTER and call.agent is not None:
            if not self.survey.begin(call):
                self.exchange.end(call.id, cause="seat")
            return
        route = self.exchange.router.route(call.caller, call.called, self.exchange.now())
        if call.stage is Stage.QUEUED and call.group is not None:
            route = Route("QUEUE", None, call.group, call.priority, call.wish, call.district, call.mark)
        self._begin(call, route)

    def _begin(self, call: Call, route: Route) -> None:
        """Led from now on, and not from when its task first runs: the caller may have gone by then."""
        self.exchange.led.add(call.id)
        self.exchange.go(self.lead(call, route))

    async def lead(self, call: Call, route: Route) -> None:
        exchange = self.exchange
        try:
            if route.action == "REJECT":
                exchange.end(call.id, Outcome.BLOCKED, cause="blacklist", reason="busy")
                return
            match route.action:
                case "QUEUE":
                    await self._queue(call, route)
                case "FAX":
                    await self.menu.fax(call.id, {})
                case "VOICEMAIL" if route.flow is None:
                    await self._letter_box(call, busy=False)
                case _:
                    await self._menu(call, route)
            await self.survey.ask(call.id)
            exchange.end(call.id, cause="menu")
        except HungUp:
            exchange.end(call.id, cause="caller")
        except AriError as error:
            log.warning("call %s: %s", call.id, error)
            exchange.end(call.id, cause="error")
        finally:
            exchange.finish(call.id)

    async def _menu(self, call: Call, route: Route) -> None:
        """The diagram; without one, straight to the people."""
        flow = route.flow or MENU
        if not self.diagrams.knows(flow):
            await self._queue(call, route)
            return
        attended = self.menu.queue.anybody(route.group) if route.group else False
        told = {"group": route.group, "priority": route.priority, "attended": attended}
        end = await self.diagrams.lead(call, flow, told)
        live = self.exchange.live(call.id)
        if end == "fault" and live is not None:
            await self._queue(live, route)

    async def _queue(self, call: Call, route: Route) -> None:
        """To the people at once, and to the letter box when they do not come."""
        if route.group is None:
            await self._letter_box(call, busy=False)
            return
        inputs = {"group": route.group, "priority": route.priority}
        try:
            outcome = (await self.menu.queue_up(call.id, inputs))["outcome"]
        except BpmnError:
            outcome = "nobody"
        if outcome not in (ANSWERED, ASKED):
            await self._letter_box(call, busy=outcome == "timeout")

    async def _letter_box(self, call: Call, *, busy: bool) -> None:
        zh, en = ((BUSY if busy else LETTER_BOX)[key] for key in ("zh", "en"))
        await self.menu.record(call.id, {"kind": "VOICEMAIL", "zh": zh, "en": en})
        live = self.exchange.live(call.id)
        if live is not None and self.exchange.letters.get(call.id) is False:
            self.exchange.end(call.id, Outcome.MISSED, cause="nobody")
