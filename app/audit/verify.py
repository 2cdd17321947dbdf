"""Recompute the chains and compare each last row with its stream's head."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row as ResultRow
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit.chain import GENESIS, Row, chain, detail_hash

Code = Literal["edited", "missing", "unlinked", "head", "no-head", "detail"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the past is not what was written.

    `edited`: a row's content does not give its hash. `missing`: numbers jump. `unlinked`: the row before is another.
    `head`: the stream's last row is not the one its head names. `no-head`: a stream that nothing accounts for.
    `detail`: the personal part is not the one that was recorded."""

    stream: UUID
    no: int
    code: Code


# One statement sees one moment: a command that commits meanwhile shows neither its row nor its head. The lateral joins
# make the planner go by the index, stream by stream, whatever it thinks of the tables' sizes.
BATCH = """
with batch as materialized (
  select stream, no, head from history_head
   where {where}
   order by stream limit :size)
select b.stream, b.no as head_no, b.head, h.no, h.command_id, h.kind, h.actor, h.actor_name, h.on_behalf_of,
       h.recorded_at, h.occurred_at, h.bundle, h.steps::text as steps, h.changes::text as changes,
       h.result::text as result, h.detail_hash, h.format, h.previous, h.hash, d.salt, d.body::text as body
  from batch b
  left join lateral (select * from history r where r.stream = b.stream offset 0) h on true
  left join lateral (select * from history_detail r where r.stream = h.stream and r.no = h.no offset 0) d on true
 order by b.stream, h.no"""
ORPHANS = """
select h.stream, min(h.no) as no from history h
 where {where} and not exists (select from history_head s where s.stream = h.stream)
 group by h.stream order by h.stream limit :limit"""
FROM_THE_START = UUID(int=0)
# one text for one stream and one for all, as a condition for both would hide the index from the planner
ONE_BATCH, ALL_BATCHES = (text(BATCH.format(where=where)) for where in ("stream = :only", "stream > :after"))
ONE_ORPHAN, ALL_ORPHANS = (text(ORPHANS.format(where=where)) for where in ("h.stream = :only", "true"))


def verify(session: Session, stream: UUID | None = None, *, batch: int = 1000, limit: int = 1000) -> list[Fault]:
    """Check one stream, or all of them in batches of streams; returns the first `limit` faults, [] when all is well.

    Runs beside writers: every batch is read as of one moment. Memory stays bounded by a fetch of 5,000 rows."""
    faults: list[Fault] = []
    after = FROM_THE_START
    while len(faults) < limit:
        query, which = (ALL_BATCHES, {"after": after}) if stream is None else (ONE_BATCH, {"only": stream})
        options = {"stream_results": True, "yield_per": 5000}
        rows = session.execute(query, {**which, "size": batch}, execution_options=options)
        seen = 0
        for key, of_stream in groupby(rows, key=attrgetter("stream")):
            seen, after = seen + 1, key
            faults.extend(_check(key, of_stream))
        if stream is not None or seen < batch:
            break
    query, which = (ALL_ORPHANS, {}) if stream is None else (ONE_ORPHAN, {"only": stream})
    orphans = session.execute(query, {**which, "limit": limit})
    faults.extend(Fault(row.stream, row.no, "no-head") for row in orphans)
    return faults[:limit]


def _check(stream: UUID, rows: Iterable[ResultRow[Any]]) -> Iterator[Fault]:
    last_no, last_hash = 0, GENESIS
    head_no, head = 0, GENESIS
    for row in rows:
        head_no, head = row.head_no, bytes(row.head)
        if row.no is None:  # a head without any row
            break
        if row.no != last_no + 1:
            yield Fault(stream, last_no + 1, "missing")
        elif bytes(row.previous) != last_hash:
            yield Fault(stream, row.no, "unlinked")
        if chain(bytes(row.previous), _as_written(row)) != bytes(row.hash):
            yield Fault(stream, row.no, "edited")
        if row.body is not None and detail_hash(bytes(row.salt), row.body) != bytes(row.detail_hash or b""):
            yield Fault(stream, row.no, "detail")
        last_no, last_hash = row.no, bytes(row.hash)
    if (last_no, last_hash) != (head_no, head):
        yield Fault(stream, last_no, "head")


def _as_written(row: ResultRow[Any]) -> Row:
    return Row(
        row.stream, row.no, row.command_id, row.kind, row.actor, row.actor_name, row.on_behalf_of, row.recorded_at,
        row.occurred_at, row.bundle, row.steps, row.changes, row.result,
        None if row.detail_hash is None else bytes(row.detail_hash), row.format,
    )  # fmt: skip
