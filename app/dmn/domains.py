"""The columns of a decision table cut into atoms: values that no cell of the column tells apart.

A number column with the cells `< 5` and `[5..10]` has the atoms below 5, 5, between 5 and 10, 10, above 10, and null.
Each atom has one value that stands for it; what a cell says of that value, asked of the very code that runs it, it says
of the whole atom. So a table becomes rules over small sets, and gaps and overlaps can be found exactly.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

from app.dmn.itemtypes import RestrictedType
from app.feel import syntax as s
from app.feel.comparing import less
from app.feel.compiler import INPUT
from app.feel.errors import FeelSyntaxError
from app.feel.inspection import constant, walk
from app.feel.parser import parse_tests
from app.feel.temporal.durations import DayTimeDuration, YearMonthDuration
from app.feel.temporal.wide import WideDate, WideDateTime, WideTime
from app.feel.text import value_text
from app.feel.types import SimpleType, Type
from app.feel.values import Range, Value, kind

MOST_POINTS = 600
"""Of one column; a column with more is not looked into."""
OTHER = "\ue000"
"""Stands for a text that no cell names: a private character."""


@dataclass(frozen=True, slots=True)
class Atom:
    """`value` stands for all of them; `text` is how FEEL would write them."""

    value: Value
    text: str
    single: bool = True
    """There is no other value in it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a cell looks at: the constants it compares with. `whole`: it does more than compare,
    and can be followed only where the column has finitely many values."""

    points: tuple[Value, ...] = ()
    whole: bool = False
    ordered: bool = False
    """It asks for less or more, not only for equality."""


NULL = Atom(None, "null")
EQUALITY = ("=", "!=")


def reach_of(text: str, names: Iterable[str] = ()) -> Reach | None:
    """Of a cell as written; None where variables decide."""
    try:
        return _reach(parse_tests(text, names))
    except FeelSyntaxError:
        return None


def _reach(node: s.Node) -> Reach | None:
    match node:
        case s.Tests(tests=tests) | s.Logic(parts=tests):
            return _joined(tests)
        case s.UnaryComparison(operator=operator, operand=operand):
            return _joined((operand,), ordered=operator not in EQUALITY)
        case s.RangeNode(start=start, end=end):
            return _joined((start, end), ordered=True)
        case s.Compare(operator=operator, left=left, right=right) if _is_input(left) or _is_input(right):
            return _joined([side for side in (left, right) if not _is_input(side)], ordered=operator not in EQUALITY)
        case s.Between(operand=operand, low=low, high=high) if _is_input(operand):
            return _joined((low, high), ordered=True)
        case s.Membership(operand=operand, tests=tests) if _is_input(operand):
            return _reach(tests)
        case s.Call(callee=s.Name(name="not"), arguments=(inner,)):
            return _reach(inner)
    if _is_input(node):
        return Reach()
    known = constant(node)
    if known is not None:
        return Reach(tuple(_points(known.value)), ordered=isinstance(known.value, Range | list))
    return Reach(tuple(_literals(node)), whole=True) if _only_input(node) else None


def _literals(node: s.Node) -> Iterator[Value]:
    """The constants named in a text: likely to be values that it holds for."""
    return (each.value for each in walk(node) if isinstance(each, s.Literal) and each.value is not None)


def _joined(nodes: Iterable[s.Node], ordered: bool = False) -> Reach | None:
    found = [_reach(node) for node in nodes]
    if any(each is None for each in found):
        return None
    known = [each for each in found if each is not None]
    points = tuple(point for each in known for point in each.points)
    return Reach(points, any(each.whole for each in known), ordered or any(each.ordered for each in known))


def _is_input(node: s.Node) -> bool:
    return isinstance(node, s.Name) and node.name == INPUT


def _only_input(node: s.Node) -> bool:
    """Whether `?` is the only variable: then it is a constant once `?` has a value."""
    return constant(s.FunctionNode(node.at, ((INPUT, None),), node, False)) is not None


def _points(value: Value) -> Iterable[Value]:
    if isinstance(value, Range):
        yield from (end for end in (value.start, value.end) if end is not None)
    elif isinstance(value, list):
        for each in value:
            yield from _points(each)
    elif value is not None:
        yield value


# ------------------------------------------------------------------ atoms
def kind_of(type_: Type) -> str | None:
    """The kind of values a type allows; None for several."""
    while isinstance(type_, RestrictedType):
        type_ = type_.base
    return type_.kind if isinstance(type_, SimpleType) else None


def finite(values: Sequence[Value]) -> list[Atom]:
    """A column whose values are listed."""
    return [Atom(value, written(value)) for value in _distinct(values)]


def atoms(points: Iterable[Value], sort: str | None, ordered: bool) -> list[Atom] | None:
    """The atoms of a column whose cells compare with these points: of one kind where it is declared (`sort`), else of
    every kind among them. None where they cannot be told. Null is not among them. `ordered`: some cell asks for less or
    more; texts that are only compared for equality are not put in order."""
    by_kind: dict[str, list[Value]] = {sort: []} if sort else {}
    for point in points:
        own = kind(point)
        if sort in (None, own):
            by_kind.setdefault(own, []).append(point)
    if sum(len(values) for values in by_kind.values()) > MOST_POINTS:
        return None
    if not by_kind:
        return [Atom(OTHER, "-", False)]
    found: list[Atom] = []
    for own, values in by_kind.items():
        made = _texts(values) if own == "string" and not ordered else _of_kind(own, values)
        if made is None:
            return None
        found += made
    return found


def _of_kind(sort: str, points: Sequence[Value]) -> list[Atom] | None:
    if sort == "boolean":
        return finite([True, False])
    if sort not in _STEPS or any(isinstance(point, WideDate | WideDateTime | WideTime) for point in points):
        return None
    if not points:
        return [Atom(_SAMPLE[sort], "-", False)]
    ordered = _in_order(points)
    if ordered is None:
        return None
    before, between, after = _STEPS[sort]
    found = [Atom(value, f"< {written(ordered[0])}", False) for value in before(ordered[0])]
    for low, high in pairwise(ordered):
        found.append(Atom(low, written(low)))
        found += [Atom(value, f"]{written(low)}..{written(high)}[", False) for value in between(low, high)]
    found.append(Atom(ordered[-1], written(ordered[-1])))
    return found + [Atom(value, f"> {written(ordered[-1])}", False) for value in after(ordered[-1])]


def _texts(points: Sequence[Value]) -> list[Atom]:
    named = finite(points)
    known = ", ".join(atom.text for atom in named[:SHOWN]) + (", …" if len(named) > SHOWN else "")
    return [*named, Atom(OTHER, f"not({known})" if named else "-", False)]


SHOWN = 4
"""Of a column's texts, where all others are meant."""


def _in_order(points: Sequence[Value]) -> list[Value] | None:
    """Distinct points, rising; None where two cannot be compared (local and zoned times)."""
    if any(less(points[0], point) is None for point in points):
        return None
    ordered = sorted(points, key=cmp_to_key(lambda a, b: -1 if less(a, b) else int(less(b, a) is True)))
    return [ordered[0], *(high for low, high in pairwise(ordered) if less(low, high))]


def _distinct(values: Sequence[Value]) -> list[Value]:
    found: list[Value] = []
    for value in values:
        if not any(type(value) is type(each) and value == each for each in found):
            found.append(value)
    return found


def written(value: Value) -> str:
    """As FEEL writes it."""
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else value_text(value)


def _some(value: Value) -> list[Value]:
    return [] if value is None else [value]


_One = Callable[[Any], Sequence[Value]]
_Two = Callable[[Any, Any], Sequence[Value]]


def _text_between(low: str, high: str) -> list[Value]:
    middle = low + "\0"
    return [middle] if middle < high else []


def _date_between(low: dt.date, high: dt.date) -> list[Value]:
    day = low + dt.timedelta(days=1)
    return [day] if day < high else []


def _moment_between(low: dt.datetime, high: dt.datetime) -> list[Value]:
    middle = low + (high - low) / 2
    return [middle] if low < middle < high else []


def _time_between(low: dt.time, high: dt.time) -> list[Value]:
    """Whole seconds: that is what `=` on times goes by."""
    seconds = [each.hour * 3600 + each.minute * 60 + each.second for each in (low, high)]
    middle = seconds[0] + 1
    if middle >= seconds[1]:
        return []
    return [low.replace(hour=middle // 3600, minute=middle // 60 % 60, second=middle % 60)]


def _whole_between(low: int, high: int) -> list[int]:
    return [low + 1] if low + 1 < high else []


_STEPS: dict[str, tuple[_One, _Two, _One]] = {
    "number": (lambda v: [v - 1], lambda a, b: [(a + b) / 2], lambda v: [v + 1]),
    "string": (lambda v: [""] if v else [], _text_between, lambda v: [v + OTHER]),
    "date": (lambda v: _some(_moved(v, -1)), _date_between, lambda v: _some(_moved(v, 1))),
    "date and time": (lambda v: _some(_moved(v, -1)), _moment_between, lambda v: _some(_moved(v, 1))),
    "time": (
        lambda v: [v.replace(hour=0, minute=0, second=0)] if (v.hour, v.minute, v.second) != (0, 0, 0) else [],
        _time_between,
        lambda v: [v.replace(hour=23, minute=59, second=59)] if (v.hour, v.minute, v.second) != (23, 59, 59) else [],
    ),
    "days and time duration": (
        lambda v: [DayTimeDuration(v.nanos - 1)],
        lambda a, b: [DayTimeDuration(n) for n in _whole_between(a.nanos, b.nanos)],
        lambda v: [DayTimeDuration(v.nanos + 1)],
    ),
    "years and months duration": (
        lambda v: [YearMonthDuration(v.months - 1)],
        lambda a, b: [YearMonthDuration(n) for n in _whole_between(a.months, b.months)],
        lambda v: [YearMonthDuration(v.months + 1)],
    ),
}
"""For each kind with an order: a value below one, between two, above one; none where there is none."""
_SAMPLE = {
    "number": Decimal(0),
    "string": OTHER,
    "date": dt.date(2026, 1, 1),
    "date and time": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    "time": dt.time(12),
    "days and time duration": DayTimeDuration(1),
    "years and months duration": YearMonthDuration(1),
}


def _moved(value: dt.date, days: int) -> dt.date | None:
    try:
        return value + dt.timedelta(days=days)
    except (OverflowError, TypeError):
        return None


def listed(text: str | None) -> tuple[Value, ...] | None:
    """The values of an allowed-values text, where it lists them one by one."""
    if not text or not text.strip():
        return None
    try:
        node = parse_tests(text)
    except FeelSyntaxError:
        return None
    tests = node.tests if isinstance(node, s.Tests) and not node.negated else ()
    found = [constant(each) for each in tests]
    if not found or any(each is None or isinstance(each.value, Range | list | None) for each in found):
        return None
    return tuple(each.value for each in found if each is not None)
