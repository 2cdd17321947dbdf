"""What keeps a form from being deployed."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from app.forms.components import CONTAINERS, KNOWN, MULTIPLE, REFUSED, SINGLE, VALUED, Component, dotted, own_path
from app.forms.expressions import fault_of
from app.forms.patterns import BadPattern, compile_pattern

Fault: TypeAlias = tuple[str | None, str, dict[str, object]]
NEWEST_SCHEMA = 19


def faults(form: Any) -> list[Fault]:
    """Each as (field's key or component's id, code, params). Codes: `form-…`, texts `finding.<code>`."""
    if not isinstance(form, Mapping) or not isinstance(form.get("components"), list):
        return [(None, "form-not-a-form", {})]
    found: list[Fault] = []
    if not isinstance(form.get("id"), str) or not form["id"]:
        found.append((None, "form-no-id", {}))
    version = form.get("schemaVersion")
    if isinstance(version, int) and version > NEWEST_SCHEMA:
        found.append((None, "form-too-new", {"version": version, "newest": NEWEST_SCHEMA}))
    seen: set[str] = set()
    found.extend(fault for child in form["components"] for fault in _component(child, (), seen))
    return found


def _component(component: Any, path: tuple[str | int, ...], seen: set[str]) -> Iterator[Fault]:
    if not isinstance(component, Mapping):
        yield None, "form-not-a-form", {}
        return
    kind = component.get("type")
    name = str(component.get("key") or component.get("path") or component.get("id") or kind)
    if kind in REFUSED:
        yield name, "form-component-refused", {"type": str(kind)}
        return
    if kind not in KNOWN:
        yield name, "form-component-unknown", {"type": str(kind)}
        return
    if kind in VALUED:
        yield from _field(component, name, path, seen)
    for value in _expressions(component):
        if reason := fault_of(value):
            yield name, "form-expression", {"expression": value, "reason": reason}
    if kind in CONTAINERS:
        if kind == "dynamiclist" and not own_path(component):
            yield name, "form-no-key", {"type": kind}
        for child in component.get("components") or ():
            yield from _component(child, path + own_path(component), seen)


def _field(component: Component, name: str, path: tuple[str | int, ...], seen: set[str]) -> Iterator[Fault]:
    own = own_path(component)
    if not own or any(not step for step in own):
        yield name, "form-no-key", {"type": component["type"]}
        return
    key = dotted(path + own)
    if key in seen:
        yield name, "form-key-twice", {"key": key}
    seen.add(key)
    pattern = (component.get("validate") or {}).get("pattern")
    if isinstance(pattern, str):
        try:
            compile_pattern(pattern)
        except BadPattern as fault:
            yield name, "form-bad-pattern", {"pattern": pattern, "reason": str(fault)}
    if component["type"] in SINGLE | MULTIPLE:
        yield from _options(component, name)


def _options(component: Component, name: str) -> Iterator[Fault]:
    if not any(source in component for source in ("values", "valuesKey", "valuesExpression")):
        yield name, "form-no-options", {}
    values = [one.get("value") if isinstance(one, Mapping) else one for one in component.get("values") or ()]
    for value in values:
        if values.count(value) > 1:
            yield name, "form-option-twice", {"value": str(value)}
            return


def _expressions(component: Component) -> Iterator[str]:
    rules = component.get("validate") or {}
    candidates = [
        (component.get("conditional") or {}).get("hide"),
        *(component.get(name) for name in ("readonly", "valuesExpression", "expression")),
        *(rules.get(name) for name in ("min", "max", "minLength", "maxLength")),
        *(one.get("when") for one in component.get("values") or () if isinstance(one, Mapping)),
    ]
    yield from (one for one in candidates if isinstance(one, str))
