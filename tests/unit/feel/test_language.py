"""The language itself: what each construct gives. Right sides are FEEL too, so that the tables read as one language."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app import feel

SAME = [
    # numbers are decimal
    ("0.1 + 0.2", "0.3"),
    ("1 / 3 * 3", "0.9999999999999999999999999999999999"),
    ("-2 ** 2", "4"),
    ("2 ** 3 ** 2", "64"),
    ("10 - 3 - 2", "5"),
    ("1 + 2 * 3", "7"),
    ("2.5e3", "2500"),
    (".5 + .5", "1"),
    # text
    ('"a" + "b"', '"ab"'),
    (r'"\u4eac\uD83D\uDE00\U01F600\n"', '"京😀😀\n"'),
    # control
    ("if 1 > 2 then 3 else 4", "4"),
    ("if null then 1 else 2", "2"),
    ('if "x" then 1 else 2', "2"),
    ("if true then 1 else 2 + 5", "1"),
    ("for i in 1..3 return i * i", "[1, 4, 9]"),
    ("for i in 3..1 return i", "[3, 2, 1]"),
    ("for i in 1..2, j in [10, 20] return i + j", "[11, 21, 12, 22]"),
    ("for i in [[1, 2], [3]], j in i return j", "[1, 2, 3]"),
    ("for i in 0..4 return if i = 0 then 1 else i * partial[-1]", "[1, 1, 2, 6, 24]"),
    ('for d in @"2026-02-27"..@"2026-03-01" return d.day', "[27, 28, 1]"),
    ("for i in (1..4) return i", "[2, 3]"),
    ("for i in [] return i", "[]"),
    ("for i in 5 return i", "[5]"),
    ("some x in [1, 2] satisfies x > 1", "true"),
    ("every x in [1, 2] satisfies x > 1", "false"),
    ("some x in [] satisfies x", "false"),
    ("every x in [] satisfies x", "true"),
    ("some x in [1, 2], y in [2, 3] satisfies x > y", "false"),
    # lists and filters
    ("[1, 2, 3][1]", "1"),
    ("[1, 2, 3][-1]", "3"),
    ("[1, 2, 3][item > 1]", "[2, 3]"),
    ("[1, 2, 3][item > 9]", "[]"),
    ("5[1]", "5"),
    ("5[item = 5]", "[5]"),
    ("[][1]", "null"),
    ("[{a: 1}, {a: 2}][a > 1]", "[{a: 2}]"),
    ("[{a: 1}, {b: 2}].a", "[1, null]"),
    ("[{a: 1}, {b: 2}][a = 1]", "[{a: 1}]"),
    ("[{item: 1}, {item: 2}][item = 2]", "[{item: 2}]"),
    ("{a: 1, r: [{a: 2}, {a: 3}][a = 2]}.r", "[{a: 2}]"),
    ("{i: 2, r: [10, 20, 30][i]}.r", "20"),
    # contexts
    ("{a: 1, b: a + 1}.b", "2"),
    ('{"a b": 1}.a b', "1"),
    ("{a: {b: {c: 5}}}.a.b.c", "5"),
    ("{a: 1, b: 2} = {b: 2, a: 1}", "true"),
    # ranges and tests
    ("1 in [1..3]", "true"),
    ("1 in (1..3]", "false"),
    ("1 in ]1..3]", "false"),
    ("3 in [1..3[", "false"),
    ("5 in (> 3, < 2)", "true"),
    ("5 in > 3", "true"),
    ("2 in (1, 2)", "true"),
    ("2 in [1, 2]", "true"),
    ("2 in [[1..3]]", "true"),
    ("2 between 1 and 3 and true", "true"),
    ('@"2026-01-01" in [@"2025-12-31"..@"2026-02-01"]', "true"),
    ("(1..5].start included", "false"),
    ("(1..5].end", "5"),
    # functions
    ("{f: function(a, b) a - b, r: f(5, 3)}.r", "2"),
    ("{f: function(a, b) a - b, r: f(b: 5, a: 3)}.r", "-2"),
    ("{f: function(n) if n < 2 then 1 else n * f(n - 1), r: f(10)}.r", "3628800"),
    ("{f: function(x: number) x, r: f([7])}.r", "7"),
    ("(function(x) x + 1)(2)", "3"),
    ("{add: function(n) function(m) n + m, r: add(1)(2)}.r", "3"),
    # types
    ("1 instance of number", "true"),
    ("null instance of Any", "false"),
    ("[1, 2] instance of list<number>", "true"),
    ('[1, "a"] instance of list<number>', "false"),
    ("{a: 1, b: 2} instance of context<a: number>", "true"),
    ("{b: 2} instance of context<a: number>", "false"),
    ("{a: null} instance of context<a: number>", "true"),
    ("[1..2] instance of range<number>", "true"),
    ('@"P1D" instance of days and time duration and true', "true"),
    ("(function(a: number) a) instance of function<number> -> number", "true"),
    ("(function(a: number, b: number) a) instance of function<number> -> number", "false"),
    # comments
    ("1 + // one\n 2 /* and\n three */ + 3", "6"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_gives(left: str, right: str) -> None:
    assert feel.evaluate(left) == feel.evaluate(right)


NULL = [
    '1 + "a"',
    "1 / 0",
    "0 / 0",
    '1 = "1"',
    "[] = {}",
    "[1] = 1",
    "1 < null",
    "null between 1 and 2",
    "null in [1..2]",
    "1 in [null..2]",
    "[1, 2][0]",
    "[1, 2][3]",
    "[1, 2][1.5]",
    '[1, 2]["a"]',
    "{a: 1, a: 2}",
    "{a: 1}.b",
    '"a".length',
    "not(1)",
    'for i in "a".."c" return i',
    'for i in @"10:00:00"..@"12:00:00" return i',
    "for i in [3..1] return i",
    "for i in null return i",
    '-"a"',
    '@"2026-13-01"',
    "(function(a, b) a)(1)",
    "10 ** 10000",
    "9e6144 * 10",
]


@pytest.mark.parametrize("expression", NULL)
def test_gives_null_and_says_why(expression: str) -> None:
    reasons: list[feel.Reason] = []
    assert feel.evaluate(expression, reasons=reasons) is None
    assert reasons
    assert all(reason.text("en") != reason.key and reason.text("zh-CN") != reason.key for reason in reasons)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("true and null", None),
        ("false and null", False),
        ("null and false", False),
        ("true or null", True),
        ("null or true", True),
        ("false or null", None),
        ('"x" and false', False),
        ('"x" or true', True),
        ('"x" and true', None),
        ("not(null)", None),
        ("null = null", True),
        ("null != null", False),
        ("[] = null", False),
        ("{} != null", True),
        ("[1, null] = [1, null]", True),
        ("[1, 2] = [2, 1]", False),
        ("some x in [1, null] satisfies x > 5", None),
        ("every x in [1, null] satisfies x > 0", None),
    ],
)
def test_three_valued_logic(expression: str, value: bool | None) -> None:
    assert feel.evaluate(expression) is value


def test_values_from_outside() -> None:
    class Deadline(datetime):
        basis = "2 working days"

    due = Deadline(2026, 11, 24, 9, tzinfo=UTC)
    context = {"n": 2, "x": 0.1, "items": ({"p": 1}, {"p": 5}), "due": due, "pause": timedelta(hours=1)}
    assert feel.evaluate("x + n", context) == Decimal("2.1")
    assert feel.evaluate("items[p > 1].p", context) == [5]
    assert feel.evaluate("pause * 2", context) == feel.DayTimeDuration.of(hours=2)
    assert feel.evaluate("due", context) is due
    assert feel.evaluate("{due: due, list: [due]}.list[1]", context) is due
    assert feel.evaluate("if due > now() then due else null", context, now=datetime(2026, 1, 1, tzinfo=UTC)) is due
    assert feel.evaluate("due.day", context) == 24
    assert isinstance(feel.evaluate("1 + 1"), Decimal)


def test_the_commands_clock() -> None:
    command = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert feel.evaluate("now()", now=command) is command
    assert feel.evaluate("today()", now=command) == date(2026, 11, 21)
    assert feel.evaluate("now()", {}, {"now": lambda: command}) is command


def test_domain_functions() -> None:
    known = {"working time between": ("start", "end"), "deadline": ("value", "unit")}
    bodies = {"deadline": lambda value, unit="DAY": f"{value} {unit}", "working time between": lambda a, b: b - a}
    assert feel.compile('deadline(2, "HOUR")', known)({}, bodies) == "2 HOUR"
    assert feel.compile('deadline(unit: "HOUR", value: 2)', known)({}, bodies) == "2 HOUR"
    assert feel.compile("deadline(2)", known)({}, bodies) == "2 DAY"
    assert feel.compile("working time between(1, end of work)", known)({"end of work": 5}, bodies) == 4
    reasons: list[feel.Reason] = []
    assert feel.compile("deadline(2)", known)({}, {"deadline": lambda value: 1 // 0}, reasons=reasons) is None
    assert "deadline" in str(reasons[0])
    with pytest.raises(feel.FeelSyntaxError, match="frist"):
        feel.compile("1 + frist(2)", known)
    with pytest.raises(feel.FeelSyntaxError, match="unity"):
        feel.compile("deadline(value: 2, unity: 3)", known)


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("a + b.c", {"a", "b"}),
        ("for x in xs return x + y", {"xs", "y"}),
        ("{a: 1, b: a + c}", {"c"}),
        ("function(x) x + z", {"z"}),
        ("orders[state = limit].price", {"orders"}),
        ("count(first name)", {"first name"}),
    ],
)
def test_free_names(expression: str, names: set[str]) -> None:
    assert feel.compile(expression).names == names


@pytest.mark.parametrize(
    ("test", "value", "holds"),
    [
        ("-", None, True),
        ("", 1, True),
        ("5", 5, True),
        ('"a", "b"', "b", True),
        ('not("a", "b")', "c", True),
        ("not(null)", None, False),
        ("null", None, True),
        ("> 3", 5, True),
        (">= 3, < 0", 3, True),
        ("[1..3]", 3, True),
        ("> 3", None, False),
        ("? > 3 and ? < 5", 4, True),
        ('starts with(?, "a")', "abc", True),
        ("limits", 3, True),
        ("limit", 3, True),
        ("limit + 1", 4, True),
        ("< limit", 2, True),
        ("on", True, True),
        ("true", False, False),
        ("false", False, True),
        ('list contains(?, "x")', ["x"], True),
        ("limit > 2", 17, True),
        ("!= 3", 4, True),
        ("= 3", 3, True),
        ('date("2026-01-01")', date(2026, 1, 1), True),
        ('"a"', 1, False),
    ],
)
def test_cells(test: str, value: object, holds: bool) -> None:
    assert feel.unary_test(test, value, {"limits": [1, 3], "limit": 3, "on": True}) is holds
