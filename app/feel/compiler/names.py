"""Variables, paths and filters."""

from collections.abc import Mapping
from decimal import Decimal

from app.feel import syntax as s
from app.feel.builtins import find_builtin
from app.feel.compiler.scope import Code, ElementFrame, Frame, Scope, compile_lookup
from app.feel.compiler.table import compile_node, compiles
from app.feel.limits import Run
from app.feel.properties import read_property
from app.feel.values import Value, adopt, kind


@compiles(s.Name)
def name(node: s.Name, scope: Scope) -> Code:
    return compile_lookup(scope, node.name, node.at, default=find_builtin(node.name))


@compiles(s.Path)
def path(node: s.Path, scope: Scope) -> Code:
    raw = _raw_path(node, scope)
    if not _from_outside(node, scope):
        return raw

    def run(frame: Frame) -> Value:
        value = raw(frame)
        if isinstance(value, dict | list | tuple):
            return frame.run.adopt(value)
        return adopt(value)

    return run


def _from_outside(node: s.Path, scope: Scope) -> bool:
    """Whether the path begins at a variable of the caller's, whose value may not be FEEL's own."""
    source = node.source
    while isinstance(source, s.Path):
        source = source.source
    return isinstance(source, s.Name) and not scope.unit.own_values and not scope.defines(source.name)


def _raw_path(node: s.Node, scope: Scope) -> Code:
    """Reads step by step without converting whole contexts from outside."""
    if isinstance(node, s.Name):
        return compile_lookup(scope, node.name, node.at, default=find_builtin(node.name), raw=True)
    if not isinstance(node, s.Path):
        return compile_node(node, scope)
    source, entry, at = _raw_path(node.source, scope), node.name, node.at
    return lambda frame: step_into(source(frame), entry, frame.run, at)


def step_into(value: Value, entry: str, run: Run, at: int | None = None) -> Value:
    """`value.entry`; over a list, that of each element."""
    if isinstance(value, dict):
        if entry in value:
            return value[entry]
        return run.fail("feel.no_entry", at, name=entry, kind="context")
    if isinstance(value, list | tuple):
        run.step(len(value))
        return [step_into(item, entry, run, at) for item in value]
    if isinstance(value, Mapping):
        return step_into(dict(value), entry, run, at)
    found, result = read_property(value, entry)
    if not found:
        return run.fail("feel.no_entry", at, name=entry, kind=kind(value))
    return result


@compiles(s.Filter)
def filter_(node: s.Filter, scope: Scope) -> Code:
    source, at = compile_node(node.source, scope), node.at
    constant = _constant_index(node.condition)
    condition = compile_node(node.condition, scope.inner(kind="filter"))

    def run(frame: Frame) -> Value:
        value = source(frame)
        if value is None:
            return None
        items = value if isinstance(value, list) else [value]
        if constant is not None:
            return pick(items, constant, frame.run, at)
        return _select(items, condition, frame, at)

    return run


def _constant_index(node: s.Node) -> Decimal | None:
    if isinstance(node, s.Negation) and isinstance(node.operand, s.Literal) and isinstance(node.operand.value, Decimal):
        return -node.operand.value
    return node.value if isinstance(node, s.Literal) and isinstance(node.value, Decimal) else None


def pick(items: list[Value], index: Decimal, run: Run, at: int | None) -> Value:
    """The element at a position: from 1, or from the end by negative numbers; null where there is none."""
    place = int(index) if index == index.to_integral_value() else 0
    if place == 0 or abs(place) > len(items):
        return run.fail("feel.index", at, index=index, count=len(items))
    return items[place - 1 if place > 0 else place]


def _select(items: list[Value], condition: Code, frame: Frame, at: int) -> Value:
    run = frame.run
    run.step(len(items))
    if not items:
        verdict = condition(ElementFrame(None, frame))
        return pick(items, verdict, run, at) if isinstance(verdict, Decimal) else []
    chosen = []
    for place, item in enumerate(items):
        verdict = condition(ElementFrame(item, frame))
        if verdict is True:
            chosen.append(item)
        elif verdict is not False and verdict is not None:
            if isinstance(verdict, Decimal) and place == 0:
                return pick(items, verdict, run, at)
            return run.fail("feel.filter", at, kind=kind(verdict))
    return chosen
