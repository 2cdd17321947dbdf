"""Which statements a page runs, and how PostgreSQL carries them out."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

NOT_ASKED = ("select pg_catalog.version", "begin", "show ")


@dataclass(slots=True)
class Asked:
    """One statement as the driver got it."""

    sql: str
    parameters: Any
    many: bool = False


@dataclass(slots=True)
class Recorder:
    asked: list[Asked] = field(default_factory=list)

    def note(self, _connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        if not sql.lower().startswith(NOT_ASKED):
            self.asked.append(Asked(sql, parameters, many))


@contextmanager
def recorded(engine: Engine) -> Iterator[list[Asked]]:
    """The statements that run inside."""
    recorder = Recorder()
    event.listen(engine, "before_cursor_execute", recorder.note)
    try:
        yield recorder.asked
    finally:
        event.remove(engine, "before_cursor_execute", recorder.note)


@dataclass(frozen=True, slots=True)
class Plan:
    """How one statement was carried out: milliseconds, 8 KB pages touched, rows looked at by table."""

    ms: float
    buffers: int
    read: Mapping[str, float]
    tree: Any


def plan_of(engine: Engine, asked: Asked, settings: str = "") -> Plan | None:
    """None for what cannot be explained or would change something. `settings`: set just for this."""
    if asked.many or not asked.sql.lstrip().lower().startswith(("select", "with")):
        return None
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        if settings:
            cursor.execute(settings)
        cursor.execute(f"explain (analyze, buffers, format json) {asked.sql}", asked.parameters)
        (told,) = cursor.fetchone()
        connection.rollback()
    top = (json.loads(told) if isinstance(told, str) else told)[0]
    read: dict[str, float] = defaultdict(float)
    for node in _nodes(top["Plan"]):
        if table := node.get("Relation Name"):
            looked = (node.get(key, 0) for key in ("Actual Rows", *_REMOVED))
            read[table] += sum(looked) * node["Actual Loops"]
    buffers = sum(top["Plan"].get(f"Shared {kind} Blocks", 0) for kind in ("Hit", "Read"))
    return Plan(top["Execution Time"] + top["Planning Time"], buffers, dict(read), top["Plan"])


_REMOVED = ("Rows Removed by Filter", "Rows Removed by Index Recheck")


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
