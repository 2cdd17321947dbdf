"""XML names and Camunda's `zeebe:` extension elements."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from .model import IoMapping, Zeebe

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
CAMUNDA_7 = "http://camunda.org/schema/1.0/bpmn"

XmlElement = Any


def read_zeebe(element: XmlElement) -> Zeebe:
    """The element's own extension, not that of its children."""
    zeebe = Zeebe()
    extension = element.find(f"{{{BPMN}}}extensionElements")
    if extension is None:
        return zeebe
    for child in extension.iterchildren(f"{{{ZEEBE}}}*"):
        name = local_name(child)
        zeebe.attributes.setdefault(name, dict(child.attrib))
        match name:
            case "ioMapping":
                zeebe.inputs += _mappings(child, "input")
                zeebe.outputs += _mappings(child, "output")
            case "taskHeaders":
                zeebe.headers |= _pairs(child, "header", "key")
            case "properties":
                zeebe.properties |= _pairs(child, "property", "name")
    return zeebe


def camunda_7(element: XmlElement) -> str | None:
    """The first attribute or extension that the older Camunda 7 would read and nobody reads here."""
    for name in element.attrib:
        if str(name).startswith(f"{{{CAMUNDA_7}}}"):
            return f"camunda:{etree.QName(name).localname}"
    for child in element.iterfind(f"{{{BPMN}}}extensionElements/{{{CAMUNDA_7}}}*"):
        return f"camunda:{local_name(child)}"
    return None


def _mappings(element: XmlElement, tag: str) -> list[IoMapping]:
    return [IoMapping(e.get("target") or "", e.get("source") or "") for e in element.iterchildren(f"{{{ZEEBE}}}{tag}")]


def _pairs(element: XmlElement, tag: str, key: str) -> Mapping[str, str]:
    return {e.get(key) or "": e.get("value") or "" for e in element.iterchildren(f"{{{ZEEBE}}}{tag}")}


def local_name(element: XmlElement) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def namespace(element: XmlElement) -> str | None:
    return etree.QName(element).namespace if isinstance(element.tag, str) else None
