"""Random diagrams and schedules: engine in memory, engine through bytes, and an independent oracle must agree.

    python benchmarks/fuzz.py --seconds 60 [--first-seed 0]

Prints one JSON object: walks, ended, steps, by_kind, seconds, first_seed, last_seed, disagreements (seed and text;
empty when all is well). Exit code 1 if they disagree.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import argparse
import json
import time
from collections import Counter

from tests.unit.engine.walks import walk

KINDS = ("task", "job", "fail", "message", "signal", "clock")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--first-seed", type=int, default=0)
    arguments = parser.parse_args()
    done: Counter[str] = Counter()
    disagreements: list[dict[str, object]] = []
    started, seed = time.monotonic(), arguments.first_seed
    while time.monotonic() - started < arguments.seconds:
        try:
            done += walk(seed)
        except Exception as error:
            disagreements.append({"seed": seed, "error": f"{type(error).__name__}: {error}"[:2000]})
        seed += 1
    report = {
        "walks": seed - arguments.first_seed,
        "ended": done["ended"],
        "steps": sum(done[kind] for kind in KINDS),
        "by_kind": {kind: done[kind] for kind in KINDS},
        "seconds": round(time.monotonic() - started, 1),
        "first_seed": arguments.first_seed,
        "last_seed": seed - 1,
        "disagreements": disagreements,
    }
    print(json.dumps(report, ensure_ascii=False))
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
