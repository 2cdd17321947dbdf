"""Arithmetic, comparison and logic."""

from collections.abc import Callable
from decimal import Decimal, DivisionByZero, DivisionUndefined, InvalidOperation

from app.feel import syntax as s
from app.feel.arithmetic import OPERATORS, opposite
from app.feel.comparing import both, compare
from app.feel.compiler.scope import Code, Frame, Scope
from app.feel.compiler.table import compile_node, compiles
from app.feel.types import build_type
from app.feel.values import NUMBERS, Value, kind

_FAST: dict[str, Callable[[Value, Value], Value]] = {
    "+": NUMBERS.add,
    "-": NUMBERS.subtract,
    "*": NUMBERS.multiply,
    "/": NUMBERS.divide,
}


@compiles(s.Arithmetic)
def arithmetic(node: s.Arithmetic, scope: Scope) -> Code:
    left, right = compile_node(node.left, scope), compile_node(node.right, scope)
    operator, at = node.operator, node.at
    general = OPERATORS[operator]
    fast = _FAST.get(operator, general)

    def run(frame: Frame) -> Value:
        one, other = left(frame), right(frame)
        try:
            if type(one) is Decimal and type(other) is Decimal:
                return fast(one, other)
            result = general(one, other)
            if type(result) is str:
                frame.run.made(result)
            return result
        except DivisionByZero:
            return frame.run.fail("feel.division_by_zero", at)
        except InvalidOperation as error:
            zero = DivisionUndefined in (error.args[0] if error.args else ())
            return frame.run.fail("feel.division_by_zero" if zero else "feel.overflow", at)
        except (ArithmeticError, OverflowError):
            return frame.run.fail("feel.overflow", at)
        except (TypeError, ValueError):
            return frame.run.fail("feel.operands", at, left=kind(one), operator=operator, right=kind(other))

    return run


@compiles(s.Negation)
def negation(node: s.Negation, scope: Scope) -> Code:
    operand, at = compile_node(node.operand, scope), node.at
    if isinstance(node.operand, s.Literal) and isinstance(node.operand.value, Decimal):
        constant = NUMBERS.minus(node.operand.value)
        return lambda _frame: constant

    def run(frame: Frame) -> Value:
        value = operand(frame)
        try:
            return opposite(value)
        except TypeError:
            return frame.run.fail("feel.negate", at, kind=kind(value))

    return run


@compiles(s.Compare)
def comparison(node: s.Compare, scope: Scope) -> Code:
    if isinstance(node.right, s.Literal) and type(node.right.value) in (str, Decimal):
        return _against_constant(node, node.right.value, scope)
    left, right = compile_node(node.left, scope), compile_node(node.right, scope)
    operator, at = node.operator, node.at

    def run(frame: Frame) -> Value:
        one, other = left(frame), right(frame)
        result = compare(operator, one, other, frame.run)
        if result is None:
            return frame.run.fail("feel.compare", at, left=kind(one), right=kind(other))
        return result

    return run


def _against_constant(node: s.Compare, constant: Value, scope: Scope) -> Code:
    """The commonest conditions: a variable against a text or a number."""
    left, operator, at, cls = compile_node(node.left, scope), node.operator, node.at, type(constant)
    method = {"=": "__eq__", "!=": "__ne__", "<": "__gt__", "<=": "__ge__", ">": "__lt__", ">=": "__le__"}[operator]
    mirrored: Callable[[Value], Value] = getattr(constant, method)

    def run(frame: Frame) -> Value:
        value = left(frame)
        if type(value) is cls:
            return mirrored(value)
        result = compare(operator, value, constant)
        if result is None:
            return frame.run.fail("feel.compare", at, left=kind(value), right=kind(constant))
        return result

    return run


@compiles(s.Logic)
def logic(node: s.Logic, scope: Scope) -> Code:
    parts = tuple(compile_node(part, scope) for part in node.parts)
    decides = node.operator == "or"
    neutral = not decides
    at = node.at

    def run(frame: Frame) -> Value:
        result: Value = neutral
        for part in parts:
            value = part(frame)
            if value is decides:
                return decides
            if value is not neutral:
                if value is not None:
                    frame.run.fail("feel.not_boolean", at, kind=kind(value))
                result = None
        return result

    return run


@compiles(s.Between)
def between(node: s.Between, scope: Scope) -> Code:
    operand, low, high = (compile_node(part, scope) for part in (node.operand, node.low, node.high))
    at = node.at

    def run(frame: Frame) -> Value:
        value, bottom, top = operand(frame), low(frame), high(frame)
        above, below = compare("<=", bottom, value), compare("<=", value, top)
        if above is None or below is None:
            return frame.run.fail("feel.compare", at, left=kind(value), right=kind(bottom if above is None else top))
        return both(above, below)

    return run


@compiles(s.InstanceOf)
def instance_of(node: s.InstanceOf, scope: Scope) -> Code:
    operand, type_ = compile_node(node.operand, scope), build_type(node.type, scope.unit.find_type)
    return lambda frame: type_.has(operand(frame))


@compiles(s.Conditional)
def conditional(node: s.Conditional, scope: Scope) -> Code:
    condition, then, otherwise = (compile_node(part, scope) for part in (node.condition, node.then, node.otherwise))
    return lambda frame: then(frame) if condition(frame) is True else otherwise(frame)


@compiles(s.Literal)
def literal(node: s.Literal, _scope: Scope) -> Code:
    value, at = node.value, node.at
    if value is None and node.written is not None:
        written = node.written
        return lambda frame: frame.run.fail("feel.literal", at, text=written)
    return lambda _frame: value
