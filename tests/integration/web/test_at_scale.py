"""Pages that a city opens all day cost the same however many cases there are: no statement once for each row, and of a
big table only what is shown. Times are for `benchmarks/scale.py`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from app.lifecycle.seed import seed
from app.web.app import create_app
from app.wiring import build_runtime
from benchmarks.scale_around import fill_around
from benchmarks.scale_city import fill
from benchmarks.scale_pages import Page, pages, samples_of
from benchmarks.statements import Asked, plan_of, recorded
from tests import demo_city

from .conftest import House

MODELS, CASES = 15, 2000
BIG = 1000
"""Rows from which on a table is big; nothing that is only open or only of today gets there."""
SHARE = 0.35
"""Of a big table: who looks at more than that walks through it."""
MOST_STATEMENTS, MOST_ALIKE = 50, 8
"""Of a page; most have a dozen. The same statement again is one for each order of a case, never one for each row."""
BY_INDEX = "set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off"
"""In a city this small reading all of a table is quick; what is asked is whether there is another way."""
OF_A_SPAN = {"complaints", "dashboard", "dashboard_year", "leader_dashboard", "head_dashboard"}
"""Reports that count what happened in a span of days."""
FEWER_THAN_A_PAGE = {"part_cases"}
"""Where a city this small has less than a list shows, all of it is read."""


@dataclass(frozen=True)
class City:
    house: House
    engine: Engine
    url: str


@pytest.fixture(scope="module")
def large(demo_template: str, postgres_url: str, redis_url: str) -> Iterator[City]:
    """Some dozens of cases through the lifecycle, then copies of them, and what lies around them."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database large_city template {demo_template}")
    settings = demo_city.settings_of(demo_city.in_database(postgres_url, "large_city"), redis_url)
    runtime = build_runtime(settings)
    seed(runtime, MODELS)
    owner = postgres_url.replace("/postgres?", "/large_city?")
    fill(owner, CASES)
    fill_around(owner)
    yield City(House(create_app(runtime, settings)), runtime.sessions.kw["bind"], owner)
    demo_city.close(runtime)


def ask_everything(city: City) -> Iterator[tuple[Page, list[Asked]]]:
    """Each page with its statements."""
    with psycopg.connect(city.url) as db:
        samples = samples_of(db)
    browsers: dict[str, Any] = {}
    for page in pages():
        if page.username not in browsers:
            browsers[page.username] = city.house.browser(page.username)
        path = page.path.format(**samples)
        with recorded(city.engine) as asked:
            answer = browsers[page.username].get(path)
        assert answer.status_code == 200, (page, path, answer.status_code)
        yield page, list(asked)


def big_tables(city: City) -> dict[str, int]:
    sizes = "select relname, reltuples::bigint from pg_class where relkind = 'r' and reltuples >= %s"
    with psycopg.connect(city.url) as db:
        return dict(db.execute(sizes, [BIG]).fetchall())


def walked_through(city: City, asked: Asked, big: dict[str, int]) -> Iterator[str]:
    """The big tables this statement reads in great part, though it may use any index."""
    plan = plan_of(city.engine, asked, BY_INDEX)
    for table, rows in plan.read.items() if plan else ():
        if table in big and rows > big[table] * SHARE:
            yield f"{rows:.0f} of {big[table]} {table}: {' '.join(asked.sql.split())[:700]}"


@pytest.mark.feature("F07", "D12", "V01")
def test_no_page_asks_for_each_row_or_walks_through_a_big_table(large: City) -> None:
    big = big_tables(large)
    assert {"case_file", "registration", "work_order", "time_limit", "notice", "call", "case_search"} <= set(big)
    faults, known = [], set[str]()
    for page, asked in ask_everything(large):
        (often, times), *_ = Counter(each.sql for each in asked).most_common(1)
        if len(asked) > MOST_STATEMENTS or times > MOST_ALIKE:
            faults.append(f"{page.name}: {len(asked)} statements, {times} times {often[:300]}")
        for each in asked:
            if page.name not in OF_A_SPAN | FEWER_THAN_A_PAGE and each.sql not in known:
                known.add(each.sql)
                faults += [f"{page.name}: {walk}" for walk in walked_through(large, each, big)]
    assert not faults, "\n".join(faults)
