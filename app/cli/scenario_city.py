"""A demo city for scenarios: a PostgreSQL of its own in a temporary folder, whether or not a product runs here."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from app.cli.servers import create_database, start_postgres
from app.core.clock import SimulatedClock
from app.core.db import make_engine, make_sessions
from app.core.migrate import migrate
from app.core.settings import load_settings

if TYPE_CHECKING:
    from app.workflow import Runtime

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""When this city was set up: before any scenario begins."""


@dataclass(slots=True)
class ScenarioCity:
    """Its database is copied for every scenario, so none sees another's cases."""

    superuser_url: str
    runtime: "Runtime"
    copies: int = 0

    @contextmanager
    def fresh(self) -> Iterator["Runtime"]:
        self.copies += 1
        name = f"scenario_{self.copies}"
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            connection.execute(f"create database {name} template citydesk strategy file_copy")
            url = self.superuser_url.replace("postgres@", "citydesk_app@").replace("/postgres?", f"/{name}?")
            engine = make_engine(url)
            try:
                yield replace(self.runtime, sessions=make_sessions(engine), clock=SimulatedClock(LONG_AGO))
            finally:
                engine.dispose()
                connection.execute(f"drop database {name} with (force)")


@contextmanager
def scenario_city(files: Mapping[str, bytes]) -> Iterator[ScenarioCity]:
    """With these diagrams, tables and forms deployed. Raises Refused, ServerError."""
    with tempfile.TemporaryDirectory(prefix="citydesk-scenario-") as folder:
        server = start_postgres(Path(folder), fsync=False)
        try:
            app_url, owner_url = create_database(server.url)
            yield ScenarioCity(server.url, _set_up(app_url, owner_url, files))
        finally:
            server.stop()


def _set_up(app_url: str, owner_url: str, files: Mapping[str, bytes]) -> "Runtime":
    from app import city, workflow
    from app.identity import SEED

    owner = make_engine(owner_url)
    migrate(owner)
    owner.dispose()
    runtime = _runtime(app_url)
    with runtime.sessions.begin() as session:
        city.load_demo_city(session, SEED, LONG_AGO)
    _leave(runtime)
    runtime = _runtime(app_url)  # now candidate groups are known, and checked
    with runtime.sessions.begin() as session:
        workflow.deploy(session, files, actor=SEED, now=LONG_AGO, registry=runtime.registry, replace_all=True)
    _leave(runtime)
    return runtime


def _runtime(url: str) -> "Runtime":
    """Nothing leaves it: no queue, no live events; what follows from a command is carried out in simulated time."""
    from app.wiring import build_runtime

    environ = {"DATABASE_URL": url, "REDIS_URL": "unix:///nowhere", "CITYDESK_SECRET_KEY": "scenarios sign nothing" * 2}
    made = build_runtime(load_settings(environ), SimulatedClock(LONG_AGO))
    return replace(made, queue=None, committed=[], recurring=[])


def _leave(runtime: "Runtime") -> None:
    """A database that is copied must have no guests."""
    runtime.sessions.kw["bind"].dispose()
