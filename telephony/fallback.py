"""What the dialplan did alone while no application answered, ringing seats and taking letters, becomes calls."""

import asyncio
import logging
import sqlite3
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from app.contacts import CallKind, Outcome, normalise_phone
from app.core.ids import derived_id, new_id
from telephony.exchange import Exchange
from telephony.recordings import Recordings

log = logging.getLogger(__name__)

NAME = "fallback.log"


class Fallback:
    """`log_file` is what the dialplan writes a line a call into; None where Asterisk runs elsewhere."""

    def __init__(self, exchange: Exchange, recordings: Recordings, log_file: Path | None) -> None:
        self.exchange = exchange
        self.recordings = recordings
        self.file = log_file

    async def take_over(self, stored: Collection[str]) -> None:
        """Read each line once: the file is renamed before it is read, and only then removed."""
        if self.file is None:
            return
        reading = self.file.with_suffix(".reading")
        if not reading.exists() and self.file.exists():
            self.file.rename(reading)
        if not reading.exists():
            return
        for line in reading.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                self._take(line.split(), stored)
            except (ValueError, IndexError, sqlite3.IntegrityError) as error:
                log.warning("a line of the dialplan's cannot be read: %s", error)
            await asyncio.sleep(0)
        reading.unlink()

    def _take(self, words: list[str], stored: Collection[str]) -> None:
        unique, began, ended, caller, called, member, letter = (word.rstrip("-") for word in words)
        exchange = self.exchange
        call_id = derived_id("fallback", unique, began)
        at = datetime.fromtimestamp(int(began), UTC)
        exchange.arrived(
            call_id, at, direction="IN", caller=normalise_phone(caller), called=called, channel=f"fallback-{unique}",
            district=exchange.snapshot.area_of(normalise_phone(caller)),
        )  # fmt: skip
        outcome = Outcome.ANSWERED if member else Outcome.MISSED
        if letter and letter in stored:
            recording = str(new_id())
            exchange.note(call_id, CallKind.RECORDING, recording=recording, kind="VOICEMAIL", name=letter)
            outcome = Outcome.VOICEMAIL
        exchange.end(call_id, outcome, cause=f"without the application, {int(ended) - int(began)} s")
        if outcome is Outcome.VOICEMAIL:
            self.recordings.on_finished(letter, failed=False, seconds=1)
