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
    page.get_by_role("radio", name="days off").check()
    page.locator("#f-reason").fill("National Day")
    page.locator("#h-day").locator("xpath=../..").get_by_role("button", name="Publish a new version").click()
    day = page.locator('a[href*="day=2027-10-01"]')
    expect(day).to_have_attribute("data-day", "off")
    picture(page, "admin-calendar-changed.en.light")
