"""Conditions: what is refused, place by place; and that no value becomes part of the statement."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.dialects import postgresql

from app.cases.conditions import DEEPEST, MOST, Day, condition_of
from app.cases.fields import COMPARISONS, OWN, WITHOUT_VALUE, Field, Shape
from app.core.errors import Invalid

DAY = Day(datetime(2026, 11, 18, 4, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
EVIL = "'; drop table case_file; --%(x)s :y"
GOOD: dict[Shape, Any] = {Shape.DAY: "2026-11-18", Shape.NUMBER: 3, Shape.FLAG: True}


def statement(tree: Any) -> str:
    return str(condition_of(tree, OWN, DAY).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]


@pytest.mark.feature("F07")
@pytest.mark.parametrize("field", OWN.values(), ids=lambda field: field.key)
def test_every_field_takes_every_comparison_it_names(field: Field) -> None:
    for comparison in COMPARISONS[field.shape]:
        value = field.values[0] if field.values else GOOD.get(field.shape, "x")
        leaf: dict[str, Any] = {"field": field.key, "is": comparison}
        if comparison not in WITHOUT_VALUE:
            leaf["value"] = {"any_of": [value], "last_days": 7}.get(comparison, value)
        assert statement(leaf)


def test_a_value_is_always_a_parameter() -> None:
    for key in ("category", "component_owner", "words", "district", "departments", "duty_staff_name"):
        for comparison in set(COMPARISONS[OWN[key].shape]) - WITHOUT_VALUE:
            value = [EVIL] if comparison == "any_of" else EVIL
            assert "drop table" not in statement({"any": [{"field": key, "is": comparison, "value": value}]})


def nested(depth: int) -> dict[str, Any]:
    tree: dict[str, Any] = {"field": "open", "is": "is", "value": True}
    for _ in range(depth):
        tree = {"all": [tree]}
    return tree


@pytest.mark.feature("F07")
@pytest.mark.parametrize(
    ("tree", "place", "key"),
    [
        ({"all": [{"field": "nothing", "is": "is", "value": "x"}]}, "all.0", "cases.condition.field"),
        ({"all": [{"field": "open", "is": "less", "value": 1}]}, "all.0", "cases.condition.comparison"),
        ({"any": [{"all": [{"field": "status", "is": "is", "value": "DONE"}]}]}, "any.0.all.0", "cases.not_in_list"),
        ({"field": "rework_count", "is": "more", "value": "NaN"}, "conditions", "cases.condition.number"),
        ({"field": "registered_at", "is": "on", "value": "31.12.2026"}, "conditions", "cases.condition.day"),
        ({"field": "registered_at", "is": "on", "value": "9999-12-31"}, "conditions", "cases.condition.day"),
        ({"field": "registered_at", "is": "last_days", "value": 0}, "conditions", "cases.condition.days"),
        ({"field": "open", "is": "is", "value": "maybe"}, "conditions", "cases.condition.flag"),
        ({"field": "open", "is": "is", "value": [1]}, "conditions", "cases.condition.flag"),
        ({"field": "category", "is": "any_of", "value": "GAS"}, "conditions", "cases.condition.value"),
        ({"field": "words", "is": "contains", "value": "。"}, "conditions", "cases.condition.value"),
        ({"field": "category", "is": "is", "value": "a\0b"}, "conditions", "cases.condition.value"),
        ({"field": "category", "is": "is", "value": "x", "sql": "1=1"}, "conditions", "cases.condition.shape"),
        ({"all": "x"}, "conditions", "cases.condition.shape"),
        ([], "conditions", "cases.condition.shape"),
        (nested(DEEPEST + 1), ".".join(["all.0"] * DEEPEST), "cases.condition.shape"),
        ({"all": [nested(0)] * (MOST + 1)}, f"all.{MOST}", "cases.condition.too_many"),
    ],
)
def test_what_does_not_hold_is_named_by_its_place(tree: Any, place: str, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        condition_of(tree, OWN, DAY)
    assert refused.value.fields[place][0] == key


def test_a_group_may_be_as_deep_as_allowed_and_an_empty_one_is_everything() -> None:
    assert "ended_at" in statement(nested(DEEPEST))
    assert statement({"any": []}) == "true"
