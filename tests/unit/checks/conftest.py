"""The shipped files, and copies of them with one fault each."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.cli.files import shipped
from app.wiring import build_registry
from app.workflow.engine.types import Registry

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def registry() -> Registry:
    """As `citydesk check` has it where there is no city."""
    return build_registry()


@pytest.fixture(scope="session")
def files() -> Mapping[str, bytes]:
    return shipped(ROOT)
