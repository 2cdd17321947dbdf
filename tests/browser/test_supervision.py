"""A supervisor raises a demand with the form; the handler answers it in the street."""

import pytest
from playwright.sync_api import expect

from tests.demo_city import Running

from .conftest import Enter, picture, settled, violations
from .test_departments import given_order, in_the_street

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.mark.feature("V05")
@pytest.mark.feature("V08")
def test_a_demand_is_raised_and_answered_in_the_street(enter: Enter, running: Running) -> None:
    number = given_order(running, "西门垃圾桶满溢")
    office = enter("supervisor")
    office.goto(f"{running.url}/cases/{number.partition('-')[0]}/supervision")
    settled(office)
    office.get_by_role("radio", name="Supervision").check(force=True)
    office.get_by_label("What is demanded").fill("Send a picture with the time on it.")
    office.get_by_role("button", name="Raise supervision").click()
    expect(office.get_by_role("status").filter(has_text="Raised: Supervision")).to_be_visible()
    expect(office.locator(".demand", has_text="Send a picture")).to_contain_text("Sanitation Bureau")
    assert violations(office) == ""
    street = in_the_street(enter("sanitation"), running, number)
    expect(street.locator("header .seal")).to_have_attribute("data-level", "SUPERVISION")
    assert violations(street) == ""
    picture(street, "supervision-street")
    street.get_by_label("Your answer").fill("On our way, pictures at 17:00.")
    street.get_by_role("button", name="Send the answer").click()
    expect(street.locator(".demand__answer")).to_contain_text("On our way")
    expect(street.locator(".demand")).to_have_attribute("data-state", "ANSWERED")
    office.goto(f"{running.url}/supervision?view=answered")
    expect(office.locator("tr", has_text="Send a picture")).to_contain_text("Answered")
