"""A supervisor merges two cases about one matter by keyboard, and takes it back."""

import pytest
from playwright.sync_api import expect

from tests.demo_city import Running

from .conftest import Enter, picture, settled, violations
from .test_case import given_case

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.mark.feature("Q04")
def test_two_cases_are_merged_and_parted_by_keyboard(enter: Enter, running: Running) -> None:
    main, other = given_case(running, "垃圾桶满溢在东门"), given_case(running, "垃圾桶满溢在东门外")
    page, hers = enter("supervisor"), enter("supervisor", "zh-CN", "dark")
    page.goto(f"{running.url}/cases/{other}")
    settled(page)
    page.get_by_role("link", name="Merge", exact=True).press("Enter")
    expect(page.get_by_label("Number of the other case")).to_be_focused()
    hers.goto(page.url)
    for each in (page, hers):
        expect(each.locator(f'input[name=into][value="{main}"]')).to_have_count(1)
        assert violations(each) == ""
    picture(page, "merge.en.light")
    picture(hers, "merge.zh-CN.dark")
    page.keyboard.type("123")
    page.keyboard.press("Enter")
    expect(page.locator(".callout--red")).to_contain_text("123")
    number = page.get_by_label("Number of the other case")
    expect(number).to_be_focused()
    expect(number).to_have_value("123")
    number.fill(main)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{main}")
    settled(page)
    expect(page.get_by_text("2 callers, merged")).to_be_visible()
    hers.goto(f"{running.url}/cases/{other}")
    settled(hers)
    expect(hers.get_by_text("已并入案件")).to_be_visible()
    expect(hers.get_by_role("button", name="认领")).to_have_count(0)
    for each in (page, hers):
        assert violations(each) == ""
    picture(page, "merged-in.en.light")
    picture(hers, "merged-away.zh-CN.dark")
    page.keyboard.press("u")
    page.wait_for_url(f"**/cases/{other}")
    settled(page)
    expect(page.get_by_text("Current task: Judge")).to_be_visible()
