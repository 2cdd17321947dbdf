"""`citydesk demo`: one case through all seven stages over HTTP, on the running product."""

import pytest

from app.cases.enums import CaseStage
from app.cli.demo import run_demo
from tests.demo_city import Running


@pytest.mark.timeout(120)
@pytest.mark.feature("D01")
def test_a_case_travels_all_seven_stages(running: Running) -> None:
    said: list[str] = []
    result = run_demo(running.url, said.append)
    assert result["closed"], said
    assert [stage["name"] for stage in result["stages"]] == [stage.value for stage in CaseStage]
    assert all(stage["left_at"] for stage in result["stages"])
    assert len(result["acceptance_no"]) == 14
    assert result["history_url"].startswith(running.url)
