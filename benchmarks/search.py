"""Search over many cases: how long each kind of query takes, beside trigrams.

    python benchmarks/search.py [--rows 1000000] [--asks 100]

Starts a PostgreSQL of its own with the product's own migrations and fills it by SQL with cases of 80 to 300 Chinese
characters: sentences of the trade with streets, and some thousand rare words. Asks through `app.cases.search`, as a
supervisor of the whole city; `*_department_*` as somebody of one of fourteen departments. Prints one JSON object: rows,
build seconds and megabytes of both indexes, `<kind>_p50_ms` and `_p95_ms`, the same by pg_trgm (`trigram_*`), and how
many times slower trigrams were (`ratio_*`).
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # not this folder: its calendar.py would hide Python's
    sys.path[0] = str(Path(__file__).parents[1])


import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Engine, text

from app.cases.numbers import check_digit
from app.cases.search import Kind, search
from app.cli.servers import start_postgres
from app.core.db import Sessions, make_engine, make_sessions
from app.core.ids import new_id
from app.core.migrate import migrate
from app.identity import Actor, Grant, Role

SUPERVISOR = Actor(new_id(), "值班长", (Grant(Role.SHIFT_SUPERVISOR),))
HANDLER = Actor(new_id(), "d3", (Grant(Role.DEPARTMENT_HANDLER, department="d3"),))
TODAY = date(2026, 11, 18)
PHRASES = [
    "市民来电反映",
    "小区门口的垃圾桶满溢",
    "已经三天没有清运",
    "污水流到路面",
    "夜间施工噪音很大",
    "影响居民正常休息",
    "路灯不亮存在安全隐患",
    "井盖缺失车辆经过十分危险",
    "供水管道破裂路面大量积水",
    "燃气管道有异味请尽快派人检查",
    "暖气不热室内温度只有十四度",
    "占道经营严重堵塞人行道",
    "违章建筑一直没有拆除",
    "公交车拒载乘客",
    "出租车绕路多收费",
    "绿化带被人为破坏",
    "树木倒伏压住电线",
    "物业公司不作为多次投诉没有结果",
    "电梯经常发生故障困人",
    "消防通道被私家车占用",
    "希望有关部门尽快处理并给予答复",
    "此前已经拨打过热线",
    "工作人员答应两日内解决",
    "至今没有人到现场查看",
    "附近有一所小学",
    "早晚高峰经过的学生很多",
    "下水道堵塞臭味难闻",
    "建筑垃圾随意倾倒",
    "广告牌松动随时可能掉落",
    "墙面乱贴小广告",
    "房屋漏水天花板发霉",
    "停电超过六个小时",
]
FAMILY, GIVEN = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗",
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文斌辉波宇浩凯",
)
RARE = "龘鹮翀砀麒麟榉樟杉柘槐椿楸榆桦鹭鸶獾貉沅澧湘漓洮渭泾洛沂沭汶泗滁濉涡颍淝"
STREETS = [
    "书院",
    "解放",
    "人民",
    "中山",
    "建设",
    "和平",
    "新华",
    "胜利",
    "光明",
    "文化",
    "青年",
    "长江",
    "黄河",
    "友谊",
    "幸福",
    "团结",
    "东风",
    "红旗",
    "朝阳",
    "滨河",
]

FILL = """
insert into case_file (id, case_no, instance_id, status, stage, origin, kind, category, incident_summary,
  detailed_content, service_type, district, address, urgency, confidential, lead_department, departments, registered_at,
  ended_at)
select uuid_of('c', n), case_no, uuid_of('c', n), 'COMPLETED', 'RETURN_VISIT_EVALUATION', 'PUBLIC_HOTLINE', 'EVENT',
  'OTHERS', p[1 + (n * 7) % cardinality(p)], content, 'COMPLAINT', 'jz/d' || n % 5,
  s[1 + (n * 13) % cardinality(s)] || '路 ' || 1 + n % 900 || ' 号', 'NORMAL', n % 50 = 0, 'd' || n % 14,
  array['d' || n % 14], at, at
from (select n, timestamptz '2026-11-18 00:00+00' - (interval '95 seconds') * (:rows - n) as at,
        '9' || lpad(n::text, 11, '0') as case_no,
        (select string_agg(p[1 + (hashint8(n * 31 + i) & 65535) % cardinality(p)], '，')
         from generate_series(1, 7 + (n % 17)::int) as i)
        || case when n % 3 = 0 then '，' || substr(:rare, 1 + ((n / 3) % length(:rare))::int, 1)
             || substr(:rare, 1 + ((n / 117) % length(:rare))::int, 1) || '小区' else '' end as content
      from generate_series(cast(:first as bigint), cast(:last as bigint)) as n,
           lateral (select string_to_array(:phrases, ' ') as p) as _) as made,
  lateral (select string_to_array(:phrases, ' ') as p, string_to_array(:streets, ' ') as s) as words
"""
FILL_REGISTRATIONS = """
insert into registration (id, acceptance_no, case_id, command_id, command_hash, caller_name, caller_phone, reported_at,
  channel, incident_source, reply_wish, duty_staff, duty_staff_name, created_at)
select uuid_of('r', n), '9' || lpad(n::text, 13, '0'), uuid_of('c', n), uuid_of('k', n), '',
  substr(:family, 1 + (n % 20)::int, 1) || substr(:given, 1 + ((n / 20) % 40)::int, 1)
    || case when n % 2 = 0 then substr(:given, 1 + ((n / 800) % 40)::int, 1) else '' end,
  '13' || lpad((n * 7919 % 1000000000)::text, 9, '0'), now(), 'PHONE', 'PUBLIC', 'PHONE', uuid_of('c', 1), 'x', now()
from generate_series(cast(:first as bigint), cast(:last as bigint)) as n
"""
UUID_OF = """create function uuid_of(kind text, n bigint) returns uuid language sql immutable as
 $$ select (case kind when 'c' then '00000000-0000-7000-8000-' when 'r' then '00000000-0000-7000-9000-'
    else '00000000-0000-7000-a000-' end || lpad(to_hex(n), 12, '0'))::uuid $$"""
NUMBERED = 500
WORK = ("case_search_grams", "registration_name", "registration_tail")


def fill(engine: Engine, rows: int) -> dict[str, float]:
    """The tables, then the indexes over them in one go, as a restore would."""
    words = {"phrases": " ".join(PHRASES), "streets": " ".join(STREETS), "rare": RARE, "family": FAMILY, "given": GIVEN}
    with engine.begin() as db:
        db.execute(text(UUID_OF))
        made = {
            name: db.scalar(text("select pg_get_indexdef(cast(:name as regclass))"), {"name": name}) for name in WORK
        }
        db.execute(text("; ".join(f"drop index {name}" for name in WORK)))
        db.execute(text("alter table registration disable trigger user; alter table case_file disable trigger "
                        "case_file_numbered"))  # fmt: skip
    for first in range(1, rows + 1, 50_000):
        part = {"first": first, "last": min(rows, first + 49_999)}
        with engine.begin() as db:
            db.execute(text(FILL), {**words, **part, "rows": rows})
            db.execute(text(FILL_REGISTRATIONS), {**words, **part})
    with engine.begin() as db:  # some get numbers with a check digit, as people type them
        numbered = [{"n": n, "sound": sound(n)} for n in range(1, min(rows, NUMBERED) + 1)]
        db.execute(text("update registration set acceptance_no = :sound where id = uuid_of('r', :n)"), numbered)
    told = {}
    for name, definition in made.items():
        told[f"{name}_build_s"] = _timed(engine, str(definition))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("vacuum analyze case_search, case_file, registration"))
        told["case_search_grams_mb"] = db.scalar(text("select pg_relation_size('case_search_grams') / 1048576")) or 0
        told["case_search_mb"] = db.scalar(text("select pg_total_relation_size('case_search') / 1048576")) or 0
        told["characters"] = float(db.scalar(text("select avg(length(body)) from case_search limit 1")) or 0)
    return told


def sound(n: int) -> str:
    return (digits := f"8{n:012d}") + check_digit(digits)


def _timed(engine: Engine, statement: str) -> float:
    began = time.perf_counter()
    with engine.begin() as db:
        db.execute(text("set local maintenance_work_mem = '1GB'"))
        db.execute(text(statement))
    return round(time.perf_counter() - began, 1)


def words_of(dice: random.Random, length: int) -> str:
    """A piece of a common phrase, or every third time of a rare name."""
    if dice.random() < 1 / 3:
        return f"{dice.choice(RARE)}{dice.choice(RARE)}小区"[:length]
    phrase = dice.choice([phrase for phrase in PHRASES if len(phrase) >= length])
    at = dice.randrange(len(phrase) - length + 1)
    return phrase[at : at + length]


def questions(rows: int, dice: random.Random) -> dict[str, Callable[[], tuple[Kind, str]]]:
    def phone() -> str:
        return f"13{dice.randrange(1, rows + 1) * 7919 % 10**9:09d}"

    return {
        "number": lambda: (Kind.NUMBER, sound(dice.randrange(1, min(rows, NUMBERED) + 1))),
        "telephone": lambda: (Kind.TELEPHONE, phone()),
        "telephone4": lambda: (Kind.TELEPHONE, phone()[-4:]),
        "person": lambda: (Kind.PERSON, dice.choice(FAMILY) + dice.choice(GIVEN) + dice.choice(GIVEN)),
        "person2": lambda: (Kind.PERSON, dice.choice(FAMILY) + dice.choice(GIVEN)),
        "address": lambda: (Kind.ADDRESS, f"{dice.choice(STREETS)}路 {dice.randrange(1, 900)} 号"),
        "text1": lambda: (Kind.TEXT, words_of(dice, 1)),
        "text2": lambda: (Kind.TEXT, words_of(dice, 2)),
        "text4": lambda: (Kind.TEXT, words_of(dice, 4)),
        "text2_and2": lambda: (Kind.TEXT, f"{words_of(dice, 2)} {words_of(dice, 2)}"),
    }


def measure(sessions: Sessions, rows: int, asks: int) -> dict[str, float]:
    told: dict[str, float] = {}
    for person, suffix in ((SUPERVISOR, ""), (HANDLER, "_department")):
        dice = random.Random(12319)
        for name, question in questions(rows, dice).items():
            if suffix and not name.startswith("text"):
                continue
            told |= _percentiles(f"{name}{suffix}", [_ask(sessions, person, *question()) for _ in range(asks)])
    return told


def _ask(sessions: Sessions, person: Actor, kind: Kind, asked: str) -> float:
    began = time.perf_counter()
    with sessions() as session:
        search(session, person, asked, today=TODAY, kind=kind)
    return (time.perf_counter() - began) * 1000


def _percentiles(name: str, times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=20)
    return {f"{name}_p50_ms": round(statistics.median(times), 2), f"{name}_p95_ms": round(cuts[18], 2)}


TRIGRAM = """select c.id from case_search s join case_file c on c.id = s.case_id where s.body like :like
 order by c.registered_at desc, c.id desc limit 50"""


def by_trigrams(engine: Engine, asks: int, mine: dict[str, float]) -> dict[str, float]:
    """The same words by pg_trgm, newest first, in place of our index."""
    index = "create index trigrams on case_search using gin (body gin_trgm_ops)"
    _timed(engine, "create extension if not exists pg_trgm; drop index case_search_grams")
    told = {"trigram_build_s": _timed(engine, index)}
    with engine.begin() as db:
        db.execute(text("analyze case_search"))
        told["trigram_mb"] = db.scalar(text("select pg_relation_size('trigrams') / 1048576")) or 0
    for length in (2, 4):
        dice, times = random.Random(12319), []
        for _ in range(asks):
            with engine.begin() as db:
                began = time.perf_counter()
                db.execute(text("set local statement_timeout = '20s'"))
                db.execute(text(TRIGRAM), {"like": f"%{words_of(dice, length)}%"}).all()
                times.append((time.perf_counter() - began) * 1000)
        told |= _percentiles(f"trigram_text{length}", times)
        for cut in ("p50", "p95"):
            ratio = told[f"trigram_text{length}_{cut}_ms"] / mine[f"text{length}_{cut}_ms"]
            told[f"ratio_text{length}_{cut}"] = round(ratio, 1)
    return told


def run(rows: int, asks: int, folder: Path) -> dict[str, Any]:
    server = start_postgres(folder, fsync=False)
    try:
        owner = make_engine(server.url)
        migrate(owner)
        told = fill(owner, rows)
        sessions = make_sessions(make_engine(server.url.replace("postgres@", "citydesk_app@")))
        mine = measure(sessions, rows, asks)
        return {"rows": rows, **told, **mine, **by_trigrams(owner, asks, mine)}
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--asks", type=int, default=100)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="citydesk-bench-") as name:
        Path(name).chmod(0o711)
        print(json.dumps(run(wanted.rows, wanted.asks, Path(name)), indent=2))


if __name__ == "__main__":
    main()
