"""Functions on lists. Positions count from 1, or from the end by negative numbers."""

from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key

from app.feel.arithmetic import whole
from app.feel.builtins.registry import builtin, call_value
from app.feel.comparing import equal, less
from app.feel.errors import Failure
from app.feel.limits import Run
from app.feel.values import Function, Value, kind

_NUMBERS_ONLY = "feel.argument_value"


def _has(items: list[Value], element: Value, run: Run) -> bool:
    run.step(len(items))
    return any(equal(item, element, run) is True for item in items)


@builtin("list contains(list: list, element)", run=True)
def list_contains(run: Run, items: list[Value], element: Value) -> Value:
    return _has(items, element, run)


@builtin("count(list: list)")
def count(items: list[Value]) -> Value:
    return Decimal(len(items))


def _extreme(items: list[Value], better: Callable[[Value, Value], bool | None]) -> Value:
    if not items:
        return None
    best = items[0]
    for item in items[1:]:
        found = better(item, best)
        if found is None:
            raise Failure("feel.compare", left=kind(item), right=kind(best))
        if found:
            best = item
    if len(items) == 1 and less(best, best) is None:
        raise Failure("feel.compare", left=kind(best), right=kind(best))
    return best


@builtin("min(list*: list)")
def minimum(items: list[Value]) -> Value:
    return _extreme(items, less)


@builtin("max(list*: list)")
def maximum(items: list[Value]) -> Value:
    return _extreme(items, lambda item, best: less(best, item))


@builtin("sublist(list: list, start position: number, length?: number)", run=True)
def sublist(run: Run, items: list[Value], start: Decimal, length: Decimal | None = None) -> Value:
    begin = _place(items, start)
    run.step(len(items))
    if length is None:
        return items[begin:]
    size = whole(length)
    if size < 0 or begin + size > len(items):
        raise Failure("feel.argument_value")
    return items[begin : begin + size]


def _place(items: list[Value], position: Decimal) -> int:
    """Python's index of a position. Failure outside the list."""
    place = whole(position)
    if place == 0 or abs(place) > len(items):
        raise Failure("feel.index", index=position, count=len(items))
    return place - 1 if place > 0 else len(items) + place


@builtin("append(list: list, item...)", run=True)
def append(run: Run, items: list[Value], more: list[Value]) -> Value:
    run.step(len(items))
    return [*items, *more]


@builtin("concatenate(list...)", run=True)
def concatenate(run: Run, lists: list[Value]) -> Value:
    joined: list[Value] = []
    for each in lists:
        if each is None:
            raise Failure("feel.argument_value")
        items = each if isinstance(each, list) else [each]
        run.step(len(items))
        joined.extend(items)
    return joined


@builtin("union(list...)", run=True)
def union(run: Run, lists: list[Value]) -> Value:
    return distinct_values(run, concatenate(run, lists))


@builtin("distinct values(list: list)", run=True)
def distinct_values(run: Run, items: list[Value]) -> Value:
    distinct: list[Value] = []
    seen: set[object] = set()
    for item in items:
        if isinstance(item, str | Decimal):  # quick for the common kinds
            if (type(item), item) not in seen:
                seen.add((type(item), item))
                distinct.append(item)
        elif not _has(distinct, item, run):
            distinct.append(item)
    run.step(len(items))
    return distinct


@builtin("duplicate values(list: list)", run=True)
def duplicate_values(run: Run, items: list[Value]) -> Value:
    twice = [item for item in items if sum(equal(item, other, run) is True for other in _stepped(items, run)) > 1]
    return distinct_values(run, twice)


def _stepped(items: list[Value], run: Run) -> list[Value]:
    run.step(len(items))
    return items


@builtin("insert before(list: list, position: number, newItem)", run=True)
def insert_before(run: Run, items: list[Value], position: Decimal, item: Value) -> Value:
    place = _place(items, position)
    run.step(len(items))
    return [*items[:place], item, *items[place:]]


@builtin("remove(list: list, position: number)", run=True)
def remove(run: Run, items: list[Value], position: Decimal) -> Value:
    place = _place(items, position)
    run.step(len(items))
    return items[:place] + items[place + 1 :]


@builtin("list replace(list: list, position: number, newItem)", run=True)
def replace_at(run: Run, items: list[Value], position: Decimal, item: Value) -> Value:
    place = _place(items, position)
    run.step(len(items))
    return [*items[:place], item, *items[place + 1 :]]


@builtin("list replace(list: list, match: function, newItem)", run=True)
def replace_matching(run: Run, items: list[Value], match: Function, item: Value) -> Value:
    if len(match.parameters) != 2:
        raise Failure("feel.argument_value")
    replaced = []
    for old in items:
        verdict = call_value(match, [old, item], run)
        if not isinstance(verdict, bool):
            raise Failure("feel.not_boolean", kind=kind(verdict))
        replaced.append(item if verdict else old)
    return replaced


@builtin("reverse(list: list)", run=True)
def reverse(run: Run, items: list[Value]) -> Value:
    run.step(len(items))
    return items[::-1]


@builtin("index of(list: list, match)", run=True)
def index_of(run: Run, items: list[Value], match: Value) -> Value:
    run.step(len(items))
    return [Decimal(place) for place, item in enumerate(items, 1) if equal(item, match, run) is True]


@builtin("flatten(list: list)", run=True)
def flatten(run: Run, items: list[Value]) -> Value:
    flat: list[Value] = []

    def collect(nested: list[Value]) -> None:
        run.step(len(nested))
        for item in nested:
            if isinstance(item, list):
                collect(item)
            else:
                flat.append(item)

    collect(items)
    return flat


@builtin("is empty(list: list)")
def is_empty(items: list[Value]) -> Value:
    return not items


@builtin("partition(list: list, size: number)", run=True)
def partition(run: Run, items: list[Value], size: Decimal) -> Value:
    step = whole(size)
    if step < 1:
        raise Failure("feel.argument_value")
    run.step(len(items))
    return [items[start : start + step] for start in range(0, len(items), step)]


@builtin("sort(list: list, precedes?: function|null)", run=True)
def sort(run: Run, items: list[Value], precedes: Function | None = None) -> Value:
    """Stable; without `precedes`, ascending."""
    if precedes is not None and not isinstance(precedes, Function):
        raise Failure("feel.argument_value")
    if precedes is not None and len(precedes.parameters) != 2 and not precedes.variadic:
        raise Failure("feel.argument_value")

    def first(one: Value, other: Value) -> bool:
        run.step()
        verdict = less(one, other) if precedes is None else call_value(precedes, [one, other], run)
        if not isinstance(verdict, bool):
            raise Failure("feel.not_boolean", kind=kind(verdict))
        return verdict

    def order(one: Value, other: Value) -> int:
        if first(one, other):
            return -1
        return 1 if first(other, one) else 0

    return sorted(items, key=cmp_to_key(order))
