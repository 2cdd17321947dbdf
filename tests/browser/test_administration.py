"""An administrator at work: a person is made by keyboard, a holiday is entered; nobody is shut out of these pages."""

import pytest
from playwright.sync_api import expect

from tests.demo_city import Running

from .conftest import Enter, picture, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PAGES = {
    "people": "/admin/people", "person-new": "/admin/people/new", "departments": "/admin/departments?code=gas",
    "department-new": "/admin/departments?new", "districts": "/admin/districts?code=jz/dongcheng",
    "categories": "/admin/categories?code=WATER_LEAK", "calendars": "/admin/calendars",
    "calendar": "/admin/calendars/city/jz?year=2027", "rights": "/admin/rights", "settings": "/admin/settings",
    "history": "/admin/history",
}  # fmt: skip


@pytest.mark.parametrize(("language", "theme"), [("zh-CN", "light"), ("en", "dark")])
def test_administration_shuts_nobody_out(enter: Enter, running: Running, language: str, theme: str) -> None:
    page, faults = enter("admin", language, theme), {}
    for name, path in PAGES.items():
        page.goto(running.url + path)
        picture(page, f"admin-{name}.{language}.{theme}")
        faults[path] = violations(page)
    page.goto(f"{running.url}/admin/people")
    page.get_by_role("link", name="周晓雯").click()
    picture(page, f"admin-person.{language}.{theme}")
    faults["/admin/people/…"] = violations(page)
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
