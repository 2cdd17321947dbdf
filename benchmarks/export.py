"""A long list as a table, and a long table brought in: how long they take, and that memory does not grow with them.

    python benchmarks/export.py [--rows 100000] [--imported 10000]

Makes a city of that many cases (`scale_city`) and writes all of them as the export's worker does, as XLSX and as CSV.
Prints one JSON object: `rows`, then for each form `<form>_s`, `<form>_mb` (the file), `<form>_progress` (how often the
page heard how far it was), `before_mb` and `peak_mb`: the most memory the process held before the first row, and ever.
Then former registrations, as XLSX: `imported`, `import_s`, `import_progress`, `again_s` (the same file once more, of
which every row is known) and `import_peak_mb`.
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
from app.core.ids import new_id
from app.core.settings import load_settings
from app.identity import actor_of_user
from app.reports import export
from app.reports.imports import ask_for_import, bring_in, try_out
from app.reports.tables import table
from app.wiring import build_runtime
from app.workflow import Runtime
from benchmarks.scale import environment, prepare
from benchmarks.scale_city import fill


def _import(runtime: Runtime, rows: int, folder: Path) -> dict[str, Any]:
    with runtime.sessions() as session:
        actor = actor_of_user(session, "supervisor")
    told: dict[str, Any] = {"imported": rows}
    for name in ("import", "again"):
        heard: list[int] = []
        with table(folder / "former.xlsx", "xlsx") as append:
            append(["受理号", "姓名", "电话", "时间", "类别", "标题", "内容", "地址"])
            for n in range(rows):
                append([f"F{n}", "王芳", f"139{n % 7000:08d}", f"2019-03-{n % 28 + 1:02d} 09:{n % 60:02d}", "市政",
                        "路灯不亮", f"第 {n} 盏路灯不亮，请尽快修复" * 5, f"书院路 {n % 900} 号"])  # fmt: skip
        with runtime.sessions() as session:
            mapping = try_out(session, folder / "former.xlsx", runtime.zone).mapping
        with runtime.sessions.begin() as session:
            job = ask_for_import(
                session, new_id(), "former.xlsx", mapping, actor=actor, language="zh-CN", now=datetime.now(UTC)
            )
        began = time.perf_counter()
        bring_in(runtime, job, actor, folder, heard.append)
        told |= {f"{name}_s": round(time.perf_counter() - began, 1), "import_progress": len(heard)}
    return told | {"import_peak_mb": _peak()}


def run(rows: int, imported: int, folder: Path) -> dict[str, Any]:
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
        told["peak_mb"] = _peak()
        return told | _import(runtime, imported, folder)
    finally:
        valkey.stop()
        postgres.stop()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--imported", type=int, default=10_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="citydesk-bench-") as name:
        Path(name).chmod(0o711)
        print(json.dumps(run(wanted.rows, wanted.imported, Path(name)), indent=2))


if __name__ == "__main__":
    main()
