"""Bringing in former registrations (W17, W19): columns guessed, every row checked first, the same row never twice."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import chain, islice
from pathlib import Path
from typing import Any
from uuid import UUID

from openpyxl.utils.datetime import from_excel
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import audit
from app.citizens import find_or_create, normalise_phone
from app.core.errors import Invalid
from app.core.ids import derived_id
from app.identity import Actor, require
from app.reports.actions import add_job
from app.reports.models import ImportedRegistration, ReportJob
from app.reports.sheets import Row, rows_of
from app.workflow.runtime import Runtime

BATCH = 500
UPLOAD = "upload-"
KEEP_UPLOADS = timedelta(days=1)
MOST_FAULTS = 200
MOST_TITLES = 10
"""Rows over the heading: former systems put a title and the day of the export there."""
LONGEST: Mapping[str, int] = {
    "former_no": 60, "caller_name": 60, "caller_phone": 40, "category": 60, "summary": 300, "content": 20_000,
    "address": 300, "result": 5_000,
}  # fmt: skip
HEADINGS: Mapping[str, str] = {
    "former_no": "受理号|受理编号|登记号|编号|工单号|流水号|acceptance no|acceptance number|number|no|former no",
    "caller_name": "来电人|姓名|联系人|市民姓名|诉求人|caller|name|caller name",
    "caller_phone": "电话|来电电话|联系电话|来电号码|手机|电话号码|telephone|phone|caller phone|reporting telephone",
    "reported_at": "时间|受理时间|来电时间|登记时间|反映时间|日期|reporting time|time|date|reported at|registered",
    "category": "类别|问题类别|诉求类型|分类|category|problem category",
    "summary": "概要|标题|事件概要|事由|摘要|summary|title|time summary|incident summary",
    "content": "内容|详细内容|诉求内容|反映内容|详细描述|content|detailed content|details|description",
    "address": "地址|事发地址|地点|发生地址|address|place|location",
    "result": "结果|处理结果|办理结果|答复|回复内容|result|reply|processing result",
}
"""What former systems call each field, in both languages."""
_TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d",
          "%Y年%m月%d日 %H:%M", "%Y年%m月%d日",
          "%Y年%m月%d日 %H时%M分", "%Y.%m.%d %H:%M:%S", "%Y.%m.%d %H:%M", "%Y.%m.%d")  # fmt: skip

_TOTAL = re.compile(r"(合计|总计|共计|小计|(grand |sub)?totals?)\s*[:：]?\s*(\d+\s*[条件行]?)?", re.IGNORECASE)
_DAYS = re.compile(r"\d{5}(\.\d+)?")
"""How a spreadsheet counts days; compact dates have eight digits."""

Mapped = Mapping[str, int]
"""Field → the column's place, from 0."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be brought in: `key` names the sentence, `key.remedy` what to do."""

    row: int
    """As the spreadsheet counts: the heading is row 1."""
    column: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What an import would do; nothing was saved."""

    headings: Sequence[str]
    mapping: Mapped
    lacking: Sequence[str]
    """Fields without a column that must have one; nothing was checked then."""
    rows: int
    good: int
    known: int
    """Of the good ones, those that were brought in before."""
    repeated: int
    """Good as well, but the same as a row above them."""
    faults: Sequence[Fault]


def guess(headings: Row) -> dict[str, int]:
    """Which column holds what, by its heading in either language; each column once."""
    plain = [re.sub(r"[\s_\-.:：*（）()]+", " ", heading).strip().lower() for heading in headings]
    found: dict[str, int] = {}
    for field, written in HEADINGS.items():
        names = written.split("|")
        place = next((i for name in names for i, h in enumerate(plain) if h == name and i not in found.values()), None)
        if place is not None:
            found[field] = place
    return found


def try_out(session: Session, path: Path, zone: tzinfo, mapping: Mapped | None = None) -> Trial:
    """Check every row and save nothing. Raises Invalid for a file that is no table."""
    table = _opened(path)
    mapping = mapping or guess(table.headings)
    if lacking := _lacking(mapping):
        return Trial(table.headings, mapping, lacking, 0, 0, 0, 0, [])
    count = known = copies = 0
    seen: set[UUID] = set()
    faults: list[Fault] = []
    for batch in _batches(_checked(table, mapping, zone), BATCH):
        good = [each["id"] for each in batch if isinstance(each, dict)]
        faults += [each for each in batch if isinstance(each, Fault)][: MOST_FAULTS - len(faults)]
        fresh = set(good) - seen
        seen |= fresh
        count, copies = count + len(batch), copies + len(good) - len(fresh)
        known += _known(session, fresh)
    return Trial(table.headings, mapping, [], count, len(seen), known, copies, faults)


def ask_for_import(
    session: Session, job_id: UUID, file: str, mapping: Mapped, *, actor: Actor, language: str, now: datetime
) -> ReportJob:
    """Order the import of a file that was tried out. Raises Forbidden, Invalid."""
    require(actor, "case.import")
    if lacking := _lacking(mapping):
        names = ", ".join(HEADINGS[field].partition("|")[0] for field in lacking)
        raise Invalid(
            "reports.import.columns", {field: ("reports.import.no_column", {}) for field in lacking}, names=names
        )
    params = {"file": file, "mapping": dict(mapping)}
    job = add_job(session, "IMPORT", params, actor, language, now, job_id)
    audit.record(session, job.id, "import.asked", actor=actor, now=now, stream_kind="import")
    return job


def bring_in(runtime: Runtime, job: ReportJob, actor: Actor, folder: Path, progress: Callable[[int], None]) -> None:
    """Save the good rows in batches, each its own transaction: what a crash interrupts goes on where it was, since a
    row's id is made from what it says."""
    path, mapping = folder / str(job.params["file"]), {k: int(v) for k, v in job.params["mapping"].items()}
    done = new = bad = 0
    for batch in _batches(_checked(_opened(path), mapping, runtime.zone), BATCH):
        values = [each for each in batch if isinstance(each, dict)]
        with runtime.sessions.begin() as session:
            new += _save(session, values, job, runtime.clock.now())
        done, bad = done + len(batch), bad + len(batch) - len(values)
        progress(done)
    with runtime.sessions.begin() as session:
        result = {"new": new, "known": done - bad - new, "refused": bad}
        ended = {"state": "DONE", "done": done, "total": done, "result": result, "ended_at": runtime.clock.now()}
        session.execute(update(ReportJob).where(ReportJob.id == job.id).values(**ended))
        audit.record(
            session, job.id, "import.done", actor=actor, now=runtime.clock.now(), result=result, stream_kind="import"
        )
    path.unlink(missing_ok=True)


def forget_uploads(runtime: Runtime, *, folder: Path) -> None:
    """Files that were tried out and never brought in, or whose import failed, are erased: they hold callers' names and
    numbers. What an import still waits for stays."""
    old = (runtime.clock.now() - KEEP_UPLOADS).timestamp()
    with runtime.sessions() as session:
        waiting = select(ReportJob.params["file"].astext)
        waiting = waiting.where(ReportJob.kind == "IMPORT", ReportJob.state.in_(("WAITING", "RUNNING")))
        wanted = set(session.scalars(waiting))
    for path in folder.glob(f"{UPLOAD}*"):
        if path.name not in wanted and path.stat().st_mtime < old:
            path.unlink(missing_ok=True)


def _batches(rows: Iterator[dict[str, Any] | Fault], size: int) -> Iterator[list[dict[str, Any] | Fault]]:
    while batch := list(islice(rows, size)):
        yield batch


def _lacking(mapping: Mapped) -> list[str]:
    missing = [field for field in ("reported_at", "caller_phone") if field not in mapping]
    return missing if {"summary", "content"} & set(mapping) else [*missing, "content"]


@dataclass(frozen=True, slots=True)
class _Table:
    headings: Row
    rows: Iterator[Row]
    """Those below the heading."""
    first: int
    """The first of them, as the spreadsheet counts."""


def _opened(path: Path) -> _Table:
    """The heading is the first row that names all that is needed, else the first one."""
    rows = rows_of(path)
    top = list(islice(rows, MOST_TITLES))
    place = next((i for i, row in enumerate(top) if not _lacking(guess(row))), 0)
    return _Table(top[place] if top else [], chain(top[place + 1 :], rows), place + 2)


def _checked(table: _Table, mapping: Mapped, zone: tzinfo) -> Iterator[dict[str, Any] | Fault]:
    for number, row in enumerate(table.rows, table.first):
        if any(row):
            checked = _check(number, row, table.headings, mapping, zone)
            if isinstance(checked, dict) or not _is_total(row):
                yield checked


def _is_total(row: Row) -> bool:
    """What former systems put below or between the rows: 合计 and sums."""
    return _TOTAL.fullmatch(next(filter(None, row))) is not None


def _check(number: int, row: Row, headings: Row, mapping: Mapped, zone: tzinfo) -> dict[str, Any] | Fault:
    cells = {field: row[place] if place < len(row) else "" for field, place in mapping.items()}

    def fault(field: str, key: str) -> Fault:
        place = mapping.get(field, 0)
        return Fault(number, headings[place] if place < len(headings) else field, f"reports.fault.{key}",
                     cells.get(field, "")[:80])  # fmt: skip

    for field, most in LONGEST.items():
        if len(cells.get(field, "")) > most:
            return fault(field, "too_long")
        if "\0" in cells.get(field, ""):
            return fault(field, "unreadable")
    at = _time(cells.get("reported_at", ""), zone)
    if at is None:
        return fault("reported_at", "time")
    phone = normalise_phone(cells.get("caller_phone", ""))
    if cells.get("caller_phone") and not 3 <= len(phone.lstrip("+")) <= 20:
        return fault("caller_phone", "phone")
    if not (cells.get("summary") or cells.get("content")):
        return fault("content" if "content" in mapping else "summary", "empty")
    values = {field: cells.get(field, "") for field in LONGEST} | {"caller_phone": phone, "reported_at": at}
    said = (values[field] for field in sorted(values) if field != "reported_at")
    return values | {"id": derived_id("imported", at.isoformat(), *said), "row_no": number}


def _time(written: str, zone: tzinfo) -> datetime | None:
    at = _counted(written) or next((t for form in (None, *_TIMES) if (t := _parsed(written, form)) is not None), None)
    if at is None or not 1980 <= at.year <= 2100:
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _counted(written: str) -> datetime | None:
    at = from_excel(float(written)) if _DAYS.fullmatch(written) else None
    return at if isinstance(at, datetime) else None


def _parsed(written: str, form: str | None) -> datetime | None:
    """By the form, or as ISO without one; without a zone, which the caller puts on."""
    try:
        return datetime.strptime(written, form) if form else datetime.fromisoformat(written)
    except ValueError:
        return None


def _known(session: Session, ids: Collection[UUID]) -> int:
    return session.scalar(select(func.count()).where(ImportedRegistration.id.in_(ids))) or 0


def _save(session: Session, values: Sequence[dict[str, Any]], job: ReportJob, now: datetime) -> int:
    """Insert what is new; a caller is linked to the citizen of that number and name."""
    ids = [each["id"] for each in values]
    there = set(session.scalars(select(ImportedRegistration.id).where(ImportedRegistration.id.in_(ids))))
    fresh = {each["id"]: each for each in values if each["id"] not in there}
    if not fresh:
        return 0
    for each in sorted(fresh.values(), key=lambda each: (each["caller_phone"], each["caller_name"])):
        if each["caller_phone"]:
            citizen = find_or_create(session, each["caller_phone"], each["caller_name"], each["reported_at"])
            each["citizen_id"] = citizen.id
        each.setdefault("citizen_id", None)
        each |= {"job_id": job.id, "imported_at": now}
    made = insert(ImportedRegistration).values(list(fresh.values())).on_conflict_do_nothing()
    return len(session.execute(made.returning(ImportedRegistration.id)).all())
