"""Phrases: one's own and everybody's."""

import pytest

from tests.integration.web.conftest import House, csrf_of


def keep(browser, **form: str):
    return browser.post("/phrases", data={"csrf_token": csrf_of(browser, "/phrases"), **form})


@pytest.mark.feature("Q20")
def test_a_phrase_is_ones_own_unless_a_supervisor_gives_it_to_all(house: House) -> None:
    agent, other, supervisor = (house.browser(name) for name in ("agent", "agent2", "supervisor"))
    assert keep(agent, title="稍候", body="请您稍候。").status_code == 302
    assert keep(supervisor, title="结束语", body="感谢您的来电。", shared="1").status_code == 302

    def titles(browser) -> list[str]:
        return [phrase["title"] for phrase in browser.get("/phrases/list").json["phrases"]]

    assert titles(agent) == ["稍候", "结束语"]
    assert titles(other) == ["结束语"]
    assert keep(agent, title="公共", body="不许", shared="1").status_code == 403


def test_an_empty_phrase_is_told_at_its_field_and_nothing_typed_is_lost(house: House) -> None:
    answer = keep(house.browser("agent"), title="只有名称", body=" ")
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.text
    assert "只有名称" in answer.text
