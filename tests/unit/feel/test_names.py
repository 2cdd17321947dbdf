"""Names with blanks, operators, keywords and signs."""

import pytest

from app import feel


@pytest.mark.parametrize(
    ("expression", "context", "value"),
    [
        ("first name", {"first name": 1}, 1),
        ("first   name + 1", {"first name": 1}, 2),
        ("a-b", {"a-b": 1, "a": 5, "b": 3}, 1),
        ("a - b", {"a": 5, "b": 3}, 2),
        ("a-b", {"a": 5, "b": 3}, 2),
        ("a+b*c", {"a+b*c": 9}, 9),
        ("in progress and true", {"in progress": True}, True),
        ("time and material = 3", {"time and material": 3}, True),
        ("x in progress", {"x": 1, "progress": [1]}, True),
        ("🐎 + 1", {"🐎": 1}, 2),
        ("案件 数量 > 3", {"案件 数量": 4}, True),
        ("case.due date.year", {"case": {"due date": feel.parse_date("2026-01-01")}}, 2026),
        ("o.cost+tax", {"o": {"cost+tax": 7}}, 7),
        ("{a-b: 1, c: a-b + 1}.c", {}, 2),
        ("{if then: 3}.if then", {}, 3),
        ("for my-item in [1, 2] return my-item * 2", {}, [2, 4]),
        ("(function(a-b) a-b + 1)(1)", {}, 2),
        ("date and time + 1", {"date and time": 1}, 2),
        ("date + time", {"date": 1, "time": 2}, 3),
        ('date("2026-01-01").year + date', {"date": 1}, 2027),
        ("value of 3 parts", {"value of 3 parts": 1}, 1),
        ("a.b.c", {"a.b": {"c": 4}}, 4),
        ("sum", {"sum": 8}, 8),
    ],
)
def test_names(expression: str, context: dict[str, object], value: object) -> None:
    assert feel.evaluate(expression, context) == value


@pytest.mark.parametrize(
    ("expression", "position", "says"),
    [
        ("", 0, "empty"),
        ("1 +", 3, "ends too early"),
        ("1 + + 2", 4, "“+”"),
        ("a = = b", 4, "“=”"),
        ("foo(1)", 0, "no function “foo”"),
        ("1 instance of nombre", 14, "no type “nombre”"),
        ("'a'", 0, "double quotes"),
        ('"abc', 0, "closing"),
        ("a， b", 1, "full-width"),
        ("（1）", 0, "full-width"),
        ("a # b", 2, "“#”"),
        ("(1, 2)", 0, "“in”"),
        ("if a then b", 11, "ends too early"),
    ],
)
def test_syntax_errors_say_what_and_where(expression: str, position: int, says: str) -> None:
    with pytest.raises(feel.FeelSyntaxError) as caught:
        feel.compile(expression)
    assert caught.value.position == position
    assert says in caught.value.message
    assert caught.value.reason.text("zh-CN") != caught.value.reason.text("en")


def test_strict_raises_with_the_first_reason() -> None:
    compiled = feel.compile('order.due + "1 day"')
    with pytest.raises(feel.FeelError, match="no variable “order”"):
        compiled({}, strict=True)
    assert compiled({}) is None
    assert feel.compile("x")({"x": None}, strict=True) is None
    assert feel.compile("if missing = 1 then 2 else 3")({}, strict=True) == 3
