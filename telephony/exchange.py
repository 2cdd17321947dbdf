"""What telephony holds together: the calls, the lines, the seats, and the one way to note a fact."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from app.contacts import AgentState, CallKind, Fact, Outcome, Router, RoutingSnapshot, Speech, Vault
from telephony.ari import Ari, AriError
from telephony.attempts import told_of_attempt
from telephony.calls import Call, Leg, Stage, fold
from telephony.line import HungUp, Line, Sounds
from telephony.live import News
from telephony.seats import AtSeat, Seats
from telephony.spool import Spool

log = logging.getLogger(__name__)

LONGER = 60
"""Seconds that an agent may add to the wrap-up, again and again."""
IN_CALL = (AgentState.RINGING, AgentState.ON_CALL, AgentState.HOLDING)


class Exchange:
    """One event loop's state; nothing here is shared with threads but the spool's files."""

    def __init__(
        self, ari: Ari, spool: Spool, speech: Speech, news: News, vault: Vault, snapshot: RoutingSnapshot
    ) -> None:  # fmt: skip
        self.ari = ari
        self.spool = spool
        self.speech = speech
        self.news = news
        self.vault = vault
        self.calls: dict[UUID, Call] = {}
        self.lines: dict[str, Line] = {}
        self._sounds: Sounds = {}
        self.call_of: dict[str, UUID] = {}
        """Channel → call."""
        self.trunks_away: set[str] = set()
        """Trunks whose other end does not answer."""
        self.trunks_refused: set[str] = set()
        """Trunks that Asterisk could not be told of."""
        self.seats = Seats(self._note_seat, self._seat_changed)
        self.secrets: dict[str, str] = {}
        """Seat → its browser's secret, for the case that Asterisk forgets; never on disk of ours."""
        self.led: set[UUID] = set()
        """Calls whose own task still runs: they stay in memory until it has told its end."""
        self.letters: dict[UUID, bool] = {}
        """Calls whose letter is finished: whether anything was said."""
        self._ending: set[UUID] = set()
        self._longer: set[tuple[UUID, UUID]] = set()
        """Agents, and calls whose wrap-up they want to go on."""
        self.wake_handover: Callable[[], None] = lambda: None
        self.wake_queue: Callable[[], None] = lambda: None
        self.wake_outfit: Callable[[], None] = lambda: None
        self._tasks: set[asyncio.Task[None]] = set()
        self.use(snapshot)

    # ---------------------------------------------------------------- rules
    def use(self, snapshot: RoutingSnapshot) -> None:
        """From now on these rules lead the calls; calls in a voice diagram stay on theirs."""
        self.snapshot = snapshot
        self.router = Router(snapshot)
        self.wake_queue()
        self.wake_outfit()

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)

    # ---------------------------------------------------------------- facts
    def arrived(self, call_id: UUID, at: datetime, **body: Any) -> Call:
        """A new call. The same id again gives the call that is known."""
        if call_id in self.calls:
            return self.calls[call_id]
        fact = Fact(call_id, 1, CallKind.ARRIVED, at, body)
        self._note(fact)
        call = self._keep(fold(None, fact))
        self.call_of[call.channel] = call_id
        self.news.call("arrived", call)
        return call

    def note(self, call_id: UUID, kind: CallKind, /, **body: Any) -> Call:
        """Something happened to a call: on disk first, then it counts. Raises KeyError for a call that is over."""
        before = self.calls[call_id]
        fact = Fact(call_id, before.no + 1, kind, self.now(), body)
        self._note(fact)
        call = self._keep(fold(before, fact))
        self.news.call(kind.value, call, body)
        return call

    def _note(self, fact: Fact) -> None:
        self.spool.put(fact)
        log.debug("%s %s: %s", str(fact.subject)[:8], fact.no, fact.kind)
        self.wake_handover()

    def _keep(self, call: Call) -> Call:
        if call.over and call.id not in self.led:
            self.calls.pop(call.id, None)
            self.spool.end(call.id)
        else:
            self.calls[call.id] = call
        return call

    def finish(self, call_id: UUID) -> None:
        """The call's own task is over."""
        self.led.discard(call_id)
        if (call := self.calls.get(call_id)) is not None:
            self._keep(call)

    def _note_seat(self, fact: Fact) -> None:
        self._note(fact)

    def _seat_changed(self, seat: AtSeat) -> None:
        self.news.seat(seat)
        if seat.state is AgentState.IDLE:
            self.wake_queue()

    # ---------------------------------------------------------------- lines
    def line(self, channel: str) -> Line:
        """The line of a channel that is ours."""
        if channel not in self.lines:
            self.lines[channel] = Line(self.ari, channel, self._sounds)
        return self.lines[channel]

    def sound_over(self, name: str, seconds: int = 0) -> None:
        """A playback or recording is over; whoever waits for it goes on."""
        waiting = self._sounds.pop(name, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(seconds)

    def citizen(self, call: Call) -> Line:
        """Raises HungUp when the call is over: a line that is made now would never hear that it has gone."""
        if self.live(call.id) is None:
            raise HungUp
        return self.line(call.channel)

    def live(self, call_id: UUID | None) -> Call | None:
        """The call, if it is not over."""
        call = self.calls.get(call_id) if call_id else None
        return None if call is None or call.stage is Stage.ENDED else call

    def call_at(self, channel: str) -> Call | None:
        return self.live(self.call_of.get(channel))

    def on_line(self, number: str) -> bool:
        """Is that number in any call now?"""
        return any(
            number in (call.caller, call.called) for call in self.calls.values() if call.stage is not Stage.ENDED
        )

    def talk_of(self, agent: UUID) -> tuple[Call, Leg] | None:
        """The call in which this agent is, ringing or talking."""
        for call in self.calls.values():
            leg = next((leg for leg in call.legs.values() if leg.agent == agent), None)
            if leg is not None and call.stage is not Stage.ENDED:
                return call, leg
        return None

    # ---------------------------------------------------------------- ending
    def end(
        self, call_id: UUID, outcome: Outcome | None = None, cause: str | None = None, *, reason: str = "normal"
    ) -> None:  # fmt: skip
        """The call is over, whoever hung up; what still rings or talks in it is hung up too, for that `reason`. Once
        only, so this comes before any hanging up of one's own: the first to say why it ended is believed."""
        call = self.live(call_id)
        if call is None or (outcome is None and (call_id in self._ending or call.stage is Stage.FAX)):
            return  # what a fax came to is known when its pages are here
        if outcome is None and self._letter_open(call):
            self._ending.add(call_id)
            self.go(self._end_after_letter(call_id, cause))
            return
        legs = list(call.legs.values())
        counted = outcome or outcome_of(call, self.letters.pop(call_id, False))
        attempt = told_of_attempt(call, counted, cause, self.router, self.now())
        self.note(call_id, CallKind.ENDED, outcome=counted.value, cause=cause, callback=attempt)
        if attempt is not None:
            self.news.tell({"about": "callback"})
        for leg in legs:
            self.call_of.pop(leg.id, None)
            self.go(self.ari.hang_up(leg.id, reason))
            if leg.agent is not None:
                self.free(leg.agent, call, talked=leg.up)
        self.go(self.ari.end_bridge(call.bridge))

    def _letter_open(self, call: Call) -> bool:
        return call.id not in self.letters and any(sound.kind == "VOICEMAIL" for sound in call.sounds.values())

    async def _end_after_letter(self, call_id: UUID, cause: str | None) -> None:
        """Who hangs up ends their message: Asterisk tells its length a moment after. Untold, it counts as one."""
        for _ in range(40):
            if call_id in self.letters or self.live(call_id) is None:
                break
            await asyncio.sleep(0.05)
        self.letters.setdefault(call_id, True)
        self._ending.discard(call_id)
        self.end(call_id, cause=cause)

    def free(self, agent: UUID, call: Call, *, talked: bool) -> None:
        """An agent's part in a call is over: wrap-up after a talk, else as before it rang."""
        at = self.seats.of(agent, self.now())
        if at.state not in IN_CALL or at.call not in (None, call.id):
            return
        group = self.snapshot.groups.get(call.group or "")
        wrap_up = group.wrap_up_seconds if group else 0
        if talked and wrap_up:
            self.seats.set(agent, AgentState.WRAP_UP, self.now(), call=call.id)
            asyncio.get_running_loop().call_later(wrap_up, self._wrapped_up, agent, call.id)
        else:
            self.seats.set(agent, AgentState.IDLE, self.now())

    def _wrapped_up(self, agent: UUID, call_id: UUID) -> None:
        at, longer = self.seats.of(agent, self.now()), (agent, call_id) in self._longer
        self._longer.discard((agent, call_id))
        if at.state is not AgentState.WRAP_UP or at.call != call_id:
            return
        if longer:
            asyncio.get_running_loop().call_later(LONGER, self._wrapped_up, agent, call_id)
        else:
            self.seats.set(agent, AgentState.IDLE, self.now())

    def wrap_up_longer(self, agent: UUID, call_id: UUID) -> None:
        """One more minute after the wrap-up's own time."""
        self._longer.add((agent, call_id))

    # ---------------------------------------------------------------- sounds
    async def say(self, text: str, language: str) -> list[str]:
        """Media of a sentence, spoken now if it never was before."""
        file = self.speech.known(text, language)
        if file is None:
            file = await asyncio.to_thread(self.speech.file_of, text, language)
        return [f"sound:{file}"] if file else []

    # ---------------------------------------------------------------- tasks
    def go(self, work: Coroutine[Any, Any, object]) -> None:
        """Do it beside everything else; what fails is logged and hurts nobody."""
        task = asyncio.get_running_loop().create_task(_guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _guarded(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except asyncio.CancelledError:
        raise
    except AriError as error:
        level = logging.DEBUG if error.status in (404, 409) else logging.WARNING
        log.log(level, "%s", error)
    except Exception:
        log.exception("a telephone task failed")


def outcome_of(call: Call, letter: bool) -> Outcome:
    """What a call that ends now counts as."""
    if call.answered_at is not None:
        return Outcome.ANSWERED
    if call.outcome_hint:
        return Outcome(call.outcome_hint)
    if letter:
        return Outcome.VOICEMAIL
    if call.direction != "IN":
        return Outcome.UNREACHED
    return Outcome.ABANDONED if call.queued_at is not None else Outcome.MENU


def folder_of(data: Path) -> Path:
    """Telephony's private folder."""
    folder = data / "telephony"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
