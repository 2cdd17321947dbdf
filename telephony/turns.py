"""Requests that undo each other, one after the other."""

import asyncio
from collections.abc import Awaitable
from typing import Any


class Turns:
    """Each begins when the one before it about the same thing is answered, also where nobody waits for that answer."""

    def __init__(self) -> None:
        self._last: dict[str, asyncio.Task[Any]] = {}

    async def take(self, about: str, request: Awaitable[Any]) -> None:
        """Who is cancelled meanwhile takes nothing back: the request goes out in its turn."""
        task = asyncio.get_running_loop().create_task(_after(self._last.get(about), request))
        self._last[about] = task
        task.add_done_callback(lambda done: self._forget(about, done))
        await asyncio.shield(task)

    def _forget(self, about: str, task: "asyncio.Task[Any]") -> None:
        if self._last.get(about) is task:
            del self._last[about]
        if not task.cancelled():
            task.exception()  # told to whoever waits; where nobody does, to nobody

    def __len__(self) -> int:
        return len(self._last)


async def _after(before: "asyncio.Task[Any] | None", request: Awaitable[Any]) -> None:
    if before is not None:
        await asyncio.wait({before})
    await request
