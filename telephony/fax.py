"""Faxes (T35): Asterisk receives the pages into its folder, with or without us; here they become a document of a call.

A fax comes to a number of its own (the routing table), by the caller's choice in the menu, or because the tone of a
machine is heard on the line."""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image, ImageSequence

from app.contacts import CallKind, Outcome, normalise_phone
from app.core.ids import derived_id
from telephony.calls import Call, Stage
from telephony.exchange import Exchange

log = logging.getLogger(__name__)
logging.getLogger("PIL").setLevel(logging.INFO)

FOLDER = "fax"
CONTEXT = "fax"
"""Where a channel stands in the dialplan that left us to send pages."""
LOOKS = (0.1, 0.1, 0.3, 0.5, 1, 2, 4)
"""Seconds between looks at a channel that left, until it is gone or stands in the dialplan."""
OF = "-of-"
MOST_PAGES = 200


class Fax:
    """`folder` is where Asterisk leaves pages (NAME.tif) and, at each end, what it knows of them (NAME.txt); None where
    it runs elsewhere."""

    def __init__(self, exchange: Exchange, folder: Path | None) -> None:
        self.exchange = exchange
        self.folder = folder
        self._taking = asyncio.Lock()

    def on_left(self, channel: str) -> None:
        """The channel left for the dialplan: a tone was heard, or we sent it there. Mostly it is just hung up."""
        call = self.exchange.call_at(channel)
        if call is not None and channel == call.channel and call.direction == "IN":
            self.exchange.line(channel).left = True
            self.exchange.go(self._look(call.id, channel))

    async def _look(self, call_id: UUID, channel: str) -> None:
        for pause in LOOKS:
            await asyncio.sleep(pause)
            if self.exchange.live(call_id) is None or (known := await self.exchange.ari.channel(channel)) is None:
                return
            if is_receiving(known):
                self.begin(call_id)
                return

    def begin(self, call_id: UUID) -> None:
        """The call waits for its pages from here on; whoever talked in it is let go."""
        exchange = self.exchange
        call = exchange.live(call_id)
        if call is None or call.stage is Stage.FAX:
            return
        exchange.note(call_id, CallKind.FAX)
        for leg in call.legs.values():
            if leg.id != call.channel:
                exchange.go(exchange.ari.hang_up(leg.id))
        line = exchange.lines.pop(call.channel, None)
        if line is not None:
            line.on_gone(0)  # nobody listens to the menu any more

    async def take_over(self) -> None:
        """Every fax whose end Asterisk has told; a fax that is taken again is the same fax."""
        if self.folder is None:
            return
        async with self._taking:
            for told in sorted(self.folder.glob("*.txt")):
                try:
                    await self._take(told)
                except (ValueError, IndexError, OSError) as error:
                    log.warning("a fax cannot be taken: %r", error)
                    told.rename(told.with_suffix(".faulty"))
        for call in list(self.exchange.calls.values()):  # its end was never told
            if call.stage is Stage.FAX and not await self._there(call):
                self.exchange.end(call.id, Outcome.MENU, cause="fax")

    async def _there(self, call: Call) -> bool:
        return any(raw["id"] == call.channel for raw in await self.exchange.ari.channels())

    async def _take(self, told: Path) -> None:
        """The file is renamed after its call before anything is noted of it, so that taking it again adds nothing."""
        unique, _, known = told.stem.rpartition(OF) if OF in told.stem else (told.stem, "", "")
        began, ended, caller, called, status = (word.rstrip("-") for word in told.read_text().split()[:5])
        exchange = self.exchange
        fax = derived_id("fax", unique, began)
        call_id = UUID(known) if known else self._call_at(unique) or fax
        told = told.rename(told.with_name(f"{unique}{OF}{call_id.hex}.txt"))
        if exchange.live(call_id) is None:
            self._arrived(call_id, unique, int(began), normalise_phone(caller), called)
        pages, document = told.with_name(f"{unique}.tif"), exchange.spool.files / f"{fax}.pdf"
        if pages.exists() and await asyncio.to_thread(to_pdf, pages, document):
            digest = await asyncio.to_thread(_digest, document)
            about = {"recording": str(fax), "kind": "FAX"}
            exchange.note(call_id, CallKind.RECORDING, name=unique, **about)
            exchange.note(call_id, CallKind.RECORDED, file=document.name, sha256=digest, seconds=None, **about)
            exchange.end(call_id, Outcome.FAX, cause="caller")
        else:
            log.warning("a fax of %s s brought no page: %s", int(ended) - int(began), status)
            exchange.end(call_id, Outcome.MENU, cause="fax")
        told.unlink()
        pages.unlink(missing_ok=True)

    def _call_at(self, channel: str) -> UUID | None:
        calls = self.exchange.calls.values()
        return next((call.id for call in calls if call.channel == channel and call.stage is not Stage.ENDED), None)

    def _arrived(self, call_id: UUID, unique: str, began: int, caller: str, called: str) -> None:
        """A fax that came while the application was away, or one that was told already and is told again."""
        self.exchange.arrived(
            call_id, datetime.fromtimestamp(began, UTC), direction="IN", caller=caller, called=called,
            channel=f"fax-{unique}", district=self.exchange.snapshot.area_of(caller),
        )  # fmt: skip


def is_receiving(raw: Mapping[str, Any] | None) -> bool:
    """Does this channel, as Asterisk tells it, send a fax?"""
    return raw is not None and raw.get("dialplan", {}).get("context") == CONTEXT


def to_pdf(tiff: Path, pdf: Path) -> bool:
    """The pages as they were sent, in their own resolution (fax lines are not square); False without a page."""
    try:
        with Image.open(tiff) as sent:
            dpi = tuple(float(each) for each in sent.info.get("dpi", (204, 196)))
            pages = [
                page.convert("1") for _, page in zip(range(MOST_PAGES), ImageSequence.Iterator(sent), strict=False)
            ]
    except (OSError, SyntaxError) as error:
        log.warning("a fax cannot be read: %s", error)
        return False
    fresh = pdf.with_suffix(".new")
    pages[0].save(fresh, "PDF", save_all=True, append_images=pages[1:], dpi=dpi)
    fresh.replace(pdf)
    return True


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
