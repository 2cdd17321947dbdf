"""One subscription a process, one queue a stream."""

import json
import logging
import queue
import threading
import time
from collections.abc import Iterator
from uuid import UUID

import redis

from app.core.db import Sessions
from app.identity import Actor
from app.web.live.news import read_news
from app.web.live.publisher import CHANNEL

log = logging.getLogger(__name__)

BEAT = 5.0
"""Seconds between two heartbeats; a page that hears nothing for ten says so."""
LIFE = 300.0
"""Seconds after which a stream ends and the browser opens it again: so it ends with the session it belongs to."""
GATHER = 0.02
"""Seconds in which news are gathered, to be read together."""
WAITING = 200
"""Events a slow reader may fall behind; beyond, its stream ends and the page reads everything anew."""


class Full(Exception):
    """No more streams in this process."""


class Stream:
    """One open page."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.waiting: queue.Queue[str] = queue.Queue(WAITING)
        self.broken = False

    def put(self, event: str) -> None:
        try:
            self.waiting.put_nowait(event)
        except queue.Full:
            self.broken = True


class Hub:
    """Starts to listen with the first stream: after the server has forked."""

    def __init__(self, sessions: Sessions, redis_url: str, most: int) -> None:
        """`most`: streams this process takes, so that threads stay free for requests."""
        self.sessions, self.redis_url, self.most = sessions, redis_url, most
        self.streams: set[Stream] = set()
        self.connected = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def events(self, actor: Actor) -> Iterator[str]:
        """The stream of one page as server-sent events. Holds no database session. Raises Full."""
        with self._lock:
            if len(self.streams) >= self.most:
                raise Full
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._listen, name="live", daemon=True)
                self._thread.start()
        return self._told(Stream(actor))

    def _told(self, stream: Stream) -> Iterator[str]:
        ends = time.monotonic() + LIFE
        with self._lock:
            self.streams.add(stream)
        try:
            yield "retry: 2000\n\n"
            yield self._beat()
            while not stream.broken and time.monotonic() < ends:
                try:
                    yield stream.waiting.get(timeout=BEAT)
                except queue.Empty:
                    yield self._beat()
        finally:
            with self._lock:
                self.streams.discard(stream)

    def _beat(self) -> str:
        """While Redis is away only a comment: it finds closed connections, and the page sees that it hears nothing."""
        return "event: beat\ndata: \n\n" if self.connected else ": \n\n"

    def _listen(self) -> None:
        while True:
            try:
                with redis.Redis.from_url(self.redis_url, socket_connect_timeout=2) as connection:
                    self._hear(connection)
            except (redis.RedisError, OSError) as error:
                log.warning("live: %s; trying again", error)
            except Exception:
                log.exception("live: news were lost")
            self.connected = False
            time.sleep(1)

    def _hear(self, connection: redis.Redis) -> None:
        with connection.pubsub() as subscription:  # type: ignore[no-untyped-call]
            subscription.subscribe(CHANNEL)
            heard: dict[UUID, int] = {}
            while True:
                message = subscription.get_message(timeout=GATHER if heard else BEAT)
                if message is not None and message["type"] == "subscribe":
                    self.connected = True
                elif message is not None:
                    instance, no = json.loads(message["data"])
                    heard[UUID(instance)] = no
                if heard and (message is None or len(heard) >= WAITING):
                    self._tell(heard)
                    heard = {}

    def _tell(self, heard: dict[UUID, int]) -> None:
        with self._lock:
            streams = list(self.streams)
        if not streams:
            return
        with self.sessions() as session:
            news = read_news(session, heard)
        for each in news:
            event = f"event: task\ndata: {json.dumps(each.body(), ensure_ascii=False)}\n\n"
            for stream in streams:
                if each.may_know(stream.actor):
                    stream.put(event)
