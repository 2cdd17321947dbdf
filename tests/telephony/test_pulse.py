"""Telephony is killed: the call bar, the board and the wall say so and since when, and recover by themselves."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import picture, violations
from tests.telephony.conftest import Exchange
from tests.telephony.desk import Sit, address, chromium, sit

__all__ = ["address", "chromium", "sit"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.mark.feature("M05", "S01")
def test_pages_say_since_when_the_telephone_is_not_running_and_recover(
    exchange: Exchange, sit: Sit, address: str
) -> None:  # fmt: skip
    page = sit("supervisor")
    page.goto(f"{address}/seats")
    bar, board = page.locator("#callbar"), page.locator("[data-part=telephone]")
    expect(bar).to_contain_text("Signed out")
    expect(board).to_be_empty()
    wall = page.context.new_page()
    wall.goto(f"{address}/wallboard")
    exchange.kill()
    said = "The telephone is not running since"
    for place in (bar, board, wall.locator("[data-part=telephone]")):
        expect(place).to_contain_text(said)
    expect(bar.get_by_role("button")).to_have_count(0)
    assert violations(page) == ""
    picture(page, "telephone-off")
    page.reload()
    expect(bar).to_contain_text(said)
    exchange.start()
    for place in (bar, board, wall.locator("[data-part=telephone]")):
        expect(place).not_to_contain_text(said)
    expect(bar.locator("[data-callbar-shown] [data-phone=log_in]")).to_be_visible()
