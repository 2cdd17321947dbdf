"""How points and ranges lie to each other (Allen's relations), and `range("[1..5]")`."""

from app.feel.builtins.registry import BUILTINS, builtin
from app.feel.comparing import compare, equal, less, within
from app.feel.errors import Failure, FeelSyntaxError
from app.feel.parser import parse_expression
from app.feel.syntax import Call, Literal, Name, Negation, Node, RangeNode
from app.feel.values import NUMBERS, Range, Value, kind

_POINTS = "number|string|date|time|date and time|days and time duration|years and months duration"


def _sure(*verdicts: bool | None) -> bool:
    """All of them; Failure where the values cannot be compared."""
    if any(verdict is None for verdict in verdicts):
        raise Failure("feel.argument_value")
    return all(verdicts)


def _bounded(*ranges: Range) -> None:
    for each in ranges:
        if (each.start is None and not each.start_open) or (each.end is None and not each.end_open):
            raise Failure("feel.argument_value")


def _starts_before(one: Range, other: Range) -> bool | None:
    """Whether `one` begins at a point that `other` does not reach down to."""
    if one.start_open or other.start_open:
        return one.start_open and not other.start_open
    if equal(one.start, other.start) is True:
        return one.start_included and not other.start_included
    return less(one.start, other.start)


def _ends_after(one: Range, other: Range) -> bool | None:
    if one.end_open or other.end_open:
        return one.end_open and not other.end_open
    if equal(one.end, other.end) is True:
        return one.end_included and not other.end_included
    return less(other.end, one.end)


def _wholly_before(one: Range, other: Range) -> bool | None:
    if one.end_open or other.start_open:
        return False
    if equal(one.end, other.start) is True:
        return not (one.end_included and other.start_included)
    return less(one.end, other.start)


def _not(verdict: bool | None) -> bool | None:
    return None if verdict is None else not verdict


def _covers(wide: Range, narrow: Range) -> bool:
    _bounded(wide, narrow)
    return _sure(_not(_starts_before(narrow, wide))) and _sure(_not(_ends_after(narrow, wide)))


def _same_start(one: Range, other: Range) -> bool:
    if one.start_open or other.start_open:
        return one.start_open and other.start_open
    return _sure(equal(one.start, other.start)) and one.start_included == other.start_included


def _same_end(one: Range, other: Range) -> bool:
    if one.end_open or other.end_open:
        return one.end_open and other.end_open
    return _sure(equal(one.end, other.end)) and one.end_included == other.end_included


@builtin(f"before(point1: {_POINTS}, point2: {_POINTS})")
def before_points(one: Value, other: Value) -> Value:
    return _sure(less(one, other))


@builtin(f"before(point: {_POINTS}, range: range)")
def before_point(point: Value, interval: Range) -> Value:
    _bounded(interval)
    if interval.start_open:
        return False
    return _sure(compare("<" if interval.start_included else "<=", point, interval.start))


@builtin(f"before(range: range, point: {_POINTS})")
def before_range(interval: Range, point: Value) -> Value:
    _bounded(interval)
    if interval.end_open:
        return False
    return _sure(compare("<" if interval.end_included else "<=", interval.end, point))


@builtin("before(range1: range, range2: range)")
def before_ranges(one: Range, other: Range) -> Value:
    _bounded(one, other)
    return _wholly_before(one, other)


@builtin(f"after(point1: {_POINTS}, point2: {_POINTS})")
def after_points(one: Value, other: Value) -> Value:
    return _sure(less(other, one))


@builtin(f"after(point: {_POINTS}, range: range)")
def after_point(point: Value, interval: Range) -> Value:
    return before_range(interval, point)


@builtin(f"after(range: range, point: {_POINTS})")
def after_range(interval: Range, point: Value) -> Value:
    return before_point(point, interval)


@builtin("after(range1: range, range2: range)")
def after_ranges(one: Range, other: Range) -> Value:
    return before_ranges(other, one)


@builtin("meets(range1: range, range2: range)")
def meets(one: Range, other: Range) -> Value:
    _bounded(one, other)
    if one.end_open or other.start_open:
        return False
    return _sure(equal(one.end, other.start)) and one.end_included and other.start_included


@builtin("met by(range1: range, range2: range)")
def met_by(one: Range, other: Range) -> Value:
    return meets(other, one)


@builtin("overlaps(range1: range, range2: range)")
def overlaps(one: Range, other: Range) -> Value:
    _bounded(one, other)
    return not _sure(_wholly_before(one, other)) and not _sure(_wholly_before(other, one))


@builtin("overlaps before(range1: range, range2: range)")
def overlaps_before(one: Range, other: Range) -> Value:
    _bounded(one, other)
    if _sure(_wholly_before(one, other)) or _sure(_wholly_before(other, one)):
        return False
    return _sure(_starts_before(one, other)) and not _sure(_ends_after(one, other))


@builtin("overlaps after(range1: range, range2: range)")
def overlaps_after(one: Range, other: Range) -> Value:
    return overlaps_before(other, one)


@builtin(f"finishes(point: {_POINTS}, range: range)")
def finishes_point(point: Value, interval: Range) -> Value:
    _bounded(interval)
    return not interval.end_open and interval.end_included and _sure(equal(point, interval.end))


@builtin("finishes(range1: range, range2: range)")
def finishes(one: Range, other: Range) -> Value:
    _bounded(one, other)
    return _same_end(one, other) and _sure(_not(_starts_before(one, other)))


@builtin(f"finished by(range: range, point: {_POINTS})")
def finished_by_point(interval: Range, point: Value) -> Value:
    return finishes_point(point, interval)


@builtin("finished by(range1: range, range2: range)")
def finished_by(one: Range, other: Range) -> Value:
    return finishes(other, one)


@builtin(f"includes(range: range, point: {_POINTS})")
def includes_point(interval: Range, point: Value) -> Value:
    return _sure(within(point, interval))


@builtin("includes(range1: range, range2: range)")
def includes(one: Range, other: Range) -> Value:
    return _covers(one, other)


@builtin(f"during(point: {_POINTS}, range: range)")
def during_point(point: Value, interval: Range) -> Value:
    return _sure(within(point, interval))


@builtin("during(range1: range, range2: range)")
def during(one: Range, other: Range) -> Value:
    return _covers(other, one)


@builtin(f"starts(point: {_POINTS}, range: range)")
def starts_point(point: Value, interval: Range) -> Value:
    _bounded(interval)
    return not interval.start_open and interval.start_included and _sure(equal(point, interval.start))


@builtin("starts(range1: range, range2: range)")
def starts(one: Range, other: Range) -> Value:
    _bounded(one, other)
    return _same_start(one, other) and _sure(_not(_ends_after(one, other)))


@builtin(f"started by(range: range, point: {_POINTS})")
def started_by_point(interval: Range, point: Value) -> Value:
    return starts_point(point, interval)


@builtin("started by(range1: range, range2: range)")
def started_by(one: Range, other: Range) -> Value:
    return starts(other, one)


@builtin(f"coincides(point1: {_POINTS}, point2: {_POINTS})")
def coincides_points(one: Value, other: Value) -> Value:
    return _sure(equal(one, other))


@builtin("coincides(range1: range, range2: range)")
def coincides(one: Range, other: Range) -> Value:
    _bounded(one, other)
    return _same_start(one, other) and _same_end(one, other)


# ------------------------------------------------------------------ range("[1..5]")
_END_POINT_CALLS = ("date", "time", "date and time", "duration")


@builtin("range(from: string)")
def range_from_text(text: str) -> Value:
    try:
        node = parse_expression(_with_nulls(text.strip()))
    except FeelSyntaxError as error:
        raise Failure("feel.range") from error
    if not isinstance(node, RangeNode):
        raise Failure("feel.range")
    start, end = _end_point(node.start), _end_point(node.end)
    if start is None and end is None:
        raise Failure("feel.range")
    if (start is None and node.start_included) or (end is None and node.end_included):
        raise Failure("feel.range")
    if start is not None and end is not None and less(end, start) is not False:
        raise Failure("feel.range")
    return Range(start, end, node.start_included, node.end_included, start is None, end is None)


def _with_nulls(text: str) -> str:
    """A missing end point, `(..5]` or `[1..)`, spelt out."""
    if text[1:].lstrip().startswith(".."):
        text = text[:1] + "null" + text[1:]
    return text[:-1] + "null" + text[-1:] if text[:-1].rstrip().endswith("..") else text


def _end_point(node: Node) -> Value:
    """The value of an end point: literals only, no names."""
    if isinstance(node, Literal) and node.value is None and node.written is None:
        return None
    if isinstance(node, Literal) and kind(node.value) in _POINTS.split("|"):
        return node.value
    if isinstance(node, Negation) and isinstance(node.operand, Literal) and kind(node.operand.value) == "number":
        return NUMBERS.minus(node.operand.value)
    if isinstance(node, Call) and isinstance(node.callee, Name) and node.callee.name in _END_POINT_CALLS:
        return _called(node.callee.name, node.arguments)
    raise Failure("feel.range")


def _called(name: str, arguments: tuple[Node, ...]) -> Value:
    values = [_end_point(argument) for argument in arguments]
    for signature in BUILTINS[name].signatures:
        bound = signature.bind(values)
        if bound is not None:
            return signature.body(*bound)
    raise Failure("feel.range")
