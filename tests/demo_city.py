"""A demo city with the shipped diagrams for tests, copied from a template; if wished with the whole product running.

Import the fixtures into a folder's conftest.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest

from app import city, workflow
from app.cli.files import shipped
from app.core.db import transaction
from app.core.ids import new_id
from app.core.settings import Settings, load_settings
from app.identity import SEED
from app.wiring import build_runtime
from app.workflow import Runtime

ROOT = Path(__file__).parents[1]
PASSWORD = "jiangzhou-demo"
SECRET_KEY = "a key of forty characters for the tests."
DEMO_TEMPLATE = "citydesk_demo_template"
LOADED_AT = datetime(2026, 11, 2, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Running:
    """The product as processes: web, worker, dispatcher."""

    url: str
    runtime: Runtime
    settings: Settings


@pytest.fixture(scope="session")
def demo_template(postgres_url: str, redis_url: str) -> str:
    """Name of a database with the demo city and the shipped diagrams, to be copied."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [DEMO_TEMPLATE]).fetchone():
            return DEMO_TEMPLATE  # another folder's conftest made it
        connection.execute(f"create database {DEMO_TEMPLATE} template citydesk_template")
    url = in_database(postgres_url, DEMO_TEMPLATE)
    runtime = build_runtime(settings_of(url, redis_url))
    with transaction(runtime.sessions) as session:
        city.load_demo_city(session, SEED, LOADED_AT)
    close(runtime)
    runtime = build_runtime(settings_of(url, redis_url))  # now candidate groups are known
    with transaction(runtime.sessions) as session:
        workflow.deploy(session, shipped(ROOT), actor=SEED, now=LOADED_AT, registry=runtime.registry, replace_all=True)
    close(runtime)
    return DEMO_TEMPLATE


@pytest.fixture
def demo_url(demo_template: str, postgres_url: str) -> Iterator[str]:
    """A demo city of its own for this test."""
    yield from _copy(demo_template, postgres_url)


@pytest.fixture
def settings(demo_url: str, redis_url: str) -> Settings:
    return settings_of(demo_url, redis_url)


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    made = build_runtime(settings)
    yield made
    close(made)


@pytest.fixture(scope="module")
def running(
    demo_template: str, postgres_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """The whole product on a free loopback port, over a demo city of its own; ends with the module's tests."""
    for url in _copy(demo_template, postgres_url):
        port, data = _free_port(), tmp_path_factory.mktemp("data")
        environ = _environ(url, redis_url) | {"CITYDESK_PORT": str(port), "CITYDESK_DATA": str(data)}
        parts = [_start(part, environ, data) for part in ("web", "worker", "dispatcher")]
        try:
            _wait_until_up(f"http://127.0.0.1:{port}", parts, data)
            settings = settings_of(url, redis_url)
            runtime = build_runtime(settings)
            yield Running(f"http://127.0.0.1:{port}", runtime, settings)
            close(runtime)
        finally:
            for part in parts:
                part.terminate()
            for part in parts:
                part.wait(60)


def close(runtime: Runtime) -> None:
    runtime.sessions.kw["bind"].dispose()


def _copy(template: str, postgres_url: str) -> Iterator[str]:
    name = f"d_{new_id().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")
        yield in_database(postgres_url, name)
        connection.execute(f"drop database {name} with (force)")


def in_database(postgres_url: str, name: str) -> str:
    return postgres_url.replace("/postgres?", f"/{name}?").replace("postgres@", "citydesk_app@")


def _environ(database_url: str, redis_url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "CITYDESK_SECRET_KEY": SECRET_KEY,
        "CITYDESK_DEMO": "1",
        "CITYDESK_WEB_WORKERS": "1",
    }


def settings_of(database_url: str, redis_url: str) -> Settings:
    return load_settings(_environ(database_url, redis_url))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(part: str, environ: dict[str, str], data: Path) -> subprocess.Popen[bytes]:
    with (data / f"{part}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "app.cli", part], cwd=ROOT, env={**os.environ, **environ}, stdout=log, stderr=log
        )


def _wait_until_up(url: str, parts: list[subprocess.Popen[bytes]], data: Path, seconds: float = 120) -> None:
    deadline, answer = time.monotonic() + seconds, "nothing"
    while True:
        try:
            health = httpx.get(f"{url}/healthz")
            if health.status_code == 200:
                return
            answer = health.text
        except httpx.TransportError as error:
            answer = str(error)
        if time.monotonic() > deadline or any(part.poll() is not None for part in parts):
            logs = "\n".join(f"== {log.name}\n{log.read_text()[-3000:]}" for log in sorted(data.glob("*.log")))
            raise AssertionError(f"the product did not start: {answer}\n{logs}")
        time.sleep(0.1)
