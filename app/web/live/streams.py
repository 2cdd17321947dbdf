"""What a page's stream of news is written to: its connection itself, or its request's thread."""

import errno
import queue
import random
import socket
import time
from typing import Protocol

from app.identity import Actor

LIFE = 300.0
"""Seconds after which a stream ends and the browser opens it again: so it ends with the session it belongs to. Each
ends up to a fifth earlier, so that pages opened together do not come back together."""
WAITING = 200
"""Events a slow reader may fall behind; beyond, its stream ends and the page reads everything anew."""


class HandedOver(ConnectionResetError):
    """Ends an answer whose connection somebody else writes to from now on. To gunicorn it is a client that left, which
    it says nothing about."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "handed over")


class Stream(Protocol):
    """One open page."""

    actor: Actor
    broken: bool
    ends: float
    """By the monotonic clock."""

    def put(self, event: str) -> None: ...


class ThreadStream:
    """A page whose request's own thread waits for events."""

    def __init__(self, actor: Actor) -> None:
        self.actor, self.broken, self.ends = actor, False, _end()
        self.waiting: queue.Queue[str] = queue.Queue(WAITING)

    def put(self, event: str) -> None:
        try:
            self.waiting.put_nowait(event)
        except queue.Full:
            self.broken = True


class SocketStream:
    """A page whose connection is written to directly. What the system's buffer does not take at once comes too late
    for this reader: the stream ends and the page reads everything anew."""

    def __init__(self, actor: Actor, connection: socket.socket, *, chunked: bool) -> None:
        self.actor, self.broken, self.ends = actor, False, _end()
        self.connection, self.chunked = connection, chunked
        connection.setblocking(False)

    def put(self, event: str) -> None:
        data = event.encode()
        frame = b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data
        try:
            self.broken = self.broken or self.connection.send(frame) != len(frame)
        except OSError:
            self.broken = True

    def has_left(self) -> bool:
        """Has the page closed its side?"""
        try:
            return self.connection.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def close(self) -> None:
        if self.chunked and not self.broken:
            self.put("")  # the last chunk: this answer is whole
        self.connection.close()


def _end() -> float:
    return time.monotonic() + LIFE * random.uniform(0.8, 1)  # noqa: S311  (spreads work, guards nothing)
