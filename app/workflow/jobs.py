"""The RQ side of the outbox: the queue, its one job, and the worker. Redis holds row ids only, as JSON."""

import logging
import time
from collections.abc import Callable, Sequence
from uuid import UUID

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.exceptions import DeserializationError
from rq.job import Job
from rq.serializers import JSONSerializer

from app.workflow.outbox import deliver_outbox
from app.workflow.presence import Presence
from app.workflow.runtime import Runtime

log = logging.getLogger(__name__)

QUEUE = "citydesk"
JOB = "app.workflow.jobs.deliver"
MARK = "citydesk:queue"
"""A key that stands in Redis as long as nobody emptied it."""
OFF = 5.0
"""Seconds without another try after Redis did not answer: a command must not wait for it again and again."""

_factory: Callable[[], Runtime] | None = None
_runtime: Runtime | None = None


def use(factory: Callable[[], Runtime]) -> None:
    """Wiring says how a worker builds its runtime, when the first job comes."""
    global _factory, _runtime
    _factory, _runtime = factory, None


def deliver(outbox_id: str) -> None:
    """The job: carry out one outbox row."""
    global _runtime
    if _runtime is None:
        if _factory is None:
            raise RuntimeError("no runtime: a worker starts through `citydesk worker`")
        _runtime = _factory()
    deliver_outbox(_runtime, UUID(outbox_id))


class RqQueue:
    """Hands row ids to workers. Redis being down, slow or emptied never fails a command: a sweeper finds the rows."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = redis.Redis.from_url(
            url, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0)
        )
        self.queue = Queue(QUEUE, connection=self.connection, serializer=JSONSerializer)
        self._off_until = 0.0

    def enqueue(self, rows: Sequence[UUID]) -> None:
        if time.monotonic() < self._off_until:
            return
        try:
            self.queue.enqueue_many(
                [Queue.prepare_data(JOB, (str(row),), result_ttl=0, failure_ttl=3600, timeout=300) for row in rows]
            )
        except redis.RedisError as error:
            self._off_until = time.monotonic() + OFF
            log.warning("queue: %s; %s outbox rows wait for the sweeper", error, len(rows))

    def was_emptied(self) -> bool:
        """An emptied Redis lacks our mark; a worker that starts takes it away, for what its forerunner had in hand."""
        try:
            return bool(self.connection.set(MARK, "1", nx=True))
        except redis.RedisError:
            return False

    def unmark(self) -> None:
        try:
            self.connection.delete(MARK)
        except redis.RedisError as error:
            log.warning("queue: %s", error)


class _Worker(SimpleWorker):
    """Runs our one job and nothing else, whoever wrote it into the queue: RQ would call any function by its name."""

    def execute_job(self, job: Job, queue: Queue) -> None:
        try:
            ours = job.func_name == JOB
        except DeserializationError:
            ours = False
        if ours:
            super().execute_job(job, queue)
        else:
            log.error("queue: job %s is none of ours and was thrown away", job.id)
            job.delete()


def work(runtime: Runtime, *, burst: bool = False) -> None:
    """Be a worker until told to stop (SIGTERM); `burst`: until the queue is empty. Jobs run in this process: they are
    short, and forking for each costs more than they do."""
    use(lambda: runtime)
    queue = runtime.queue
    if not isinstance(queue, RqQueue):
        raise TypeError("a worker needs a runtime whose queue is an RqQueue")
    presence = Presence(runtime.sessions.kw["bind"])
    runtime.worker = presence.number
    presence.start()
    queue.unmark()
    connection = redis.Redis.from_url(queue.url)
    worker = _Worker(
        [Queue(QUEUE, connection=connection, serializer=JSONSerializer)],
        connection=connection,
        serializer=JSONSerializer,
        log_job_description=False,
    )
    worker.max_connection_wait_time = 2
    try:
        worker.work(burst=burst, logging_level="WARNING")
    finally:
        presence.end()
