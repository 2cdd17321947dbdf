"""What the database says after a kill campaign: numbers and notices doubled or missing, faults in the history."""

import time
from typing import Any

import psycopg
from sqlalchemy.orm import Session

from app import audit
from app.core.db import make_engine


def ledger(url: str, told: list[str]) -> dict[str, int]:
    """Counts of what went wrong, once the outbox is empty. `told` are the acceptance numbers that citizens heard."""
    with psycopg.connect(url, autocommit=True) as connection:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and _number(
            connection, "select count(*) from outbox where state in ('PENDING', 'CLAIMED')"
        ):
            time.sleep(0.1)
        doubled, missing = _numbers(connection, told)
        notices = _number(connection, "select count(*) from notice")
        twice = _number(connection, (
            "select coalesce(sum(n - 1), 0) from (select count(*) n from notice"
            " group by recipient, kind, subject_id, text_key, params having count(*) > 1) doubled"
        ))  # fmt: skip
    engine = make_engine(url)
    with Session(engine) as session:
        faults = len(audit.verify(session))
    engine.dispose()
    return {
        "doubled_numbers": doubled, "missing_numbers": missing, "doubled_notices": twice, "audit_faults": faults,
        "notices": notices,
    }  # fmt: skip


def _numbers(connection: "psycopg.Connection[Any]", told: list[str]) -> tuple[int, int]:
    """Acceptance numbers given twice, and missing ones: told to a citizen and not there, or skipped in the count."""
    rows = [no for (no,) in connection.execute("select acceptance_no from registration").fetchall()]
    doubled = len(rows) - len(set(rows)) + len(told) - len(set(told))
    missing = len(set(told) - set(rows))
    for period, last in connection.execute(
        "select period, last from number_counter where series = 'acceptance'"
    ).fetchall():
        of_the_day = {int(no[8:13]) for no in rows if no.startswith(period.replace("-", ""))}
        missing += len(set(range(1, last + 1)) - of_the_day)
    return doubled, missing


def _number(connection: "psycopg.Connection[Any]", query: str) -> int:
    row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return int(row[0])
