"""When the talk is over, the citizen is asked how it was, by keys (Q16, O02, O05): a diagram that analysts edit."""

import logging
from uuid import UUID

from app.contacts import CallKind
from telephony.ari import AriError
from telephony.calls import Call
from telephony.diagrams import Diagrams
from telephony.exchange import Exchange
from telephony.line import HungUp

log = logging.getLogger(__name__)

SURVEY = "voice_survey"


class Survey:
    """Asks once a call: whoever has answered is not asked again, whatever was restarted meanwhile."""

    def __init__(self, exchange: Exchange, diagrams: Diagrams) -> None:
        self.exchange = exchange
        self.diagrams = diagrams

    def offered(self, call: Call) -> bool:
        """An agent talked with a citizen who called us, or whom we called back or about their case, and who has said
        nothing of it yet; and there is a diagram that asks."""
        group = self.exchange.snapshot.groups.get(call.group or "")
        ours = call.direction == "IN" or call.callback is not None
        theirs = call.follow_up or (ours and (group is None or group.survey))
        talked = call.agent is not None and call.answered_at is not None
        return theirs and talked and not call.rated and self.diagrams.knows(SURVEY)

    def begin(self, call: Call) -> bool:
        """Nobody else leads this call any more: ask, and then it is over. False where nothing is asked."""
        if not self.offered(call):
            return False
        self.exchange.led.add(call.id)
        self.exchange.go(self._lead(call.id))
        return True

    async def ask(self, call_id: UUID) -> None:
        """Where it is offered. Raises HungUp when the citizen leaves."""
        exchange = self.exchange
        call = exchange.live(call_id)
        if call is None or not self.offered(call):
            return
        exchange.note(call_id, CallKind.ASKED, process=SURVEY)
        line = exchange.citizen(call)
        line.up = True
        await exchange.ari.stop_music(call.channel)
        await exchange.ari.remove(call.bridge, call.channel)
        line.forget_digits()  # what was typed while they talked is no answer
        await self.diagrams.lead(call, SURVEY, {"direction": call.direction, "group": call.group})

    async def _lead(self, call_id: UUID) -> None:
        exchange = self.exchange
        try:
            await self.ask(call_id)
        except HungUp:
            pass
        except AriError as error:
            log.warning("call %s is not asked: %s", call_id, error)
        finally:
            exchange.end(call_id, cause="seat")
            exchange.finish(call_id)
