"""/healthz says what is down; /metrics counts what waits, on this machine only."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from flask.testing import FlaskClient

from app.core.heartbeat import BeatingStop
from app.core.settings import Settings, load_settings
from app.web.backlog import MEANINGS
from app.wiring import build_app


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    return load_settings({"DATABASE_URL": database_url, "REDIS_URL": redis_url, "CITYDESK_SECRET_KEY": "k" * 40,
                          "CITYDESK_DATA": str(tmp_path)})  # fmt: skip


@pytest.fixture
def client(settings: Settings) -> Iterator[FlaskClient]:
    app = build_app(settings)
    yield app.test_client()
    app.extensions["citydesk"].sessions.kw["bind"].dispose()


def test_ready_when_every_part_shows_itself(client: FlaskClient, redis_url: str) -> None:
    redis.Redis.from_url(redis_url).flushall()
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert (answer.json["database"], answer.json["queue"]) == ("ok", "ok")  # type: ignore[index]
    assert (answer.json["worker"], answer.json["dispatcher"]) == ("down", "down")  # type: ignore[index]
    for name in ("worker", "dispatcher"):
        assert not BeatingStop(name, redis_url).is_set()  # asking is the sign of life
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json["status"] == "ok"  # type: ignore[index]


def test_without_database_it_says_so_and_asks_for_patience(settings: Settings) -> None:
    lost = build_app(replace(settings, database_url="postgresql://citydesk_app@/citydesk?host=/nonexistent"))
    client = lost.test_client()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["database"]) == (503, "down")  # type: ignore[index]
    answer = client.get("/api/v1/tasks", headers={"Authorization": "Bearer something"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert answer.json["code"] == "http-503"  # type: ignore[index]


def test_metrics_count_what_waits(client: FlaskClient) -> None:
    client.get("/healthz")
    lines = client.get("/metrics").get_data(as_text=True).splitlines()
    for name in MEANINGS:
        assert f"citydesk_{name} 0.0" in lines
    assert any(line.startswith("citydesk_requests_total{") and "health.healthz" in line for line in lines)


@pytest.mark.parametrize(
    "elsewhere", [{"REMOTE_ADDR": "203.0.113.7"}, {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.7"}]
)
def test_metrics_are_not_for_everybody(client: FlaskClient, elsewhere: dict[str, str]) -> None:
    program = {"Accept": "application/json"}
    assert client.get("/metrics", headers=program, environ_overrides=elsewhere).status_code == 401
