"""What is wrong with a decision model beyond what makes its expressions fail: requirements, and its tables."""

from collections.abc import Iterator

from app.dmn.model import Decision, Model
from app.dmn.table import Table
from app.dmn.tablechecks import ModelFinding, check_table


def check(model: Model) -> list[ModelFinding]:
    """Everything that can be told of one file, in the order of the model."""
    found = [*_cycles(model), *_unconnected(model), *_logic(model)]
    for table in model.tables:
        found += [*_policy(table), *check_table(table)]
    return found


def needs(model: Model, decision_id: str) -> dict[str, str | None]:
    """Variables that a decision reads, itself or through what it requires: name → element that reads it."""
    found: dict[str, str | None] = {}
    todo, seen = [(model, decision_id)], set()
    while todo:
        here, owner = todo.pop()
        if (id(here), owner) in seen:
            continue
        seen.add((id(here), owner))
        element = here.decisions.get(owner) or here.knowledge.get(owner)
        supplied = {owner if element is None else element.name}
        for required in () if element is None else element.requirements:
            supplied.add(required.prefix or required.name)
            if required.kind != "input":
                todo.append((required.model, required.id))
        inputs = {each.name for each in here.inputs.values()}
        for read in here.notes.reads:
            if read.owner == owner and (read.name in inputs or read.name not in supplied):
                found.setdefault(read.name, read.element)
    return found


def _cycles(model: Model) -> Iterator[ModelFinding]:
    for id_, decision in model.decisions.items():
        if _requires(model, decision, id_, set()):
            yield ModelFinding("error", id_, "decision-cycle", {"decision": decision.name}, decision.name)


def _requires(model: Model, decision: Decision, wanted: str, seen: set[str]) -> bool:
    for required in decision.requirements:
        if required.kind != "decision" or required.model is not model or required.id in seen:
            continue
        if required.id == wanted:
            return True
        seen.add(required.id)
        inner = model.decisions.get(required.id)
        if inner is not None and _requires(model, inner, wanted, seen):
            return True
    return False


def _unconnected(model: Model) -> Iterator[ModelFinding]:
    """A decision sees only those elements of its model that an arrow leads from."""
    told = set()
    for read in model.notes.reads:
        owner = model.decisions.get(read.owner or "") or model.knowledge.get(read.owner or "")
        if owner is None or read.name not in model.element_names or read.name == owner.name:
            continue
        drawn = {required.name for required in owner.requirements if required.prefix is None}
        if read.name not in drawn and (read.owner, read.name) not in told:
            told.add((read.owner, read.name))
            params = {"name": read.name, "decision": owner.name}
            yield ModelFinding("error", read.element, "requirement-missing", params, owner.name)


def _logic(model: Model) -> Iterator[ModelFinding]:
    for id_, decision in model.decisions.items():
        if decision.logic is None:
            yield ModelFinding("warning", id_, "decision-empty", {}, decision.name)


def _policy(table: Table) -> Iterator[ModelFinding]:
    if not table.rules:
        yield ModelFinding("warning", table.id, "table-empty", {}, table.title)
    if table.policy in ("PRIORITY", "OUTPUT ORDER") and not any(output.values for output in table.outputs):
        yield ModelFinding("error", table.id, "priority-without-values", {"policy": table.policy}, table.title)
