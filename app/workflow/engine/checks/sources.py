"""What comes into a process from outside its expressions: forms' values, operations' results, messages, decisions."""

from collections.abc import Iterable, Mapping
from typing import Any

from app import dmn, feel
from app.dmn.hits import SINGLE
from app.feel.parser import parse_expression
from app.forms import components

from ..bundle import Bundle
from ..model import ProcessModel
from ..types import Registry, Values
from .inference import Inference
from .shapes import ANY, Shape, context, join, listing, of_kind, one_of

Known = dict[str, Shape]
"""Variables by name."""


def matches(process: str, pattern: str) -> bool:
    return process.startswith(pattern[:-1]) if pattern.endswith("*") else process == pattern


def named(values: Mapping[str, Values]) -> Known:
    return {name: of_values(allowed) for name, allowed in values.items()}


def of_values(values: Values) -> Shape:
    return of_kind(values) if isinstance(values, str) else one_of(values)


def given_at_start(registry: Registry, process: str) -> Known | None:
    """What instances of a process are given; None where nobody says."""
    found = [named(each) for pattern, each in registry.trade.starts.items() if matches(process, pattern)]
    return {name: shape for each in found for name, shape in each.items()} if found else None


def pattern_matches(registry: Registry, process: ProcessModel, patterns: Iterable[str]) -> bool:
    return any(matches(process.id, pattern) for pattern in patterns)


# ------------------------------------------------------------------ forms
def of_form(form: Mapping[str, Any], registry: Registry) -> Known:
    """The values a form can write, by their top-level key."""
    return _fields(form, registry, top=True)


def texts_of(form: Mapping[str, Any]) -> set[str]:
    """Keys of fields into which people write what they like."""
    found = components.every(form.get("components"))
    return {str(field["key"]) for field in found if field.get("type") in components.TEXT and field.get("key")}


def _fields(component: components.Component, registry: Registry, *, top: bool = False) -> Known:
    found: Known = {}
    for child in component.get("components") or ():
        if not isinstance(child, Mapping):
            continue
        path = [str(step) for step in components.own_path(child)]
        if child.get("type") in components.CONTAINERS:
            inner = _fields(child, registry)
            if child.get("type") == "dynamiclist":
                _put(found, path, listing(context(inner)))
            elif path:
                _put(found, path, context(inner))
            else:
                for name, shape in inner.items():
                    found[name] = join([found.get(name, shape), shape])
        elif child.get("type") in components.VALUED and path:
            _put(found, path, _field(child, registry))
    return found


def _put(found: Known, path: list[str], shape: Shape) -> None:
    if not path:
        return
    for step in reversed(path[1:]):
        shape = context({step: shape})
    found[path[0]] = join([found[path[0]], shape]) if path[0] in found else shape


def _field(field: components.Component, registry: Registry) -> Shape:
    kind = field["type"]
    if kind in components.TEXT or kind == "datetime":
        return of_kind("string")
    if kind == "number":
        return of_kind("string" if field.get("serializeToString") else "number")
    if kind == "checkbox":
        return of_kind("boolean")
    if kind in components.SINGLE:
        return options(field, registry)
    return listing(options(field, registry)) if kind in components.MULTIPLE else ANY


def options(field: components.Component, registry: Registry) -> Shape:
    """What a select, radio, checklist or taglist can hold."""
    named_list = (field.get("properties") or {}).get("list")
    if named_list is not None:
        return of_values(registry.trade.forms.lists.get(str(named_list)))
    if "valuesKey" in field or "valuesExpression" in field or not isinstance(field.get("values"), list):
        return ANY
    values = [one.get("value") if isinstance(one, Mapping) else one for one in field["values"]]
    return one_of(values) if all(isinstance(value, str | bool | int) for value in values) else ANY


# ------------------------------------------------------------------ decisions
def of_decision(bundle: Bundle, id_: str, registry: Registry, depth: int = 0) -> Shape:
    """What a decision can give."""
    model = bundle.decisions.get(id_)
    decision = None if model is None else model.decisions.get(id_)
    if model is None or decision is None or depth > 5:
        return ANY
    required = {
        each.name: of_decision(bundle, each.id, registry, depth + 1)
        for each in decision.requirements
        if each.kind == "decision" and each.prefix is None
    }

    def shape_of(text: str | None) -> Shape:
        if text is None:
            return ANY
        try:
            node = parse_expression(text, [*registry.functions, *required])
        except feel.FeelSyntaxError:
            return ANY
        return Inference(registry, lambda name: required.get(name, ANY), _silent).of(node)

    if isinstance(decision.logic, dmn.Table):
        return _of_table(decision.logic, shape_of)
    return shape_of(decision.text)


def _of_table(table: dmn.Table, shape_of: Any) -> Shape:
    columns: Known = {}
    for place, output in enumerate(table.outputs):
        cells = [rule.outputs[place] for rule in table.rules]
        shapes = [shape_of(cell.text) for cell in cells if cell is not None]
        if output.default is not None:
            shapes.append(shape_of(output.default.text))
        columns[output.name or output.label] = join(shapes)
    if table.aggregation is not None:
        return of_kind("number") if table.aggregation in ("SUM", "COUNT") else ANY
    whole = next(iter(columns.values())) if len(columns) == 1 else context(columns)
    return whole if table.policy in SINGLE else listing(whole)


def _silent(*_: object, **__: object) -> None:
    """What is wrong inside a decision is told where it stands."""
