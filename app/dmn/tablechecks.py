"""What is wrong with decision tables: gaps, overlaps, rules and cells that never match, values that are not allowed.

Exact where a cell compares with constants, or where a column has finitely many values. A cell that reads variables may
match anything and surely matches nothing: it neither fills a gap for certain nor makes one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from app.dmn.coverage import Box, Budget, Coverage, OutOfBudget, overlap
from app.dmn.domains import NULL, Atom, Reach, atoms, finite, kind_of, listed, reach_of, written
from app.dmn.hits import SINGLE
from app.dmn.table import Input, Output, Rule, Table
from app.feel.comparing import equal
from app.feel.errors import FeelSyntaxError
from app.feel.expression import UnaryTest, compile_unary
from app.feel.inspection import constant
from app.feel.parser import parse_expression
from app.feel.values import Value, kind

STEPS = 400_000
"""Of all searches in one table, about a second. What they do not decide is not told."""
MOST_TOLD = 20
"""Findings of one kind for one table."""


@dataclass(frozen=True, slots=True)
class ModelFinding:
    severity: Literal["error", "warning"]
    element: str | None
    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    name: str | None = None
    """Name of the decision or knowledge model."""


@dataclass(slots=True)
class Column:
    """`sure` and `maybe` hold for each rule the atoms that its cell matches, as bits; null is the last atom."""

    input: Input
    atoms: list[Atom]
    known: bool
    """Its values can be told: otherwise nobody can say that something is missing."""
    sure: list[int]
    maybe: list[int]

    @property
    def all(self) -> int:
        return (1 << len(self.atoms)) - 1


def check_table(table: Table) -> list[ModelFinding]:
    """Everything that can be told for certain. Nothing about a table with faulty cells: those are faults already."""
    if any(rule.tests is None for rule in table.rules) or any(each.expression is None for each in table.inputs):
        return []
    found = [*_cells(table), *_outputs(table)]
    columns = [_column(table, place) for place in range(len(table.inputs))]
    faulty = {finding.element for finding in found}
    try:
        found += _never(table, columns, faulty)
        found += _regions(table, columns, Budget(STEPS))
    except OutOfBudget:
        pass
    return [replace(finding, name=table.title) for finding in found]


# ------------------------------------------------------------------ columns
def _column(table: Table, place: int) -> Column:
    given = table.inputs[place]
    cells = [rule.cells[place] for rule in table.rules]
    reaches = [_reach(cell, table) for cell in cells]
    made = _atoms(given, [reach for reach in reaches if reach is not None])
    known = made is not None
    found = [*(made or [Atom("", "-")]), NULL]
    closed = listed(given.allowed) is not None or kind_of(given.type) == "boolean"
    sure, maybe = [], []
    whole = (1 << len(found)) - 1
    for cell, reach in zip(cells, reaches, strict=True):
        if cell is None or cell.any:
            bits = (whole, whole)
        elif not known or reach is None:
            bits = (0, whole)
        elif reach.whole and not closed:
            bits = _at_single_values(cell, found, whole)
        else:
            matched = sum(1 << n for n, atom in enumerate(found) if cell(atom.value))
            bits = (matched, matched)
        sure.append(bits[0])
        maybe.append(bits[1])
    return Column(given, found, known, sure, maybe)


def _at_single_values(cell: UnaryTest, found: Sequence[Atom], whole: int) -> tuple[int, int]:
    """Of a cell that does more than compare: it is known at single values, and anywhere else may hold or not."""
    single = [(1 << n, cell(atom.value)) for n, atom in enumerate(found) if atom.single]
    return sum(bit for bit, holds in single if holds), whole & ~sum(bit for bit, holds in single if not holds)


def _reach(cell: UnaryTest | None, table: Table) -> Reach | None:
    return None if cell is None else Reach() if cell.any else reach_of(cell.text, table.names)


def _atoms(given: Input, reaches: Sequence[Reach]) -> list[Atom] | None:
    values = listed(given.allowed)
    if values is not None:
        return finite(values)
    bounds = reach_of(given.allowed) if given.allowed else Reach()
    if bounds is None or bounds.whole:
        return None
    points = [point for reach in (bounds, *reaches) for point in reach.points]
    ordered = bounds.ordered or any(reach.ordered for reach in reaches)
    found = atoms(points, kind_of(given.type), ordered)
    if found is None or not given.allowed:
        return found
    allowed = compile_unary(given.allowed)
    return [atom for atom in found if allowed(atom.value)]


# ------------------------------------------------------------------ cells
def _cells(table: Table) -> Iterator[ModelFinding]:
    """Cells that name a value of another kind than the column's, or one that is not allowed in it."""
    for rule in table.rules:
        for place, (given, cell) in enumerate(zip(table.inputs, rule.cells, strict=True)):
            reach = _reach(cell, table)
            if reach is None or reach.whole:
                continue
            wanted, values = kind_of(given.type), listed(given.allowed)
            about = {"column": given.label, "rule": rule.number}
            for point in reach.points if not reach.whole else ():
                if wanted is not None and kind(point) not in (wanted, "boolean", "function"):
                    params = {**about, "value": written(point), "kind": wanted}
                    yield ModelFinding("error", rule.cell_ids[place], "cell-kind", params)
                    break
                if values is not None and not reach.ordered and not _among(point, values):
                    params = {**about, "value": written(point), "allowed": _list(values)}
                    yield ModelFinding("error", rule.cell_ids[place], "cell-not-allowed", params)
                    break


def _outputs(table: Table) -> Iterator[ModelFinding]:
    for rule in table.rules:
        for place, (output, cell) in enumerate(zip(table.outputs, rule.outputs, strict=True)):
            element = rule.cell_ids[len(table.inputs) + place]
            about = {"column": output.label or output.name, "rule": rule.number}
            if cell is None:
                if all(other.outputs[place] is not None for other in table.rules if other is not rule):
                    yield ModelFinding("warning", element, "output-empty", about)
                continue
            value = _constant(cell.text, table)
            if value is not None:
                yield from _output(output, value, element, about)


def _output(output: Output, value: Value, element: str | None, about: Mapping[str, object]) -> Iterator[ModelFinding]:
    wanted = kind_of(output.type)
    if wanted is not None and kind(value) != wanted:
        yield ModelFinding("error", element, "output-kind", {**about, "value": written(value), "kind": wanted})
    elif output.values and not _among(value, output.values):
        params = {**about, "value": written(value), "allowed": _list(output.values)}
        yield ModelFinding("error", element, "output-not-allowed", params)


def _constant(text: str, table: Table) -> Value:
    try:
        known = constant(parse_expression(text, table.names))
    except FeelSyntaxError:
        return None
    return None if known is None else known.value


def _among(value: Value, values: Sequence[Value]) -> bool:
    return any(equal(value, each) is True for each in values)


def _list(values: Sequence[Value]) -> str:
    return ", ".join(written(value) for value in values[:12]) + (", …" if len(values) > 12 else "")


# ------------------------------------------------------------------ regions
def _never(table: Table, columns: Sequence[Column], faulty: set[str | None]) -> Iterator[ModelFinding]:
    for number, rule in enumerate(table.rules):
        for place, column in enumerate(columns):
            if not column.maybe[number] and rule.cell_ids[place] not in faulty:
                params = {"column": column.input.label, "rule": rule.number, "cell": rule.test_texts[place]}
                yield ModelFinding("warning", rule.cell_ids[place], "cell-never", params)


def _regions(table: Table, columns: Sequence[Column], budget: Budget) -> Iterator[ModelFinding]:
    numbers = range(len(table.rules))
    sure = [tuple(column.sure[n] for column in columns) for n in numbers]
    maybe = [tuple(column.maybe[n] for column in columns) for n in numbers]
    if not columns or not table.rules:
        return
    if table.policy in ("UNIQUE", "ANY"):
        yield from _overlaps(table, columns, sure, budget)
    elif table.policy == "FIRST":
        yield from _unreachable(table, columns, sure, maybe, budget)
    else:
        yield from _twice(table, sure)
    yield from _gap(table, columns, maybe, budget)


def _overlaps(table: Table, columns: Sequence[Column], sure: Sequence[Box], budget: Budget) -> Iterator[ModelFinding]:
    """Two rules that match the same values: not allowed by UNIQUE, and by ANY only with the same result."""
    told = 0
    for later, rule in enumerate(table.rules):
        budget.spend(later)
        for earlier in range(later):
            shared = overlap(sure[earlier], sure[later])
            other = table.rules[earlier]
            if shared is None or (table.policy == "ANY" and not _differ(rule, other, table)):
                continue
            params = {"rule": rule.number, "other": other.number, "policy": table.policy,
                      "example": _example(columns, [_first(bits) for bits in shared], shared)}  # fmt: skip
            yield ModelFinding("error", rule.id, "rules-overlap", params)
            told += 1
            break
        if told == MOST_TOLD:
            return


def _differ(rule: Rule, other: Rule, table: Table) -> bool:
    """Whether two rules surely give different results."""
    for one, two in zip(rule.outputs, other.outputs, strict=True):
        if (one is None) != (two is None):
            return True
        if one is not None and two is not None:
            values = [_constant(each.text, table) for each in (one, two)]
            if None not in values and equal(values[0], values[1]) is not True:
                return True
    return False


def _unreachable(
    table: Table, columns: Sequence[Column], sure: Sequence[Box], maybe: Sequence[Box], budget: Budget
) -> Iterator[ModelFinding]:
    """Rules all of whose values an earlier one takes."""
    coverage = Coverage(sure, [len(column.atoms) for column in columns])
    told = 0
    for number, rule in enumerate(table.rules):
        if not all(maybe[number]):
            continue  # told already: a cell of it never matches
        budget.spend(number)
        taken = next((n for n in range(number) if _holds(sure[n], maybe[number])), None)
        if taken is None and coverage.uncovered(maybe[number], (1 << number) - 1, budget) is not None:
            continue
        by = str(table.rules[taken].number) if taken is not None else f"1–{rule.number - 1}"
        yield ModelFinding("warning", rule.id, "rule-unreachable", {"rule": rule.number, "by": by})
        told += 1
        if told == MOST_TOLD:
            return


def _holds(outer: Box, inner: Box) -> bool:
    return all(not b & ~a for a, b in zip(outer, inner, strict=True))


def _twice(table: Table, sure: Sequence[Box]) -> Iterator[ModelFinding]:
    """Where several rules may count: the same rule written twice."""
    seen: dict[tuple[Box, tuple[str, ...]], Rule] = {}
    for rule, box in zip(table.rules, sure, strict=True):
        if not all(box):
            continue
        key = (box, tuple("" if each is None else each.text.strip() for each in rule.outputs))
        if key in seen:
            yield ModelFinding("warning", rule.id, "rule-twice", {"rule": rule.number, "other": seen[key].number})
        seen.setdefault(key, rule)


def _gap(table: Table, columns: Sequence[Column], maybe: Sequence[Box], budget: Budget) -> Iterator[ModelFinding]:
    """Values for which no rule matches, where the policy wants one and there is no default. Null does not count."""
    wants = table.policy in SINGLE and all(output.default is None for output in table.outputs)
    if not wants or not all(column.known for column in columns):
        return
    null = [1 << (len(column.atoms) - 1) for column in columns]
    space = tuple(column.all & ~bit for column, bit in zip(columns, null, strict=True))
    if not all(space):
        return
    coverage = Coverage(maybe, [len(column.atoms) for column in columns])
    point = coverage.uncovered(space, (1 << len(maybe)) - 1, budget)
    if point is not None:
        params = {"example": _example(columns, point, space), "policy": table.policy}
        yield ModelFinding("warning", table.id, "table-gap", params)


def _example(columns: Sequence[Column], point: Sequence[int], space: Box) -> str:
    """`District: "north", Age: > 60`; columns that do not matter are left out."""
    told = []
    for column, atom, bits in zip(columns, point, space, strict=True):
        indifferent = all(not bits & ~cell for cell in column.maybe)
        if not indifferent:
            told.append(f"{column.input.label}: {column.atoms[atom].text}")
    return ", ".join(told) or "–"


def _first(bits: int) -> int:
    return (bits & -bits).bit_length() - 1
