"""An administrator at work: a person is made by keyboard, a holiday is entered; nobody is shut out of these pages."""

import pytest
from playwright.sync_api import expect

from tests.demo_city import Running

from .conftest import Enter, picture, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

OPENED = {
    "department": "/admin/departments?code=gas", "department-new": "/admin/departments?new",
    "district": "/admin/districts?code=jz/dongcheng", "category": "/admin/categories?code=WATER_LEAK",
    "category-new": "/admin/categories?new", "calendar-2027": "/admin/calendars/city/jz?year=2027",
    "calendar-file": "/admin/calendars/city/jz/file?year=2027",
    "seat-new": "/admin/telephone/seats?new", "agent-new": "/admin/telephone/agents?new",
    "group-new": "/admin/telephone/groups?new", "number-new": "/admin/telephone/numbers?new",
    "trunk-new": "/admin/telephone/trunks?new",
}  # fmt: skip
"""The pages as addresses lead to them are looked at with all others (`test_every_page`); these with a row opened."""


def test_a_row_opened_shuts_nobody_out(enter: Enter, running: Running) -> None:
    page, faults = enter("admin", "zh-CN", "dark"), {}
    for name, path in OPENED.items():
        page.goto(running.url + path)
        picture(page, f"admin-{name}.zh-CN.dark")
        faults[path] = violations(page)
    assert {path: report for path, report in faults.items() if report} == {}


@pytest.mark.feature("U13")
def test_a_person_is_made_by_keyboard_and_signs_in(enter: Enter, running: Running) -> None:
    page = enter("admin")
    page.goto(f"{running.url}/admin/people/new")
    page.locator("#f-name").focus()
    for typed, key in (("覃小丽", "Tab"), ("qin", "Tab"), ("a sentence to remember", "Enter")):
        page.keyboard.type(typed)
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="覃小丽")).to_be_visible()
    page.goto(f"{running.url}/admin/people")
    names = page.locator("tbody th").all_inner_texts()
    order = [name.split("\n")[-1] for name in names]
    assert order.index("马春燕") < order.index("覃小丽") < order.index("宋小青")


def test_a_day_off_is_entered_in_the_year(enter: Enter, running: Running) -> None:
    page = enter("admin")
    page.goto(f"{running.url}/admin/calendars/city/jz?year=2027")
    expect(page.get_by_text("only the week counts")).to_be_visible()
    page.locator('a[href*="day=2027-10-01"]').click()
    page.locator('a[href*="day=2027-10-01"][aria-current]').wait_for()
    page.get_by_role("radio", name="days off").check()
    page.locator("#f-reason").fill("National Day")
    page.locator("#h-day").locator("xpath=../..").get_by_role("button", name="Publish a new version").click()
    day = page.locator('a[href*="day=2027-10-01"]')
    expect(day).to_have_attribute("data-day", "off")
    picture(page, "admin-calendar-changed.en.light")


@pytest.mark.feature("X04", "S15", "S17", "M05")
def test_a_telephone_is_set_up_by_keyboard_and_what_is_wrong_stands_at_its_field(
    enter: Enter, running: Running
) -> None:
    page = enter("admin", "zh-CN", "light")
    page.goto(f"{running.url}/admin/telephone/seats?new")
    page.locator("#f-number").focus()
    page.keyboard.type("8101")
    page.locator("#f-kind").select_option("SIP")
    page.keyboard.press("Enter")
    page.locator("#f-secret").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#f-secret-said")).to_have_text("桌面话机必须设置密码。")
    expect(page.locator("#f-number")).to_have_value("8101")
    page.locator("#f-secret").fill("a-secret-of-this-phone")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="座席 8101")).to_be_visible()
    expect(page.locator(".history")).to_contain_text("新增座席 8101")
    assert "a-secret-of-this-phone" not in page.content()
    assert violations(page) == ""
    picture(page, "admin-seat.zh-CN.light")
    page.goto(f"{running.url}/admin/telephone/numbers?new")
    page.locator("#f-number").fill("13800002222")
    page.locator("#f-reason").fill("骚扰")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="138••••2222")).to_be_visible()
    page.get_by_role("button", name="显示号码").click()
    expect(page.get_by_role("heading", name="13800002222")).to_be_visible()
    assert "13800002222" not in page.url
