"""Recordings: begun by Asterisk, fetched when they are over, handed over as files with their hash."""

import asyncio
import hashlib
import logging
import wave
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from app.contacts import CallKind
from app.core.ids import new_id
from telephony.ari import AriError
from telephony.calls import Call, Sound, Stage
from telephony.exchange import Exchange
from telephony.line import Line

log = logging.getLogger(__name__)

PREFIX = "cd-"
FETCH_TRIES = 20
HEADER = 44
"""Bytes before the sound in the WAV files that Asterisk writes."""
SHORTEST = 1
"""Seconds that make a message."""


class Recordings:
    """A recording's name in Asterisk is its id: no path comes from a caller or a page."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._fetching: set[str] = set()

    async def begin_talk(self, call: Call) -> None:
        sound = self._note(call.id, "TALK")
        try:
            await self.exchange.ari.record_bridge(call.bridge, sound.name)
        except AriError as error:
            log.warning("call %s is not recorded: %s", call.id, error)
            self._lost(call.id, sound)

    def stop_talk(self, call: Call) -> None:
        for sound in call.sounds.values():
            if sound.kind == "TALK":
                self.exchange.go(self.exchange.ari.stop_recording(sound.name))

    async def begin_line(self, call: Call, kind: str) -> str:
        """The whole of what is said on the line, both ways (T34), through an ear beside it; returns the id."""
        sound = self._note(call.id, kind)
        snoop = f"ear-{sound.id}"
        ari = self.exchange.ari
        await ari.snoop(call.channel, snoop, spy="both", whisper="none", args=("ear", str(call.id), sound.name))
        return sound.id

    async def on_ear(self, snoop: str, name: str) -> None:
        """The ear is open: record what it hears, until its channel goes with the call's."""
        await self.exchange.ari.record_all(snoop, name)

    async def letter(self, line: Line, call_id: UUID, kind: str, seconds: int) -> tuple[str, int]:
        """What the caller says after the tone (T16, T33); returns the recording's id and its seconds."""
        sound = self._note(call_id, kind)
        try:
            length = await line.record(sound.name, seconds=seconds, silence=8)
        except AriError:
            self._lost(call_id, sound)
            return sound.id, 0
        return sound.id, length

    def of(self, name: str) -> tuple[Call, Sound] | None:
        for call in self.exchange.calls.values():
            for sound in call.sounds.values():
                if sound.name == name:
                    return call, sound
        return None

    def on_finished(self, name: str, failed: bool, seconds: int = 0) -> None:
        log.debug("a recording of %s s is over, failed: %s", seconds, failed)
        found = self.of(name)
        if found is None or name in self._fetching:
            return
        call, sound = found
        if sound.kind == "VOICEMAIL" and call.stage is not Stage.ENDED:
            self.exchange.letters[call.id] = seconds >= SHORTEST
        if failed:
            self._lost(call.id, sound)
        else:
            self._fetching.add(name)
            self.exchange.go(self.fetch(call.id, sound))

    async def fetch(self, call_id: UUID, sound: Sound) -> None:
        """Into our folder, with its hash; then it is a fact, and Asterisk's own copy may go."""
        exchange = self.exchange
        file = exchange.spool.files / f"{sound.id}.wav"
        try:
            for pause in range(FETCH_TRIES):
                try:
                    await exchange.ari.fetch_recording(sound.name, file)
                    break
                except AriError as error:
                    if error.status == 404 and pause > 2:
                        self._lost(call_id, sound)
                        return
                    await asyncio.sleep(min(0.2 * 2**pause, 5.0))
            else:
                return  # comes again when we reconnect
            seconds, digest = await asyncio.to_thread(_measure, file)
            if call_id in exchange.calls and sound.id in exchange.calls[call_id].sounds:
                exchange.note(
                    call_id, CallKind.RECORDED, recording=sound.id, kind=sound.kind, file=file.name, seconds=seconds,
                    sha256=digest,
                )  # fmt: skip
            with suppress(AriError):
                await exchange.ari.forget_recording(sound.name)
        finally:
            self._fetching.discard(sound.name)

    async def reconcile(self, stored: list[str], live: set[str]) -> None:
        """After a reconnect: what finished while we were away is fetched, what was never begun is lost. One that still
        runs tells its end itself."""
        for call in list(self.exchange.calls.values()):
            for sound in list(call.sounds.values()):
                if await self.exchange.ari.is_recording(sound.name):
                    continue
                if sound.name in stored:
                    self.on_finished(sound.name, failed=False)
                elif call.channel not in live:
                    self._lost(call.id, sound)

    def _note(self, call_id: UUID, kind: str) -> Sound:
        id_ = str(new_id())
        sound = Sound(id_, kind, f"{PREFIX}{id_}")
        self.exchange.note(call_id, CallKind.RECORDING, recording=id_, kind=kind, name=sound.name)
        return sound

    def _lost(self, call_id: UUID, sound: Sound) -> None:
        call = self.exchange.calls.get(call_id)
        if call is not None and sound.id in call.sounds:
            self.exchange.note(call_id, CallKind.RECORDED, recording=sound.id, kind=sound.kind, file=None)


def _measure(file: Path) -> tuple[int, str]:
    """Seconds and sha256. A recording that Asterisk could not close (it was killed) gets its header's lengths first."""
    size = file.stat().st_size
    if size > HEADER:
        with file.open("r+b") as stream:
            head = stream.read(HEADER)
            if head[:4] == b"RIFF" and int.from_bytes(head[40:44], "little") != size - HEADER:
                stream.seek(4)
                stream.write((size - 8).to_bytes(4, "little"))
                stream.seek(40)
                stream.write((size - HEADER).to_bytes(4, "little"))
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    try:
        with wave.open(str(file)) as sound:
            return round(sound.getnframes() / sound.getframerate()), digest
    except (wave.Error, EOFError):
        return 0, digest
