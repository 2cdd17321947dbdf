"""Everybody can use the pages: no violation found by axe, light and dark, in both languages."""

from pathlib import Path

import pytest

from app.cli.demo import Journey, run_demo
from tests.demo_city import Running

from .conftest import Enter, picture, settled, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PAGES = (
    "/tasks",
    "/orders",
    "/orders?as=list",
    "/registrations/new",
    "/cases",
    "/notices",
    "/account",
    "/incidents",
    "/nothing-here",
)


@pytest.fixture(scope="module")
def worked_on(running: Running) -> tuple[str, str]:
    """A finished case, and one whose order waits to be signed."""
    finished = run_demo(running.url, lambda _: None)["case_no"]
    journey = Journey(running.url, lambda _: None)
    journey.register()
    while not any(order["state"] == "DISPATCHED" for order in journey.orders()):
        journey.do_one_task()
    journey.leave()
    return finished, journey.case_no


@pytest.mark.parametrize(("language", "theme"), [("zh-CN", "light"), ("en", "dark")])
def test_no_page_shuts_anybody_out(
    enter: Enter, running: Running, worked_on: tuple[str, str], language: str, theme: str
) -> None:
    finished, waiting = worked_on
    page = enter(None, language, theme)
    faults = {"/sign-in": violations(page)}
    picture(page, f"sign-in.{language}.{theme}")
    page = enter("supervisor", language, theme)
    for path in (*PAGES, f"/cases/{finished}", f"/cases/{finished}/diagram", f"/cases/{waiting}/diagram"):
        page.goto(running.url + path)
        settled(page)
        picture(page, f"{Path(path).name}.{language}.{theme}")
        faults[path] = violations(page)
    page = enter("sanitation", language, theme)
    page.goto(f"{running.url}/tasks")
    page.locator("table[data-rows] a").first.click()
    settled(page)
    picture(page, f"task-sign.{language}.{theme}")
    faults["/tasks/…"] = violations(page)
    assert {path: report for path, report in faults.items() if report} == {}
