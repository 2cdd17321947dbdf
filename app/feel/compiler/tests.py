"""`in`, ranges, and the tests of a decision table's cell."""

from collections.abc import Callable
from decimal import Decimal

from app.feel import syntax as s
from app.feel.comparing import Ternary, compare, equal, less, matches, negate, within
from app.feel.compiler.scope import Code, Frame, Scope
from app.feel.compiler.table import compile_node, compiles
from app.feel.errors import FeelSyntaxError
from app.feel.limits import Run
from app.feel.values import NotEqual, Range, Value, kind

INPUT = "?"
Test = Callable[[Frame, Value], Ternary]


@compiles(s.RangeNode)
def range_value(node: s.RangeNode, scope: Scope) -> Code:
    start, end, at = compile_node(node.start, scope), compile_node(node.end, scope), node.at
    start_included, end_included = node.start_included, node.end_included

    def run(frame: Frame) -> Value:
        low, high = start(frame), end(frame)
        if low is not None and high is not None and less(high, low) is not False:
            return frame.run.fail("feel.range", at)
        return Range(low, high, start_included, end_included)

    return run


def comparison_range(operator: str, value: Value) -> Value:
    """`> 5` and the like as a value."""
    if operator == "!=":
        return NotEqual(value)
    if operator == "=":
        return Range(value, value, True, True)
    included = operator in ("<=", ">=")
    if operator[0] == "<":
        return Range(None, value, False, included, start_open=True)
    return Range(value, None, included, False, end_open=True)


@compiles(s.UnaryComparison)
def unary_value(node: s.UnaryComparison, scope: Scope) -> Code:
    operand, operator = compile_node(node.operand, scope), node.operator
    return lambda frame: comparison_range(operator, operand(frame))


@compiles(s.Tests)
def tests_elsewhere(node: s.Tests, _scope: Scope) -> Code:
    raise FeelSyntaxError("feel.syntax.tests_elsewhere", node.at)


@compiles(s.Membership)
def membership(node: s.Membership, scope: Scope) -> Code:
    operand, at = compile_node(node.operand, scope), node.at
    inner = scope.inner(INPUT)
    test = compile_tests(node.tests, inner)

    def run(frame: Frame) -> Value:
        value = operand(frame)
        result = test(Frame({INPUT: value}, frame, frame.run), value)
        if result is None:
            return frame.run.fail("feel.compare", at, left=kind(value), right="range")
        return result

    return run


def compile_tests(node: s.Node, scope: Scope) -> Test:
    """A cell, or what stands right of `in`, as a function of (frame, value). `scope` defines `?`."""
    if not isinstance(node, s.Tests):
        return _test(node, scope)
    if node.any:
        return lambda _frame, _value: True
    tests = tuple(_test(each, scope) for each in node.tests)
    if len(tests) == 1:
        alone = tests[0]
        return (lambda frame, value: negate(alone(frame, value))) if node.negated else alone

    def run(frame: Frame, value: Value) -> Ternary:
        result: Ternary = False
        for test in tests:
            found = test(frame, value)
            if found is True:
                result = True
                break
            if found is None:
                result = None
        return negate(result) if node.negated else result

    return run


def _test(node: s.Node, scope: Scope) -> Test:
    if isinstance(node, s.Literal):
        return _literal_test(node.value)
    if isinstance(node, s.UnaryComparison):
        return _comparison_test(node, scope)
    if isinstance(node, s.RangeNode):
        return _range_test(node, scope)
    code = compile_node(node, scope)
    if mentions_input(node):
        return lambda frame, value: _verdict(code(frame), value, frame.run)
    decides = isinstance(node, s.Compare | s.Logic | s.Between | s.Membership | s.Quantified | s.InstanceOf | s.Call)

    def run(frame: Frame, value: Value) -> Ternary:
        test = code(frame)
        if decides and isinstance(test, bool) and not isinstance(value, bool | list):
            return test
        return matches(value, test, frame.run)

    return run


def _verdict(result: Value, value: Value, run: Run) -> Ternary:
    """What an expression with `?` says: a truth, or a value or list to compare with."""
    if isinstance(result, bool) or result is None:
        return result
    return matches(value, result, run)


def _literal_test(constant: Value) -> Test:
    cls = type(constant)
    if cls is str or cls is Decimal:
        return lambda _frame, value: bool(value == constant) if type(value) is cls else matches_one(value, constant)
    return lambda _frame, value: matches_one(value, constant)


def matches_one(value: Value, constant: Value) -> Ternary:
    """Equality; a list of one stands for its element."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return equal(value, constant)


def _comparison_test(node: s.UnaryComparison, scope: Scope) -> Test:
    operand, operator = compile_node(node.operand, scope), node.operator
    return lambda frame, value: compare(operator, value, operand(frame), frame.run)


def _range_test(node: s.RangeNode, scope: Scope) -> Test:
    interval = range_value(node, scope)

    def run(frame: Frame, value: Value) -> Ternary:
        found = interval(frame)
        return None if found is None else within(value, found)

    return run


def mentions_input(node: object) -> bool:
    """Whether `?` stands anywhere in the tree."""
    if isinstance(node, s.Name):
        return node.name == INPUT
    if isinstance(node, tuple):
        return any(mentions_input(each) for each in node)
    if isinstance(node, s.Node | s.Iterator):
        return any(mentions_input(getattr(node, field)) for field in node.__dataclass_fields__)
    return False
