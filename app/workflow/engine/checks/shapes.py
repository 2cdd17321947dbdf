"""What a variable can hold, as far as the files tell: kinds, constants, a context's entries, a list's items.

Every value may be null besides; that is not told. A shape never excludes a value that can come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any

from app.feel.values import kind

MOST_VALUES = 200
DEEPEST = 5
SCALARS = (str, bool, Decimal, int)


@dataclass(frozen=True, slots=True)
class Shape:
    kinds: frozenset[str] | None = None
    """FEEL's names; None: any."""
    values: frozenset[Any] | None = None
    """The only constants; None: any of its kinds."""
    entries: "Mapping[str, Shape] | None" = None
    """Of a context: all the entries it can have; None: unknown."""
    item: "Shape | None" = None
    """Of a list's elements; None: unknown."""


ANY = Shape()
NOTHING = Shape(frozenset(), frozenset())
"""Only null."""


def of_kind(*kinds: str) -> Shape:
    return Shape(frozenset(kinds))


def context(entries: Mapping[str, Shape]) -> Shape:
    return Shape(frozenset({"context"}), None, dict(entries))


def listing(item: Shape) -> Shape:
    return Shape(frozenset({"list"}), None, None, item)


def one_of(values: Iterable[Any] | None) -> Shape:
    """One of these constants; None: anything."""
    if values is None:
        return ANY
    known = [Decimal(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in values]
    return Shape(frozenset(kind(v) for v in known), frozenset(known))


def of_value(value: Any) -> Shape:
    """Of a constant."""
    if value is None:
        return NOTHING
    if isinstance(value, dict):
        return context({str(key): of_value(each) for key, each in value.items()})
    if isinstance(value, list):
        return listing(join(of_value(each) for each in value[:MOST_VALUES]) if value else NOTHING)
    return one_of([value]) if isinstance(value, SCALARS) else of_kind(kind(value))


def join(shapes: Iterable[Shape]) -> Shape:
    """What holds whichever of them it is."""
    return reduce(_join, shapes, NOTHING)


def _join(one: Shape, other: Shape, depth: int = 0) -> Shape:
    if one == other or other.kinds == frozenset():
        return one
    if one.kinds == frozenset():
        return other
    if one.kinds is None or other.kinds is None or depth > DEEPEST:
        return ANY
    return Shape(
        one.kinds | other.kinds,
        _values(one, other),
        _entries(one, other, depth),
        _items(one, other, depth),
    )


def _values(one: Shape, other: Shape) -> frozenset[Any] | None:
    if one.values is None or other.values is None:
        return None
    both = one.values | other.values
    return both if len(both) <= MOST_VALUES else None


def _entries(one: Shape, other: Shape, depth: int) -> Mapping[str, Shape] | None:
    """Unknown unless both tell; a value that is no context has none."""
    found = [shape.entries for shape in (one, other) if "context" in (shape.kinds or ())]
    if not found or any(each is None for each in found):
        return None
    known = [each for each in found if each is not None]
    merged = dict(known[0])
    for name, shape in (pair for each in known[1:] for pair in each.items()):
        merged[name] = _join(merged[name], shape, depth + 1) if name in merged else shape
    return merged


def _items(one: Shape, other: Shape, depth: int) -> Shape | None:
    found = [shape.item for shape in (one, other) if "list" in (shape.kinds or ())]
    if not found or any(each is None for each in found):
        return None
    known = [each for each in found if each is not None]
    return known[0] if len(known) == 1 else _join(known[0], known[1], depth + 1)
