"""`benchmarks/kills.py` in small, with five fixed seeds: the real product, killed part by part while cases run."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("citydesk_kills", ROOT / "benchmarks" / "kills.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


kills = load()


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    with kills.product() as product:
        yield product


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 24])
# these five hit every kind of victim
def test_nothing_is_lost_and_nothing_happens_twice(running: Any, seed: int) -> None:
    result = kills.campaign(running, seed, cases=3, kills=2)
    assert result["kills"] == 2
    wrong = ("unfinished", "doubled_numbers", "missing_numbers", "doubled_notices", "audit_faults")
    assert {name: result[name] for name in wrong} == dict.fromkeys(wrong, 0)
    assert result["notices"] > 0
