"""`benchmarks/kills.py` in small, with five fixed seeds: the real product, killed part by part while cases run."""

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks import kills as kill_campaign

SEEDS = (1, 2, 3, 4, 24)
"""These five hit every kind of victim."""


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    with kill_campaign.product() as product:
        yield product


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_happens_twice(running: Any, seed: int) -> None:
    result = kill_campaign.campaign(running, seed, cases=3, kills=2)
    assert result["kills"] == 2
    wrong = ("unfinished", "doubled_numbers", "missing_numbers", "doubled_notices", "audit_faults")
    assert {name: result[name] for name in wrong} == dict.fromkeys(wrong, 0)
    if seed == SEEDS[-1]:  # counted over all: three cases may be done before any limit
        assert result["notices"] > 0
