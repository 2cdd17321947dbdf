"""After a commit: tell that an instance has a new history row. Never fails the command."""

import json
import logging
import time
from collections.abc import Iterable, Sequence
from uuid import UUID

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

CHANNEL = "citydesk:live"
NOTICES = "citydesk:notices"
"""Carries ids of people who were just told something."""
OFF = 5.0
"""Seconds without another try after Redis did not answer."""
PATIENCE = 0.5


class Publisher:
    """A listener for `runtime.committed`."""

    def __init__(self, url: str) -> None:
        self.connection = redis.Redis.from_url(
            url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
        )
        self._off_until = 0.0

    def __call__(self, instance_id: UUID, no: int) -> None:
        self._publish(CHANNEL, [str(instance_id), no])

    def told(self, people: Iterable[UUID]) -> None:
        """These have a new notice."""
        self._publish(NOTICES, [str(each) for each in people])

    def _publish(self, channel: str, news: Sequence[object]) -> None:
        if time.monotonic() < self._off_until:
            return
        try:
            self.connection.publish(channel, json.dumps(news))
        except redis.RedisError as error:
            self._off_until = time.monotonic() + OFF
            log.warning("live: %s; pages hear of this when they are loaded again", error)
