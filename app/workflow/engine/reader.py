"""Reads BPMN files into the model. Never raises for a bad file: everything wrong becomes a finding."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from .model import FLOW_NODES, Event, Flow, IoMapping, Loop, Node, ProcessModel, Scope, Zeebe
from .types import Finding

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"

IGNORED = frozenset(
    {
        "documentation",
        "extensionElements",
        "incoming",
        "outgoing",
        "laneSet",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "dataInputAssociation",
        "dataOutputAssociation",
        "property",
        "ioSpecification",
        "textAnnotation",
        "association",
        "group",
        "auditing",
        "monitoring",
    }
)
"""Drawn and without effect."""

DEFINITIONS = {
    "messageEventDefinition": "message",
    "timerEventDefinition": "timer",
    "errorEventDefinition": "error",
    "terminateEventDefinition": "terminate",
}
LOOPS = frozenset({"multiInstanceLoopCharacteristics", "standardLoopCharacteristics"})
CONTAINERS = frozenset({"subProcess"})

UNSUPPORTED = {
    "complexGateway": "unsupported-complex-gateway",
    "transaction": "unsupported-transaction",
    "adHocSubProcess": "unsupported-ad-hoc-sub-process",
}
"""Elements with a remedy of their own."""

XmlElement = Any


def parse_xml(file: str, content: bytes) -> tuple[XmlElement | None, list[Finding]]:
    """The root element, or None and why not. No entities, no DTD, no network."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return None, [Finding("error", file, None, "not-xml", {"detail": str(error)})]
    if root.getroottree().docinfo.internalDTD is not None or any(True for _ in root.iter(etree.Entity)):
        return None, [Finding("error", file, None, "dtd-refused")]
    return root, []


class Reader:
    """Reads one file. `processes` and `findings` hold the outcome."""

    def __init__(self, file: str, content: bytes) -> None:
        self.file = file
        self.processes: list[ProcessModel] = []
        self.ids: dict[str, str] = {}
        root, self.findings = parse_xml(file, content)
        if root is None:
            return
        if _name(root) != "definitions" or _namespace(root) != BPMN:
            self._error(None, "not-bpmn")
            return
        self._root = root
        self._messages = {e.get("id"): e for e in root.findall(f"{{{BPMN}}}message")}
        self._errors = {e.get("id"): e for e in root.findall(f"{{{BPMN}}}error")}
        for element in root.findall(f"{{{BPMN}}}process"):
            self._process(element)

    def _error(self, element: str | None, code: str, /, **params: object) -> None:
        self.findings.append(Finding("error", self.file, element, code, params))

    def _process(self, element: XmlElement) -> None:
        id_ = element.get("id") or ""
        if element.get("isExecutable") == "false":
            self.findings.append(Finding("warning", self.file, id_, "not-executable"))
            return
        self._take_id(id_)
        scope = self._scope(element, id_, id_, None)
        self.processes.append(ProcessModel(id_, self.file, element.get("name") or "", read_zeebe(element), scope))

    def _take_id(self, id_: str | None) -> None:
        if not id_:
            self._error(None, "missing-id")
        elif id_ in self.ids:
            self._error(id_, "duplicate-id", element=id_)
        else:
            self.ids[id_] = self.file

    def _scope(self, container: XmlElement, id_: str, process: str, parent: str | None) -> Scope:
        scope = Scope(id_, process, self.file)
        for element in container:
            tag = _name(element)
            if tag in IGNORED or tag in LOOPS or _namespace(element) != BPMN:
                continue
            if tag == "sequenceFlow":
                self._take_id(element.get("id"))
                scope.flows.append(_flow(element))
            elif tag in FLOW_NODES:
                self._take_id(element.get("id"))
                node = self._node(element, tag, process, parent)
                scope.nodes[node.id] = node
            else:
                self._error(element.get("id"), UNSUPPORTED.get(tag, "unsupported-element"), element=tag)
        self._connect(scope)
        return scope

    def _connect(self, scope: Scope) -> None:
        for flow in scope.flows:
            source, target = scope.nodes.get(flow.source), scope.nodes.get(flow.target)
            if source is None or target is None:
                self._error(flow.id, "loose-flow")
                continue
            source.outgoing.append(flow)
            target.incoming.append(flow)

    def _node(self, element: XmlElement, tag: str, process: str, parent: str | None) -> Node:
        id_ = element.get("id") or ""
        node = Node(
            id=id_,
            type=tag,
            process=process,
            file=self.file,
            parent=parent,
            name=element.get("name") or "",
            attributes=dict(element.attrib),
            zeebe=read_zeebe(element),
            event=self._event(element, tag),
            loop=next((_loop(child) for child in element if _name(child) in LOOPS), None),
        )
        if tag in CONTAINERS:
            node.scope = self._scope(element, id_, process, id_)
        return node

    def _event(self, element: XmlElement, tag: str) -> Event:
        if tag == "receiveTask":
            return self._message(element.get("messageRef"))
        definitions = [child for child in element if _name(child).endswith("EventDefinition")]
        if not definitions:
            return Event()
        if len(definitions) > 1:
            return Event("multiple")
        match DEFINITIONS.get(_name(definitions[0])):
            case "message":
                return self._message(definitions[0].get("messageRef"))
            case "error":
                return self._error_event(definitions[0].get("errorRef"))
            case "timer":
                return _timer(definitions[0])
            case "terminate":
                return Event("terminate")
        return Event(_name(definitions[0]).removesuffix("EventDefinition"))

    def _message(self, ref: str | None) -> Event:
        message = self._messages.get(ref)
        if message is None:
            return Event("message", ref)
        subscription = next((child for child in message.iter(f"{{{ZEEBE}}}subscription")), None)
        key = subscription.get("correlationKey") if subscription is not None else None
        return Event("message", ref, message.get("name"), key or None)

    def _error_event(self, ref: str | None) -> Event:
        error = self._errors.get(ref)
        code = error.get("errorCode") if error is not None else None
        return Event("error", ref, error.get("name") if error is not None else None, code=code or None)


def _flow(element: XmlElement) -> Flow:
    condition = element.find(f"{{{BPMN}}}conditionExpression")
    text = None if condition is None else (condition.text or "").strip()
    return Flow(element.get("id") or "", element.get("sourceRef") or "", element.get("targetRef") or "", text)


def _loop(element: XmlElement) -> Loop:
    if _name(element) != "multiInstanceLoopCharacteristics":
        return Loop(multiple=False)
    given = read_zeebe(element)
    completion = element.findtext(f"{{{BPMN}}}completionCondition") or ""
    return Loop(
        multiple=True,
        sequential=element.get("isSequential") == "true",
        collection=given.get("loopCharacteristics", "inputCollection"),
        element=given.get("loopCharacteristics", "inputElement"),
        output_collection=given.get("loopCharacteristics", "outputCollection"),
        output_element=given.get("loopCharacteristics", "outputElement"),
        completion=completion.strip() or None,
    )


def _timer(definition: XmlElement) -> Event:
    for kind in ("timeDate", "timeDuration", "timeCycle"):
        found = definition.find(f"{{{BPMN}}}{kind}")
        if found is not None:
            return Event("timer", timer=kind, text=(found.text or "").strip())
    return Event("timer")


def read_zeebe(element: XmlElement) -> Zeebe:
    """The element's own extension, not that of its children."""
    zeebe = Zeebe()
    extension = element.find(f"{{{BPMN}}}extensionElements")
    if extension is None:
        return zeebe
    for child in extension.iterchildren(f"{{{ZEEBE}}}*"):
        name = _name(child)
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


def _mappings(element: XmlElement, tag: str) -> list[IoMapping]:
    return [IoMapping(e.get("target") or "", e.get("source") or "") for e in element.iterchildren(f"{{{ZEEBE}}}{tag}")]


def _pairs(element: XmlElement, tag: str, key: str) -> Mapping[str, str]:
    return {e.get(key) or "": e.get("value") or "" for e in element.iterchildren(f"{{{ZEEBE}}}{tag}")}


def _name(element: XmlElement) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _namespace(element: XmlElement) -> str | None:
    return etree.QName(element).namespace if isinstance(element.tag, str) else None
