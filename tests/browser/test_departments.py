"""The people of departments, supervisors and leaders at their pages: the street, the bulk, the instruction."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from app import lifecycle
from app.cases.models import CaseFile, LeaderInstruction, WorkOrder
from app.documents import documents_of
from app.identity import actor_of_user
from app.lifecycle.quick import file_and_dispatch
from app.lifecycle.worklist import tasks_of_case
from app.reports import roll_up
from tests.demo_city import Running

from .conftest import Enter, picture, settled, violations
from .test_inbox import REPORT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

STREET = {"width": 390, "height": 844}


def given_report(running: Running, summary: str) -> lifecycle.Registered:
    with running.runtime.sessions() as session:
        agent = actor_of_user(session, "agent")
    return lifecycle.register(running.runtime, REPORT | {"incident_summary": summary}, actor=agent)


def given_order(running: Running, summary: str) -> str:
    """The number of an order that sanitation has not signed yet."""
    case = given_report(running, summary)
    with running.runtime.sessions() as session:
        supervisor = actor_of_user(session, "supervisor")
        (item,) = tasks_of_case(running.runtime, session, case.case_id)
    file_and_dispatch(running.runtime, item.task.task_id, actor=supervisor)
    with running.runtime.sessions() as session:
        return session.scalars(select(WorkOrder.order_no).where(WorkOrder.case_id == case.case_id)).one()


def order_row(running: Running, number: str) -> WorkOrder:
    with running.runtime.sessions() as session:
        return session.scalars(select(WorkOrder).where(WorkOrder.order_no == number)).one()


def a_photo(folder: Path) -> Path:
    """A real JPEG, larger than the page sends it."""
    path = folder / "现场.jpg"
    picture = Image.linear_gradient("L").resize((2400, 1800)).convert("RGB")
    picture.save(path, "JPEG", quality=90)
    return path


def in_the_street(page: Page, running: Running, number: str) -> Page:
    page.set_viewport_size(STREET)
    page.goto(f"{running.url}/orders/{number}")
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= STREET["width"]
    return page


def sign_and_handle(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Sign")).click()
    expect(page.get_by_role("heading", name="Handle", exact=True)).to_be_visible()
    settled(page)
    page.get_by_role("button", name=re.compile("^Handle")).click()
    expect(page.get_by_role("heading", name="Report back", exact=True)).to_be_visible()
    settled(page)


@pytest.mark.feature("D05")
def test_a_handler_signs_and_reports_back_in_the_street_with_a_photo(
    enter: Enter, running: Running, tmp_path: Path
) -> None:
    number = given_order(running, "东门垃圾桶满溢")
    page = in_the_street(enter("sanitation"), running, number)
    picture(page, "order-sign.street")
    assert violations(page) == ""
    sign_and_handle(page)
    assert order_row(running, number).state == "IN_HANDLING"
    for name in ("Report back", "Back to the orders"):
        box = page.get_by_role("button" if name[0] == "R" else "link", name=re.compile(f"^{name}")).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    page.locator("[data-take]").set_input_files(a_photo(tmp_path))
    expect(page.locator("[data-photos] [data-document]")).to_have_count(1)
    page.get_by_label("What was done").fill("Three bins emptied, the pavement washed.")
    page.get_by_label("Responsible person").fill("梁玉珍")
    picture(page, "order-report.street")
    assert violations(page) == ""
    page.get_by_role("button", name=re.compile("^Report back")).click()
    page.wait_for_url("**/orders", wait_until="commit")
    order = order_row(running, number)
    assert (order.state, order.result_text) == ("REPORTED_BACK", "Three bins emptied, the pavement washed.")
    with running.runtime.sessions() as session:
        (photo,) = documents_of(session, [order.id])
    served = page.request.get(f"{running.url}/documents/{photo.id}")
    assert max(Image.open(io.BytesIO(served.body())).size) == 1600
    stranger = enter("water")
    assert stranger.request.get(f"{running.url}/documents/{photo.id}").status == 403
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{running.url}/cases/{number.partition('-')[0]}")
    expect(page.get_by_text("Photos and files: 1").first).to_be_visible()


def test_a_bad_network_loses_no_text_and_sends_nothing_twice(enter: Enter, running: Running) -> None:
    number = given_order(running, "网络不好的地方")
    page = in_the_street(enter("sanitation"), running, number)
    sign_and_handle(page)
    said = page.get_by_label("What was done")
    said.fill("Written where")
    expect(page.locator("[data-draft-state]")).to_contain_text("Draft kept")
    page.context.set_offline(True)
    said.fill("Written where there is no network")
    expect(page.locator("[data-draft-state]")).to_contain_text("kept on this device")
    page.wait_for_function("JSON.stringify({...localStorage}).includes('there is no network')")
    page.context.set_offline(False)
    page.reload()
    settled(page)
    expect(said).to_have_value("Written where there is no network")
    page.get_by_label("Responsible person").fill("梁玉珍")
    answers: list[int] = []

    def lose_the_first_answers(route: Route) -> None:
        if len(answers) < 3:  # the form's own tries
            answers.append(route.fetch().status)
            route.abort()
        else:
            answers.append(0)
            route.continue_()

    page.route(re.compile(r"/orders/[\d-]+/tasks/"), lose_the_first_answers)
    page.get_by_role("button", name=re.compile("^Report back")).click()
    page.wait_for_url("**/orders", wait_until="commit")
    assert answers[0] == 200
    assert len(answers) >= 3  # then the outbox, from the page or from its worker
    assert order_row(running, number).result_text == "Written where there is no network"


def test_a_supervisor_files_and_dispatches_ten_at_once(enter: Enter, running: Running) -> None:
    for n in range(9):
        given_report(running, f"成批派遣 {n}")
    with running.runtime.sessions() as session:
        agent = actor_of_user(session, "agent")
    unclear = {"category": "OTHERS", "sub_category": "", "incident_summary": "成批派遣：说不清归谁管"}
    lifecycle.register(running.runtime, REPORT | unclear, actor=agent)
    page = enter("supervisor")
    page.goto(f"{running.url}/tasks?view=judge&text=成批派遣")
    settled(page)
    expect(page.locator("tr[data-task]")).to_have_count(10)
    page.locator("[data-all]").check()
    picture(page, "bulk-file-and-dispatch")
    page.keyboard.press("Shift+D")
    toast = page.locator(".toast")
    expect(toast).to_contain_text("Filed and dispatched: 9")
    expect(toast).to_contain_text("Not done: 1")
    picture(page, "bulk-answer")
    with running.runtime.sessions() as session:
        orders = select(WorkOrder.state).join(CaseFile, CaseFile.id == WorkOrder.case_id)
        states = session.scalars(orders.where(CaseFile.incident_summary.startswith("成批派遣"))).all()
    assert states == ["DISPATCHED"] * 9


def test_the_board_by_keyboard_alone(enter: Enter, running: Running) -> None:
    for n in range(2):
        given_order(running, f"看板 {n}")
    page = enter("sanitation")
    page.goto(f"{running.url}/orders")
    settled(page)
    first = page.locator('[data-column="SIGN"] .order').first
    page.keyboard.press("j")
    expect(first).to_have_class(re.compile("is-focus"))
    chosen = first.get_attribute("data-order")
    page.keyboard.press("b")
    expect(page.locator(".toast")).to_contain_text("not possible")
    page.keyboard.press("s")
    expect(page.locator(".toast")).to_contain_text("Signed: 1")
    expect(page.locator(f'[data-column="HANDLING"] [data-order="{chosen}"]')).to_be_visible()
    picture(page, "board")
    places = page.locator(".order__meta .ellipsis").evaluate_all(
        "all => all.map(one => one.clientWidth / one.closest('.order').clientWidth)"
    )
    assert min(places) > 0.5, "where to go stands on every card, whatever tags and button it has"
    page.keyboard.press("t")
    page.wait_for_url("**?deed=return")
    settled(page)
    page.get_by_label("Rule that speaks against it").fill("职责分工第 3 条")
    page.get_by_label("Objection").fill("不属于本单位管辖")
    returned = page.url.partition("?")[0].rpartition("/")[2]
    page.get_by_role("button", name="Ask for its return").click()
    page.wait_for_url("**/orders", wait_until="commit")
    assert order_row(running, returned).state == "RETURN_PENDING"
    with running.runtime.sessions() as session:
        assert session.get_one(WorkOrder, chosen).state == "IN_HANDLING"


@pytest.mark.feature("W09")
def test_a_leaders_instruction_reaches_the_case(enter: Enter, running: Running) -> None:
    case = given_report(running, "呈报领导的一件")
    with running.runtime.sessions() as session:
        supervisor = actor_of_user(session, "supervisor")
        (item,) = tasks_of_case(running.runtime, session, case.case_id)
    values = {"judgement": "REPORT_LEADER", "judgement_reason": "涉及多个单位"}
    lifecycle.complete_task(running.runtime, item.task.task_id, values, actor=supervisor)
    page = enter("leader")
    page.goto(f"{running.url}/instructions")
    settled(page)
    expect(page.get_by_text("涉及多个单位").first).to_be_visible()
    page.get_by_label("Verification").check()
    page.get_by_label("Text of the instruction").fill("请市环卫局今日核实并报我。")
    picture(page, "instructions")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The instruction was given")).to_be_visible()
    with running.runtime.sessions() as session:
        given = session.scalars(select(LeaderInstruction).where(LeaderInstruction.case_id == case.case_id)).one()
    assert (given.instruction, given.text) == ("VERIFICATION", "请市环卫局今日核实并报我。")
    expect(page.locator("table").last).to_contain_text("请市环卫局今日核实并报我。")


@pytest.mark.parametrize(("language", "theme"), [("zh-CN", "light"), ("en", "dark")])
def test_a_telephone_shows_these_pages_whole(enter: Enter, running: Running, language: str, theme: str) -> None:
    """One column, nothing beside the screen, and nobody shut out; at a desk every page is looked at elsewhere."""
    given_order(running, "看得见的一件")
    roll_up(running.runtime, patience=5)
    faults = {}
    for username, paths in (
        ("leader", ("/dashboard", "/instructions")),
        ("sanitation", ("/orders", "/orders?as=list")),
    ):
        page = enter(username, language, theme)
        page.set_viewport_size(STREET)
        for path in paths:
            page.goto(running.url + path)
            settled(page)
            name = re.sub(r"\W+", "-", path).strip("-")
            picture(page, f"{name}.{language}.{theme}.street")
            wide = page.evaluate("document.documentElement.scrollWidth")
            faults[username, path] = violations(page) or ("too wide" if wide > STREET["width"] else "")
    assert {place: report for place, report in faults.items() if report} == {}
