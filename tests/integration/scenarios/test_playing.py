"""Scenarios against the real engine and database: what passes, what a failing step shows, what counts as covered."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.files import shipped
from app.cli.scenario_city import ScenarioCity, scenario_city
from app.scenarios import Files, Outcome, Refusal, coverage, run_all

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "processes" / "scenarios"


@pytest.fixture(scope="module")
def city() -> Iterator[ScenarioCity]:
    with scenario_city(shipped(ROOT)) as made:
        yield made


def play(city: ScenarioCity, content: str, language: str = "en") -> Outcome:
    shared = (FOLDER / "_shared.yaml").read_bytes()
    files = Files({"s/_shared.yaml": shared, "s/one.yaml": content.encode()})
    assert files.problems == []
    (outcome,), _ = run_all(files.scenarios, city, language=language)
    return outcome


BIN = """\
given: {use: [a citizen, an overflowing bin]}
steps:
  - when: agent registers the report
  - when: supervisor completes Judge
    with: {judgement: FILE}
"""


def test_what_fails_is_shown_with_the_element_of_the_diagram(city: ScenarioCity) -> None:
    outcome = play(city, BIN + "    then: {stage: FEEDBACK}\n")
    assert outcome.failure is not None
    failure = outcome.failure
    assert (failure.step.no, failure.step.line, outcome.steps_done) == (2, 4, 1)
    assert (failure.expected, failure.found) == ("stage: FEEDBACK", "ASSIGNMENT")
    (place,) = failure.places
    assert (place.id, place.names["zh-CN"], place.file) == ("dispatch", "派遣", "processes/lifecycle.bpmn")


def test_a_task_that_is_not_open_is_told_with_those_that_are(city: ScenarioCity) -> None:
    outcome = play(city, BIN + "  - when: supervisor completes Verify\n    with: {verification: PASSED}\n", "zh-CN")
    assert outcome.failure is not None
    assert outcome.failure.found == "待办任务：[Dispatch]"
    assert [place.id for place in outcome.failure.places] == ["verify"]


def test_who_may_not_is_refused_as_in_the_product(city: ScenarioCity) -> None:
    forbidden = BIN + "  - when: agent completes Dispatch\n    with: {method: FILE_CASE}\n"
    outcome = play(city, forbidden)
    assert outcome.failure is not None
    assert outcome.failure.expected == "done without refusal"
    expected = play(
        city, BIN + "  - when: agent completes Dispatch\n    with: {method: FILE_CASE}\n    refused: true\n"
    )
    assert expected.failure is None


def test_a_refusal_that_does_not_come_fails(city: ScenarioCity) -> None:
    outcome = play(city, BIN.replace("with: {judgement: FILE}", "with: {judgement: FILE}\n    refused: judgement"))
    assert outcome.failure is not None
    assert outcome.failure.found == "done without refusal"


def test_each_scenario_has_a_city_of_its_own(city: ScenarioCity) -> None:
    for _ in range(2):
        assert play(city, BIN + "    then: {tasks: [Dispatch], case: {case_no: '261116000015'}}\n").failure is None


def test_names_are_looked_up_before_anything_runs(city: ScenarioCity) -> None:
    wrong = BIN.replace("supervisor completes Judge", "superviser completes Jugde") + "  - then: {task: Dispach}\n"
    with pytest.raises(Refusal) as refused:
        play(city, wrong)
    told = [(problem.line, problem.code, problem.params["known"]) for problem in refused.value.problems]
    assert (4, "unknown_person", "supervisor, supervisor_dongcheng") in told
    assert (4, "unknown_task", "Judge") in [(line, code, str(known).partition(",")[0]) for line, code, known in told]
    assert (6, "unknown_task", "Dispatch") in told


def test_fifteen_working_days_take_less_than_a_second(city: ScenarioCity) -> None:
    content = (FOLDER / "planning_over_the_holiday.yaml").read_text(encoding="utf-8")
    for _ in range(8):  # a machine that does other things meanwhile may need several tries
        outcome = play(city, content)
        assert outcome.failure is None
        assert (outcome.ended - outcome.began).days >= 30
        if outcome.seconds < 1:
            return
    raise AssertionError(f"it took {outcome.seconds} s at best")


def test_coverage_names_what_was_not_gone_through(city: ScenarioCity) -> None:
    shared = (FOLDER / "_shared.yaml").read_bytes()
    files = Files({"_shared.yaml": shared, "gas.yaml": (FOLDER / "gas_stop.yaml").read_bytes()})
    outcomes, processes = run_all(files.scenarios, city, language="en")
    gas = next(one for one in coverage(processes.values(), outcomes) if one.process.id == "department_gas")
    missed = {one.id: one for one in gas.missed}
    assert 0 < gas.percent < 100
    assert missed["sign_due"].kind == "boundaryEvent"
    assert missed["Flow_which_limit_to_start_safe_limit"].source.id == "which_limit"
    assert "Flow_which_limit_to_decide_limit" not in missed


def test_an_edited_diagram_fails_the_scenario_that_speaks_of_it(tmp_path: Path) -> None:
    """As an analyst would: a copy with another limit, played before it is deployed."""
    text = (ROOT / "processes/departments/sanitation.bpmn").read_text(encoding="utf-8")
    edited = tmp_path / "sanitation.bpmn"
    edited.write_text(text.replace('deadline(5, "WORKING_HOUR")', 'deadline(4, "WORKING_HOUR")'), encoding="utf-8")
    command = [sys.executable, "-m", "app.cli", "scenario", "sanitation_late", "--with", str(edited), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    (one,) = said["scenarios"]
    assert (said["failed"], one["passed"], one["failure"]["step"]) == (1, False, 6)
    assert one["failure"]["element"] == "wait_for_order" or "handle" in [e["id"] for e in one["failure"]["elements"]]
    assert "due: 2026-11-16 16:30" in one["failure"]["found"]
    assert 0 < said["coverage_percent"] < 100
    assert {diagram["file"] for diagram in said["diagrams"]} >= {"processes/lifecycle.bpmn"}
