"""What each variable of each process can hold, wherever it is set: without regard to order, until nothing new comes.

A variable counts as known if anything anywhere in the process can set it; what cannot be told counts as anything. So a
name that is not known is one that nothing ever sets."""

from collections.abc import Iterator

from app import feel
from app.feel import syntax as s
from app.feel.inspection import walk
from app.feel.parser import parse_expression

from ..bundle import Bundle
from ..model import Node
from ..reasons import LIKE_FEEL
from ..types import Registry
from . import sources
from .inference import Inference
from .places import Flow, Payload, Place
from .shapes import ANY, NOTHING, Shape, context, join, listing, of_kind, one_of
from .sources import Known

ROUNDS = 12
"""After as many without an end (a list that holds itself), shapes that still change count as anything."""
COUNTS = ("numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances", "numberOfTerminatedInstances")


class Dataflow:
    """Of a whole bundle: processes hand variables to each other."""

    def __init__(self, bundle: Bundle, registry: Registry) -> None:
        self.bundle, self.registry = bundle, registry
        self.flows = {
            id_: Flow(process, {node.id: node for node in process.scope.walk()})
            for id_, process in bundle.processes.items()
        }
        self._decisions: dict[str, Shape] = {}
        self._parsed: dict[str, s.Node | None] = {}
        self._changed = False
        self._settle()

    # ---------------------------------------------------------------- reading
    def parse(self, text: str | None) -> s.Node | None:
        """The tree of a FEEL expression; None for a constant text and for what cannot be read."""
        if text is None or not text.strip().startswith("="):
            return None
        if text not in self._parsed:
            try:
                self._parsed[text] = parse_expression(text.strip()[1:], self.registry.functions)
            except feel.FeelSyntaxError:
                self._parsed[text] = None
        return self._parsed[text]

    def shape(self, text: str | None, place: Place) -> Shape:
        if text is not None and not text.strip().startswith("="):
            return ANY if LIKE_FEEL.search(text) else one_of([text.strip()])
        node = self.parse(text)
        return ANY if node is None else Inference(self.registry, place.so_far, _silent).of(node)

    def outside(self, node: Node) -> Place:
        """As the element's input mappings and its conditions see it; a boundary event sees what its host sees."""
        flow = self.flows[node.process]
        if node.type == "boundaryEvent":
            host = flow.nodes.get(node.attributes.get("attachedToRef", ""))
            if host is not None:
                return self.inside(host)
        layers: list[Known] = []
        at = node.parent
        while at is not None:
            layers.append(flow.local.get(at, {}))
            at = flow.nodes[at].parent if at in flow.nodes else None
        return Place(flow, layers)

    def inside(self, node: Node) -> Place:
        """As what stands in the element sees it: its own scope first."""
        place = self.outside(node)
        return Place(place.flow, [self.flows[node.process].local.get(node.id, {}), *place.layers])

    def afterwards(self, node: Node) -> Place:
        """As its output mappings see it: with what it brings."""
        place, payload = self.inside(node), self.payload(node)
        return Place(place.flow, [payload.names, *place.layers], payload.open)

    def completion(self, node: Node) -> Place:
        place = self.afterwards(node)
        return Place(place.flow, [dict.fromkeys(COUNTS, of_kind("number")), *place.layers], place.open)

    # ---------------------------------------------------------------- what elements bring
    def payload(self, node: Node) -> Payload:
        match node.type:
            case "userTask":
                return self._of_form(node)
            case "scriptTask" if "script" in node.zeebe.attributes:
                text = node.zeebe.get("script", "expression")
                return _result(node.zeebe.get("script", "resultVariable"), self.shape(text, self.inside(node)))
            case "businessRuleTask" if "calledDecision" in node.zeebe.attributes:
                name = node.zeebe.get("calledDecision", "decisionId")
                return _result(node.zeebe.get("calledDecision", "resultVariable"), self.decision(name))
            case "callActivity":
                return self._of_call(node)
            case "serviceTask" | "sendTask" | "businessRuleTask" | "scriptTask":
                return self._of_operation(node)
        if node.event.kind == "message":
            if node.type in ("endEvent", "intermediateThrowEvent"):
                return self._of_operation(node)
            return self._of_message(node.event.name)
        if node.event.kind == "error" and node.type != "endEvent":
            return Payload(open=self._throws_values(node))
        return Payload()

    def _throws_values(self, catcher: Node) -> bool:
        """Whether an error that is caught here may bring variables: an external worker's may, and so may a called
        process's. What it catches stands in its host, or beside its event sub-process."""
        nodes = self.flows[catcher.process].nodes
        if catcher.type == "boundaryEvent":
            scope = catcher.attributes.get("attachedToRef")
        else:
            around = nodes.get(catcher.parent or "")
            scope = around.parent if around is not None else None
        for node in nodes.values():
            operation = self.registry.operations.get(node.zeebe.get("taskDefinition", "type") or "")
            brings = node.type == "callActivity" or (operation is not None and operation.kind == "external")
            if brings and self._stands_in(node, scope):
                return True
        return False

    def _stands_in(self, node: Node, scope: str | None) -> bool:
        """In the scope however deep, or itself; None: in the process."""
        nodes = self.flows[node.process].nodes
        at: str | None = node.id
        while at is not None and at != scope:
            at = nodes[at].parent if at in nodes else None
        return at == scope

    def decision(self, name: str | None) -> Shape:
        if name is None or name.startswith("=") or name not in self.bundle.decisions:
            return ANY
        if name not in self._decisions:
            self._decisions[name] = sources.of_decision(self.bundle, name, self.registry)
        return self._decisions[name]

    def _of_form(self, node: Node) -> Payload:
        form_id = node.zeebe.get("formDefinition", "formId")
        form = self.bundle.forms.get(form_id or "")
        if form is None:
            return Payload(open=form_id is not None or not self.registry.trade.forms.alone)
        names = sources.of_form(form, self.registry)
        if self.registry.trade.forms.alone and not node.zeebe.outputs:
            for text in sources.texts_of(form):
                names.pop(text, None)
        return Payload(names)

    def _of_operation(self, node: Node) -> Payload:
        operation = self.registry.operations.get(node.zeebe.get("taskDefinition", "type") or "")
        if operation is None or operation.results is None:
            return Payload(open=True)
        return Payload(sources.named(operation.results))

    def _of_message(self, name: str | None) -> Payload:
        kind = self.registry.trade.messages.get(name or "")
        if kind is not None and kind.variables is not None:
            return Payload(sources.named(kind.variables))
        return Payload(open=True)

    def _of_call(self, node: Node) -> Payload:
        called = self.flows.get(node.zeebe.get("calledElement", "processId") or "")
        if called is None:
            return Payload(open=True)
        return Payload(called.known, called.open)

    # ---------------------------------------------------------------- until nothing new comes
    def _settle(self) -> None:
        for flow in self.flows.values():
            self._begin(flow)
        self._repeat()
        for flow in self.flows.values():
            for node in flow.nodes.values():
                self._forgive(flow, node)
        self._repeat()

    def _repeat(self) -> None:
        for self._round in range(2 * ROUNDS):
            self._changed = False
            for flow in self.flows.values():
                for node in flow.nodes.values():
                    self._pass(flow, node)
            if not self._changed:
                return

    def _forgive(self, flow: Flow, node: Node) -> None:
        """What is null only because it is made of a name that nothing sets is no second fault."""
        made = [(mapping.target, mapping.source) for mapping in node.zeebe.outputs]
        made.append((node.zeebe.get("script", "resultVariable") or "", node.zeebe.get("script", "expression") or ""))
        for target, source in made:
            name, tree = target.partition(".")[0], self.parse(source)
            others = tree is not None and any(isinstance(n, s.Name) and n.name != name for n in walk(tree))
            if others and flow.known.get(name) == NOTHING:
                flow.known[name] = ANY

    def _begin(self, flow: Flow) -> None:
        given = sources.given_at_start(self.registry, flow.process.id)
        flow.known.update(given or {})
        plain = any(start.event.kind == "none" for start in flow.process.scope.starts())
        called = any(node.zeebe.get("calledElement", "processId") == flow.process.id for node in self._all())
        flow.open = plain and given is None and not called

    def _all(self) -> Iterator[Node]:
        for flow in self.flows.values():
            yield from flow.nodes.values()

    def _pass(self, flow: Flow, node: Node) -> None:
        self._inputs(flow, node)
        payload = self.payload(node)
        if node.zeebe.outputs:
            place = self.afterwards(node)
            for mapping in node.zeebe.outputs:
                self._write(flow.known, mapping.target, self.shape(mapping.source, place))
        elif self._hands_all_out(node):
            for name, shape in payload.names.items():
                self._write(flow.known, name, shape)
            self._opens(flow, payload.open)
        if node.loop is not None and node.loop.output_collection:
            result = self.shape(node.loop.output_element, self.afterwards(node))
            self._write(flow.known, node.loop.output_collection, listing(result))
        if node.type == "callActivity":
            self._call(node)

    def _hands_all_out(self, node: Node) -> bool:
        return node.type != "callActivity" or node.zeebe.get("calledElement", "propagateAllChildVariables") != "false"

    def _inputs(self, flow: Flow, node: Node) -> None:
        local = flow.local.setdefault(node.id, {})
        if node.loop is not None and node.loop.multiple:
            self._write(local, "loopCounter", of_kind("number"))
            if node.loop.element:
                items = self.shape(node.loop.collection, self.outside(node))
                self._write(local, node.loop.element, items.item or ANY)
            if node.loop.output_collection:
                self._write(local, node.loop.output_collection, of_kind("list"))
        for mapping in node.zeebe.inputs:
            self._write(local, mapping.target, self.shape(mapping.source, self.inside(node)))

    def _call(self, node: Node) -> None:
        """What a call activity hands to the process it calls."""
        called = self.flows.get(node.zeebe.get("calledElement", "processId") or "")
        if called is None:
            return
        place = self.inside(node)
        everything = node.zeebe.get("calledElement", "propagateAllParentVariables") != "false"
        layers = (*place.layers, place.flow.known) if everything else place.layers[:1]
        for layer in layers:
            for name, shape in layer.items():
                self._write(called.known, name, shape)
        self._opens(called, everything and place.flow.open)

    def _opens(self, flow: Flow, also: bool) -> None:
        if also and not flow.open:
            flow.open = self._changed = True

    def _write(self, known: Known, target: str, shape: Shape) -> None:
        name, _, rest = target.partition(".")
        for step in reversed(rest.split(".") if rest else []):
            shape = context({step: shape})
        old = known.get(name, NOTHING)
        new = join([old, shape])
        if name in known and new == old:
            return
        known[name] = new if self._round_is_early() else ANY
        self._changed = True

    def _round_is_early(self) -> bool:
        return getattr(self, "_round", 0) < ROUNDS


def _result(name: str | None, shape: Shape) -> Payload:
    if not name:
        return Payload()
    first, _, rest = name.partition(".")
    for step in reversed(rest.split(".") if rest else []):
        shape = context({step: shape})
    return Payload({first: shape})


def _silent(*_: object, **__: object) -> None:
    """While shapes are still being found nothing is told."""
