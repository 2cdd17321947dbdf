"""The shipped files, checked and compiled by the engine with the product's own operations."""

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app import wiring
from app.core.clock import SystemClock
from app.core.db import make_engine, make_sessions
from app.workflow import Runtime
from app.workflow.engine import Compiled, compile_bundle
from app.workflow.engine.types import Registry

ROOT = Path(__file__).parents[3]
GROUPS = frozenset({"agent", "shift_supervisor", "leader", "department_head"})


@pytest.fixture(scope="session")
def files() -> Mapping[str, bytes]:
    """All files an analyst edits, by their path in the repository."""
    found = sorted(path for folder in ("processes", "forms") for path in (ROOT / folder).rglob("*.*"))
    return {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for path in found
        if path.suffix in (".bpmn", ".dmn", ".form")
    }


@pytest.fixture(scope="session")
def registry() -> Registry:
    """What wiring registers; no database is touched."""
    sessions = make_sessions(make_engine("postgresql+psycopg://nobody@localhost/none"))
    runtime = Runtime(sessions, SystemClock(), Registry(groups=GROUPS), zone=ZoneInfo("Asia/Shanghai"))
    wiring.register(runtime)
    return runtime.registry


@pytest.fixture(scope="session")
def bundle(files: Mapping[str, bytes], registry: Registry) -> Compiled:
    return compile_bundle(files, registry)
