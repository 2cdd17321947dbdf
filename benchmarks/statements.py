"""Which statements a page runs, and how PostgreSQL carries them out."""

import json
from collections.abc import Iterator
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
    """How one statement was carried out: milliseconds, 8 KB pages touched, big tables read from end to end."""

    ms: float
    buffers: int
    scanned: frozenset[str]
    tree: Any


def plan_of(engine: Engine, asked: Asked, big: frozenset[str] = frozenset(), *, run: bool = True) -> Plan | None:
    """None for what cannot be explained or would change something. `run`: carry it out, for times and buffers."""
    if asked.many or not asked.sql.lstrip().lower().startswith(("select", "with")):
        return None
    ways = "analyze, buffers, format json" if run else "format json"
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(f"explain ({ways}) {asked.sql}", asked.parameters)
        (told,) = cursor.fetchone()
        connection.rollback()
    top = (json.loads(told) if isinstance(told, str) else told)[0]
    nodes = list(_nodes(top["Plan"]))
    buffers = sum(top["Plan"].get(f"Shared {kind} Blocks", 0) for kind in ("Hit", "Read"))
    scanned = frozenset(node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan") & big
    return Plan(top.get("Execution Time", 0.0) + top.get("Planning Time", 0.0), buffers, scanned, top["Plan"])


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
