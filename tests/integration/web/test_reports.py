"""Exports, the print of complaint calls, and the import of former registrations, as the people of the demo city."""

import csv
import io
import os
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select, update

from app import audit
from app.audit.models import AccessLog
from app.cases.models import CaseFile
from app.citizens import citizens_at
from app.core.settings import Settings
from app.reports.actions import FOLDER
from app.reports.jobs import carry_out
from app.reports.models import ImportedRegistration, ReportJob
from app.web.app import create_app
from app.workflow import Runtime
from app.workflow.outbox import deliver_outbox
from tests.integration.web.conftest import House, csrf_of

REPORT = {
    "incident_summary": "=1+1 垃圾桶满溢", "detailed_content": "三个垃圾桶两天未清运。", "district": "jz/dongcheng",
    "address": "书院路 88 号", "kind": "EVENT", "category": "CITY_APPEARANCE_AND_SANITATION",
    "sub_category": "OVERFLOWING_BIN", "service_type": "COMPLAINT", "caller_name": "王丽华",
    "caller_phone": "13800136721", "channel": "PHONE", "incident_source": "PUBLIC", "reply_wish": "PHONE",
    "urgency": "NORMAL", "origin": "PUBLIC_HOTLINE",
}  # fmt: skip
ALL: dict[str, Any] = {"all": []}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return replace(settings, data_dir=tmp_path)


@pytest.fixture
def house(runtime: Runtime, settings: Settings) -> House:
    runtime.outbox("report", partial(carry_out, folder=settings.data_dir / FOLDER))
    runtime.queue = None
    return House(create_app(runtime, settings))


def _register(house: House, count: int = 1, **values: Any) -> None:
    agent = house.person("agent")
    for _ in range(count):
        assert agent.post("/registrations", {"values": {**REPORT, **values}}).status_code == 201


@pytest.mark.feature("W18")
def test_an_export_is_made_masked_harmless_recorded_and_for_its_owner_only(house: House, runtime: Runtime) -> None:
    _register(house, 3)
    _register(house, caller_phone="13911112222", confidential=True)
    leader, head = house.person("leader"), house.person("gas_head")
    asked = leader.post("/exports", {"format": "csv", "conditions": ALL})
    assert (asked.status_code, asked.json["state"]) == (202, "WAITING")
    job = asked.json["id"]
    assert leader.ask("GET", f"/exports/{job}/file").status_code == 404, "not yet"
    deliver_outbox(runtime, UUID(job))
    done = leader.get(f"/exports/{job}")
    assert (done["state"], done["done"], done["total"]) == ("DONE", 4, 4)
    rows = list(csv.DictReader(io.StringIO(leader.ask("GET", f"/exports/{job}/file").data.decode("utf-8-sig"))))
    assert [row["Telephone"] for row in rows] == ["13911112222", *["13800136721"] * 3]
    assert rows[1]["Summary"] == "'=1+1 垃圾桶满溢"
    for other in (head, house.person("supervisor")):
        assert other.ask("GET", f"/exports/{job}/file").status_code == 404
    assert house.person("agent").post("/exports", {"format": "csv", "conditions": ALL}).status_code == 403
    with runtime.sessions() as session:
        trail = audit.read(session, UUID(job))
    assert [row.kind for row in trail] == ["export.asked", "export.made"]
    assert trail[1].result["rows"] == 4


@pytest.mark.feature("W18")
def test_who_may_not_know_the_caller_gets_a_mask(house: House, runtime: Runtime) -> None:
    _register(house, confidential=True)
    with runtime.sessions.begin() as session:
        session.execute(update(CaseFile).values(departments=["gas"]))
    head = house.person("gas_head")
    job = head.post("/exports", {"format": "xlsx", "conditions": ALL}).json["id"]
    deliver_outbox(runtime, UUID(job))
    sheet = load_workbook(io.BytesIO(head.ask("GET", f"/exports/{job}/file").data)).worksheets[0]
    heading, row = list(sheet.iter_rows(values_only=True))
    found = dict(zip(heading, row, strict=True))
    assert found["Caller"] == "王••"
    assert found["Telephone"] == "138••••6721"


@pytest.mark.feature("W18")
def test_progress_needs_no_script_and_the_file_expires(house: House, runtime: Runtime, settings: Settings) -> None:
    _register(house)
    browser = house.browser("leader")
    form = {"csrf_token": csrf_of(browser, "/queries"), "format": "xlsx", "f": "status", "c": "filled", "v": ""}
    asked = browser.post("/exports", data=form)
    assert asked.status_code == 303
    assert browser.get(asked.location).headers["Refresh"] == "2"
    job = UUID(asked.location.rpartition("/")[2])
    deliver_outbox(runtime, job)
    page = browser.get(asked.location)
    assert "Refresh" not in page.headers
    assert f"/exports/{job}/file" in page.text
    with runtime.sessions.begin() as session:
        session.execute(update(ReportJob).values(expires_at=runtime.clock.now() - timedelta(days=1)))
    assert browser.get(f"/exports/{job}/file").status_code == 404
    again = UUID(house.person("leader").post("/exports", {"format": "csv", "conditions": ALL}).json["id"])
    deliver_outbox(runtime, again)
    assert [file.name for file in (settings.data_dir / FOLDER).iterdir()] == [f"{again}.csv"], "the old one is gone"


@pytest.mark.feature("R06")
def test_complaint_calls_are_classified_and_counted_for_print(house: House) -> None:
    _register(house, 2)
    _register(house, category="GAS_SUPPLY", sub_category="GAS_LEAK", incident_summary="燃气异味")
    _register(house, service_type="CONSULTATION", incident_summary="咨询")
    _register(house, channel="WEB", incident_summary="网上投诉")
    page = house.browser("leader").get("/reports/complaints").text
    cells = page.replace("\n", "")
    assert '<td class="is-num">2</td><td class="is-num">0</td><td class="is-num">66.7 %</td>' in cells
    assert '<td class="is-num">1</td><td class="is-num">0</td><td class="is-num">33.3 %</td>' in cells
    assert "燃气异味" in page
    assert "咨询</td>" not in page
    assert "网上投诉" not in page
    assert "还没有" not in house.browser("leader").get("/reports/complaints?from=2001-01-01&until=2001-02-01").text


HEADING = "受理编号,来电人,联系电话,受理时间,问题类别,诉求内容,处理结果"
TABLE = f"""{HEADING}
A-1,王丽华,138 0013 6721,2024-03-05 09:30,环卫,垃圾桶满溢,已清运
A-2,李明,0571-87651234,2024年3月6日,供水,停水三天,已恢复
A-3,坏,13800136721,昨天,供水,停水,
A-4,坏,12,2024/3/7,供水,停水,
A-5,坏,,2024-03-08,供水,,
"""


def _try(browser: Any, content: bytes, name: str = "old.csv") -> str:
    form = {"csrf_token": csrf_of(browser, "/imports"), "file": (io.BytesIO(content), name)}
    answer = browser.post("/imports/trial", data=form, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def _start(browser: Any, page: str, runtime: Runtime) -> ReportJob:
    file_id = page.partition('name="file_id" value="')[2].partition('"')[0]
    columns = {name: str(place) for place, name in enumerate(
        ("former_no", "caller_name", "caller_phone", "reported_at", "category", "content", "result"))}  # fmt: skip
    form = {"csrf_token": csrf_of(browser, "/imports")} | {f"column.{name}": at for name, at in columns.items()}
    answer = browser.post(f"/imports/{file_id}", data=form)
    assert answer.status_code == 303, answer.text
    job_id = UUID(answer.location.rpartition("/")[2])
    deliver_outbox(runtime, job_id)
    with runtime.sessions() as session:
        return session.get_one(ReportJob, job_id)


@pytest.mark.feature("W17")
@pytest.mark.feature("W19")
def test_a_title_over_the_heading_is_passed_over_and_lacking_columns_can_be_chosen(house: House) -> None:
    browser = house.browser("admin")
    titled = "江州市历史工单\n导出时间：2026-11-01\n" + TABLE
    assert _try(browser, titled.encode()).count("<option") == _try(browser, TABLE.encode()).count("<option")
    assert "共 5 行" in _try(browser, titled.encode("utf-16"), "unicode.csv")
    unknown = _try(browser, "a,b,c\n13800136721,2024.03.05 10:11,水管\n".encode())
    assert "缺少列" in unknown
    assert "导入合格行" not in unknown
    file_id = unknown.partition('name="file_id" value="')[2].partition('"')[0]
    chosen = {"column.caller_phone": "0", "column.reported_at": "1", "column.content": "2"}
    form = {"csrf_token": csrf_of(browser, "/imports"), "file_id": file_id, **chosen}
    assert "可导入 1 行" in browser.post("/imports/trial", data=form).text
    twice = [browser.post(f"/imports/{file_id}", data=form).location for _ in range(2)]
    assert twice == [f"/imports/{file_id}"] * 2, "pressed twice, brought in once"


def test_former_registrations_are_tried_out_imported_once_and_shown_at_the_next_contact(
    house: House, runtime: Runtime
) -> None:
    browser = house.browser("supervisor")
    page = _try(browser, TABLE.encode("gb18030"))
    for fault in ("“昨天”不是日期。", "“12”不是电话号码。", "该行没有反映内容。", "请写成 2026-11-18 09:30。"):
        assert fault in page
    with runtime.sessions() as session:
        assert session.scalar(select(func.count()).select_from(ImportedRegistration)) == 0, "a dry run"
    first = _start(browser, page, runtime)
    assert (first.state, first.result) == ("DONE", {"new": 2, "known": 0, "refused": 3})
    again = _start(browser, _try(browser, TABLE.encode("utf-8-sig")), runtime)
    assert again.result == {"new": 0, "known": 2, "refused": 3}
    _register(house)
    contacts = house.person("agent").post("/contacts", {"phone": "+86 13800136721"}).json["contacts"]
    assert [(each["number"], each["result"]) for each in contacts][1:] == [("A-1", "已清运")]
    assert contacts[0]["case_no"]
    assert house.person("admin").post("/contacts", {"phone": "13800136721"}).status_code == 403
    assert house.person("agent").ask("GET", "/contacts?phone=13800136721").status_code == 405, "not in an address"
    house.person("agent").post("/contacts", {"phone": "13800136721"})
    with runtime.sessions() as session:
        looks = session.scalars(select(AccessLog).where(AccessLog.what == "citizen.contacts")).all()
    assert len(looks) == 1, "one look, however often it is repeated within minutes"
    with runtime.sessions() as session:
        assert [citizen.name for citizen in citizens_at(session, "13800136721")] == ["王丽华"]


@pytest.mark.feature("W17")
def test_a_sheet_is_read_as_well_and_what_is_no_table_is_told(house: House) -> None:
    book = Workbook()
    for line in TABLE.splitlines():
        book.worksheets[0].append(line.split(","))
    content = io.BytesIO()
    book.save(content)
    browser = house.browser("supervisor")
    assert "5" in _try(browser, content.getvalue(), "old.xlsx")
    form = {"csrf_token": csrf_of(browser, "/imports"), "file": (io.BytesIO(b"PK\x03\x04 nonsense"), "x.xlsx")}
    answer = browser.post("/imports/trial", data=form, content_type="multipart/form-data", follow_redirects=True)
    assert "缺少列" in answer.text or "不是 XLSX" in answer.text
    big = TABLE + "\n".join(f"B-{n},,1380013{n:04d},2024-01-01,供水,{'水' * 250}," for n in range(4000))
    assert "4005" in _try(browser, big.encode())


@pytest.mark.feature("W17")
def test_what_a_spreadsheet_counts_in_days_is_a_time_and_its_totals_are_no_report(
    house: House, runtime: Runtime
) -> None:
    """A column of days without a date's format arrives as numbers: 45356.5 is noon of 5 March 2024."""
    heading = "受理号,来电人,电话,受理时间,问题类别,详细内容,处理结果\n"
    rows = "C-1,张三,13800136721,45356.5,供水,停水,已恢复\nC-2,李四,13800136722,45357,供水,水压低,已恢复\n"
    table = f"{heading}{rows}合计：,,2 人,,,2 条,0\n小计,2,,,,,\nTotal,,,,,2,\n"
    page = _try(house.browser("supervisor"), table.encode())
    assert "共 2 行，可导入 2 行" in page
    assert "不是日期" not in page
    browser = house.browser("supervisor")
    assert _start(browser, _try(browser, table.encode()), runtime).result == {"new": 2, "known": 0, "refused": 0}
    with runtime.sessions() as session:
        query = select(ImportedRegistration.reported_at).order_by(ImportedRegistration.former_no)
        times = [at.astimezone(runtime.zone).isoformat() for at in session.scalars(query)]
    assert times == ["2024-03-05T12:00:00+08:00", "2024-03-06T00:00:00+08:00"]


@pytest.mark.feature("W17")
def test_rows_that_stand_in_the_file_twice_are_counted_before_anything_is_saved(house: House) -> None:
    heading = "受理号,来电人,电话,受理时间,问题类别,详细内容,处理结果\n"
    row = "D-{},张三,13800136721,2024-03-05,供水,停水,已恢复\n"
    far = "".join(row.format(n) for n in range(600))  # the copy is in another batch
    page = _try(house.browser("supervisor"), (heading + far + row.format(0) * 2).encode())
    assert "共 602 行，可导入 600 行，其中已有 0 行；文件内重复 2 行，不合格 0 行" in page


@pytest.mark.feature("W17")
def test_uploads_that_nobody_imported_are_erased_after_a_day(
    house: House, runtime: Runtime, settings: Settings
) -> None:
    """They hold callers' names and numbers. What waits for its import stays."""
    browser, folder = house.browser("supervisor"), settings.data_dir / FOLDER
    _try(browser, TABLE.encode())
    waits = _try(browser, TABLE.encode()).partition('name="file_id" value="')[2].partition('"')[0]
    columns = {"column.caller_phone": "2", "column.reported_at": "3", "column.content": "5"}
    browser.post(f"/imports/{waits}", data={"csrf_token": csrf_of(browser, "/imports"), **columns})
    old = (runtime.clock.now() - timedelta(hours=25)).timestamp()
    for path in folder.glob("upload-*"):
        os.utime(path, (old, old))
    _try(browser, TABLE.encode())
    (job,) = [each.job for each in runtime.recurring if each.name == "forget uploads nobody imported"]
    job(runtime)
    left = list(folder.glob("upload-*"))
    assert len(left) == 2, "the one tried out just now, and the one whose import waits"
    assert any(path.name.endswith(UUID(waits).hex) for path in left)
