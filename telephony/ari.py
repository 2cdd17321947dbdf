"""The one place that talks HTTP and WebSocket with Asterisk (its REST interface, ARI). See docs/adr/007."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import orjson

from telephony.turns import Turns

log = logging.getLogger(__name__)

APP = "citydesk"
GONE = (404, 409, 422)
"""No such thing, not in the state for it, not in that bridge: what was wanted is so already."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
WANTED = (
    "StasisStart", "StasisEnd", "ChannelDestroyed", "ChannelDtmfReceived", "ChannelHold", "ChannelUnhold",
    "ChannelStateChange", "ChannelTransfer", "PlaybackFinished", "RecordingFinished", "RecordingFailed", "Dial",
    "ContactStatusChange", "ApplicationReplaced", "ChannelLeftBridge",
)  # fmt: skip
"""Everything else is filtered out by Asterisk, before it is sent."""


class AriError(Exception):
    """Asterisk refused: `status` is HTTP's (404 gone, 409 in the wrong state, 0 not reached)."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(f"{what}: {status}")
        self.status = status


class Ari:
    """A client of one Asterisk. `events()` is endless: it reconnects with growing pauses.

    What undoes another request (a hanging up, a stopping) is sent after that one's answer, also where nobody waits for
    the answer any more: Asterisk serves each connection by a thread of its own, and would else know nothing of what is
    to be undone, and do it afterwards."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.base = f"{parts.scheme}://{parts.hostname}:{parts.port or 8088}{parts.path or '/ari'}"
        login = aiohttp.encode_basic_auth(parts.username or "", parts.password or "")
        self._headers = {"Authorization": login}
        self._http: aiohttp.ClientSession | None = None
        self.turns = Turns()
        self.connected = False

    async def open(self) -> None:
        connector = aiohttp.TCPConnector(limit=64, keepalive_timeout=10)
        timeout = aiohttp.ClientTimeout(total=15)
        self._http = aiohttp.ClientSession(headers=self._headers, connector=connector, timeout=timeout)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    # ---------------------------------------------------------------- events
    async def events(self) -> AsyncIterator[Mapping[str, Any] | None]:
        """Raw events, and None each time the connection stands (anew): then everything must be reconciled."""
        pause = FIRST_PAUSE
        while True:
            try:
                async with self._connect() as socket:
                    await self._filter()
                    pause = FIRST_PAUSE
                    self.connected = True
                    yield None
                    async for message in socket:
                        if message.type is aiohttp.WSMsgType.TEXT:
                            yield orjson.loads(message.data)
                log.warning("Asterisk closed the connection")
            except (aiohttp.ClientError, AriError, OSError, TimeoutError) as error:
                log.warning("Asterisk is away (%s); the next try in %.1f s", str(error) or type(error).__name__, pause)
            self.connected = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _connect(self) -> Any:
        """All channels' events, so that none must be subscribed to again after a restart of either side."""
        assert self._http is not None
        url = f"{self.base.replace('http', 'ws', 1)}/events"
        return self._http.ws_connect(url, params={"app": APP, "subscribeAll": "true"}, heartbeat=10, max_msg_size=0)

    async def _filter(self) -> None:
        allowed = {"allowed": [{"type": name} for name in WANTED]}
        await self._ask("PUT", f"/applications/{APP}/eventFilter", body=allowed)

    # ---------------------------------------------------------------- asking
    async def _ask(self, method: str, path: str, body: object = None, **query: object) -> Any:
        assert self._http is not None
        params = {key: str(value) for key, value in query.items() if value is not None}
        data = None if body is None else orjson.dumps(body)
        headers = {"Content-Type": "application/json"} if data else {}
        try:
            url = f"{self.base}{path}"
            async with self._http.request(method, url, params=params, data=data, headers=headers) as response:
                content = await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise AriError(0, f"{method} {path} ({str(error) or type(error).__name__})") from error
        if response.status >= 400:
            raise AriError(response.status, f"{method} {path} {content[:200].decode(errors='replace')}")
        return orjson.loads(content) if content else None

    async def channels(self) -> list[dict[str, Any]]:
        return list(await self._ask("GET", "/channels"))

    async def channel(self, channel: str) -> dict[str, Any] | None:
        """None when it is gone."""
        try:
            return dict(await self._ask("GET", f"/channels/{channel}"))
        except AriError as error:
            if error.status == 404:
                return None
            raise

    async def bridges(self) -> list[dict[str, Any]]:
        return list(await self._ask("GET", "/bridges"))

    async def endpoints(self) -> list[dict[str, Any]]:
        """Asterisk says 404 as long as there is none."""
        try:
            return list(await self._ask("GET", "/endpoints/PJSIP"))
        except AriError as error:
            if error.status != 404:
                raise
            return []

    async def stored_recordings(self) -> list[str]:
        return [one["name"] for one in await self._ask("GET", "/recordings/stored")]

    async def run_dialplan(self, context: str, extension: str) -> None:
        """What stands there is done by a channel of its own, which nobody hears."""
        await self._ask("POST", "/channels", endpoint=f"Local/{extension}@{context}/n", app=APP, timeout=5)

    # ---------------------------------------------------------------- channels
    async def answer(self, channel: str) -> None:
        await self._ask("POST", f"/channels/{channel}/answer")

    async def hang_up(self, channel: str, reason: str = "normal") -> None:
        """No error when it is gone already."""
        await self.turns.take(channel, self._gone_is_fine("DELETE", f"/channels/{channel}", reason=reason))

    async def originate(
        self, channel: str, endpoint: str, args: Sequence[str], *, caller_id: str, timeout: int,
        originator: str | None = None, variables: Mapping[str, str] | None = None, formats: str | None = None,
    ) -> None:  # fmt: skip
        """Call `endpoint`; when it answers, its channel enters the application with `args`."""
        request = self._ask(
            "POST", f"/channels/{channel}", body={"variables": dict(variables or {})}, endpoint=endpoint, app=APP,
            appArgs=",".join(args), callerId=caller_id, timeout=timeout, originator=originator,
            formats=None if originator else formats,
        )  # fmt: skip
        await self.turns.take(channel, request)

    async def ring(self, channel: str) -> None:
        await self._ask("POST", f"/channels/{channel}/ring")

    async def start_music(self, channel: str) -> None:
        await self.turns.take(f"music {channel}", self._ask("POST", f"/channels/{channel}/moh"))

    async def stop_music(self, channel: str) -> None:
        await self.turns.take(f"music {channel}", self._gone_is_fine("DELETE", f"/channels/{channel}/moh"))

    async def mute(self, channel: str) -> None:
        await self._ask("POST", f"/channels/{channel}/mute", direction="in")

    async def unmute(self, channel: str) -> None:
        await self._gone_is_fine("DELETE", f"/channels/{channel}/mute", direction="in")

    async def send_digits(self, channel: str, digits: str) -> None:
        await self._ask("POST", f"/channels/{channel}/dtmf", dtmf=digits)

    async def snoop(self, channel: str, snoop: str, *, spy: str, whisper: str, args: Sequence[str]) -> None:
        """A channel that hears (`spy`) and speaks into (`whisper`: none, out) another."""
        request = self._ask(
            "POST", f"/channels/{channel}/snoop/{snoop}", spy=spy, whisper=whisper, app=APP, appArgs=",".join(args)
        )
        await self.turns.take(snoop, request)

    async def go_on(self, channel: str, context: str, extension: str) -> None:
        """Out of the application, on in the dialplan."""
        await self._ask("POST", f"/channels/{channel}/continue", context=context, extension=extension, priority=1)

    async def transfer_progress(self, channel: str, state: str) -> None:
        await self._gone_is_fine("POST", f"/channels/{channel}/transfer_progress", states=state)

    # ---------------------------------------------------------------- sounds
    async def play(self, channel: str, playback: str, media: Sequence[str]) -> None:
        request = self._ask("POST", f"/channels/{channel}/play/{playback}", media=",".join(media))
        await self.turns.take(playback, request)

    async def play_to_bridge(self, bridge: str, playback: str, media: Sequence[str]) -> None:
        await self._ask("POST", f"/bridges/{bridge}/play/{playback}", media=",".join(media))

    async def stop_playing(self, playback: str) -> None:
        await self.turns.take(playback, self._gone_is_fine("DELETE", f"/playbacks/{playback}"))

    async def record(self, channel: str, name: str, *, seconds: int, silence: int, end: str = "#") -> None:
        await self._ask(
            "POST", f"/channels/{channel}/record", name=name, format="wav", maxDurationSeconds=seconds,
            maxSilenceSeconds=silence, ifExists="overwrite", beep="true", terminateOn=end,
        )  # fmt: skip

    async def record_all(self, channel: str, name: str) -> None:
        """Without beep, limit or end key."""
        await self._ask("POST", f"/channels/{channel}/record", name=name, format="wav", ifExists="overwrite")

    async def record_bridge(self, bridge: str, name: str) -> None:
        request = self._ask("POST", f"/bridges/{bridge}/record", name=name, format="wav", ifExists="overwrite")
        await self.turns.take(name, request)

    async def stop_recording(self, name: str) -> None:
        await self.turns.take(name, self._gone_is_fine("POST", f"/recordings/live/{quote(name, safe='')}/stop"))

    async def pause_recording(self, name: str) -> None:
        await self._ask("POST", f"/recordings/live/{quote(name, safe='')}/pause")

    async def resume_recording(self, name: str) -> None:
        await self._gone_is_fine("DELETE", f"/recordings/live/{quote(name, safe='')}/pause")

    async def is_recording(self, name: str) -> bool:
        """Does it still run?"""
        try:
            await self._ask("GET", f"/recordings/live/{quote(name, safe='')}")
        except AriError as error:
            if error.status == 404:
                return False
            raise
        return True

    async def fetch_recording(self, name: str, file: Path) -> int:
        """Write a stored recording to `file`, piece by piece; returns its size in bytes."""
        assert self._http is not None
        size = 0
        url = f"{self.base}/recordings/stored/{quote(name, safe='')}/file"
        try:
            async with self._http.get(url, timeout=aiohttp.ClientTimeout(total=600)) as response:
                if response.status >= 400:
                    raise AriError(response.status, f"recording {name}")
                with file.open("wb") as sink:
                    async for piece in response.content.iter_chunked(65536):
                        size += sink.write(piece)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise AriError(0, f"recording {name}") from error
        return size

    async def forget_recording(self, name: str) -> None:
        await self._gone_is_fine("DELETE", f"/recordings/stored/{quote(name, safe='')}")

    # ---------------------------------------------------------------- bridges
    async def make_bridge(self, bridge: str, kind: str = "mixing,dtmf_events") -> None:
        """No error when it is there already."""
        await self.turns.take(bridge, self._gone_is_fine("POST", f"/bridges/{bridge}", fine=(409,), type=kind))

    async def add(self, bridge: str, *channels: str) -> None:
        await self._ask("POST", f"/bridges/{bridge}/addChannel", channel=",".join(channels))

    async def remove(self, bridge: str, channel: str) -> None:
        """No error when either is gone already: a channel that is none counts as a bad request here."""
        await self._gone_is_fine("POST", f"/bridges/{bridge}/removeChannel", fine=(*GONE, 400), channel=channel)

    async def end_bridge(self, bridge: str) -> None:
        await self.turns.take(bridge, self._gone_is_fine("DELETE", f"/bridges/{bridge}"))

    # ---------------------------------------------------------------- seats as SIP endpoints
    async def put_object(self, kind: str, name: str, values: Mapping[str, str]) -> None:
        """Make or change a PJSIP object (auth, aor, endpoint); Asterisk keeps it over its restart."""
        fields = [{"attribute": key, "value": value} for key, value in values.items()]
        await self._ask("PUT", f"/asterisk/config/dynamic/res_pjsip/{kind}/{name}", body={"fields": fields})

    async def drop_object(self, kind: str, name: str) -> None:
        await self._gone_is_fine("DELETE", f"/asterisk/config/dynamic/res_pjsip/{kind}/{name}")

    async def _gone_is_fine(self, method: str, path: str, fine: Collection[int] = GONE, **query: object) -> None:
        try:
            await self._ask(method, path, **query)
        except AriError as error:
            if error.status not in fine:
                raise
