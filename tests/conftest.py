"""Real servers for every test: one PostgreSQL and one Valkey a session, a fresh database from a migrated template."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Playwright, sync_playwright

from app.cli.servers import start_postgres, start_valkey
from app.contacts import with_vault
from app.core.db import Sessions, make_engine, make_sessions
from app.core.ids import new_id
from app.core.migrate import migrate
from tests.demo_city import SECRET_KEY

TEMPLATE = "citydesk_template"


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="citydesk-test-", dir=os.environ.get("TMPDIR", "/tmp")) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for all tests that look at pages: it keeps an event loop running, and no second one may."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def postgres_url(server_folder: Path) -> Iterator[str]:
    """A superuser's url of a server whose database `citydesk_template` is migrated."""
    server = start_postgres(server_folder, fsync=False)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"create database {TEMPLATE}")
    owner = make_engine(_in_database(server.url, TEMPLATE))
    migrate(owner)
    owner.dispose()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def redis_url(server_folder: Path) -> Iterator[str]:
    server = start_valkey(server_folder)
    yield server.url
    server.stop()


@pytest.fixture
def owner_url(postgres_url: str) -> Iterator[str]:
    """A database of its own for this test, as the owner (superuser)."""
    name = f"t_{new_id().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE}")
        yield _in_database(postgres_url, name)
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def database_url(owner_url: str) -> str:
    """The same database as the application's role, which owns nothing."""
    return owner_url.replace("postgres@", "citydesk_app@")


@pytest.fixture
def sessions(database_url: str) -> Iterator[Sessions]:
    engine = make_engine(database_url)
    yield make_sessions(engine, with_vault(SECRET_KEY))
    engine.dispose()


def _in_database(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")
