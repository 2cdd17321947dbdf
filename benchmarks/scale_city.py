"""A city with many cases, made quickly: some dozens are played through the real lifecycle, then copied.

A copy has ids, numbers, times, a caller and words of its own in every table; its history is its model's, which the
newest copies and all open ones have (chains of copies do not verify: their rows were hashed for another stream).
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

import psycopg

from app.cases.numbers import check_digit
from benchmarks.search import FAMILY, GIVEN, PHRASES, RARE, STREETS

OPEN_SHARE = 0.015
YEARS = 3
WITH_HISTORY = 20_000
BATCH = 50_000
BY_CASE = (
    "processing_form", "work_order", "time_limit", "stage_time", "case_fact", "leader_instruction", "supervision",
    "return_visit", "evaluation",
)  # fmt: skip
BY_INSTANCE = ("user_task", "timer", "subscription")
OWN_IDS = {
    "id", "case_id", "instance_id", "order_id", "registration_id", "processing_form_id", "command_id", "task_id",
    "timer_id", "wait_id", "subject_id", "stream",
}  # fmt: skip
"""Columns whose ids a copy has for itself; all other ids name people, bundles and calendars."""
FUNCTIONS = """
create schema model;
-- the time in a UUIDv7 moves with the case, so that copies lie in the indexes as real ones would
create function model.copy_id(id uuid, n bigint, shift interval) returns uuid language sql immutable as $$
  select case when id is null then null else (
    lpad(to_hex(greatest(0, ('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint
      + (extract(epoch from shift) * 1000)::bigint)), 12, '0')
    || '7' || substr(h, 14, 3) || 'a' || substr(h, 18, 15))::uuid end
  from (select md5(id::text || n) as h) as _
$$;
create table model.copy (
  n bigint primary key, case_id uuid not null, shift interval not null, case_no text, acceptance_no text,
  caller_name text, caller_phone text, summary text, content text
)
"""
Connection = psycopg.Connection[Any]


def fill(owner_url: str, cases: int) -> None:
    """Bring a seeded city to `cases` cases."""
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as db:
        db.execute("set session_replication_role = replica")  # copies need no triggers, their models had them
        db.execute("set maintenance_work_mem = '1GB'")
        db.execute(FUNCTIONS)
        columns = _columns(db)
        models = _keep_models(db)
        copies = cases - len(models)
        with db.cursor().copy("copy model.copy from stdin") as stream:
            for row in _copies(models, copies, random.Random(12319)):
                stream.write_row(row)
        with without_indexes(db, [*(name for name in columns if not name.startswith("history")), "case_search"]):
            for first in range(1, copies + 1, BATCH):
                _copy_batch(db, columns, first, min(copies, first + BATCH - 1), copies)
        _rename_tasks(db)
        db.execute("drop schema model cascade")
        db.execute("vacuum analyze")


def _columns(db: Connection) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    query = """select table_name, column_name, data_type from information_schema.columns
                where table_schema = 'public' and is_identity = 'NO' order by table_name, ordinal_position"""
    for table, column, kind in db.execute(query):
        found.setdefault(table, []).append((column, kind))
    names = ("case_file", "registration", *BY_CASE, "instance", *BY_INSTANCE, "history", "history_detail")
    return {name: found[name] for name in names}


def _keep_models(db: Connection) -> list[tuple[UUID, bool, datetime]]:
    """The seeded cases' rows, each with the case it belongs to. Returns case, whether it is open, its beginning."""
    db.execute("""create table model.owner as
        select id as thing, id as of_case from case_file union all select id, case_id from work_order""")
    db.execute("create table model.case_file as select *, id as of_case from case_file")
    for table in ("registration", *BY_CASE):
        db.execute(f"create table model.{table} as select *, case_id as of_case from {table}")
    db.execute("""create table model.instance as
        select i.*, o.of_case from instance i join model.owner o on o.thing = i.subject_id""")
    for table in BY_INSTANCE:
        db.execute(f"""create table model.{table} as
            select t.*, i.of_case from {table} t join model.instance i on i.id = t.instance_id""")
    for table in ("history", "history_detail"):
        db.execute(f"""create table model.{table} as
            select h.*, i.of_case from {table} h join model.instance i on i.id = h.stream""")
    db.execute("analyze")
    query = "select id, ended_at is null, registered_at from case_file order by registered_at"
    return [(row[0], row[1], row[2]) for row in db.execute(query)]


@contextmanager
def without_indexes(db: Connection, tables: Sequence[str]) -> Iterator[None]:
    """Fill these without the indexes that no key needs, and make them in one go afterwards, as a restore would."""
    indexes = db.execute(
        """select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i
            where i.indrelid = any(%s::text[]::regclass[]) and not i.indisunique and not i.indisprimary
              and not exists (select from pg_inherits where inhrelid = i.indexrelid)""",
        [list(tables)],
    ).fetchall()
    for name, _ in indexes:
        db.execute(f"drop index {name}")
    yield
    for _, definition in indexes:
        db.execute(definition)


def _copies(models: list[tuple[UUID, bool, datetime]], copies: int, dice: random.Random) -> Iterator[tuple[Any, ...]]:
    """One row a copy: a few kinds of case are common, most are rare; the last ones are open."""
    now = datetime.now(UTC)
    finished = [(case, began) for case, is_open, began in models if not is_open]
    running = [(case, began) for case, is_open, began in models if is_open]
    dice.shuffle(finished)
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(finished))))
    left_open = int(copies * OPEN_SHARE)
    words = Words(dice)
    of_day: dict[str, int] = {}
    for n in range(1, copies + 1):
        if n <= copies - left_open:
            case, began = dice.choices(finished, cum_weights=weights)[0]
            at = now - timedelta(days=3) - timedelta(days=365 * YEARS) * (1 - n / copies)
        else:
            case, began = dice.choice(running)
            at = min(now, began + timedelta(days=2)) - timedelta(days=9) * dice.random() ** 3
        day = f"{at:%y%m%d}"
        of_day[day] = of_day.get(day, 20_000) + 1
        digits, longer = f"{day}{of_day[day]:05d}", f"20{day}{of_day[day]:05d}"
        numbers = digits + check_digit(digits), longer + check_digit(longer)
        yield n, case, at - began, *numbers, words.name(), words.phone(), *words.report()


class Words:
    """Reports of 80 to 300 characters: phrases by their rank, places by theirs, now and then a rare name."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.phrases, self.of_phrases = PHRASES, list(accumulate(1 / (rank + 5) for rank in range(len(PHRASES))))
        halves = "金玉锦华春江南湖柳翠云星龙凤桂兰松竹梅雅"
        second = "苑园庭城府湾里坊轩居台阁洲岸郡"
        self.places = [f"{a}{b}{c}" for a in halves for b in halves for c in second if a != b]
        dice.shuffle(self.places)
        self.of_places = list(accumulate(1 / (rank + 20) for rank in range(len(self.places))))

    def name(self) -> str:
        given = self.dice.choice(GIVEN) + (self.dice.choice(GIVEN) if self.dice.random() < 0.7 else "")
        return self.dice.choice(FAMILY) + given

    def phone(self) -> str:
        return f"1{self.dice.choice('3578')}{self.dice.randrange(10**9):09d}"

    def report(self) -> tuple[str, str]:
        """Summary and content."""
        dice = self.dice
        place = dice.choices(self.places, cum_weights=self.of_places)[0]
        parts = dice.choices(self.phrases, cum_weights=self.of_phrases, k=dice.randrange(7, 21))
        street = f"{dice.choice(STREETS)}路{dice.randrange(1, 900)}号{place}"
        rare = f"，{dice.choice(RARE)}{dice.choice(RARE)}商行门前" if dice.random() < 0.02 else ""
        content = f"{street}{rare}，" + "，".join(parts)
        return f"{place}{parts[0]}"[:30], f"{content}。来电人要求{dice.randrange(1, 15)}日内答复"[:300]


def _copy_batch(db: Connection, columns: dict[str, list[tuple[str, str]]], first: int, last: int, copies: int) -> None:
    own = {
        "case_file": {"case_no": "k.case_no", "incident_summary": "k.summary", "detailed_content": "k.content"},
        "registration": {
            "acceptance_no": "k.acceptance_no", "caller_name": "k.caller_name", "caller_phone": "k.caller_phone",
            "command_id": "model.copy_id(m.id, k.n, k.shift)",
        },
        "work_order": {"order_no": "k.case_no || substring(m.order_no from '-[0-9]+$')"},
        "processing_form": {"processing_no": "m.processing_no || '-' || k.n"},
        "subscription": {},
    }  # fmt: skip
    for table, of_table in columns.items():
        names = [f'"{column}"' for column, _ in of_table]
        values = [own.get(table, {}).get(column) or _value(column, kind) for column, kind in of_table]
        with_history = table.startswith("history")
        since = max(first, copies - max(WITH_HISTORY, int(copies * OPEN_SHARE)) + 1) if with_history else first
        if since <= last:
            db.execute(
                f"""insert into {table} ({", ".join(names)}) select {", ".join(values)}
                      from model.copy k join model.{table} m on m.of_case = k.case_id where k.n between %s and %s""",
                [since, last],
            )
    db.execute(
        """insert into case_search (case_id, registered_at, address, body)
           select model.copy_id(m.id, k.n, k.shift), m.registered_at + k.shift, search_plain(m.address),
                  search_plain(concat_ws(' ', k.summary, k.content, m.address))
             from model.copy k join model.case_file m on m.of_case = k.case_id where k.n between %s and %s""",
        [first, last],
    )


def _rename_tasks(db: Connection) -> None:
    """An instance's state names its open tasks: in a copy by the copy's ids, so that their forms open."""
    db.execute("""update instance i
           set state = convert_to(
             replace(convert_from(i.state, 'UTF8'), m.hex, replace(u.task_id::text, '-', '')), 'UTF8')
          from user_task u
          join (select element, replace(task_id::text, '-', '') as hex from model.user_task) m on m.element = u.element
         where u.instance_id = i.id and replace(u.task_id::text, '-', '') <> m.hex
           and position(m.hex in convert_from(i.state, 'UTF8')) > 0""")


def _value(column: str, kind: str) -> str:
    if column in OWN_IDS and kind == "uuid":
        return f'model.copy_id(m."{column}", k.n, k.shift)'
    if kind == "timestamp with time zone":
        return f'case when m."{column}" > \'9000-01-01\' then m."{column}" else m."{column}" + k.shift end'
    return f'm."{column}"'
