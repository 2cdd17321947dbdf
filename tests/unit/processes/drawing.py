"""Reads a diagram's picture: where shapes, edges and labels lie."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lxml import etree

NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
    "modeler": "http://camunda.org/schema/modeler/1.0",
}
Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    w: float
    h: float

    def overlaps(self, other: "Box", slack: float = 0) -> bool:
        return (
            self.x + slack < other.x + other.w
            and other.x + slack < self.x + self.w
            and self.y + slack < other.y + other.h
            and other.y + slack < self.y + self.h
        )

    def holds(self, other: "Box") -> bool:
        inside_x = self.x <= other.x and other.x + other.w <= self.x + self.w
        return inside_x and self.y <= other.y and other.y + other.h <= self.y + self.h

    def touches(self, point: Point) -> bool:
        x, y = point
        on_x, on_y = self.x - 1 <= x <= self.x + self.w + 1, self.y - 1 <= y <= self.y + self.h + 1
        at_edge = min(abs(x - self.x), abs(x - self.x - self.w), abs(y - self.y), abs(y - self.y - self.h)) <= 1
        return on_x and on_y and at_edge


class Drawing:
    def __init__(self, content: bytes) -> None:
        self.root = etree.fromstring(content)
        self.nodes: dict[str, Any] = {}
        self.flows: dict[str, Any] = {}
        for element in self.root.iterfind(".//bpmn:process//*[@id]", NS):
            name = etree.QName(element).localname
            if name == "sequenceFlow":
                self.flows[element.get("id")] = element
            elif not name.endswith("EventDefinition"):
                self.nodes[element.get("id")] = element
        self.boxes = {s.get("bpmnElement"): _box(s) for s in self.root.iterfind(".//bpmndi:BPMNShape", NS)}
        self.ways = {e.get("bpmnElement"): _way(e) for e in self.root.iterfind(".//bpmndi:BPMNEdge", NS)}
        labels = self.root.iterfind(".//bpmndi:BPMNLabel", NS)
        self.labels = {label.getparent().get("bpmnElement"): _box(label) for label in labels}

    def parent(self, id_: str) -> str:
        parent: str = self.nodes[id_].getparent().get("id")
        return parent

    def is_boundary(self, id_: str) -> bool:
        return bool(self.nodes[id_].tag == f"{{{NS['bpmn']}}}boundaryEvent")

    def is_container(self, id_: str) -> bool:
        return bool(self.nodes[id_].tag == f"{{{NS['bpmn']}}}subProcess")

    def segments(self, flow: str) -> list[Box]:
        """A flow's straight pieces as boxes without width."""
        return [
            Box(min(a[0], b[0]), min(a[1], b[1]), abs(a[0] - b[0]), abs(a[1] - b[1]))
            for a, b in pairwise(self.ways[flow])
        ]


def _box(element: Any) -> Box:
    bounds = element.find("dc:Bounds", NS)
    return Box(*(float(bounds.get(name)) for name in ("x", "y", "width", "height")))


def _way(element: Any) -> list[Point]:
    return [(float(point.get("x")), float(point.get("y"))) for point in element.iterfind("di:waypoint", NS)]
