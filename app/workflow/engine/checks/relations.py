"""How files hang together: decisions and the variables they read, operations and what they are given."""

from collections.abc import Iterator, Mapping
from functools import partial

from app import dmn, feel
from app.dmn.domains import reach_of, written
from app.feel.inspection import constant
from app.feel.parser import parse_expression
from app.workflow.engine.types import Finding, Severity

from ..model import IoMapping, Node
from ..reasons import suggested
from .checker import Checker
from .dataflow import Dataflow
from .expressions import ERRORS, look
from .inference import Inference
from .places import Place
from .shapes import ANY, Shape, join
from .sources import of_decision

Column = tuple[int, int]
"""A table, by its identity, and the number of an input."""


def check_relations(checker: Checker, data: Dataflow) -> None:
    told: set[tuple[str, str]] = set()
    columns: dict[Column, list[Shape]] = {}
    for flow in data.flows.values():
        for node in flow.nodes.values():
            _operation(checker, data, node)
            name = node.zeebe.get("calledDecision", "decisionId")
            if node.type == "businessRuleTask" and name in checker.bundle.decisions:
                _needs(checker, data.inside(node), node, name, told)
                _columns(checker, data.inside(node), name, columns)
    for model in {id(model): model for model in checker.bundle.decisions.values()}.values():
        for table in model.tables:
            _cells(checker, table, columns)


# ------------------------------------------------------------------ decisions
def _needs(checker: Checker, place: Place, node: Node, decision: str, told: set[tuple[str, str]]) -> None:
    """Variables that a decision reads and that nothing sets where it is asked for."""
    model = checker.bundle.decisions[decision]
    for name, element in dmn.needs(model, decision).items():
        if look(place, name) is None and (decision, name) not in told:
            told.add((decision, name))
            params = {"name": name, "decision": decision, "task": node.name or node.id, "process": node.process,
                      "known": suggested(name, (each for each in place.names() if each != name))}  # fmt: skip
            file = checker.bundle.homes.get(("decision", decision), node.file)
            title = model.decisions[decision].name
            checker.findings.append(Finding("warning", file, element, "decision-variable", params, title))


def _columns(checker: Checker, place: Place, decision: str, columns: dict[Column, list[Shape]]) -> None:
    """What the columns of the tables behind a decision may see from here."""
    model, todo, seen = checker.bundle.decisions[decision], [decision], set[str]()
    while todo:
        owner = todo.pop()
        if owner in seen or owner not in model.decisions:
            continue
        seen.add(owner)
        required = {r.name: r.id for r in model.decisions[owner].requirements if r.kind == "decision" and not r.prefix}
        todo += required.values()
        for table in model.tables:
            for number, given in enumerate(table.inputs if table.decision == owner else ()):
                text = given.expression.text.strip() if given.expression else ""
                shape = place.look(text) if text.isidentifier() and text not in required else None
                if text in required:
                    shape = of_decision(checker.bundle, required[text], checker.registry)
                columns.setdefault((id(table), number), []).append(shape or ANY)


def _cells(checker: Checker, table: dmn.Table, columns: dict[Column, list[Shape]]) -> None:
    """Cells that ask for a value that the variable never has."""
    for number, given in enumerate(table.inputs):
        values = join(columns.get((id(table), number), [ANY])).values
        if not values:
            continue
        for rule in table.rules:
            if rule.tests is None:
                continue  # it has other cells than the table has columns: told already
            reach = reach_of(rule.test_texts[number], table.names)
            if reach is None or reach.whole or reach.ordered:
                continue
            strange = [point for point in reach.points if isinstance(point, str) and point not in values]
            if strange:
                known = sorted(str(value) for value in values)
                params = {"value": written(strange[0]), "column": given.label, "rule": rule.number,
                          "known": suggested(strange[0], known)}  # fmt: skip
                file = checker.bundle.homes.get(("decision", table.decision or ""), "")
                finding = Finding("warning", file, rule.cell_ids[number], "cell-value-never", params, table.title)
                checker.findings.append(finding)


def check_decisions(checker: Checker) -> None:
    """The expressions of decisions, with what the decisions give that they require."""
    for id_, model in checker.bundle.decisions.items():
        decision = model.decisions[id_]
        required = {
            each.name: of_decision(checker.bundle, each.id, checker.registry)
            for each in decision.requirements
            if each.kind == "decision" and each.prefix is None
        }
        file = checker.bundle.homes.get(("decision", id_), "")
        for element, text in _texts(decision):
            try:
                tree = parse_expression(text, [*checker.registry.functions, *required])
            except feel.FeelSyntaxError:
                continue  # told already
            tell = partial(_of_expression, checker, file, element, decision.name, text)
            Inference(checker.registry, partial(_required, required), tell).of(tree)


def _required(known: Mapping[str, Shape], name: str) -> Shape:
    return known.get(name, ANY)


def _texts(decision: dmn.Decision) -> Iterator[tuple[str | None, str]]:
    if decision.text is not None:
        yield decision.id, decision.text
    if not isinstance(decision.logic, dmn.Table):
        return
    for given in decision.logic.inputs:
        if given.expression is not None:
            yield given.id, given.expression.text
    for rule in decision.logic.rules:
        for element, cell in zip(rule.cell_ids[len(decision.logic.inputs) :], rule.outputs, strict=False):
            if cell is not None:
                yield element, cell.text


def _of_expression(
    checker: Checker, file: str, element: str | None, name: str, text: str, code: str, /, **params: object
) -> None:
    severity: Severity = "error" if code in ERRORS else "warning"
    params = {"expression": text.strip(), **params}
    checker.findings.append(Finding(severity, file, element, code, params, name))


# ------------------------------------------------------------------ operations
def _operation(checker: Checker, data: Dataflow, node: Node) -> None:
    """Inputs that can only have a value the operation refuses."""
    operation = checker.registry.operations.get(node.zeebe.get("taskDefinition", "type") or "")
    if operation is None:
        return
    for mapping in node.zeebe.inputs:
        test = operation.tests.get(mapping.target)
        if test is not None:
            tell = partial(_tell, checker, node, operation.name, mapping, test)
            _input(data, data.inside(node), mapping, test, tell)


def _input(data: Dataflow, place: Place, mapping: IoMapping, test: str, tell: "partial[None]") -> None:
    tree = data.parse(mapping.source)
    known = None if tree is None else constant(tree)
    if known is not None or not mapping.source.strip().startswith("="):
        value = known.value if known is not None else mapping.source.strip()
        if value is not None and not feel.unary_test(test, value):
            tell("error", "input-value", feel.value_text(value))
        return
    shape = data.shape(mapping.source, place)
    wrong = [value for value in sorted(shape.values or (), key=str) if not feel.unary_test(test, value)]
    if wrong:
        tell("warning", "input-may-be", feel.value_text(wrong[0]))


def _tell(
    checker: Checker, node: Node, operation: str, mapping: IoMapping, test: str, severity: str, code: str, value: str
) -> None:
    params = {"operation": operation, "input": mapping.target, "value": value, "allowed": _readable(test)}
    (checker.error if severity == "error" else checker.warn)(node, code, **params)


def _readable(test: str) -> str:
    """The values of a longer test."""
    if "[" in test:
        return test.partition("[")[2].partition("]")[0]
    return test.replace("? instance of ", "")
