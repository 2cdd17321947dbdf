"""Hit policies: which of the matching rules make the result, and how."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.feel.builtins.numeric import sum_
from app.feel.comparing import equal, less
from app.feel.errors import Failure
from app.feel.values import Value

SINGLE = frozenset({"UNIQUE", "ANY", "PRIORITY", "FIRST"})
POLICIES = SINGLE | {"RULE ORDER", "OUTPUT ORDER", "COLLECT"}
AGGREGATIONS = frozenset({"SUM", "MIN", "MAX", "COUNT"})


@dataclass(frozen=True, slots=True)
class Hit:
    """A matching rule: its place (from 1) and what its output cells gave, column by column."""

    number: int
    outputs: tuple[Value, ...]


Order = Sequence[Sequence[Value]]
"""For each output column its values, the most important first; empty where none are given."""


def _numbers(hits: Sequence[Hit]) -> str:
    return ", ".join(str(hit.number) for hit in hits)


def chosen(policy: str, hits: Sequence[Hit], order: Order) -> list[Hit]:
    """The rules that count, in the order of the result. Failure where the policy is broken."""
    if policy == "UNIQUE" and len(hits) > 1:
        raise Failure("dmn.unique", rules=_numbers(hits))
    if policy == "ANY":
        if any(not _same(hit.outputs, hits[0].outputs) for hit in hits):
            raise Failure("dmn.any", rules=_numbers(hits))
        return list(hits[:1])
    if policy == "FIRST":
        return list(hits[:1])
    if policy in ("PRIORITY", "OUTPUT ORDER"):
        ordered = sorted(hits, key=lambda hit: _rank(hit, order))
        return ordered[:1] if policy == "PRIORITY" else ordered
    return list(hits)


def _same(one: Sequence[Value], other: Sequence[Value]) -> bool:
    return all(equal(a, b) is True for a, b in zip(one, other, strict=True))


def _rank(hit: Hit, order: Order) -> tuple[int, ...]:
    """Column by column the place among the output values; what is not among them comes last."""
    ranks = []
    for value, values in zip(hit.outputs, order, strict=True):
        places = [place for place, each in enumerate(values) if equal(each, value) is True]
        ranks.append(places[0] if places else len(values))
    return tuple(ranks)


def _extreme(values: list[Value], better: Callable[[Value, Value], bool | None]) -> Value:
    best = values[0]
    for value in values:
        verdict = better(value, best)
        if verdict is None:
            raise Failure("dmn.aggregate", aggregation="MIN/MAX")
        if verdict:
            best = value
    return best


def aggregate(aggregation: str, values: list[Value]) -> Value:
    """COLLECT's sum, smallest, largest or count of one column."""
    if aggregation == "COUNT":
        return Decimal(len(values))
    if not values:
        return None
    if aggregation == "SUM":
        return sum_(values)
    if aggregation == "MIN":
        return _extreme(values, less)
    return _extreme(values, lambda value, best: less(best, value))
