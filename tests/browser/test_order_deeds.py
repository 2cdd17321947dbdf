"""What is asked of an order, and what is checked of it, in the pages: extension, assistance, another department; a spot
check from the lot to the leader's decision; hot spots from the list to the public page."""

import re
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app import lifecycle
from app.cases.models import CaseFile, WorkOrder
from app.identity import actor_of_user
from app.lifecycle.worklist import tasks_of_case
from app.reports import roll_up
from tests.demo_city import Running

from .conftest import Enter, picture, settled, violations
from .test_departments import given_order, given_report, order_row

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def do(running: Running, username: str, case_id: UUID, element: str, **values: object) -> None:
    """Complete a task through the lifecycle: the way there is not what these tests look at."""
    with running.runtime.sessions() as session:
        actor = actor_of_user(session, username)
        found = [item.task for item in tasks_of_case(running.runtime, session, case_id)]
    (task,) = [task for task in found if task.element == element]
    lifecycle.complete_task(running.runtime, task.task_id, values, actor=actor)


def opened(page: Page, running: Running, number: str, deed: str) -> Page:
    page.goto(f"{running.url}/orders/{number}")
    settled(page)
    page.locator("summary", has_text=deed).click()
    return page


@pytest.mark.feature("Q02", "Q03")
def test_more_time_is_asked_for_and_granted_and_another_department_helps_and_takes_over(
    enter: Enter, running: Running
) -> None:
    number = given_order(running, "北门垃圾桶满溢")
    order = order_row(running, number)
    street = opened(enter("sanitation"), running, number, "Ask for an extension")
    form = street.locator("details[open]")
    form.get_by_label(re.compile("How much more")).fill("0")
    form.get_by_label("Reason").fill("Two lorries are being repaired.")
    form.get_by_role("button", name="Ask for an extension").click()
    expect(street.get_by_role("alert")).to_contain_text("above zero")
    expect(street.locator("details[open]").get_by_label("Reason")).to_have_value("Two lorries are being repaired.")
    assert violations(street) == ""
    picture(street, "order-extension-refused")
    street.locator("details[open]").get_by_label(re.compile("How much more")).fill("1")
    street.locator("details[open]").get_by_role("button", name="Ask for an extension").click()
    expect(street.locator("summary", has_text="Ask for an extension")).to_have_count(0)
    do(running, "supervisor", order.case_id, "decide_extension", extension_decision="GRANTED")
    street.reload()
    expect(street.get_by_text(re.compile(r"Two lorries are being repaired"))).to_be_visible()
    page = opened(enter("supervisor", language="zh-CN"), running, number, "申请协办")
    page.locator("details[open] select").select_option("power")
    page.locator("details[open]").get_by_label("理由").fill("请断电配合")
    page.locator("details[open]").get_by_role("button", name="申请协办").click()
    expect(page.locator(".callout--green")).to_be_visible()
    opened(page, running, number, "申请改派")
    page.locator("details[open] select").select_option("property")
    page.locator("details[open]").get_by_label("理由").fill("位于小区内")
    picture(page, "order-reassign-zh")
    page.locator("details[open]").get_by_role("button", name="申请改派").click()
    expect(page.locator(".callout--green")).to_be_visible()
    for _ in range(50):  # the order before ends by a message, which the product carries
        if order_row(running, number).ended_at is not None:
            break
        page.reload()
    with running.runtime.sessions() as session:
        rows = session.execute(
            select(WorkOrder.department, WorkOrder.role).where(
                WorkOrder.case_id == order.case_id, WorkOrder.ended_at.is_(None)
            )
        ).all()
    assert {(row.department, row.role) for row in rows} == {("power", "ASSIST"), ("property", "LEAD")}


@pytest.mark.feature("V11", "V12", "Q08")
def test_a_spot_check_is_drawn_judged_appealed_and_decided(enter: Enter, running: Running) -> None:
    number = given_order(running, "南门垃圾桶满溢")
    case_id = order_row(running, number).case_id
    for element, values in (("sign", {"decision": "SIGN"}), ("handle", {}),
                            ("report_back", {"result_text": "已清运", "responsible_person": "梁玉珍"})):  # fmt: skip
        do(running, "sanitation", case_id, element, **values)
    office = enter("supervisor")
    office.goto(f"{running.url}/spot-checks")
    office.get_by_label("Department").select_option("sanitation")
    office.get_by_label(re.compile("How many|Size")).fill("50")
    office.get_by_role("button", name="Draw").click()
    office.locator("main tbody a[href^='/spot-checks/']").first.click()
    assert violations(office) == ""
    for group in office.locator("fieldset.criterion").all():
        group.locator("input").last.check()
    office.get_by_role("button", name=re.compile("Record")).click()
    expect(office.locator("tbody .tag--red").first).to_be_visible()
    picture(office, "spot-check-found")
    address = office.url
    head = enter("sanitation_head", language="zh-CN")
    head.goto(address)
    head.locator("#appeal").fill("现场照片已于当日补充。")
    head.locator("form[action$='/appeal'] button").click()
    expect(head.locator("#appeal")).to_have_count(0)
    assert violations(head) == ""
    picture(head, "spot-check-appealed-zh")
    leader = enter("leader", theme="dark")
    leader.goto(address)
    leader.locator("input[name=decision]").last.check()
    leader.locator("textarea[name=text]").fill("The pictures were there in time.")
    picture(leader, "spot-check-decide-dark")
    assert violations(leader) == ""
    leader.locator("form[action$='/decision'] button").click()
    expect(leader.get_by_text("The pictures were there in time.")).to_be_visible()


@pytest.mark.feature("V10")
def test_hot_spots_are_published_and_anybody_reads_them(enter: Enter, running: Running) -> None:
    cases = [given_report(running, f"垃圾桶满溢 {no}").case_id for no in range(6)]
    with running.runtime.sessions() as session:
        assert session.scalars(select(CaseFile.id).where(CaseFile.id.in_(cases))).all()
    roll_up(running.runtime, patience=60)
    leader = enter("leader", language="zh-CN")
    leader.goto(f"{running.url}/hot-spots")
    assert violations(leader) == ""
    leader.get_by_label("向公众说明").fill("已增加清运班次，请继续反映。")
    picture(leader, "hot-spots-zh-light")
    leader.get_by_role("button", name="向社会发布").click()
    expect(leader.locator(".callout--green")).to_contain_text("已发布")
    picture(leader, "bulletins-zh-light")
    anybody = enter(None, theme="dark")
    anybody.goto(f"{running.url}/public/hot-spots")
    expect(anybody.locator("article").first).to_contain_text("已增加清运班次")
    assert violations(anybody) == ""
    picture(anybody, "public-hot-spots-en-dark")
    dark = enter("leader", theme="dark")
    dark.goto(f"{running.url}/hot-spots?kind=RISING")
    assert violations(dark) == ""
    picture(dark, "hot-spots-en-dark")
    with running.runtime.sessions() as session:
        number = session.scalars(select(CaseFile.case_no).where(CaseFile.id == cases[0])).one()
    for language, theme in (("zh-CN", "light"), ("en", "dark")):
        page = enter("supervisor", language=language, theme=theme)
        page.goto(f"{running.url}/cases/{number}/tracking")
        assert violations(page) == ""
        picture(page, f"tracking-{language}-{theme}")
        page.goto(f"{running.url}/dashboard?period=year")
        picture(page, f"dashboard-{language}-{theme}")
