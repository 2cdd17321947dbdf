"""The options of selects, radios, checklists and taglists.

Beside form-js's own `label` and `value` an option may carry
- `"label:zh-CN"`: its Chinese label;
- `"when"`: a FEEL condition (`=category = "GAS_SUPPLY"`); the option is offered only while it holds.
The stock editor and viewer keep and ignore both: they show all options, with English labels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.forms.components import Component
from app.forms.expressions import evaluate, holds


def options_of(component: Component, context: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What is offered with these data: from `valuesKey` (a list of the context), `values`, or `valuesExpression`."""
    if "valuesKey" in component:
        found = context.get(component["valuesKey"])
    elif "values" in component:
        found = [one for one in component["values"] if _is_offered(one, context)]
    else:
        found = evaluate(component.get("valuesExpression"), context)
    return [_normal(one) for one in found if one is not None] if isinstance(found, list) else []


def offers(component: Component, context: Mapping[str, Any], value: Any) -> bool:
    """Is this value among the options? As `options_of`, but only the value's own condition is evaluated."""
    if "valuesKey" not in component and "values" in component:
        component = {"values": [one for one in component["values"] if _is(_normal(one)["value"], value)]}
    return any(_is(option["value"], value) for option in options_of(component, context))


def _is(offered: Any, value: Any) -> bool:
    """JavaScript's equality: true is not 1."""
    return bool(offered == value) and isinstance(offered, bool) == isinstance(value, bool)


def _is_offered(option: Any, context: Mapping[str, Any]) -> bool:
    return not isinstance(option, Mapping) or "when" not in option or holds(option["when"], context)


def _normal(option: Any) -> Mapping[str, Any]:
    if isinstance(option, Mapping):
        return {"label": str(option.get("label") or option.get("value")), **option, "value": option.get("value")}
    return {"label": str(option), "value": option}


def as_expression(options: Sequence[Mapping[str, Any]]) -> str:
    """Conditional options as the `valuesExpression` that the viewer evaluates anew at each input."""
    entries = ", ".join(
        f"{{label: {_quoted(one['label'])}, value: {_quoted(one['value'])}, offered: {_condition(one)}}}"
        for one in options
    )
    return f"=[{entries}][item.offered = true]"


def _condition(option: Mapping[str, Any]) -> str:
    return f"({str(option['when']).removeprefix('=')})" if "when" in option else "true"


def _quoted(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value).lower() if isinstance(value, bool) else str(value)
