"""One telephone line we hold: waiting for what happens on it."""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from telephony.ari import Ari, AriError

Result = TypeVar("Result")
Sounds = dict[str, "asyncio.Future[int]"]
"""Playbacks and recordings of all lines that somebody waits for, by name; the result is their seconds."""
LONGEST_PLAY = 180.0
"""Seconds after which a playback that never reports its end counts as over."""


class HungUp(Exception):
    """The line is gone."""


@dataclass(frozen=True, slots=True)
class Question:
    """How digits are collected: as many as `most`, until `end` is typed, or until `seconds` without one."""

    most: int = 1
    end: str = "#"
    seconds: float = 5.0
    tries: int = 3
    allowed: tuple[str, ...] = ()


class Line:
    """A channel in our application. Events come in by the methods whose names begin with `on_`."""

    def __init__(self, ari: Ari, channel: str, sounds: Sounds) -> None:
        self.ari = ari
        self.id = channel
        self.up = False
        self.left = False
        """It went back to the dialplan, for good or because it is gone."""
        loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[int] = loop.create_future()
        self.digits: asyncio.Queue[str] = asyncio.Queue()
        self._sounds = sounds

    # ---------------------------------------------------------------- events
    def on_digit(self, digit: str) -> None:
        self.digits.put_nowait(digit)

    def forget_digits(self) -> bool:
        """Whether there were any."""
        typed = not self.digits.empty()
        while not self.digits.empty():
            self.digits.get_nowait()
        return typed

    def on_gone(self, cause: int) -> None:
        if not self.gone.done():
            self.gone.set_result(cause)

    # ---------------------------------------------------------------- doing
    async def until(self, thing: Awaitable[Result]) -> Result:
        """The thing's result, unless the line goes first: then HungUp."""
        task = asyncio.ensure_future(thing)
        both: set[asyncio.Future[Any]] = {task, self.gone}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
        finally:
            if task is not thing and not task.done():  # also when we are cancelled: nobody hears of it any more
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task
        raise HungUp

    async def do(self, request: Awaitable[Result]) -> Result:
        """A request about this channel: when Asterisk no longer knows it, HungUp."""
        try:
            return await self.until(request)
        except AriError as error:
            if self.left:
                await self.gone
            if error.status == 404 or self.gone.done():
                raise HungUp from error
            raise

    async def answer(self) -> None:
        """Once: Asterisk refuses to lift what is lifted."""
        if not self.up:
            await self.do(self.ari.answer(self.id))
            self.up = True

    async def play(self, media: Sequence[str], *, stop_at_digit: bool = False) -> None:
        """Until it has been heard, or a digit is typed."""
        if not media:
            return
        name = f"p-{uuid4().hex}"
        over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._sounds[name] = over
        try:
            await self.do(self.ari.play(self.id, name, media))
            ways: set[asyncio.Future[Any]] = {
                asyncio.ensure_future(asyncio.wait_for(asyncio.shield(over), LONGEST_PLAY))
            }
            typed = asyncio.ensure_future(self._typed()) if stop_at_digit else None
            if typed is not None:
                ways.add(typed)
            await self.until(_first(ways))
        finally:
            if not over.done():
                with suppress(AriError):
                    await self.ari.stop_playing(name)
            self._sounds.pop(name, None)

    async def collect(self, media: Sequence[str], question: Question) -> str:
        """Ask until an answer counts; "" after the last try. Who knows the menu may type before the question is out."""
        for _ in range(max(1, question.tries)):
            await self.play(media, stop_at_digit=True)
            typed = await self._read(question)
            if typed and (not question.allowed or typed in question.allowed):
                return typed
        return ""

    async def record(self, name: str, *, seconds: int, silence: int) -> int:
        """Record what the caller says, until # or silence; returns the seconds."""
        over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._sounds[name] = over
        try:
            await self.do(self.ari.record(self.id, name, seconds=seconds, silence=silence))
            return await self.until(over)
        finally:
            self._sounds.pop(name, None)

    async def _read(self, question: Question) -> str:
        typed = ""
        while len(typed) < question.most:
            try:
                digit = await self.until(asyncio.wait_for(self.digits.get(), question.seconds))
            except TimeoutError:
                break
            if digit == question.end and question.most > 1:
                break
            typed += digit
        return typed

    async def _typed(self) -> None:
        """Return when something lies in the queue; leave it there."""
        digit = await self.digits.get()
        rest = [digit]
        while not self.digits.empty():
            rest.append(self.digits.get_nowait())
        for each in rest:
            self.digits.put_nowait(each)


async def _first(ways: set["asyncio.Future[Any]"]) -> None:
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in done:
            with suppress(TimeoutError):
                way.result()
    finally:
        for way in ways:
            way.cancel()
