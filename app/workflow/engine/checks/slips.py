"""Variables that are set under a name that nothing reads, while a nearly equal name is read."""

from collections.abc import Iterator

from app import dmn
from app.feel import syntax as s
from app.feel.inspection import walk

from ..model import Node
from ..reasons import slip_of
from .checker import Checker
from .dataflow import Dataflow
from .expressions import spots
from .shapes import NOTHING
from .sources import given_at_start, of_form


def check_slips(checker: Checker, data: Dataflow) -> None:
    """Names that forms hold count as read: a form shows the variable of its key."""
    read = {name for flow in data.flows.values() for node in flow.nodes.values() for name in _read(checker, data, node)}
    shown = {name for form in checker.bundle.forms.values() for name in of_form(form, checker.registry)}
    for flow in data.flows.values():
        here = {name for name in read if flow.known.get(name, NOTHING) != NOTHING}  # else the reading is told
        given = given_at_start(checker.registry, flow.process.id) or {}
        for node in flow.nodes.values():
            for name in _set(node):
                if name in read or name in shown or name in given or len(name) < 4:
                    continue
                meant = slip_of(name, sorted(here - set(_set(node))))
                if meant is not None:
                    checker.warn(node, "target-slip", name=name, known=meant)


def _set(node: Node) -> Iterator[str]:
    targets = [mapping.target for mapping in node.zeebe.outputs]
    if not targets:  # else they alone leave it
        targets += [node.zeebe.get(element, "resultVariable") or "" for element in ("script", "calledDecision")]
    if node.loop is not None:
        targets.append(node.loop.output_collection or "")
    yield from (target.partition(".")[0] for target in targets if target)


def _read(checker: Checker, data: Dataflow, node: Node) -> Iterator[str]:
    for spot in spots(data, node):
        tree = data.parse(spot.text)
        if tree is not None:
            yield from (each.name for each in walk(tree) if isinstance(each, s.Name))
    decision = node.zeebe.get("calledDecision", "decisionId")
    if decision in checker.bundle.decisions:
        yield from dmn.needs(checker.bundle.decisions[decision], decision)
