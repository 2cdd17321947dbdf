"""What a decision table leaves open, says twice or never reaches: exact, quick, and silent where it cannot be told."""

import random
import time
from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import dmn

MODEL = """<?xml version="1.0"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:test">
  <decision id="decision" name="decision"><decisionTable id="table" hitPolicy="{policy}">{columns}{output}{rules}
  </decisionTable></decision></definitions>"""
OUTPUT = '<output id="out" name="out"/>'
Rows = Sequence[Sequence[str]]


def read(policy: str, types: Sequence[str], rows: Rows, output: str = OUTPUT) -> dmn.Model:
    """Columns a, b, … of these types (`string: "x", "y"` lists what is allowed); a row's last cell is the output."""
    columns = ""
    for place, type_ in enumerate(types):
        name, _, allowed = type_.partition(":")
        values = f"<inputValues><text><![CDATA[{allowed}]]></text></inputValues>" if allowed else ""
        reference = f' typeRef="{name}"' if name else ""
        letter = "abcdefgh"[place]
        columns += (
            f'<input id="i{place}" label="{letter}"><inputExpression{reference}><text>{letter}</text>'
            f"</inputExpression>{values}</input>"
        )
    rules = ""
    for number, cells in enumerate(rows, 1):
        tests = "".join(
            f'<inputEntry id="r{number}_{"abcdefgh"[n]}"><text><![CDATA[{cell}]]></text></inputEntry>'
            for n, cell in enumerate(cells[:-1])
        )
        result = f'<outputEntry id="r{number}_out"><text><![CDATA[{cells[-1]}]]></text></outputEntry>'
        rules += f'<rule id="r{number}">{tests}{result}</rule>'
    return dmn.parse(MODEL.format(policy=policy, columns=columns, output=output, rules=rules).encode())


def found(model: dmn.Model) -> list[tuple[str, str | None]]:
    assert model.faults() == ()
    (table,) = model.tables
    return [(finding.code, finding.element) for finding in dmn.check_table(table)]


def example(model: dmn.Model) -> object:
    (table,) = model.tables
    return dmn.check_table(table)[0].params["example"]


SEASONS = 'string: "spring", "summer", "autumn", "winter"'
NUMBERS = '<output id="out" name="out" typeRef="number"/>'
UNITS = '<output id="out" name="out" typeRef="string"><outputValues><text>"DAY", "HOUR"</text></outputValues></output>'
CASES: list[tuple[str, Sequence[str], Rows, list[tuple[str, str]]]] = [
    ("UNIQUE", ["number"], [["< 5", "1"], [">= 5", "2"]], []),
    ("UNIQUE", ["number"], [["< 5", "1"], ["> 5", "2"]], [("table-gap", "table")]),
    ("UNIQUE", ["number"], [["<= 5", "1"], [">= 5", "2"]], [("rules-overlap", "r2")]),
    ("UNIQUE", ["number"], [["[0..5]", "1"], ["]5..10]", "2"], ["not([0..10])", "3"]], []),
    ("UNIQUE", [SEASONS], [['"spring", "summer"', "1"], ['not("spring", "summer")', "2"]], []),
    ("UNIQUE", [SEASONS], [['"spring", "summer"', "1"], ['"autumn"', "2"]], [("table-gap", "table")]),
    ("FIRST", [SEASONS], [['"spring", "sumer"', "1"], ["-", "2"]], [("cell-not-allowed", "r1_a")]),
    ("UNIQUE", ["string"], [['"a"', "1"], ['"b"', "2"]], [("table-gap", "table")]),
    ("UNIQUE", ["string"], [['"a"', "1"], ['not("a")', "2"]], []),
    ("UNIQUE", ["boolean", "boolean"], [["true", "-", "1"], ["false", "true", "2"], ["false", "false", "3"]], []),
    ("UNIQUE", ["boolean", "boolean"], [["true", "-", "1"], ["false", "true", "2"]], [("table-gap", "table")]),
    ("UNIQUE", ["date"], [['< date("2026-01-01")', "1"], ['>= date("2026-01-01")', "2"]], []),
    ("UNIQUE", ["date"], [['<= @"2026-01-01"', "1"], ['>= @"2026-01-03"', "2"]], [("table-gap", "table")]),
    ("UNIQUE", ["date"], [['<= @"2026-01-01"', "1"], ['>= @"2026-01-02"', "2"]], []),
    ("UNIQUE", ["dayTimeDuration"], [['< duration("PT1H")', "1"], ['>= duration("PT1H")', "2"]], []),
    ("UNIQUE", ["number"], [["? < 5 or ? > 7", "1"], ["? between 5 and 7", "2"]], []),
    ("UNIQUE", ["number"], [["even(?)", "1"], ["odd(?)", "2"]], []),
    ("UNIQUE", ["string"], [['starts with(?, "a")', "1"], ["-", "2"]], [("rules-overlap", "r2")]),
    ("FIRST", ["string"], [['"ab"', "1"], ['starts with(?, "a")', "2"], ["-", "3"]], []),
    ("UNIQUE", ["number"], [["> b", "1"], ["<= b", "2"]], []),
    ("UNIQUE", ["number"], [["> b", "1"], ["-", "2"]], []),
    ("ANY", ["number"], [["< 5", "1"], ["-", "1"]], []),
    ("ANY", ["number"], [["< 5", "1"], ["-", "2"]], [("rules-overlap", "r2")]),
    ("FIRST", ["number"], [["< 5", "1"], ["-", "2"]], []),
    ("FIRST", ["number"], [["-", "1"], ["< 5", "2"]], [("rule-unreachable", "r2")]),
    ("FIRST", ["number"], [["< 5", "1"], [">= 5", "2"], ["7", "3"]], [("rule-unreachable", "r3")]),
    ("FIRST", ["number"], [["< 5", "1"], [">= 5", "2"], ["-", "3"]], []),
    ("FIRST", ["number"], [["> b", "1"], ["5", "2"], ["5", "3"], ["-", "4"]], [("rule-unreachable", "r3")]),
    ("FIRST", ["number"], [["5", "1"]], [("table-gap", "table")]),
    ("FIRST", ["number"], [["5", "1"], ['"six"', "2"], ["-", "3"]], [("cell-kind", "r2_a")]),
    ("FIRST", ["number"], [["[10..5]", "1"], ["-", "3"]], [("cell-never", "r1_a")]),
    ("COLLECT", ["number"], [["5", "1"], ["5", "1"], ["5", "2"]], [("rule-twice", "r2")]),
    ("RULE ORDER", ["number"], [["5", "1"], ["> 4", "2"]], []),
    ("FIRST", [""], [['"a"', "1"], ["5", "2"], ["-", "3"]], []),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "types", "rows", "expected"), CASES)
def test_what_is_told(policy: str, types: Sequence[str], rows: Rows, expected: list[tuple[str, str]]) -> None:
    assert found(read(policy, types, rows)) == expected


def test_outputs_fit_their_column() -> None:
    rows = [["1", "1"], ["2", '"2"'], ["3", ""], ["-", "4"]]
    assert found(read("FIRST", ["number"], rows, NUMBERS)) == [("output-kind", "r2_out"), ("output-empty", "r3_out")]
    rows = [["1", '"DAY"'], ["2", '"DAYS"'], ["-", 'if a > 9 then "DAY" else "HOUR"']]
    assert found(read("FIRST", ["number"], rows, UNITS)) == [("output-not-allowed", "r2_out")]


def test_a_gap_is_told_by_an_example() -> None:
    rows = [["< 5", '"x"', "1"], [">= 5", "-", "2"]]
    assert example(read("UNIQUE", ["number", "string"], rows)) == 'a: < 5, b: not("x")'
    assert example(read("UNIQUE", ["number", "string"], [["[1..5]", "-", "1"], ["[6..9]", "-", "2"]])) == "a: < 1"


# ------------------------------------------------------------------ against brute force
GRID = [Decimal(n) / 2 for n in range(-1, 15)]
cells = st.one_of(
    st.just("-"),
    st.integers(0, 5).map(str),
    st.tuples(st.sampled_from(["<", "<=", ">", ">="]), st.integers(0, 5)).map(lambda t: f"{t[0]} {t[1]}"),
    st.tuples(st.sampled_from("[]"), st.integers(0, 4), st.integers(0, 2), st.sampled_from("[]")).map(
        lambda t: f"{t[0]}{t[1]}..{t[1] + t[2]}{t[3]}"
    ),
    st.lists(st.integers(0, 5).map(str), min_size=1, max_size=3).map(", ".join),
    st.lists(st.integers(0, 5).map(str), min_size=1, max_size=2).map(lambda each: f"not({', '.join(each)})"),
)


def tables(width: int) -> Any:
    return st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=6)


def matching(model: dmn.Model, point: Sequence[Any]) -> list[int]:
    inputs = dict(zip("ab", point, strict=False))
    return [rule.number for rule in model.explain("decision", inputs).matched]


@settings(max_examples=150, deadline=None)
@given(tables(2))
def test_gaps_and_overlaps_are_those_of_every_point(tests: list[list[str]]) -> None:
    """The grid holds every bound and a number between each two, so it shows whatever there is."""
    rows = [[*row, str(number)] for number, row in enumerate(tests)]
    model = read("UNIQUE", ["number", "number"], rows)
    hits = [matching(model, point) for point in product(GRID, repeat=2)]
    codes = found(model)
    assert ("table-gap" in dict(codes)) == any(not numbers for numbers in hits)
    with_null = hits + [matching(model, point) for point in product([*GRID, None], repeat=2)]
    overlapping = {f"r{number}" for numbers in with_null for number in numbers[1:]}
    assert {element for code, element in codes if code == "rules-overlap"} == overlapping


@settings(max_examples=150, deadline=None)
@given(tables(2))
def test_unreachable_are_those_that_no_point_reaches(tests: list[list[str]]) -> None:
    rows = [[*row, str(number)] for number, row in enumerate(tests)]
    model = read("FIRST", ["number", "number"], rows)
    reached = {f"r{matching(model, point)[0]}" for point in product([*GRID, None], repeat=2) if matching(model, point)}
    codes = found(model)
    never = {str(element).partition("_")[0] for code, element in codes if code == "cell-never"}
    unreachable = {str(element) for code, element in codes if code == "rule-unreachable"}
    assert unreachable | never == {f"r{number}" for number in range(1, len(rows) + 1)} - reached


@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST"])
def test_a_big_table_takes_no_longer_than_a_second(policy: str) -> None:
    chance = random.Random(7)  # noqa: S311
    rows = []
    for _ in range(200):
        low = [chance.randrange(90) for _ in range(6)]
        rows.append([f"[{n}..{n + chance.randrange(40)}]" for n in low] + ["1"])
    model = read(policy, ["number"] * 6, [*rows, ["-"] * 6 + ["2"]])
    (table,) = model.tables
    began = time.perf_counter()
    dmn.check_table(table)
    assert time.perf_counter() - began < 5  # about 1 s on a quiet machine
