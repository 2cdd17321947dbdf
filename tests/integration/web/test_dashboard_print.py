"""The dashboard on paper: ordered, made by a worker, with the reader's own figures in either language."""

import pytest

from app.core.settings import Settings
from app.identity import actor_of_user
from app.lifecycle.seed import seed
from app.reports import roll_up
from app.reports.dashboard_sheet import sheet
from app.reports.figures import Span, figures
from app.workflow import Runtime
from tests.integration.web.conftest import House, csrf_of
from tests.integration.web.test_case_sheet import work


@pytest.mark.parametrize(("language", "title"), [("zh-CN", "热线运行情况"), ("en", "Hotline figures")])
def test_a_leader_prints_the_dashboard(
    house: House, runtime: Runtime, settings: Settings, language: str, title: str
) -> None:
    seed(runtime, 6)
    roll_up(runtime, patience=60)
    browser = house.browser("leader")
    browser.set_cookie("language", language)
    token = csrf_of(browser, "/account")
    page = browser.post("/dashboard/prints", data={"csrf_token": token, "period": "year"}).location
    job = work(runtime, settings)
    assert job.state == "DONE", job.error
    file = browser.get(f"{page}/file")
    assert file.data.startswith(b"%PDF-")
    assert house.browser("supervisor").get(f"{page}/file").status_code == 404, "only for whoever ordered it"
    with runtime.sessions() as session:
        leader = actor_of_user(session, "leader")
        html = sheet(runtime, session, job, leader)
        first, last = (runtime.clock.now().date().replace(month=1, day=1), runtime.clock.now().date())
        registered = figures(session, leader, Span(first, last), runtime.clock.now()).total
    assert title in html
    assert f">{registered['REGISTERED']:,}<" in html
    assert html.count("<polyline") == 2
    assert house.browser("agent").post("/dashboard/prints", data={"csrf_token": token}).status_code == 403
