"""One marshmallow field for each component, with the outcome of form-js viewer 1.23.

A problem is a text key with its parameters; it travels inside marshmallow's ValidationError.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import marshmallow as ma

from app.forms import components, expressions, patterns, temporal
from app.forms.components import Component
from app.forms.options import offers

Problem: TypeAlias = tuple[str, Mapping[str, object]]
LARGEST = Decimal(10) ** 15
LONGEST = 100_000
MOST = 1_000
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def problem(key: str, **params: object) -> ma.ValidationError:
    return ma.ValidationError([(f"forms.{key}", params)])


class Value(ma.fields.Field[Any]):
    """Reads the raw value, then runs the component's preset validations."""

    def __init__(self, component: Component, context: Mapping[str, Any]) -> None:
        self.component = component
        self.context = context
        self.rules = _rules(component, context)
        super().__init__(
            required=bool(self.rules.get("required")),
            error_messages={"required": [("forms.required", {})], "null": [("forms.required", {})]},
        )

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return READERS[self.component["type"]](value, self)


def _rules(component: Component, context: Mapping[str, Any]) -> dict[str, Any]:
    """`validate`, its FEEL limits evaluated; a limit that gives null does not limit."""
    rules = dict(component.get("validate") or {})
    for name in ("min", "max", "minLength", "maxLength"):
        if name in rules and (value := evaluated(rules.pop(name), context)) is not None:
            rules[name] = value
    return rules


def evaluated(value: Any, context: Mapping[str, Any]) -> Decimal | None:
    value = expressions.evaluate(value, context)
    try:
        return None if value is None or isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None


def _text(value: Any, field: Value) -> str:
    if isinstance(value, bool | list | dict) or value is None:
        raise problem("not_text")
    text = str(value)
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise problem("bad_character")
    if len(text) > LONGEST:
        raise problem("too_long", n=LONGEST)
    if field.component["type"] == "textfield":
        text = text.replace("\r", " ").replace("\n", " ").replace("\t", " ")
    _check_pattern(text, field)
    length = len(text.strip(patterns.JS_SPACES).encode("utf-16-le")) // 2  # JavaScript counts UTF-16 units
    if "minLength" in field.rules and length < field.rules["minLength"]:
        raise problem("too_short", n=field.rules["minLength"])
    if "maxLength" in field.rules and length > field.rules["maxLength"]:
        raise problem("too_long", n=field.rules["maxLength"])
    return text


def _check_pattern(text: str, field: Value) -> None:
    rules, properties = field.rules, field.component.get("properties") or {}
    pattern = rules.get("pattern")
    if isinstance(pattern, str) and pattern and not patterns.matches(pattern, text):
        message = rules.get("patternErrorMessage")
        if not message:
            raise problem("pattern")
        raise problem("pattern_said", en=message, zh=properties.get("patternErrorMessage:zh-CN") or message)
    kind = rules.get("validationType")
    if kind == "email" and not patterns.matches(patterns.EMAIL, text):
        raise problem("email")
    if kind == "phone" and not patterns.matches(patterns.PHONE, text):
        raise problem("phone")


def _number(value: Any, field: Value) -> int | float | str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise problem("not_a_number")
    text = str(value).strip(patterns.JS_SPACES)
    if len(text) > 40 or not NUMBER.fullmatch(text) or abs(number := _decimal(text)) > LARGEST:
        raise problem("not_a_number")
    _check_number(number, field)
    if field.component.get("serializeToString"):
        return str(value)
    return int(number) if number == number.to_integral_value() else float(number)


def _decimal(text: str) -> Decimal:
    """Infinite where the exponent is beyond all numbers."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("Infinity")


def _check_number(number: Decimal, field: Value) -> None:
    digits, step = field.component.get("decimalDigits"), field.component.get("increment")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(digits, int) and digits >= 0 and isinstance(exponent, int) and -exponent > digits:
        raise problem("whole_number") if digits == 0 else problem("digits", n=digits)
    if step and number % Decimal(str(step)) != 0:
        raise problem("step", n=step)
    if "min" in field.rules and number < field.rules["min"]:
        raise problem("too_small", n=field.rules["min"])
    if "max" in field.rules and number > field.rules["max"]:
        raise problem("too_large", n=field.rules["max"])


def _checkbox(value: Any, field: Value) -> bool:
    if not isinstance(value, bool):
        raise problem("not_yes_or_no")
    if field.rules.get("required") and not value:
        raise problem("required")
    return value


def _single(value: Any, field: Value) -> Any:
    if not offers(field.component, field.context, value):
        raise problem("not_an_option")
    return value


def _multiple(value: Any, field: Value) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST:
        raise problem("not_an_option")
    kept: list[Any] = []
    for one in value:
        kept += [] if one in kept else [_single(one, field)]
    return kept


def _datetime(value: Any, field: Value) -> str:
    if not isinstance(value, str) or not temporal.holds(value, field.component.get("subtype", "date")):
        raise problem("not_a_time")
    return value


READERS: Mapping[str, Callable[[Any, Value], Any]] = {
    **dict.fromkeys(components.TEXT, _text),
    **dict.fromkeys(components.SINGLE, _single),
    **dict.fromkeys(components.MULTIPLE, _multiple),
    "number": _number,
    "checkbox": _checkbox,
    "datetime": _datetime,
}
