"""What an expression gives, and what in it can never work: unknown names, comparisons that cannot hold, wrong calls."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app import feel
from app.feel import syntax as s
from app.feel.builtins import BUILTINS, Builtin
from app.feel.inspection import constant, parts
from app.feel.properties import PROPERTIES

from ..reasons import suggested
from ..types import Registry
from .calls import BOOLEAN, GIVES, NUMBER, fits, kinds_of_test, signature, takes
from .shapes import ANY, NOTHING, Shape, context, join, listing, of_kind, of_value

Look = Callable[[str], Shape | None]
Report = Callable[..., None]
Local = Mapping[str, Shape | None]
"""Names an expression defines itself; with `*` whatever else is asked for may be there too (a filter's element)."""

PLAIN = frozenset({"number", "string", "boolean", "context"})
ELEMENT = "*"
LIST, CONTEXT = frozenset({"list"}), frozenset({"context"})


class Inference:
    """Of one expression in one place. `look` finds a variable's shape, None where nothing can set it."""

    def __init__(self, registry: Registry, look: Look, report: Report) -> None:
        self.registry = registry
        self.look = look
        self.report = report

    def of(self, node: s.Node, local: Local | None = None) -> Shape:
        handle = getattr(self, f"_{type(node).__name__}", None)
        if handle is not None:
            shape: Shape = handle(node, local or {})
            return shape
        for each in parts(node):
            self.of(each, local)
        return ANY

    # ---------------------------------------------------------------- values and names
    def _Literal(self, node: s.Literal, _local: Local) -> Shape:  # noqa: N802
        if node.value is None and node.written is not None:
            self.report("bad-literal", text=f'@"{node.written}"', reason="")
        return of_value(node.value)

    def _Name(self, node: s.Name, local: Local) -> Shape:  # noqa: N802
        found = local[node.name] if node.name in local else self.look(node.name)
        if found is not None:
            return found
        if node.name not in BUILTINS and ELEMENT not in local:
            self.report("unknown-variable", name=node.name)
        return ANY

    def _Path(self, node: s.Path, local: Local) -> Shape:  # noqa: N802
        source = self.of(node.source, local)
        if source == NOTHING:
            return NOTHING
        if not source.kinds or len(source.kinds) > 1:
            return ANY
        (own,) = source.kinds
        if own == "context":
            if source.entries is None:
                return ANY
            if node.name in source.entries:
                return source.entries[node.name]
            self._unknown_entry(node, own, list(source.entries))
        elif own in PROPERTIES:
            if node.name not in PROPERTIES[own]:
                self._unknown_entry(node, own, list(PROPERTIES[own]))
        elif own in ("string", "number", "boolean"):
            self._unknown_entry(node, own, [])
        elif own == "list" and source.item is not None:
            inner = source.item
            if inner.entries is not None and node.name not in inner.entries:
                self._unknown_entry(node, own, list(inner.entries))
        return ANY

    def _unknown_entry(self, node: s.Path, own: str, known: Sequence[str]) -> None:
        whole = f"{_written(node.source)}.{node.name}"
        self.report("unknown-entry", path=whole, name=node.name, kind=own, known=suggested(node.name, known))

    def _ListNode(self, node: s.ListNode, local: Local) -> Shape:  # noqa: N802
        return listing(join([self.of(each, local) for each in node.items]))

    def _ContextNode(self, node: s.ContextNode, local: Local) -> Shape:  # noqa: N802
        entries: dict[str, Shape] = {}
        for name, value in node.entries:
            entries[name] = self.of(value, {**local, **entries})
        return context(entries)

    # ---------------------------------------------------------------- operators
    def _Negation(self, node: s.Negation, local: Local) -> Shape:  # noqa: N802
        known = constant(node)
        return of_value(known.value) if known else Shape(self.of(node.operand, local).kinds)

    def _Arithmetic(self, node: s.Arithmetic, local: Local) -> Shape:  # noqa: N802
        left, right = self.of(node.left, local), self.of(node.right, local)
        one, other = _plain(left), _plain(right)
        if one is None or other is None:
            return ANY
        if one == other == "number" or (one == other == "string" and node.operator == "+"):
            return of_kind(one)
        self.report("operator-kinds", operator=node.operator, left=one, right=other)
        return NOTHING

    def _Compare(self, node: s.Compare, local: Local) -> Shape:  # noqa: N802
        left, right = self.of(node.left, local), self.of(node.right, local)
        if _apart(left, right):
            self.report("operator-kinds", operator=node.operator, left=_kinds(left), right=_kinds(right))
        elif node.operator in ("=", "!="):
            self._never(node.left, left, node.right)
            self._never(node.right, right, node.left)
        return BOOLEAN

    def _never(self, node: s.Node, shape: Shape, other: s.Node) -> None:
        """A constant that the other side never is."""
        if not isinstance(other, s.Literal) or isinstance(node, s.Literal) or other.value is None:
            return
        if shape.values and other.value not in shape.values:
            known = sorted(str(value) for value in shape.values)
            self.report("value-never", name=_written(node), value=other.value, allowed=", ".join(known[:12]),
                        known=suggested(str(other.value), known))  # fmt: skip

    def _Logic(self, node: s.Logic, local: Local) -> Shape:  # noqa: N802
        for each in node.parts:
            shape = self.of(each, local)
            if shape.kinds and "boolean" not in shape.kinds:
                self.report("operand-not-boolean", operator=node.operator, kind=_kinds(shape))
        return BOOLEAN

    def _Between(self, node: s.Between, local: Local) -> Shape:  # noqa: N802
        shapes = [self.of(each, local) for each in (node.operand, node.low, node.high)]
        for bound in shapes[1:]:
            if _apart(shapes[0], bound):
                self.report("operator-kinds", operator="between", left=_kinds(shapes[0]), right=_kinds(bound))
        return BOOLEAN

    def _Membership(self, node: s.Membership, local: Local) -> Shape:  # noqa: N802
        shape = self.of(node.operand, local)
        self.of(node.tests, {**local, "?": shape})
        tests = node.tests.tests if isinstance(node.tests, s.Tests) else (node.tests,)
        for test in tests:
            for each in test.items if isinstance(test, s.ListNode) else (test,):
                self._never(node.operand, shape, each)
        return BOOLEAN

    def _InstanceOf(self, node: s.InstanceOf, local: Local) -> Shape:  # noqa: N802
        self.of(node.operand, local)
        return BOOLEAN

    # ---------------------------------------------------------------- control
    def _Conditional(self, node: s.Conditional, local: Local) -> Shape:  # noqa: N802
        self.of(node.condition, local)
        return join([self.of(node.then, local), self.of(node.otherwise, local)])

    def _Filter(self, node: s.Filter, local: Local) -> Shape:  # noqa: N802
        source = self.of(node.source, local)
        item = source.item if source.kinds == LIST else None
        entries: Local = {"item": item or ANY}
        if item is not None and item.kinds == CONTEXT and item.entries is not None:
            entries = {**entries, **item.entries}
        elif item is None or item.kinds is None or "context" in item.kinds:
            entries = {**entries, ELEMENT: None}
        chosen = self.of(node.condition, {**local, **entries})
        if chosen.kinds == BOOLEAN.kinds:
            return listing(item or ANY)
        return item or ANY if chosen.kinds == NUMBER.kinds else ANY

    def _iterate(self, iterators: Sequence[s.Iterator], local: Local) -> dict[str, Shape | None]:
        inside: dict[str, Shape | None] = dict(local)
        for iterator in iterators:
            source = self.of(iterator.source, inside)
            if iterator.until is not None:
                self.of(iterator.until, inside)
            inside[iterator.name] = (source.item if source.kinds == LIST else None) or ANY
        return inside

    def _Loop(self, node: s.Loop, local: Local) -> Shape:  # noqa: N802
        return listing(self.of(node.body, {**self._iterate(node.iterators, local), "partial": ANY}))

    def _Quantified(self, node: s.Quantified, local: Local) -> Shape:  # noqa: N802
        self.of(node.body, self._iterate(node.iterators, local))
        return BOOLEAN

    def _FunctionNode(self, node: s.FunctionNode, local: Local) -> Shape:  # noqa: N802
        self.of(node.body, {**local, **{name: ANY for name, _ in node.parameters}})
        return of_kind("function")

    # ---------------------------------------------------------------- calls
    def _Call(self, node: s.Call, local: Local) -> Shape:  # noqa: N802
        shapes = [self.of(each, local) for each in node.arguments]
        callee = node.callee
        if not isinstance(callee, s.Name) or local.get(callee.name) is not None:
            self.of(callee, local)
            return ANY
        if callee.name in self.registry.functions:
            return self._domain(callee.name, node, shapes)
        builtin = BUILTINS.get(callee.name)
        if builtin is None:
            return ANY  # a variable that holds a function; else compiling has told
        if not self._called_right(builtin, node, shapes):
            return ANY
        known = constant(node)
        if known is None:
            gives = GIVES.get(callee.name)
            return ANY if gives is None else gives
        if known.value is None and known.reasons:
            self.report("bad-literal", text=_written(node), reason=known.reasons[0])
        return of_value(known.value)

    def _called_right(self, builtin: Builtin, node: s.Call, shapes: Sequence[Shape]) -> bool:
        count, names = len(node.arguments), node.names
        fitting = [each for each in builtin.signatures if takes(each, count, names)]
        if not fitting:
            wanted = " / ".join(dict.fromkeys(signature(builtin.name, each) for each in builtin.signatures))
            self.report("bad-arguments", function=builtin.name, given=count, wanted=wanted)
            return False
        if names is None and not any(fits(each, shapes) for each in fitting):
            given = ", ".join(_kinds(shape) for shape in shapes)
            self.report("argument-kinds", function=builtin.name, given=given)
            return False
        return True

    def _domain(self, name: str, node: s.Call, shapes: Sequence[Shape]) -> Shape:
        trade, parameters = self.registry.trade, self.registry.functions[name]
        given = node.names if node.names is not None else parameters[: len(node.arguments)]
        missing = [each for each in parameters if each not in given]
        if missing:
            wanted = f"{name}({', '.join(parameters)})"
            self.report("bad-arguments", function=name, given=len(node.arguments), wanted=wanted)
        if name in trade.absent:
            self.report(trade.absent[name], function=name)
        tests = trade.arguments.get(name, {})
        for parameter, argument, shape in zip(given, node.arguments, shapes, strict=False):
            if parameter in tests:
                self._argument(name, parameter, tests[parameter], argument, shape)
        result = trade.results.get(name)
        return ANY if result is None else of_kind(result)

    def _argument(self, function: str, parameter: str, test: str, node: s.Node, shape: Shape) -> None:
        known = constant(node)
        values = [known.value] if known is not None else sorted(shape.values or (), key=str)
        wrong = [value for value in values if not feel.unary_test(test, value)]
        if wrong:
            code = "argument-value" if known is not None else "argument-may-be"
            self.report(code, function=function, parameter=parameter, value=feel.value_text(wrong[0]), allowed=test)
        elif known is None and not values and shape.kinds:
            wanted = kinds_of_test(test)
            if wanted and not shape.kinds & wanted:
                self.report("argument-kinds", function=function, given=_kinds(shape))


def _plain(shape: Shape) -> str | None:
    """The one kind it has, if that is a plain one."""
    if not shape.kinds or len(shape.kinds) > 1 or not shape.kinds <= PLAIN:
        return None
    return next(iter(shape.kinds))


def _apart(one: Shape, other: Shape) -> bool:
    """Kinds that can never be compared. A list may stand for its one element."""
    if not one.kinds or not other.kinds or {"list", "function"} & (one.kinds | other.kinds):
        return False
    return not one.kinds & other.kinds


def _kinds(shape: Shape) -> str:
    return " / ".join(sorted(shape.kinds)) if shape.kinds else "?"


def _written(node: s.Node) -> str:
    """Roughly as in the text: for messages."""
    match node:
        case s.Name(name=name):
            return name
        case s.Path(source=source, name=name):
            return f"{_written(source)}.{name}"
        case s.Literal(value=value):
            return f'"{value}"' if isinstance(value, str) else _number(value)
        case s.Call(callee=callee, arguments=arguments):
            return f"{_written(callee)}({', '.join(_written(each) for each in arguments)})"
        case s.Negation(operand=operand):
            return f"-{_written(operand)}"
    return "…"


def _number(value: Any) -> str:
    return feel.value_text(value) if isinstance(value, Decimal) else str(value).lower()
