"""GET /healthz for whoever restarts or balances, GET /metrics for Prometheus. Neither knows a case or a person."""

import os
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

import redis
from flask import Blueprint, Flask, Response, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core.errors import Unauthenticated
from app.core.heartbeat import is_alive
from app.core.http import site
from app.identity import require
from app.identity.guard import public
from app.web.backlog import MEANINGS, backlog

LOOPBACK = ("127.0.0.1", "::1")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("citydesk_requests", "Answers by endpoint, method and status", ["endpoint", "method", "status"])
LATENCY = Histogram("citydesk_request_seconds", "Time to answer", ["endpoint"], buckets=BUCKETS)

health = Blueprint("health", __name__)


def install(app: Flask) -> None:
    """Register the two routes and measure every request."""
    app.register_blueprint(health)
    app.before_request(_start_watch)
    app.after_request(_count)


@health.get("/healthz")
@public
def healthz() -> tuple[Response, int]:
    """200 when database, queue and dispatcher work, else 503; the body says which does not."""
    client = redis.Redis.from_url(site().settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
    checks = {
        "database": _works(_database),
        "queue": _works(lambda: bool(client.ping())),
        "worker": _works(lambda: is_alive(client, "worker")),
        "dispatcher": _works(lambda: is_alive(client, "dispatcher")),
    }
    client.close()
    body = {name: "ok" if works else "down" for name, works in checks.items()} | {"version": _version()}
    answer = jsonify(body | {"status": "ok" if all(checks.values()) else "down"})
    answer.headers["Cache-Control"] = "no-store"
    return answer, 200 if all(checks.values()) else 503


@health.get("/metrics")
@public
def metrics() -> Response:
    """For Prometheus on this machine; from elsewhere with an administrator's bearer token."""
    if request.remote_addr not in LOOPBACK or "X-Forwarded-For" in request.headers:
        if g.actor is None:
            raise Unauthenticated("identity.sign_in_first")
        require(g.actor, "metrics.read")
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        counted = generate_latest(registry)
    else:
        counted = generate_latest(REGISTRY)
    waiting = CollectorRegistry()
    waiting.register(_Backlog())
    return Response(counted + generate_latest(waiting), content_type=CONTENT_TYPE_LATEST)


class _Backlog(Collector):
    """What waits, read from the database at each scrape: true for all processes together."""

    def collect(self) -> Iterator[Metric]:
        with site().sessions() as session:
            found = backlog(session, site().clock.now())
        for name, value in found.items():
            yield GaugeMetricFamily(f"citydesk_{name}", MEANINGS[name], value=value)


def _database() -> bool:
    with site().sessions() as session:
        return bool(session.execute(text("select 1")).scalar_one())


def _works(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (redis.RedisError, SQLAlchemyError, OSError):
        return False


def _version() -> str:
    try:
        return version("citydesk")
    except PackageNotFoundError:  # a checkout that was never installed
        return "0"


def _start_watch() -> None:
    g.started = time.perf_counter()


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "unknown"
    REQUESTS.labels(endpoint, request.method, str(response.status_code)).inc()
    if "started" in g:
        LATENCY.labels(endpoint).observe(time.perf_counter() - g.started)
    return response
