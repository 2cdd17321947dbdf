"""Reads BPMN files into the model. Never raises for a bad file: everything wrong becomes a finding."""

from lxml import etree

from .markup import BPMN, XmlElement, camunda_7, local_name, namespace, read_zeebe
from .model import FLOW_NODES, Definition, Flow, Loop, Node, ProcessModel, Scope
from .read_events import Events
from .types import Finding

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

FREE = frozenset({"message", "signal", "error", "escalation", "lane", "participant", "collaboration"})
"""Named by others, and never an element of a process."""
LOOPS = frozenset({"multiInstanceLoopCharacteristics", "standardLoopCharacteristics"})
MAX_BYTES = 5_000_000
"""Of one file; the shipped ones have a hundredth of it."""
WAYS = ("incoming", "outgoing")
CONTAINERS = frozenset({"subProcess"})

UNSUPPORTED = {
    "complexGateway": "unsupported-complex-gateway",
    "transaction": "unsupported-transaction",
    "adHocSubProcess": "unsupported-ad-hoc-sub-process",
}
"""Elements with a remedy of their own."""


def parse_xml(file: str, content: bytes) -> tuple[XmlElement | None, list[Finding]]:
    """The root element, or None and why not. No entities, no DTD, no network."""
    if len(content) > MAX_BYTES:
        return None, [Finding("error", file, None, "too-large", {"limit": MAX_BYTES})]
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
        self.definitions: list[Definition] = []
        self.lanes: list[Definition] = []
        self.remarks: list[Finding] = []
        """For `check`; the builder does not care."""
        root, self.findings = parse_xml(file, content)
        if root is None:
            return
        if local_name(root) != "definitions" or namespace(root) != BPMN:
            self._error(None, "not-bpmn")
            return
        self._events = Events(root)
        self.definitions += self._events.definitions(file)
        self.lanes = [
            Definition(file, "lane", lane.get("id") or "", lane.get("name") or None)
            for lane in root.iter(f"{{{BPMN}}}lane")
        ]
        processes = root.findall(f"{{{BPMN}}}process")
        for element in processes:
            self._process(element)
        if not processes:
            self.remarks.append(Finding("warning", self.file, None, "no-process"))
        self._other_ids(root)

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

    def _other_ids(self, root: XmlElement) -> None:
        """Ids of what is no element of a process that runs: messages, lanes, pools."""
        own = set(self.ids)
        seen: set[str] = set()
        for element in root.iter(f"{{{BPMN}}}*"):
            id_ = element.get("id")
            if not id_:
                continue
            if (id_ in seen and id_ not in own) or (id_ in own and local_name(element) in FREE):
                self.remarks.append(Finding("error", self.file, id_, "duplicate-id", {"element": id_}))
            seen.add(id_)

    def _scope(self, container: XmlElement, id_: str, process: str, parent: str | None) -> Scope:
        scope = Scope(id_, process, self.file)
        for element in container:
            tag = local_name(element)
            if tag in IGNORED or tag in LOOPS or namespace(element) != BPMN:
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

    def _link(self, scope: Scope) -> None:
        """Links are sequence flows drawn apart: from the throw event to the catch event of the same name."""
        events = [node for node in scope.nodes.values() if node.event.kind == "link"]
        targets = [node for node in events if node.type == "intermediateCatchEvent"]
        for node in events:
            fitting = [target for target in targets if target.event.name == node.event.name]
            if node.event.name is None:
                self._error(node.id, "link-without-name")
            elif len(fitting) != 1:
                self._error(node.id, "link-without-target", link=node.event.name, count=len(fitting))
            elif node.type == "intermediateThrowEvent":
                scope.flows.append(Flow(f"{node.id}_link", node.id, fitting[0].id, None, linked=True))

    def _connect(self, scope: Scope) -> None:
        self._link(scope)
        for flow in scope.flows:
            source, target = scope.nodes.get(flow.source), scope.nodes.get(flow.target)
            if source is None or target is None:
                self._error(flow.id, "loose-flow")
                continue
            source.outgoing.append(flow)
            target.incoming.append(flow)

    def _node(self, element: XmlElement, tag: str, process: str, parent: str | None) -> Node:
        id_ = element.get("id") or ""
        foreign = camunda_7(element)
        if foreign is not None:
            self._error(id_, "camunda-7", name=foreign)
        node = Node(
            id=id_,
            type=tag,
            process=process,
            file=self.file,
            parent=parent,
            name=element.get("name") or "",
            attributes=dict(element.attrib),
            zeebe=read_zeebe(element),
            event=self._events.read(element, tag),
            drawn=tuple(str(e.text).strip() for way in WAYS for e in element.findall(f"{{{BPMN}}}{way}") if e.text),
            loop=next((_loop(child) for child in element if local_name(child) in LOOPS), None),
        )
        if tag in CONTAINERS:
            node.scope = self._scope(element, id_, process, id_)
        return node


def _flow(element: XmlElement) -> Flow:
    condition = element.find(f"{{{BPMN}}}conditionExpression")
    text = None if condition is None else (condition.text or "").strip()
    source, target = element.get("sourceRef") or "", element.get("targetRef") or ""
    return Flow(element.get("id") or "", source, target, text, name=element.get("name"))


def _loop(element: XmlElement) -> Loop:
    if local_name(element) != "multiInstanceLoopCharacteristics":
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
