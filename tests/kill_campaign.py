"""`benchmarks/kills.py` as a module: tests use its product and run its campaign in small."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from kills import campaign, product  # noqa: E402

__all__ = ["ROOT", "campaign", "product"]
