"""Boxed expressions: contexts, invocations, functions, lists, relations, conditionals, filters, iterators."""

from collections.abc import Callable
from decimal import Decimal

from app.dmn.logic import Builder, Logic, Variables, literal
from app.dmn.table import read_table
from app.dmn.xml import Element, attribute, child, children, local
from app.feel.builtins import Builtin
from app.feel.compiler.calls import call_by_name
from app.feel.compiler.collections import elements_of
from app.feel.compiler.names import pick
from app.feel.limits import Run
from app.feel.types import Type
from app.feel.values import Function, Value, kind

EXPRESSIONS = (
    "literalExpression", "decisionTable", "context", "invocation", "functionDefinition", "list", "relation",
    "conditional", "filter", "for", "every", "some",
)  # fmt: skip


def logic_of(element: Element | None, builder: Builder) -> Logic | None:
    """The logic that a decision, binding, entry or the like contains; None where there is none."""
    inner = child(element, *EXPRESSIONS) if element is not None else None
    return None if inner is None else build(inner, builder)


def build(element: Element, builder: Builder) -> Logic:
    """Compile one expression element."""
    return _BUILDERS[local(element)](element, builder)


def _needed(element: Element | None, builder: Builder) -> Logic:
    return logic_of(element, builder) or (lambda _variables, _run: None)


def _variable_name(element: Element) -> str | None:
    variable = child(element, "variable")
    return attribute(variable, "name") if variable is not None else None


def _context(element: Element, builder: Builder) -> Logic:
    """Entries see earlier ones; an entry without a name is the result."""
    entries: list[tuple[str | None, Logic]] = []
    for entry in children(element, "contextEntry"):
        name = _variable_name(entry)
        inner = child(entry, *EXPRESSIONS)
        recursive = (
            builder.within([name]) if name and inner is not None and local(inner) == "functionDefinition" else builder
        )
        entries.append((name, _needed(entry, recursive)))
        if name:
            builder = builder.within([name])
    names = [name for name, _ in entries if name]
    twice = next((name for name in names if names.count(name) > 1), None)

    def run(variables: Variables, run_: Run) -> Value:
        if twice is not None:
            return run_.fail("feel.duplicate_key", name=twice)
        inside, result = dict(variables), {}
        for name, logic in entries:
            value = logic(inside, run_)
            if name is None:
                return value
            inside[name] = result[name] = value
        return result

    return run


def _invocation(element: Element, builder: Builder) -> Logic:
    callee = _needed(element, builder)
    bindings: list[tuple[str, Logic]] = []
    for binding in children(element, "binding"):
        parameter = child(binding, "parameter")
        name = attribute(parameter, "name") if parameter is not None else None
        bindings.append((name or "", _needed(binding, builder)))

    def run(variables: Variables, run_: Run) -> Value:
        function = callee(variables, run_)
        given = {name: logic(variables, run_) for name, logic in bindings}
        if isinstance(function, Builtin):
            return function.call_named(run_, given, None)
        if isinstance(function, Function):
            return call_by_name(function, given, run_)
        return run_.fail("feel.not_function", kind=kind(function))

    return run


def read_function(element: Element, builder: Builder, name: str = "function", result: Type | None = None) -> Logic:
    """A `<functionDefinition>` or knowledge model's logic: evaluates to a FEEL function over the variables there."""
    function_kind = attribute(element, "kind") or "FEEL"
    parameters = children(element, "formalParameter")
    names = tuple(attribute(each, "name") or "" for each in parameters)
    types = tuple(builder.type(attribute(each, "typeRef"), each) for each in parameters)
    if function_kind != "FEEL":
        builder.fault("dmn.function_kind", element, kind=function_kind)
        return lambda _variables, run: run.fail("dmn.function_kind", kind=function_kind)
    body = _needed(element, builder.within(names))

    def run(variables: Variables, _run: Run) -> Value:
        def call(run_: Run, values: list[Value]) -> Value:
            value = body({**variables, **dict(zip(names, values, strict=True))}, run_)
            return value if result is None else result.fit(value)

        return Function(names, call, name=name, types=types)

    return run


def _list(element: Element, builder: Builder) -> Logic:
    items = [build(each, builder) for each in children(element, *EXPRESSIONS)]
    return lambda variables, run: [item(variables, run) for item in items]


def _relation(element: Element, builder: Builder) -> Logic:
    columns = [attribute(column, "name") or "" for column in children(element, "column")]
    rows = [[build(cell, builder) for cell in children(row, *EXPRESSIONS)] for row in children(element, "row")]

    def run(variables: Variables, run_: Run) -> Value:
        return [dict(zip(columns, [cell(variables, run_) for cell in row], strict=False)) for row in rows]

    return run


def _conditional(element: Element, builder: Builder) -> Logic:
    condition, then, otherwise = (_needed(child(element, part), builder) for part in ("if", "then", "else"))

    def run(variables: Variables, run_: Run) -> Value:
        return then(variables, run_) if condition(variables, run_) is True else otherwise(variables, run_)

    return run


def _filter(element: Element, builder: Builder) -> Logic:
    source = _needed(child(element, "in"), builder)
    match = _needed(child(element, "match"), builder.within(["item"]))

    def run(variables: Variables, run_: Run) -> Value:
        value = source(variables, run_)
        if value is None:
            return None
        items = value if isinstance(value, list) else [value]
        chosen = []
        for item in items:
            run_.step()
            own = item if isinstance(item, dict) else {}
            verdict = match({**variables, "item": item, **own}, run_)
            if isinstance(verdict, Decimal):
                return pick(items, verdict, run_, None)
            if verdict is True:
                chosen.append(item)
            elif verdict is not False and verdict is not None:
                return run_.fail("feel.filter", kind=kind(verdict))
        return chosen

    return run


def _rounds(element: Element, builder: Builder, body: str) -> tuple[str, Logic, Logic]:
    name = attribute(element, "iteratorVariable") or "item"
    return (
        name,
        _needed(child(element, "in"), builder),
        _needed(child(element, body), builder.within([name, "partial"])),
    )


def _for(element: Element, builder: Builder) -> Logic:
    name, source, body = _rounds(element, builder, "return")

    def run(variables: Variables, run_: Run) -> Value:
        values = elements_of(source(variables, run_), run_)
        if values is None:
            return None
        results: list[Value] = []
        for value in values:
            run_.step()
            results.append(body({**variables, name: value, "partial": list(results)}, run_))
        return results

    return run


def _quantified(decides: bool) -> Callable[[Element, Builder], Logic]:
    def make(element: Element, builder: Builder) -> Logic:
        name, source, body = _rounds(element, builder, "satisfies")

        def run(variables: Variables, run_: Run) -> Value:
            values = elements_of(source(variables, run_), run_)
            if values is None:
                return None
            result: bool | None = not decides
            for value in values:
                run_.step()
                verdict = body({**variables, name: value}, run_)
                if verdict is decides:
                    return decides
                if verdict is not (not decides):
                    result = None
            return result

        return run

    return make


_BUILDERS: dict[str, Callable[[Element, Builder], Logic]] = {
    "literalExpression": literal,
    "decisionTable": read_table,
    "context": _context,
    "invocation": _invocation,
    "functionDefinition": read_function,
    "list": _list,
    "relation": _relation,
    "conditional": _conditional,
    "filter": _filter,
    "for": _for,
    "some": _quantified(True),
    "every": _quantified(False),
}
