"""Facts on disk: written here before anything else knows of them, kept until the database has them.

The same rows bring live calls back after a restart: a call is what its facts add up to."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from app.contacts import SEAT_STATE, CallKind, Fact

SCHEMA = """
create table if not exists fact (
  seq integer primary key, subject text not null, no int not null, kind text not null, text blob not null,
  handed int not null default 0, closed int not null default 0, faulty text, unique (subject, no)
);
create index if not exists fact_waiting on fact (seq) where handed = 0 and faulty is null;
create index if not exists fact_done on fact (subject) where closed = 1;
create table if not exists ended (seq integer primary key, subject text not null unique);
"""
ENDED_KEPT = 20_000
"""Calls that are remembered as ended: more than the channels that Asterisk can hold."""


class Spool:
    """One folder: `spool.db`, and `files/` with recordings that still travel."""

    def __init__(self, folder: Path) -> None:
        self.files = folder / "files"
        self.files.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "spool.db", isolation_level=None)
        # a killed process loses nothing; a machine that loses power, at most the last moment
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    def put(self, fact: Fact) -> None:
        row = (str(fact.subject), fact.no, fact.kind, fact.to_json())
        if fact.kind == CallKind.ENDED:  # first: whoever falls in between has a call that is remembered and goes on
            self._remember(row[0])
        self._db.execute("insert into fact(subject, no, kind, text) values (?, ?, ?, ?)", row)
        if fact.kind == SEAT_STATE:  # of an agent only the newest counts
            self._db.execute("update fact set closed = 1 where subject = ? and no < ?", row[:2])

    def waiting(self, limit: int = 200) -> list[tuple[int, Fact]]:
        """What the database does not have yet, in order."""
        query = "select seq, text from fact where handed = 0 and faulty is null order by seq limit ?"
        return [(seq, Fact.from_json(text)) for seq, text in self._db.execute(query, (limit,))]

    def count_waiting(self) -> int:
        return int(self._db.execute("select count(*) from fact where handed = 0").fetchone()[0])

    def handed_over(self, seqs: Iterable[int]) -> None:
        self._db.execute("begin")
        self._db.executemany("update fact set handed = 1 where seq = ?", [(seq,) for seq in seqs])
        self._db.execute("delete from fact where handed = 1 and closed = 1")
        self._db.execute("commit")

    def set_aside(self, seq: int, reason: str) -> None:
        """A fact the database refuses stays here, and the others go on."""
        self._db.execute("update fact set faulty = ? where seq = ?", (reason[:500], seq))

    def end(self, subject: UUID) -> None:
        """The call is over and its recordings are in: its facts need not come back after a restart."""
        self._db.execute("update fact set closed = 1 where subject = ?", (str(subject),))
        self._db.execute("delete from fact where subject = ? and handed = 1 and closed = 1", (str(subject),))

    def _remember(self, subject: str) -> None:
        self._db.execute("insert or ignore into ended(subject) values (?)", (subject,))
        self._db.execute("delete from ended where seq <= (select max(seq) from ended) - ?", (ENDED_KEPT,))

    def has_ended(self, subject: UUID) -> bool:
        """Also when its facts are no longer here."""
        found = self._db.execute("select 1 from ended where subject = ?", (str(subject),))
        return found.fetchone() is not None

    def alive(self) -> list[Fact]:
        """All facts of calls that were not over, and each agent's newest state; in order."""
        rows = self._db.execute("select text from fact where closed = 0 order by seq")
        return [Fact.from_json(text) for (text,) in rows]
