"""What lies around the cases of a large city: calls, callbacks, notices, messages, demands, spot checks, looks.

Made by one statement a table (`scale_around.sql`), out of the cases that are there."""

from pathlib import Path

import psycopg

from benchmarks.scale_city import without_indexes

STATEMENTS = Path(__file__).with_suffix(".sql")
TABLES = (
    "call", "call_leg", "recording", "callback_request", "notice", "outgoing_message", "supervision",
    "supervision_answer", "spot_check", "document", "access_log",
)  # fmt: skip


def fill_around(owner_url: str) -> None:
    """A city that has it already is left alone."""
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as db:
        if db.execute("select exists (select from spot_sample where seed = 'seed0')").fetchone() == (True,):
            return
        db.execute("set session_replication_role = replica")
        db.execute("set maintenance_work_mem = '1GB'")
        with without_indexes(db, TABLES):
            for statement in STATEMENTS.read_text("utf-8").split(";\n"):
                if statement.strip():
                    db.execute(statement)
        db.execute("vacuum analyze")
