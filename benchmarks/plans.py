"""What each page of the daily work asks of the database in a large city, statement by statement.

    python benchmarks/plans.py --folder /tmp/city [--slow 5] [page ...]

Wants a city that `scale.py --folder` has built. For every page, or those named: how many statements it runs, the
milliseconds of processor it takes here (the best of five), the milliseconds and 8 KB pages of all its statements, and
those that take more than `--slow` milliseconds in full. Times of a busy machine say little; pages touched do.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import argparse
import re
import time
from typing import Any

import psycopg
from flask.testing import FlaskClient
from sqlalchemy import Engine

from app.cli.servers import start_postgres, start_valkey
from app.core.db import make_engine
from app.core.migrate import migrate
from app.core.settings import load_settings
from app.identity import DEMO_PASSWORD
from app.web.app import create_app
from app.wiring import build_runtime
from benchmarks.scale import environment
from benchmarks.scale_pages import Page, pages, samples_of
from benchmarks.statements import Asked, Plan, plan_of, recorded


def client_of(app: Any, username: str) -> FlaskClient:
    client: FlaskClient = app.test_client()
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/sign-in").text)
    assert token
    form = {"username": username, "password": DEMO_PASSWORD, "csrf_token": token[1]}
    assert client.post("/sign-in", data=form).status_code == 302
    return client


def report(engine: Engine, client: FlaskClient, page: Page, path: str, slow: float) -> None:
    client.get(path)
    times = []
    with recorded(engine) as asked:
        status = client.get(path).status_code
        statements = list(asked)
    for _ in range(5):
        began = time.process_time()
        client.get(path)
        times.append((time.process_time() - began) * 1000)
    found = [(each, plan) for each in statements if (plan := plan_of(engine, each)) is not None]
    ms, buffers = sum(plan.ms for _, plan in found), sum(plan.buffers for _, plan in found)
    print(f"{page.name:24} {status} {len(statements):3} statements {min(times):6.1f} ms here"
          f" + {ms:6.1f} ms {buffers:7} pages there", flush=True)  # fmt: skip
    for each, plan in found:
        if plan.ms > slow:
            _explain(each, plan)


def _explain(asked: Asked, plan: Plan) -> None:
    print(f"    {plan.ms:.1f} ms, {plan.buffers} pages: {' '.join(asked.sql.split())[:1500]}")
    _draw(plan.tree, 3)


def _draw(node: Any, depth: int) -> None:
    touched = node.get("Shared Hit Blocks", 0) + node.get("Shared Read Blocks", 0)
    what = node.get("Index Name") or node.get("Relation Name") or ""
    name = f"{node['Node Type']} {what}"
    rows = f"{node['Actual Rows']}×{node['Actual Loops']} rows, removed {node.get('Rows Removed by Filter', 0)}"
    print(f"{'  ' * depth}{name}: {rows}, {touched} pages, {node['Actual Total Time']:.1f} ms")
    for child in node.get("Plans", ()):
        _draw(child, depth + 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--slow", type=float, default=5)
    parser.add_argument("pages", nargs="*")
    wanted = parser.parse_args()
    postgres, valkey = start_postgres(wanted.folder, fsync=False), start_valkey(wanted.folder)
    try:
        migrate(make_engine(postgres.url))
        settings = load_settings(environment(postgres.url, valkey.url))
        runtime = build_runtime(settings)
        app, engine = create_app(runtime, settings), runtime.sessions.kw["bind"]
        with psycopg.connect(postgres.url) as db:
            samples = samples_of(db)
        clients: dict[str, FlaskClient] = {}
        for page in pages():
            if not wanted.pages or any(re.fullmatch(each, page.name) for each in wanted.pages):
                client = clients.setdefault(page.username, client_of(app, page.username))
                report(engine, client, page, page.path.format(**samples), wanted.slow)
    finally:
        valkey.stop()
        postgres.stop()


if __name__ == "__main__":
    main()
