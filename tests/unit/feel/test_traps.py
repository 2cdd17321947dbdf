"""The behaviours that implementers of FEEL get wrong most, one by one."""

from decimal import Decimal
from typing import Any

import pytest

from app import feel


def value(expression: str, **context: Any) -> Any:
    return feel.evaluate(expression, context)


NULLS = [
    # 1: wrong calls and domains
    'substring("a")', 'substring("a", 1, 2, 3)', 'substring(text: "a", start position: 1)', 'string length(5)', "1 / 0",
    "sqrt(-1)", "log(0)", 'number("a")', 'date("2017-13-01")', "abs()", "sum(1, \"a\")",
    '"a" + 1', "not(1)", "modulo(1, 0)",
    # 2: equality of different kinds
    '1 = "1"', '"a" != 1', "[] = {}", "{} = 1", "true = \"true\"",
    # 4: all and any
    "all([true, null])", "any([false, null])", "all()", "any()", 'all([1])',
    # 5: ranges with null
    "null between 1 and 3", "2 between null and 3", "null in [1..3]", "1 in (null..3]",
    # 8: statistics
    "sum()", "product([])", "stddev([1])", "stddev([])", "mean()", "median([1, null])", 'mode([1, "a"])',
    # 9: number
    'number("1,000", ",", ",")', 'number("1 000.0", "x", ".")',
    # 12: regular expressions
    'matches("a", "a", "q1")', 'replace("a", "a", "b", "z")', 'matches("a", "\\\\1")',
    # 14: index
    "[1, 2][0]", "[1, 2][3]", "[1, 2][-3]",
    # 16: what cannot be iterated
    'for i in "a".."c" return i', "for i in @\"10:00:00\"..@\"12:00:00\" return i", "for i in [3..1] return i",
    # 17: lists
    "list replace([1, 2], 0, 5)", "list replace([1, 2], 3, 5)", "insert before([1], 0, 1)", "remove([1], 0)",
    "sublist([1, 2], 0)", "list replace([1], function(x) true, 1)", "list replace([1], function(x, y) 1, 1)",
    # 18: duplicate key
    "{a: 1, a: 2}",
    # 21: strict literals
    'date("02017-01-01")', 'date("17-01-01")', 'date("+2017-01-01")', 'time("24:00:01")', 'time("1:00:00")',
    'time("10:00:00+19:00")', 'time("10:00:00+01:00@Europe/Paris")', 'date and time("2017-01-01T10:00:00@Nowhere/X")',
    # 23: local against zoned
    'date and time("2017-01-01T10:00:00") - date and time("2017-01-01T10:00:00Z")',
    # 24: two kinds of duration
    'duration("P1Y") < duration("P366D")', 'duration("P1Y").days', 'duration("P1D").years',
    # 25: local values have no zone
    'time("10:00:00").timezone', 'time("10:00:00").time offset',
]  # fmt: skip

VALUES: dict[str, Any] = {
    # 2, 3: null and three-valued logic
    "1 = null": False, "null = null": True, "1 != null": True, "[] = null": False, "{} = null": False,
    "false and null": False, "null and false": False, "true or null": True, 'false and "a"': False, 'true or 1': True,
    # 4
    "all([])": True, "any([])": False, "all(true, false)": False, "all(true)": True, "any([true, null])": True,
    "all([false, null])": False,
    # 6: rounding
    "decimal(2.5, 0)": 2, "decimal(3.5, 0)": 4, "decimal(0.285, 2)": Decimal("0.28"), "round half up(-1.5, 0)": -2,
    "round half down(2.5, 0)": 2, "round up(-1.1, 0)": -2, "round down(-1.9, 0)": -1, "0.1 + 0.2 = 0.3": True,
    "decimal(1.555, 2.9)": Decimal("1.56"), "floor(-1.5)": -2, "ceiling(-1.5)": -1,
    # 7: operators
    "2 ** 3 ** 2": 64, "-3 ** 2": 9, "modulo(-12, 5)": 3, "modulo(12, -5)": -3, "modulo(10.1, 4.5)": Decimal("1.1"),
    # 8
    "mode([])": [], "mode([6, 3, 9, 6, 6])": [6], "mode([6, 1, 9, 6, 1])": [1, 6], "median([8, 2, 5, 3])": 4,
    "product(2, 3, 4)": 24,
    # 9
    'number("1 000,5", " ", ",")': Decimal("1000.5"), 'number("1000.5", null, null)': Decimal("1000.5"),
    # 10, 11: code points
    'string length("\\uD83D\\uDC0E")': 1, 'string length("\\U01F40E")': 1, 'substring("foobar", -2, 1)': "a",
    'substring("foobar", 3, 2.9)': "ob", 'index of([1, 2, 1], 1)': [1, 3],
    # 12
    'split("a;b;;", ";")': ["a", "b", "", ""], 'replace("abracadabra", "(a)(b)", "$2$1")': "baracadbara",
    'matches("a\\nb", "a.b", "s")': True, 'matches("helloworld", "hello world", "x")': True,
    'matches("a", "[a-z-[b]]")': True,
    # 13
    'string join(["a", null, "c"], "-")': "a-c", 'string join(["a", "b"], null)': "ab", 'string join("a", "-")': "a",
    # 14, 15
    "[1, 2, 3][-1]": 3, "[1, 2][item > 5]": [], "5[1]": 5, "5[item = 5]": [5], "[{a: 1}, {b: 2}][a = 1]": [{"a": 1}],
    "[{item: 1}, {item: 2}][item = 2]": [{"item": 2}], "[{a: 1}, {b: 2}].a": [1, None],
    # 16
    "for i in 3..1 return i": [3, 2, 1], "for i in 1..3 return sum(partial) + i": [None, None, None],
    "for i in [] return i": [],
    "for i in 1..2, j in 1..i return j": [1, 1, 2],
    "for d in @\"2026-01-30\"..@\"2026-02-01\" return d.day": [30, 31, 1],
    # 17
    "list replace([1, 2, 3], -1, 9)": [1, 2, 9], "remove([1, 2, 3], -1)": [1, 2], "sublist([1, 2, 3], -2, 1)": [2],
    "insert before([1, 3], 2, 2)": [1, 2, 3], "list replace([2, 4], function(x, y) x > 3, 0)": [2, 0],
    # 18
    "{a: 1, b: a + 1}.b": 2, "{a: 1, b: 2} = {b: 2, a: 1}": True,
    # 19
    "null instance of Any": False, "1 instance of Any": True, "[1, 2] instance of list<number>": True,
    '[1, "a"] instance of list<number>': False, '{a: 1, b: 2} instance of context<a: number>': True,
    "{b: 2} instance of context<a: number>": False, "[1..5] instance of range<number>": True,
    # 22
    'time("10:00:00Z") = time("10:00:00+00:00")': True, 'is(time("10:00:00Z"), time("10:00:00+00:00"))': True,
    'date and time("2020-01-01T10:00:00+01:00") = date and time("2020-01-01T09:00:00Z")': True,
    'is(date and time("2020-01-01T10:00:00+01:00"), date and time("2020-01-01T09:00:00Z"))': False,
    # 23
    'string(date("2020-01-01") + duration("PT36H"))': "2020-01-02",
    'string(@"2020-01-01T10:00:00@Europe/Paris" + @"P1D")':
    "2020-01-02T10:00:00@Europe/Paris",
    # 24
    'is(duration("P0D"), duration("P0Y"))': False, 'duration("P1D").hours': 0, 'string(duration("P1D") * 2)': "P2D",
    'duration("P2D") / duration("P1D")': 2, 'string(duration("P1Y") / 2)': "P6M",
    # 25
    'date("2026-11-27").weekday': 5, 'week of year(date("2021-01-01"))': 53, 'week of year(date("2019-12-31"))': 1,
    'string(date and time(date and time("2020-01-01T10:00:00Z"), time("11:00:00+02:00")))': "2020-01-01T11:00:00+02:00",
}  # fmt: skip


@pytest.mark.parametrize("expression", NULLS)
def test_is_null_and_no_exception(expression: str) -> None:
    assert value(expression) is None


@pytest.mark.parametrize(("expression", "expected"), VALUES.items())
def test_gives_this_value(expression: str, expected: Any) -> None:
    found = value(expression)
    assert found == expected
    assert isinstance(found, bool) == isinstance(expected, bool)


def test_names_may_hold_operators_and_keywords() -> None:
    assert value("a-b + 1", **{"a-b": 2}) == 3
    assert value("if in or out then 1 else 2", **{"in or out": True}) == 1
    assert value("total / 2", **{"total / 2": 7}) == 7
    assert value("🐎 + 1", **{"🐎": 1}) == 2


@pytest.mark.parametrize(
    ("test", "given", "expected"),
    [
        ("-", None, True), ("not(1, 2)", 3, True), ("not(1, 2)", 2, False), ("allowed", 2, True), ("allowed", 5, False),
        ("? > 3", 4, True), ("[1..3], > 7", 8, True), ("null", None, True), ("< 3", None, False), ('"a"', ["a"], True),
    ],
)  # fmt: skip
def test_cells(test: str, given: Any, expected: bool) -> None:
    assert feel.unary_test(test, given, {"allowed": [1, 2, 3]}) is expected
