"""One subscription a process, and every open page's stream (ADR 009).

Under the product's own server a stream takes its connection over from the thread that answered the request: it costs a
socket, and one thread writes to all of them. Under any other server it keeps its thread and reads from a queue.
"""

import json
import logging
import queue
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import redis

from app.contacts import off_since, read_pulse
from app.core.db import Sessions
from app.identity import Actor
from app.web.live.news import News, read_news
from app.web.live.phone import BOARD, LIVE, concerns, leads_shift, read_phone
from app.web.live.publisher import CHANNEL, NOTICES
from app.web.live.streams import HandedOver, SocketStream, Stream, ThreadStream

log = logging.getLogger(__name__)

BEAT = 5.0
"""Seconds between two heartbeats; a page that hears nothing for ten says so."""
GATHER = 0.02
"""Seconds in which news are gathered, to be read together."""
BOARD_PAUSE = 0.5
"""Seconds between two hints that seats or calls changed, however many did."""
MOST_TOGETHER = 200
"""Instances whose news are read together."""
MOST_SOCKETS = 8000
"""Streams without a thread that a process takes."""
NOTICE = "event: notice\ndata: \n\n"
HELLO = "retry: 2000\n\n"


class Full(Exception):
    """No more streams in this process."""


class Hub:
    """Starts to listen with the first stream: after the server has forked."""

    def __init__(self, sessions: Sessions, redis_url: str, most: int) -> None:
        """`most`: streams that may keep a thread, so that others stay free for requests."""
        self.sessions, self.redis_url, self.most = sessions, redis_url, most
        self.streams: set[Stream] = set()
        self.connected = False
        self._board, self._hinted = False, 0.0
        """Did seats or calls change since those who lead a shift were told, and when were they?"""
        self.telephone = ""
        """As `off_since`: each beat carries it, so that pages notice by themselves, and recover."""
        self._pulse = redis.Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=0.5)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def events(self, actor: Actor, connection: socket.socket | None = None, *, chunked: bool = True) -> Iterator[str]:
        """The stream of one page as server-sent events. `connection`: the request's, to be taken over after the
        headers are written, which ends the iterator with HandedOver. Holds no database session. Raises Full."""
        with self._lock:
            if len(self.streams) >= (self.most if connection is None else MOST_SOCKETS):
                raise Full
            if not any(thread.is_alive() for thread in self._threads):
                self._look_at_telephone()
                deeds = ((self._listen, "live"), (self._beat_on, "live-beat"))
                self._threads = [threading.Thread(target=deed, name=name, daemon=True) for deed, name in deeds]
                for thread in self._threads:
                    thread.start()
        if connection is None:
            return self._told(ThreadStream(actor))
        return self._taken_over(actor, connection, chunked)

    def _taken_over(self, actor: Actor, connection: socket.socket, chunked: bool) -> Iterator[str]:
        yield HELLO + self._beat()
        stream = SocketStream(actor, socket.socket(fileno=connection.detach()), chunked=chunked)
        with self._lock:
            self.streams.add(stream)
        raise HandedOver

    def _told(self, stream: ThreadStream) -> Iterator[str]:
        with self._lock:
            self.streams.add(stream)
        try:
            yield HELLO
            yield self._beat()
            while not stream.broken and time.monotonic() < stream.ends:
                try:
                    yield stream.waiting.get(timeout=BEAT)
                except queue.Empty:
                    yield self._beat()
        finally:
            with self._lock:
                self.streams.discard(stream)

    def _beat(self) -> str:
        """While Redis is away only a comment: it finds closed connections, and the page sees that it hears nothing."""
        return f"event: beat\ndata: {self.telephone}\n\n" if self.connected else ": \n\n"

    def _look_at_telephone(self) -> None:
        try:
            self.telephone = off_since(read_pulse(self._pulse), datetime.now(UTC))
        except (redis.RedisError, OSError):
            return  # pages hear no beat at all then

    def _beat_on(self) -> None:
        while True:
            time.sleep(BEAT)
            self._look_at_telephone()
            with self._lock:
                streams = [stream for stream in self.streams if isinstance(stream, SocketStream)]
            beat, now = self._beat(), time.monotonic()
            for stream in streams:
                if not stream.broken and now < stream.ends and not stream.has_left():
                    stream.put(beat)
                else:
                    with self._lock:
                        self.streams.discard(stream)
                    stream.close()

    def _listen(self) -> None:
        told = False
        while True:
            try:
                with redis.Redis.from_url(self.redis_url, socket_connect_timeout=2) as connection:
                    self._hear(connection)
            except (redis.RedisError, OSError) as error:
                if self.connected or not told:
                    log.warning("live: %s; trying again each second", error)
                told = True
            except Exception:
                log.exception("live: news were lost")
            self.connected = False
            time.sleep(1)

    def _hear(self, connection: redis.Redis) -> None:
        with connection.pubsub() as subscription:  # type: ignore[no-untyped-call]
            subscription.subscribe(CHANNEL, NOTICES, LIVE)
            heard: dict[UUID, int] = {}
            while True:
                pause = GATHER if heard else BOARD_PAUSE if self._board else BEAT
                message = subscription.get_message(timeout=pause)
                self._hint_board()
                if message is not None and message["type"] == "subscribe":
                    self.connected = True
                elif message is not None and message["channel"] == NOTICES.encode():
                    self._tell_people(message["data"])
                elif message is not None and message["channel"] == LIVE.encode():
                    self._tell_phone(message["data"])
                elif message is not None:
                    instance, no = json.loads(message["data"])
                    heard[UUID(instance)] = no
                if heard and (message is None or len(heard) >= MOST_TOGETHER):
                    self._tell(heard)
                    heard = {}

    def _tell_people(self, data: bytes) -> None:
        """Their pages ask what it is; nothing of it is told here."""
        people = {UUID(each) for each in json.loads(data)}
        with self._lock:
            concerned = [stream for stream in self.streams if stream.actor.id in people]
        for stream in concerned:
            if not stream.broken:
                stream.put(NOTICE)

    def _tell_phone(self, data: bytes) -> None:
        """At once: a telephone rings."""
        try:
            news = read_phone(data)
        except ValueError:
            log.warning("live: news of the telephone that cannot be read")
            return
        self._board = True
        with self._lock:
            concerned = [stream for stream in self.streams if concerns(news, stream.actor)]
        for stream in concerned:
            if not stream.broken:
                stream.put(news.event)

    def _hint_board(self) -> None:
        if not self._board or time.monotonic() - self._hinted < BOARD_PAUSE:
            return
        self._board, self._hinted = False, time.monotonic()
        with self._lock:
            leading = [stream for stream in self.streams if leads_shift(stream.actor)]
        for stream in leading:
            if not stream.broken:
                stream.put(BOARD)

    def _tell(self, heard: dict[UUID, int]) -> None:
        with self._lock:
            streams = list(self.streams)
        if not streams:
            return
        with self.sessions() as session:
            news = read_news(session, heard)
        for each in news:
            event = f"event: task\ndata: {json.dumps(each.body(), ensure_ascii=False)}\n\n"
            knowing = _Knowing(each)
            for stream in streams:
                if not stream.broken and knowing[stream.actor]:
                    stream.put(event)


class _Knowing(dict[Actor, bool]):
    """Who may know a piece of news: asked once a person, however many pages they have open."""

    def __init__(self, news: News) -> None:
        self.news = news

    def __missing__(self, actor: Actor) -> bool:
        self[actor] = may = self.news.may_know(actor)
        return may
