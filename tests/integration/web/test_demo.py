"""`citydesk demo`: one case through all seven stages over HTTP, on the running product."""

import pytest

from app.cases.enums import CaseStage
from app.cli.demo import run_demo
from app.core.db import transaction
from app.identity import OPERATOR
from app.workflow import deploy
from tests.demo_city import ROOT, Running


@pytest.mark.timeout(120)
@pytest.mark.feature("D01")
def test_a_case_travels_all_seven_stages(running: Running) -> None:
    said: list[str] = []
    result = run_demo(running.url, said.append)
    assert result["closed"], said
    assert [stage["stage"] for stage in result["stages"]] == [stage.value for stage in CaseStage]
    assert (result["stages"][0]["name"], result["stages"][-1]["name"]) == (
        "Problem Reporting",
        "Return Visit and Evaluation",
    )
    assert all(stage["left_at"] for stage in result["stages"])
    assert len(result["acceptance_no"]) == 14
    assert result["history_url"].startswith(running.url)


@pytest.mark.timeout(240)
def test_the_demo_follows_a_diagram_that_an_analyst_has_changed(running: Running) -> None:
    """Two further steps, one with a form of its own and one without: the next order takes them."""
    with transaction(running.runtime.sessions) as session:
        deploy(
            session,
            {"processes/departments/sanitation.bpmn": with_a_further_step(), "forms/photos.form": PHOTOS},
            actor=OPERATOR,
            now=running.runtime.clock.now(),
            registry=running.runtime.registry,
        )
    said: list[str] = []
    assert run_demo(running.url, said.append)["closed"]
    assert said.index("sanitation completed “Take photos”") < said.index("sanitation completed “Tidy up”")


PHOTOS = b"""{"id": "photos", "type": "default", "schemaVersion": 19, "components": [
  {"id": "Field_photos", "type": "number", "key": "photos", "label": "Number of photos",
   "validate": {"required": true, "min": 2, "max": 9}},
  {"id": "Field_light", "type": "radio", "key": "light", "label": "Light", "validate": {"required": true},
   "values": [{"label": "Day", "value": "DAY"}, {"label": "Night", "value": "NIGHT"}]}]}"""

STEP = """<bpmn:userTask id="take_photos" name="Take photos"><bpmn:extensionElements><zeebe:userTask />
  <zeebe:formDefinition formId="photos" /><zeebe:assignmentDefinition candidateGroups="=[department]" />
  <zeebe:ioMapping><zeebe:output source="=photos" target="photos" /></zeebe:ioMapping></bpmn:extensionElements>
  <bpmn:incoming>Flow_to_photos</bpmn:incoming><bpmn:outgoing>Flow_to_tidy</bpmn:outgoing></bpmn:userTask>
  <bpmn:userTask id="tidy" name="Tidy up"><bpmn:extensionElements><zeebe:userTask />
  <zeebe:assignmentDefinition candidateGroups="=[department]" /></bpmn:extensionElements>
  <bpmn:incoming>Flow_to_tidy</bpmn:incoming><bpmn:outgoing>Flow_handle_to_report_back</bpmn:outgoing></bpmn:userTask>
  <bpmn:sequenceFlow id="Flow_to_photos" sourceRef="handle" targetRef="take_photos" />
  <bpmn:sequenceFlow id="Flow_to_tidy" sourceRef="take_photos" targetRef="tidy" />"""


def with_a_further_step() -> bytes:
    """The sanitation bureau's diagram with “Take photos” between handling and reporting back."""
    text = (ROOT / "processes/departments/sanitation.bpmn").read_text(encoding="utf-8")
    after = "<bpmn:outgoing>Flow_handle_to_report_back</bpmn:outgoing>\n      </bpmn:userTask>"
    assert text.count(after) == 1
    text = text.replace(after, after.replace("Flow_handle_to_report_back", "Flow_to_photos") + STEP)
    text = text.replace(
        '"Flow_handle_to_report_back" sourceRef="handle"', '"Flow_handle_to_report_back" sourceRef="tidy"'
    )
    return text.encode()
