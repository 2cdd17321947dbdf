"""Walk equality and fuzzing. `FUZZ_SECONDS` (default 8) bounds the time, seeds are always 0, 1, 2 …"""

import os
import time
from collections import Counter

from tests.unit.engine.walks import walk

ENOUGH = 50
"""Walks, however slow the machine."""


def test_engine_through_bytes_and_oracle_agree_on_random_walks() -> None:
    until = time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "8"))
    done: Counter[str] = Counter()
    while time.monotonic() < until or done["walks"] < ENOUGH:
        done += walk(done["walks"])
    assert min(done[kind] for kind in ("task", "job", "fail", "message", "signal", "clock", "ended")) > 0
