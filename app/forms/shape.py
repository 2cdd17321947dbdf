"""A form's JSON as it should be: what has the wrong type is found, and left out for whoever looks further."""

from collections.abc import Iterator, Mapping
from typing import Any

MOST_NESTED = 40
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("type", "key", "path", "id", "label", "dateLabel", "timeLabel", "valuesKey"), str),
    **dict.fromkeys(("validate", "conditional", "properties", "appearance"), dict),
    **dict.fromkeys(("values", "components"), list),
}


def malformed(component: Mapping[str, Any]) -> Iterator[str]:
    """Names of entries of one component that are of the wrong type."""
    for name, wanted in _TYPES.items():
        if component.get(name) is not None and not isinstance(component[name], wanted):
            yield name
    if any(not isinstance(child, dict) for child in _list(component, "components")):
        yield "components"
    if any(isinstance(option, list) for option in _list(component, "values")):
        yield "values"


def sound(component: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """A copy without them, and without what is nested too deeply."""
    wrong = set(malformed(component))
    kept = {name: value for name, value in component.items() if name not in wrong and value is not None}
    if depth > MOST_NESTED:
        kept.pop("components", None)
    elif isinstance(kept.get("components"), list):
        kept["components"] = [sound(child, depth + 1) for child in kept["components"]]
    return kept


def _list(component: Mapping[str, Any], name: str) -> list[Any]:
    found = component.get(name)
    return found if isinstance(found, list) else []
