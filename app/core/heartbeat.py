"""Signs of life of the background processes, in Valkey: /healthz reads them. An emptied Valkey costs one beat."""

import threading
import time

import redis

BEAT_EVERY = 2.0
ALIVE_FOR = 15
"""Seconds after which a silent process counts as gone."""


class BeatingStop(threading.Event):
    """A stop flag for a loop of ours that also shows that the loop still turns: asking it is the sign of life. (A beat
    from a thread would go on while the loop hangs.)"""

    def __init__(self, name: str, redis_url: str) -> None:
        super().__init__()
        self._key = _key(name)
        self._client = redis.Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1)
        self._last = float("-inf")

    def is_set(self) -> bool:
        self._beat()
        return super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        self._beat()
        return super().wait(timeout)

    def _beat(self) -> None:
        if time.monotonic() - self._last < BEAT_EVERY:
            return
        self._last = time.monotonic()
        try:
            self._client.set(self._key, "1", ex=ALIVE_FOR)
        except redis.RedisError:
            return  # the queue's own check says so


def beat_beside(name: str, redis_url: str) -> None:
    """Beat from a thread of its own, for a program whose loop is not ours and whose jobs have time limits."""
    stop = BeatingStop(name, redis_url)

    def beat() -> None:
        while not stop.wait(BEAT_EVERY):
            pass

    threading.Thread(target=beat, name=f"{name}-heartbeat", daemon=True).start()


def is_alive(client: "redis.Redis", name: str) -> bool:
    """Whether the process of that name has shown itself lately. Raises redis.RedisError."""
    return bool(client.exists(_key(name)))


def _key(name: str) -> str:
    return f"citydesk:alive:{name}"
