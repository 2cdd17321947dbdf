"""The shipped files: sound, complete in both languages, and drawn so that one can read them."""

import json
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from app import dmn
from app.workflow.engine import Compiled, check_files
from app.workflow.engine.types import Registry
from tests.unit.processes.drawing import NS, Drawing

ROOT = Path(__file__).parents[3]
DIAGRAMS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "processes").rglob("*.bpmn"))
TABLES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "processes").rglob("*.dmn"))
STAGES = {
    "Problem Reporting": ("问题上报", "REPORTING"),
    "Acceptance": ("受理", "ACCEPTANCE"),
    "Sorting": ("分拣", "SORTING"),
    "Task Assignment": ("派遣", "ASSIGNMENT"),
    "Handling": ("处置", "HANDLING"),
    "Feedback": ("反馈", "FEEDBACK"),
    "Return Visit and Evaluation": ("回访与评价", "RETURN_VISIT_EVALUATION"),
}


@pytest.fixture
def drawing(files: Mapping[str, bytes], request: pytest.FixtureRequest) -> Drawing:
    return Drawing(files[request.param])


each_diagram = pytest.mark.parametrize("drawing", DIAGRAMS, indirect=True)


def test_the_engine_finds_nothing_wrong(files: Mapping[str, bytes], registry: Registry) -> None:
    assert check_files(files, registry) == []


@pytest.mark.feature("D01", "D02", "D03", "D04", "D05", "D06", "D07")
def test_the_seven_stages_bear_the_sources_names(bundle: Compiled) -> None:
    elements = bundle.processes["lifecycle"].elements.values()
    stages = {e.names["en"]: (e.names["zh-CN"], e.properties["stage"]) for e in elements if "stage" in e.properties}
    assert stages == STAGES
    assert all(e.type == "subProcess" and e.parent is None for e in elements if "stage" in e.properties)


def test_processes_tasks_and_forms_are_the_agreed_ones(bundle: Compiled) -> None:
    assert bundle.processes.keys() == {
        "lifecycle", "department_default", "department_gas", "department_higher", "department_planning",
        "department_sanitation", "order_department", "order_extension", "order_pausing", "order_supervision",
        "voice_member", "voice_menu", "voice_survey",
    }  # fmt: skip
    forms = {e.id: e.form_id for p in bundle.processes.values() for e in p.elements.values() if e.type == "userTask"}
    assert forms == {
        "register": "registration", "complete_registration": "registration", "judge": "judgement",
        "instruct": "leader_instruction", "instruct_dispatch": "leader_instruction", "confirm_unit": "confirm_unit",
        "name_unit": "confirm_unit", "decide_on_reopening": "reopening_decision",
        "dispatch": "processing", "verify": "verification", "reply": "reply", "return_visit": "return_visit",
        "sign": "sign", "review_objection": "objection_review", "handle": "handle", "report_back": "report_back",
        "on_site": "on_site", "inspect": "inspection", "decide_shelving": "shelving_decision",
        "decide_extension": "extension_decision", "decide_further_extension": "extension_decision",
        "decide_department": "department_decision",
        "answer_supervision": "supervision_answer", "hand_over": "hand_over", "note_answer": "report_back",
    }  # fmt: skip
    assert set(forms.values()) | {"supervision"} == bundle.forms.keys(), "the form of a deed has no task"


@each_diagram
def test_every_node_and_flow_is_drawn(drawing: Drawing) -> None:
    assert drawing.nodes.keys() == drawing.boxes.keys()
    assert drawing.flows.keys() == drawing.ways.keys()


@each_diagram
def test_shapes_do_not_overlap(drawing: Drawing) -> None:
    solid = [id_ for id_ in drawing.nodes if not drawing.is_boundary(id_)]
    for a, b in combinations(solid, 2):
        box, other = drawing.boxes[a], drawing.boxes[b]
        if drawing.parent(a) == b or drawing.parent(b) == a:
            outer, inner = (other, box) if drawing.parent(a) == b else (box, other)
            assert outer.holds(inner), f"{a} and {b}"
        elif drawing.parent(a) == drawing.parent(b):
            assert not box.overlaps(other), f"{a} and {b}"


@each_diagram
def test_flows_run_at_right_angles_from_edge_to_edge(drawing: Drawing) -> None:
    for id_, flow in drawing.flows.items():
        assert all(not (piece.w and piece.h) for piece in drawing.segments(id_)), id_
        way = drawing.ways[id_]
        assert drawing.boxes[flow.get("sourceRef")].touches(way[0]), id_
        assert drawing.boxes[flow.get("targetRef")].touches(way[-1]), id_


@each_diagram
def test_no_flow_runs_through_a_shape(drawing: Drawing) -> None:
    for id_, flow in drawing.flows.items():
        ends = {flow.get("sourceRef"), flow.get("targetRef")}
        for other, box in drawing.boxes.items():
            if other in ends or (drawing.is_container(other) and drawing.nodes[other] in flow.iterancestors()):
                continue
            if drawing.is_boundary(other) and drawing.nodes[other].get("attachedToRef") in ends:
                continue
            assert not any(piece.overlaps(box, 1) for piece in drawing.segments(id_)), f"{id_} through {other}"


@each_diagram
def test_labels_stand_clear_of_tasks_events_and_gateways(drawing: Drawing) -> None:
    for id_, label in drawing.labels.items():
        for other, box in drawing.boxes.items():
            if other != id_ and not drawing.is_container(other):  # a gateway's label may use its empty corners
                assert not label.overlaps(box, 2), f"label of {id_} on {other}"
    for (a, box), (b, other) in combinations(drawing.labels.items(), 2):
        assert not box.overlaps(other, 3), f"labels of {a} and {b}"


@each_diagram
def test_whatever_has_a_name_has_it_in_chinese(drawing: Drawing) -> None:
    for element in drawing.root.iterfind(".//bpmn:process", NS):
        named = [element, *(child for child in element.iter() if child.get("name") and child.get("id"))]
        for child in named:
            chinese = child.find("bpmn:extensionElements/zeebe:properties/zeebe:property[@name='label:zh-CN']", NS)
            assert chinese is not None, child.get("id")
            assert chinese.get("value"), child.get("id")


@each_diagram
def test_children_stand_in_the_order_of_the_schema(drawing: Drawing) -> None:
    """The stock Modeler reads any order, other tools insist on the schema's."""
    ranks = ["documentation", "extensionElements", "incoming", "outgoing"]
    for node in drawing.nodes.values():
        names = [etree.QName(child).localname for child in node]
        places = [ranks.index(name) if name in ranks else len(ranks) for name in names]
        assert places == sorted(places), node.get("id")
        flows = {f.get("id"): f for f in drawing.flows.values()}
        for way, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
            said = {child.text for child in node.iterfind(f"bpmn:{way}", NS)}
            assert said == {i for i, f in flows.items() if f.get(end) == node.get("id")}, node.get("id")


@each_diagram
def test_the_stock_modeler_knows_its_dialect(drawing: Drawing) -> None:
    assert drawing.root.get(f"{{{NS['modeler']}}}executionPlatform") == "Camunda Cloud"
    assert drawing.root.get(f"{{{NS['modeler']}}}executionPlatformVersion", "").startswith("8.")


@pytest.mark.parametrize("file", TABLES)
def test_decisions_are_drawn(files: Mapping[str, bytes], file: str) -> None:
    root = etree.fromstring(files[file])
    drawn = {e.get("dmnElementRef") for e in root.iter() if e.get("dmnElementRef")}
    named = ("decision", "inputData", "informationRequirement")
    assert drawn == {e.get("id") for e in root.iter() if etree.QName(e).localname in named}


def test_tables_name_only_categories_and_departments_of_the_city(files: Mapping[str, bytes]) -> None:
    catalogue = json.loads((ROOT / "app/city/catalogue/categories.json").read_text())
    departments = json.loads((ROOT / "app/city/demo/departments.json").read_text())
    known = {row["code"] for row in (*catalogue, *departments)}
    model = dmn.parse(files["processes/decisions/responsible_department.dmn"])
    assert model.decisions.keys() == {"urgency", "responsible_unit", "responsible_department"}
    root = etree.fromstring(files["processes/decisions/responsible_department.dmn"])
    table = root.find("{*}decision[@id='responsible_unit']")
    assert table is not None
    for rule in table.iter("{*}rule"):
        cells = [*rule.iterfind("{*}inputEntry"), *rule.iterfind("{*}outputEntry")]
        for cell in (cells[2], cells[3], cells[7], cells[8]):  # sub-category, category; lead, assist
            assert set(_codes(cell)) <= known, cell.get("id")


def _codes(cell: Any) -> Iterator[str]:
    text = "".join(cell.itertext()).strip()
    yield from (part for part in text.split('"')[1::2])
