"""Merging a case into another one on its page, and taking it out again."""

import re

import pytest

from app.cli.demo import REPORT
from app.core.ids import new_id
from tests.integration.web.conftest import House, csrf_of

BIN = REPORT | {"address": "书院路 88 号", "incident_summary": "垃圾桶满溢"}


@pytest.mark.feature("Q04")
def test_a_supervisor_merges_two_cases_and_takes_one_out_again(house: House) -> None:
    first, second = (house.person("agent").post("/registrations", {"values": BIN}).json for _ in range(2))
    browser = house.browser("supervisor")
    url = f"/cases/{second['case_no']}/merge"
    assert f'value="{first["case_no"]}"' in browser.get(url).text, "what is alike is offered"
    headers = {"X-CSRFToken": csrf_of(browser, url)}

    wrong = browser.post(url, data={"into": "123", "command_id": str(new_id())}, headers=headers)
    assert wrong.status_code == 404
    assert 'value="123"' in wrong.text, "what was typed stands there still"
    command = str(new_id())
    for _ in range(2):  # sent twice it is done once
        done = browser.post(url, data={"into": first["acceptance_no"], "command_id": command}, headers=headers)
        assert done.location == f"/cases/{first['case_no']}"
    page = browser.get(done.location).text
    assert second["acceptance_no"] in page
    undo = re.search(r'action="(/cases/\d+/merges/[0-9a-f-]+/undo)"', page)
    assert undo
    rests = browser.get(f"/cases/{second['case_no']}").text
    assert f'href="/cases/{first["case_no"]}"' in rests
    assert undo[1] in rests, "it can be taken out from its own page too"
    assert browser.post(undo[1], headers=headers).location == f"/cases/{second['case_no']}"
    assert undo[1] not in browser.get(f"/cases/{first['case_no']}").text
    assert house.browser("agent").get(url).status_code == 403
