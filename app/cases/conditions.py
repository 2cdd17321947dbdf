"""Conditions that people set themselves (F07): a tree of and/or over fields, read strictly, made into one condition of
one statement. Nothing a person wrote ever becomes SQL: fields and comparisons are looked up, values are parameters.

    {"all": [{"field": "category", "is": "any_of", "value": ["GAS_SUPPLY"]},
             {"any": [{"field": "open", "is": "is", "value": true},
                      {"field": "rework_count", "is": "more", "value": 1}]}]}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, true

from app.cases.fields import COMPARISONS, WITHOUT_VALUE, Field, Shape
from app.cases.listing import lies_in
from app.cases.models import CaseFile, CaseSearch
from app.cases.search import grams_within, holds_word, plain
from app.core.errors import Invalid

DEEPEST = 4
MOST = 40
LONGEST = 200

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Day:
    """When and where "today" is."""

    now: datetime
    zone: tzinfo

    def start_of(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)


def condition_of(tree: Tree, fields: Mapping[str, Field], day: Day) -> ColumnElement[bool]:
    """The condition on `CaseFile` that a tree means. Raises Invalid, naming each place that does not hold by its path
    (`all.1.any.0`)."""
    faults: dict[str, tuple[str, Mapping[str, object]]] = {}
    reader = _Reader(fields, day, faults)
    made = reader.node(tree, "", 0)
    if faults:
        raise Invalid("cases.conditions_wrong", faults)
    return made


class _Wrong(Exception):
    def __init__(self, key: str, **params: object) -> None:
        self.key, self.params = key, params


class _Reader:
    def __init__(
        self, fields: Mapping[str, Field], day: Day, faults: dict[str, tuple[str, Mapping[str, object]]]
    ) -> None:
        self.fields, self.day, self.faults, self.count = fields, day, faults, 0

    def node(self, node: Any, path: str, depth: int) -> ColumnElement[bool]:
        """A group or a single comparison; a fault is noted and stands for "true"."""
        try:
            if isinstance(node, Mapping) and len(node) == 1 and next(iter(node)) in ("all", "any"):
                return self._group(next(iter(node)), next(iter(node.values())), path, depth)
            return self._comparison(node)
        except _Wrong as wrong:
            self.faults[path or "conditions"] = wrong.key, wrong.params
            return true()

    def _group(self, way: str, nodes: Any, path: str, depth: int) -> ColumnElement[bool]:
        if depth >= DEEPEST or not isinstance(nodes, list):
            raise _Wrong("cases.condition.shape", deepest=DEEPEST)
        prefix = f"{path}.{way}" if path else way
        parts = [self.node(node, f"{prefix}.{place}", depth + 1) for place, node in enumerate(nodes)]
        if not parts:
            return true()
        return and_(*parts) if way == "all" else or_(*parts)

    def _comparison(self, node: Any) -> ColumnElement[bool]:
        self.count += 1
        if self.count > MOST:
            raise _Wrong("cases.condition.too_many", most=MOST)
        if not isinstance(node, Mapping) or not {"field", "is"} <= set(node) <= {"field", "is", "value"}:
            raise _Wrong("cases.condition.shape", deepest=DEEPEST)
        field = self.fields.get(str(node["field"]))
        if field is None:
            raise _Wrong("cases.condition.field", field=str(node["field"])[:60])
        comparison, value = str(node["is"]), node.get("value")
        if comparison not in COMPARISONS[field.shape]:
            raise _Wrong("cases.condition.comparison", comparison=comparison[:60])
        if comparison in WITHOUT_VALUE:
            empty = _empty(field)
            return field.holds(empty if comparison == "empty" else ~empty)
        return field.holds(self._compared(field, comparison, value))

    def _compared(self, field: Field, comparison: str, value: Any) -> ColumnElement[bool]:
        match field.shape:
            case Shape.DAY:
                return self._on_day(field.column, comparison, value)
            case Shape.NUMBER:
                number = _number(value)
                found = {"less": field.column < number, "more": field.column > number, "is": field.column == number}
                return found.get(comparison, field.column.is_distinct_from(number))
            case Shape.FLAG:
                return field.column.is_(_flag(value))
            case Shape.PLACE if comparison == "within":
                return lies_in(_text(value))
            case Shape.MEMBERS:
                has = CaseFile.departments.contains([_text(value)])
                return has if comparison == "is" else ~has
            case Shape.WORDS:
                return _words(field.key, _text(value))
        if comparison == "contains":
            return field.column.icontains(_text(value), autoescape=True)
        if comparison == "any_of" and not (isinstance(value, list) and 0 < len(value) <= MOST):
            raise _Wrong("cases.condition.value")
        chosen = [_chosen(field, each) for each in (value if comparison == "any_of" else [value])]
        if comparison == "is_not":
            return field.column.is_distinct_from(chosen[0])
        return field.column.in_(chosen) if len(chosen) != 1 else field.column == chosen[0]

    def _on_day(self, column: ColumnElement[Any], comparison: str, value: Any) -> ColumnElement[bool]:
        if comparison == "last_days":
            days = _number(value)
            if not 0 < days <= 36500 or days != int(days):
                raise _Wrong("cases.condition.days")
            return column >= self.day.now - timedelta(days=int(days))
        try:
            wanted = date.fromisoformat(_text(value))
            start, end = self.day.start_of(wanted), self.day.start_of(wanted + timedelta(days=1))
        except (ValueError, OverflowError):
            raise _Wrong("cases.condition.day") from None
        if comparison == "before":
            return column < start
        return column >= start if comparison == "from" else and_(column >= start, column < end)


def _empty(field: Field) -> ColumnElement[bool]:
    if field.shape is Shape.MEMBERS:
        return CaseFile.departments == []
    if field.shape in (Shape.TEXT, Shape.CHOICE):
        return or_(field.column.is_(None), field.column == "")
    return field.column.is_(None)


def _words(key: str, value: str) -> ColumnElement[bool]:
    """By the index of characters; a place is looked for in the address only."""
    words = plain(value).split()
    if not words:
        raise _Wrong("cases.condition.value")
    column = CaseSearch.address if key == "place_words" else CaseSearch.body
    query = select(CaseSearch.case_id).where(CaseSearch.case_id == CaseFile.id)
    each = [
        condition for word in words for condition in (grams_within(CaseSearch.body, word), holds_word(column, word))
    ]
    return exists(query.where(*each))


def _chosen(field: Field, value: Any) -> str:
    written = _text(value)
    if field.values and written not in field.values:
        raise _Wrong("cases.not_in_list", value=written)
    return written


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST or "\0" in value:
        raise _Wrong("cases.condition.value")
    return value.strip()


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 20:
        raise _Wrong("cases.condition.number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise _Wrong("cases.condition.number") from None
    if not number.is_finite() or abs(number) >= 10**12:
        raise _Wrong("cases.condition.number")
    return number


def _flag(value: Any) -> bool:
    known = {True: True, False: False, "true": True, "false": False}
    if not isinstance(value, bool | str) or value not in known:
        raise _Wrong("cases.condition.flag")
    return known[value]
