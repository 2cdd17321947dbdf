"""A long list as a table: how long it takes, and that its memory does not grow with it.

    python benchmarks/export.py [--rows 100000]

Makes a city of that many cases (`scale_city`) and writes all of them as the export's worker does, as XLSX and as CSV.
Prints one JSON object: `rows`, then for each form `<form>_s`, `<form>_mb` (the file), `<form>_progress` (how often the
page heard how far it was), `before_mb` and `peak_mb`: the most memory the process held before the first row, and ever.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import argparse
import json
import resource
import tempfile
import time
from datetime import UTC, datetime
from typing import Any

from app.cases.conditions import Day
from app.cli.servers import start_postgres, start_valkey
from app.core.settings import load_settings
from app.identity import actor_of_user
from app.reports import export
from app.wiring import build_runtime
from benchmarks.scale import environment, prepare
from benchmarks.scale_city import fill


def run(rows: int, folder: Path) -> dict[str, Any]:
    postgres, valkey = start_postgres(folder, fsync=False), start_valkey(folder)
    try:
        environ = environment(postgres.url, valkey.url)
        prepare(environ, postgres.url)
        fill(postgres.url, rows)
        runtime = build_runtime(load_settings(environ))
        told: dict[str, Any] = {"rows": 0, "before_mb": _peak()}
        for form in ("csv", "xlsx"):
            heard: list[int] = []
            path, began = folder / f"cases.{form}", time.perf_counter()
            with runtime.sessions() as session:
                actor = actor_of_user(session, "supervisor")
                told["rows"] = export.write(
                    session, {"all": []}, path, form, actor=actor, language="zh-CN",
                    day=Day(datetime.now(UTC), runtime.zone), progress=heard.append,
                )  # fmt: skip
            told |= {f"{form}_s": round(time.perf_counter() - began, 1), f"{form}_progress": len(heard)}
            told[f"{form}_mb"] = round(path.stat().st_size / 1048576, 1)
        return told | {"peak_mb": _peak()}
    finally:
        valkey.stop()
        postgres.stop()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="citydesk-bench-") as name:
        Path(name).chmod(0o711)
        print(json.dumps(run(wanted.rows, Path(name)), indent=2))


if __name__ == "__main__":
    main()
