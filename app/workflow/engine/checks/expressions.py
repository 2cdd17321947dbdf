"""Every expression of the diagrams, read with what its variables can hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from app import feel
from app.feel import syntax as s
from app.feel.inspection import constant

from ..build import USER_FIELDS
from ..model import Flow, Node
from ..reasons import slip_of, suggested
from .checker import Checker
from .dataflow import Dataflow
from .inference import Inference
from .places import Place
from .shapes import ANY, Shape

DURATIONS = frozenset({"days and time duration", "years and months duration"})
MOMENTS = frozenset({"date and time", "date", "string"})
TEXTS = frozenset({"string", "list"})
TIMERS = {"timeDuration": DURATIONS | {"string"}, "timeDate": MOMENTS, "timeCycle": frozenset({"string"})}
FIELDS = {
    "due": MOMENTS, "follow_up": MOMENTS, "priority": frozenset({"number", "string"}), "groups": TEXTS, "users": TEXTS,
    "assignee": frozenset({"string", "number"}),
}  # fmt: skip
ERRORS = frozenset({"bad-literal", "bad-arguments", "argument-value", "argument-kinds", "operator-kinds"})
"""Codes of inference that are errors: what they tell of can never work."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One expression: where it stands, what it sees, what it must give, and how its gateway or element is told."""

    node: Node
    text: str
    place: Place
    kinds: frozenset[str] | None = None
    what: str = ""
    flow: Flow | None = None
    sets: str | None = None
    """The variable that gets what it gives."""


def check_expressions(checker: Checker, data: Dataflow) -> None:
    for process in data.flows.values():
        unknown: dict[str, list[Spot]] = {}
        for node in process.nodes.values():
            for spot in spots(data, node):
                _check(checker, data, spot, unknown)
        for name, where in unknown.items():
            _unknown(checker, name, where)


def _unknown(checker: Checker, name: str, where: list[Spot]) -> None:
    """Where an element hands on what it has not got, that is the fault, and all other readings follow from it."""
    handed_on = [spot for spot in where if spot.sets == name]
    for spot in {(each.node.id, each.text): each for each in handed_on or where}.values():
        known = suggested(name, (each for each in spot.place.names() if each != name))
        tell(checker, spot, "unknown-variable", name=name, known=known)


def spots(data: Dataflow, node: Node) -> Iterator[Spot]:
    """The expressions of an element and of the flows that leave it."""
    outside, inside = data.outside(node), data.inside(node)
    truth = frozenset({"boolean"})
    for flow in node.outgoing:
        if flow.condition:
            yield Spot(node, flow.condition, outside, truth, "condition", flow)
    for mapping in node.zeebe.inputs:
        yield Spot(node, mapping.source, inside)
    for mapping in node.zeebe.outputs:
        yield Spot(node, mapping.source, data.afterwards(node), sets=mapping.target.partition(".")[0])
    event = node.event
    if event.timer is not None:
        yield Spot(node, event.text, inside, TIMERS.get(event.timer), event.timer)
    elif event.kind == "conditional":
        yield Spot(node, event.text, inside, truth, "condition")
    if event.key is not None and node.type != "startEvent":
        yield Spot(node, event.key, inside, frozenset({"string", "number"}), "key")
    elif event.key is not None and node.parent is not None:
        yield Spot(node, event.key, data.outside(node), frozenset({"string", "number"}), "key")
    if node.type == "userTask":
        for name, where in USER_FIELDS.items():
            yield Spot(node, node.zeebe.get(*where) or "", inside, FIELDS.get(name), name)
    yield Spot(node, node.zeebe.get("script", "expression") or "", inside)
    for where in (("calledDecision", "decisionId"), ("calledElement", "processId")):
        yield Spot(node, node.zeebe.get(*where) or "", inside, frozenset({"string"}), where[1])
    if node.loop is not None and node.loop.multiple:
        yield Spot(node, node.loop.collection or "", outside, frozenset({"list"}), "collection")
        yield Spot(node, node.loop.output_element or "", data.afterwards(node))
        yield Spot(node, node.loop.completion or "", data.completion(node), truth, "condition")


def _check(checker: Checker, data: Dataflow, spot: Spot, unknown: dict[str, list[Spot]]) -> None:
    node = data.parse(spot.text)
    if node is None:
        return
    told: set[tuple[str, str]] = set()

    def report(code: str, **params: object) -> None:
        key = (code, str(params))
        if code == "unknown-variable":
            unknown.setdefault(str(params["name"]), []).append(spot)
        elif key not in told:
            told.add(key)
            tell(checker, spot, code, **params)

    shape = Inference(checker.registry, partial(look, spot.place), report).of(node)
    known = constant(node)
    if spot.kinds is not None and shape.kinds and not shape.kinds & spot.kinds:
        report(
            "wrong-kind", what=spot.what, kind=" / ".join(sorted(shape.kinds)), wanted=" / ".join(sorted(spot.kinds))
        )
    elif spot.flow is not None and known is not None and not isinstance(node, s.Literal) and known.value is not None:
        report("condition-constant", value=feel.value_text(known.value))


def look(place: Place, name: str) -> Shape | None:
    """A variable's shape; None where nothing sets it. Where names may come from outside, one that nearly is a known
    one counts as a slip."""
    found = place.look(name)
    return None if found == ANY and name not in (names := place.names()) and slip_of(name, names) else found


def tell(checker: Checker, spot: Spot, code: str, /, **params: object) -> None:
    severe = code in ERRORS or code == "wrong-kind" or code in checker.registry.trade.absent.values()
    params = {"expression": spot.text.strip(), **params}
    if spot.flow is not None:
        checker.flow("error" if severe else "warning", spot.node, spot.flow, code, **params)
    elif severe:
        checker.error(spot.node, code, **params)
    else:
        checker.warn(spot.node, code, **params)
