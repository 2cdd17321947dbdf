"""What a voice diagram's tasks do on the caller's line. Each method is one operation of `contacts.VOICE_OPERATIONS`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from app.contacts import CallKind, Outcome, fits_code
from app.workflow.engine import OpenJob
from app.workflow.engine.types import BpmnError, Variables
from telephony.area import Areas
from telephony.calls import Call
from telephony.exchange import Exchange
from telephony.handover import Database
from telephony.line import HungUp, Line, Question
from telephony.queueing import Queue
from telephony.recordings import Recordings
from telephony.ringing import Ringing
from telephony.talking import Talks

log = logging.getLogger(__name__)

LETTER_SECONDS = 180
KEY_SECONDS = 0.4
"""A key that came by SIP INFO is still "pressed" in Asterisk for so long, and would end a recording that begins."""
MEMBER = 11
"""Less the member's level it is their call's priority: 10 for the first, as for a known VIP's number."""
PATIENCE = 3.0
"""Seconds the database may take to say a case's state."""


class Menu:
    """The deeds; one for the whole exchange."""

    def __init__(
        self, exchange: Exchange, queue: Queue, recordings: Recordings, ringing: Ringing, talks: Talks,
        database: Database, areas: Areas,
    ) -> None:  # fmt: skip
        self.exchange = exchange
        self.queue = queue
        self.recordings = recordings
        self.ringing = ringing
        self.talks = talks
        self.database = database
        self.areas = areas
        self.deeds: Mapping[str, Callable[[UUID, Mapping[str, Any]], Awaitable[Variables]]] = {
            "voice_answer": self.answer, "voice_play": self.play, "voice_say": self.say, "voice_collect": self.collect,
            "voice_language": self.language, "voice_identify": self.identify,
            "voice_look_up": self.look_up, "voice_queue": self.queue_up,
            "voice_record": self.record, "voice_record_all": self.record_all, "voice_complaint": self.complaint,
            "voice_rate": self.rate, "voice_callback": self.call_back, "voice_transfer": self.transfer,
            "voice_fax": self.fax, "voice_hang_up": self.hang_up,
        }  # fmt: skip

    def deed(self, call_id: UUID) -> Callable[[OpenJob], Awaitable[Variables]]:
        async def do(job: OpenJob) -> Variables:
            return await self.deeds[job.operation](call_id, job.inputs)

        return do

    def _line(self, call_id: UUID) -> tuple[Call, Line]:
        call = self.exchange.live(call_id)
        if call is None:
            raise HungUp
        return call, self.exchange.citizen(call)

    # ---------------------------------------------------------------- hearing and typing
    async def answer(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        _, line = self._line(call_id)
        await line.answer()
        return {}

    async def play(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        """Asterisk's own sounds by name; no path out of their folder."""
        _, line = self._line(call_id)
        names = [name.strip() for name in str(inputs["media"]).split(",")]
        await line.play([f"sound:{name}" for name in names if name and ".." not in name and not name.startswith("/")])
        return {}

    async def say(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        """A key stops it, and counts for the next question."""
        call, line = self._line(call_id)
        await line.play(await self._words(call, inputs), stop_at_digit=True)
        return {}

    async def collect(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        call, line = self._line(call_id)
        question = Question(
            int(inputs.get("most") or 1), str(inputs.get("end") or "#"), float(inputs.get("seconds") or 5),
            int(inputs.get("tries") or 3), tuple(str(each) for each in inputs.get("allowed") or ()),
        )  # fmt: skip
        return {"digits": await line.collect(await self._words(call, inputs), question)}

    async def language(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        language = "en" if inputs["language"] == "en" else "zh-CN"
        self.exchange.note(call_id, CallKind.LANGUAGE, language=language)
        return {"language": language}

    async def _words(self, call: Call, inputs: Mapping[str, Any]) -> list[str]:
        text = str(inputs.get("en" if call.language == "en" else "zh") or "")
        return await self.exchange.say(text, call.language)

    # ---------------------------------------------------------------- knowing
    async def identify(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        """Who types a member's number and its code is that member, whatever telephone they call from: their call goes
        before others (S15), to their own agent first (S16). Caller id alone is never identity. Wrong codes are counted
        in the database; while that is away nobody is known by code."""
        call, _ = self._line(call_id)
        number, code = str(inputs["number"] or ""), str(inputs["code"] or "")
        if not number or not code:
            return {"member": False, "locked": False}
        mark = self.exchange.snapshot.member(number, self.exchange.now())
        known = False
        try:
            attempt = await asyncio.wait_for(self.database.begin_attempt(number, call.caller, call_id), PATIENCE)
            if attempt is None:
                return {"member": False, "locked": True}
            known = mark is not None and await asyncio.to_thread(fits_code, code, mark.code_hash)
            await asyncio.wait_for(self.database.end_attempt(attempt, right=known), PATIENCE)
        except (TimeoutError, SQLAlchemyError) as error:
            log.warning("a code was not counted: %s", type(error).__name__)
            known = False
        self._line(call_id)
        if mark is None or not known:
            return {"member": False, "locked": False}
        wish = str(mark.seat_of) if mark.seat_of else None
        self.exchange.note(call_id, CallKind.MARKED, mark=mark.kind, priority=MEMBER - mark.level, wish=wish)
        return {"member": True, "locked": False}

    async def look_up(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        """What the number's case has come to, as far as this caller may know."""
        call, _ = self._line(call_id)
        typed = str(inputs["number"])
        unknown = {"found": False, "stage": None, "status": None, "ended": False, "own": False}
        try:
            known = await asyncio.wait_for(self.database.state_by_number(typed, call.caller), PATIENCE)
        except (TimeoutError, SQLAlchemyError) as error:
            log.warning("no state by number: %s", type(error).__name__)
            raise BpmnError("unavailable") from None
        return {**unknown, **known}

    # ---------------------------------------------------------------- people
    async def queue_up(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        call, line = self._line(call_id)
        groups = self.exchange.snapshot.groups
        group = str(inputs["group"])
        if group not in groups:
            raise BpmnError("unknown_group")
        await line.answer()
        priority = int(inputs.get("priority") or 0) or call.priority
        line.forget_digits()
        await line.until(self.areas.known(call_id))
        outcome = await self.queue.wait(call_id, group, priority, call.wish)
        line.forget_digits()
        return {"outcome": outcome}

    async def transfer(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        """To an extension or a unit's own telephone (T40); goes on when that talk is over, or was not had."""
        _, line = self._line(call_id)
        await line.answer()
        to = str(inputs["to"])
        await self.exchange.ari.start_music(line.id)
        try:
            leg = await line.until(self.ringing.ring(call_id, [(to, None)], 40))
        finally:
            self.exchange.go(self.exchange.ari.stop_music(line.id))
        if leg is None:
            return {"outcome": "no_answer"}
        over = self.talks.over(call_id)
        await self.talks.begin(call_id, leg)
        await line.until(over)
        return {"outcome": "answered"}

    async def rate(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        """On disk before the next question: who hangs up then has answered."""
        answer = {key: inputs[key] for key in ("satisfaction", "resolved") if inputs.get(key)}
        if answer:
            self._line(call_id)
            self.exchange.note(call_id, CallKind.RATED, **answer)
        return {}

    async def call_back(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        call, _ = self._line(call_id)
        self.exchange.note(call_id, CallKind.CALLBACK, phone=str(inputs.get("phone") or call.caller), reason="ASKED")
        return {}

    # ---------------------------------------------------------------- keeping
    async def record(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        """What the caller says after the words; a VOICEMAIL's end makes a contact."""
        call, line = self._line(call_id)
        await line.answer()
        await line.play(await self._words(call, inputs), stop_at_digit=True)
        if line.forget_digits():
            await line.until(asyncio.sleep(KEY_SECONDS))
        kind = "COMPLAINT" if inputs["kind"] == "COMPLAINT" else "VOICEMAIL"
        recording, seconds = await self.recordings.letter(
            line, call_id, kind, int(inputs.get("seconds") or LETTER_SECONDS)
        )
        return {"recording": recording, "seconds": seconds}

    async def record_all(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        call, line = self._line(call_id)
        await line.answer()
        return {"recording": await self.recordings.begin_line(call, "COMPLAINT")}

    async def complaint(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        """Everything was said: the registration is made from it, with the recording for the words."""
        call, _ = self._line(call_id)
        values = {key: value for key, value in inputs.items() if value not in (None, "")}
        values.setdefault("service_type", "COMPLAINT")
        values |= {"caller_phone": call.caller, "reported_at": call.began_at.isoformat()}
        if call.district and "district" not in values:
            values["district"] = call.district
        recordings = [sound.id for sound in call.sounds.values()]
        self.exchange.note(call_id, CallKind.COMPLAINT, values=values, recordings=recordings)
        return {}

    async def fax(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        """The caller's machine begins to send; for the diagram the caller has left then."""
        _, line = self._line(call_id)
        await line.do(self.exchange.ari.go_on(line.id, "fax", "receive"))
        await line.until(asyncio.get_running_loop().create_future())
        return {}

    async def hang_up(self, call_id: UUID, inputs: Mapping[str, Any]) -> Variables:
        call = self.exchange.live(call_id)
        if call is not None:
            given = str(inputs.get("outcome") or "")
            outcome = Outcome(given) if given in Outcome.__members__ and call.answered_at is None else None
            self.exchange.end(call_id, outcome, cause="menu")
        return {}
