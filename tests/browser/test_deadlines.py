"""A supervisor reminds by keyboard from the deadline board, and the department hears of it on its open page."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from app.cases.models import TimeLimit, WorkOrder
from app.cli.demo import Journey
from tests.demo_city import Running

from .conftest import Enter, picture, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def late(running: Running) -> str:
    """Number of an order of the sanitation bureau whose limit to sign is over."""
    journey = Journey(running.url, lambda _: None)
    journey.register()
    while not any(order["state"] == "DISPATCHED" for order in journey.orders()):
        journey.do_one_task()
    number = str(journey.orders()[0]["order_no"])
    journey.leave()
    with running.runtime.sessions.begin() as session:
        order = session.scalars(select(WorkOrder).where(WorkOrder.order_no == number)).one()
        due = running.runtime.clock.now() - timedelta(hours=1)
        begun = due - timedelta(hours=4)
        values = {"started_at": begun, "warn_at": due - timedelta(hours=1), "due_at": due, "escalate_at": due}
        session.execute(update(TimeLimit).where(TimeLimit.order_id == order.id).values(values))
    return number


@pytest.mark.feature("V02", "V03", "V06")
def test_a_reminder_by_keyboard_reaches_the_departments_open_page(enter: Enter, running: Running, late: str) -> None:
    department, supervisor = enter("sanitation", "zh-CN"), enter("supervisor", "zh-CN")
    department.goto(f"{running.url}/orders")
    supervisor.goto(f"{running.url}/deadlines?bucket=OVERDUE")
    expect(supervisor.locator("[data-island=deadlines][data-ready]")).to_be_visible()
    assert violations(supervisor) == ""
    supervisor.get_by_role("link", name=late[4:]).or_(supervisor.locator(f'a[title="{late}"]')).first.focus()
    supervisor.keyboard.press("x")
    expect(supervisor.locator("[data-selected]")).to_contain_text("1")
    supervisor.keyboard.press("r")
    supervisor.keyboard.type("请今日内办结")
    picture(supervisor, "deadlines-chosen.zh-CN.light")
    supervisor.keyboard.press("Enter")
    expect(supervisor.get_by_text("已催办 1 张工单")).to_be_visible()
    expect(department.locator("[data-toasts]")).to_contain_text("请今日内办结")
    expect(department.locator("[data-bell]")).to_have_attribute("data-bell", "some")
    department.goto(f"{running.url}/notices?show=urged")
    expect(department.get_by_role("row").nth(1)).to_contain_text("催办")
    assert violations(department) == ""
    picture(department, "reminders.zh-CN.light")
    department.get_by_role("button", name="查看").first.click()
    expect(department).to_have_url(f"{running.url}/orders/{late}")
