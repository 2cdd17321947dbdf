"""A case on paper: by a worker, with what its reader may see, in both languages, and written down."""

import builtins
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app import audit
from app.cases.models import CaseFile, Registration
from app.core.settings import Settings
from app.identity import actor_of_user
from app.reports import case_sheet, pdf
from app.reports.jobs import carry_out
from app.reports.models import ReportJob
from app.workflow import Runtime
from app.workflow.models import Outbox
from app.workflow.schemas import OutboxRow
from tests.integration.web.conftest import House, csrf_of
from tests.integration.web.test_search import REPORT


@pytest.fixture
def case_no(house: House) -> str:
    return str(house.person("agent").post("/registrations", {"values": REPORT}).json["case_no"])


def order(house: House, username: str, case_no: str, language: str = "en", **form: str) -> tuple[Any, str]:
    """The browser and the address of the print's page."""
    browser = house.browser(username)
    browser.set_cookie("language", language)
    token = csrf_of(browser, "/account")
    answer = browser.post(f"/cases/{case_no}/prints", data={"csrf_token": token, **form})
    assert answer.status_code == 303, answer.text
    return browser, answer.location


def work(runtime: Runtime, settings: Settings) -> ReportJob:
    """What a worker does with the newest job."""
    with runtime.sessions() as session:
        job = session.scalars(select(ReportJob).order_by(ReportJob.created_at.desc())).first()
        assert job is not None
        row = session.get_one(Outbox, job.id)
        known = OutboxRow(row.id, row.kind, row.body, row.dedupe, row.attempts, None, None, row.created_at)
    carry_out(runtime, known, folder=settings.data_dir / "exports")
    with runtime.sessions() as session:
        return session.get_one(ReportJob, job.id)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_sheet_is_made_fetched_and_written_down(
    house: House, runtime: Runtime, settings: Settings, case_no: str, language: str
) -> None:
    browser, page = order(house, "agent", case_no, language)
    job = work(runtime, settings)
    assert job.state == "DONE", job.error
    assert "PDF" in browser.get(page).text
    file = browser.get(f"{page}/file")
    assert file.mimetype == "application/pdf"
    assert file.data.startswith(b"%PDF-")
    assert house.browser("supervisor").get(f"{page}/file").status_code == 404, "only for whoever ordered it"
    with runtime.sessions() as session:
        case = session.query(CaseFile).filter_by(case_no=case_no).one()
        assert [look.what for look in audit.accesses(session, case.id)] == ["case.print"]
        assert [row.kind for row in audit.read(session, job.id)] == ["print.made"]


def test_telephones_stand_on_paper_only_when_asked_for_and_are_looks(
    house: House, runtime: Runtime, settings: Settings, case_no: str
) -> None:
    sheets = []
    for form in ({}, {"full": "1"}):
        order(house, "agent", case_no, **form)
        with runtime.sessions() as session:
            job = session.scalars(select(ReportJob).order_by(ReportJob.created_at.desc())).first()
            assert job is not None
            sheets.append(case_sheet.sheet(runtime, session, job, actor_of_user(session, "agent")))
    masked, full = sheets
    assert "138••••6721" in masked
    assert "13800136721" not in masked
    assert "13800136721" in full
    with runtime.sessions() as session:
        report = session.scalars(select(Registration)).one()
        assert [look.what for look in audit.accesses(session, report.id)] == ["citizen"], "one look, for the full one"
    assert house.browser("sanitation").post(f"/cases/{case_no}/prints").status_code == 403


def test_where_the_libraries_are_missing_a_sentence_says_so(
    house: House, runtime: Runtime, settings: Settings, case_no: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without_pango(name: str, *args: Any, **more: Any) -> Any:
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **more)

    browser, page = order(house, "agent", case_no)
    monkeypatch.setattr(builtins, "__import__", without_pango)
    job = work(runtime, settings)
    assert (job.state, job.error) == ("FAILED", "reports.print.no_library")
    assert "libpango" in browser.get(page).text


def test_a_print_follows_no_address(tmp_path: Path) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text("body { color: red }")
    made = pdf.pdf(f'<p>一<img src="http://127.0.0.1:9/x"><img src="file://{secret}"></p>')
    assert made.startswith(b"%PDF-")
