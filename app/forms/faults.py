"""What keeps a form from being deployed, and what in it is likely a slip."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from app.feel.scanner import is_simple
from app.forms.components import (
    CONTAINERS,
    KNOWN,
    MULTIPLE,
    REFUSED,
    SINGLE,
    VALUED,
    Component,
    dotted,
    every,
    own_path,
)
from app.forms.expressions import fault_of, is_expression
from app.forms.patterns import BadPattern, compile_pattern
from app.forms.shape import MOST_NESTED, malformed, sound

NEWEST_SCHEMA = 19
SPECIAL = frozenset({"this", "parent", "i"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Codes: `form-…`, texts `finding.<code>`."""

    code: str
    element: str | None = None
    """The component's id, else its key."""
    name: str | None = None
    """Its label, else its key."""
    params: Mapping[str, object] = field(default_factory=dict)
    severity: Literal["error", "warning"] = "error"


def faults(form: Any) -> list[Fault]:
    """In the order of the form."""
    if not isinstance(form, Mapping) or not isinstance(form.get("components"), list):
        return [Fault("form-not-a-form")]
    found: list[Fault] = []
    if not isinstance(form.get("id"), str) or not form["id"]:
        found.append(Fault("form-no-id"))
    version = form.get("schemaVersion")
    if isinstance(version, int) and version > NEWEST_SCHEMA:
        found.append(Fault("form-too-new", params={"version": version, "newest": NEWEST_SCHEMA}))
    if "Platform" in str(form.get("executionPlatform")):
        found.append(Fault("form-platform", params={"platform": form["executionPlatform"]}, severity="warning"))
    found += _malformed(form, 0)
    form = sound(form)
    walk = _Walk(any(_chinese(each) for each in every(form.get("components"))))
    found += [fault for child in form.get("components") or () for fault in walk.component(child, ())]
    return found


def _malformed(component: Mapping[str, Any], depth: int) -> Iterator[Fault]:
    element, name = identity(component)
    for wrong in malformed(component):
        yield Fault("form-malformed", element, name, {"entry": wrong})
    if depth > MOST_NESTED:
        yield Fault("form-malformed", element, name, {"entry": "components"})
        return
    children = component.get("components")
    for child in children if isinstance(children, list) else ():
        if isinstance(child, Mapping):
            yield from _malformed(child, depth + 1)


def identity(component: Component) -> tuple[str | None, str | None]:
    """A component's element and name, as findings tell them."""
    key = component.get("key") or component.get("path")
    element = component.get("id") or key or component.get("type")
    name = component.get("label") or component.get("dateLabel") or component.get("text") or key
    return (None if element is None else str(element)), (None if name is None else str(name)[:80])


def _chinese(component: Component) -> bool:
    return any(str(key).endswith(":zh-CN") for key in component.get("properties") or ())


class _Walk:
    """Through one form, remembering keys and ids."""

    def __init__(self, bilingual: bool) -> None:
        self.bilingual = bilingual
        self.keys: dict[str, str] = {}
        self.ids: set[str] = set()

    def component(self, component: Component, path: tuple[str | int, ...]) -> Iterator[Fault]:
        kind = component.get("type")
        element, name = identity(component)
        if "id" in component:
            if component["id"] in self.ids:
                yield Fault("form-id-twice", element, name, {"id": component["id"]})
            self.ids.add(component["id"])
        if kind in REFUSED or kind not in KNOWN:
            code = "form-component-refused" if kind in REFUSED else "form-component-unknown"
            yield Fault(code, element, name, {"type": str(kind)})
            return
        about = (element, name)
        if kind in VALUED:
            yield from self._field(component, about, path)
            yield from self._labels(component, about)
        for value in expressions(component):
            if reason := fault_of(value):
                yield Fault("form-expression", *about, {"expression": value, "reason": reason})
        hide = (component.get("conditional") or {}).get("hide")
        if isinstance(hide, str) and hide.strip() and not is_expression(hide):
            yield Fault("form-not-feel", *about, {"expression": hide})
        if kind in CONTAINERS:
            if kind == "dynamiclist" and not own_path(component):
                yield Fault("form-no-key", *about, {"type": kind})
            for child in component.get("components") or ():
                yield from self.component(child, path + own_path(component))

    def _field(
        self, component: Component, about: tuple[str | None, str | None], path: tuple[str | int, ...]
    ) -> Iterator[Fault]:
        own = own_path(component)
        if not own or any(not step for step in own):
            yield Fault("form-no-key", *about, {"type": component["type"]})
            return
        if any(not _is_name(str(step)) for step in own):
            yield Fault("form-bad-key", *about, {"key": component["key"]})
        yield from self._key(dotted(path + own), about)
        pattern = (component.get("validate") or {}).get("pattern")
        if isinstance(pattern, str):
            try:
                compile_pattern(pattern)
            except BadPattern as fault:
                yield Fault("form-bad-pattern", *about, {"pattern": pattern, "reason": str(fault)})
        yield from _bounds(component, about)
        if component["type"] in SINGLE | MULTIPLE:
            yield from _options(component, about)

    def _key(self, key: str, about: tuple[str | None, str | None]) -> Iterator[Fault]:
        if key in self.keys:
            yield Fault("form-key-twice", *about, {"key": key})
            return
        for other in self.keys:
            if other.startswith(key + ".") or key.startswith(other + "."):
                yield Fault("form-key-inside", *about, {"key": key, "other": other})
                break
        self.keys[key] = key

    def _labels(self, component: Component, about: tuple[str | None, str | None]) -> Iterator[Fault]:
        names = ("label", "dateLabel", "timeLabel")
        label = next((str(component[name]) for name in names if component.get(name)), None)
        if component["type"] == "expression":
            return
        if label is None:
            yield Fault("form-no-label", *about, {"key": component["key"]} if component.get("key") else {}, "warning")
            return
        properties = component.get("properties") or {}
        translated = any(properties.get(f"{name}:zh-CN") for name in names)
        if self.bilingual and not translated and not any("\u4e00" <= char <= "\u9fff" for char in label):
            yield Fault("form-no-chinese", *about, {"label": label}, "warning")


def _is_name(step: str) -> bool:
    return is_simple(step) and " " not in step and step not in SPECIAL


def _bounds(component: Component, about: tuple[str | None, str | None]) -> Iterator[Fault]:
    """Limits that no value keeps."""
    rules = component.get("validate") or {}
    for least, most in (("min", "max"), ("minLength", "maxLength")):
        low, high = _number(rules.get(least)), _number(rules.get(most))
        if least == "minLength" and any(bound is not None and bound < 0 for bound in (low, high)):
            yield Fault("form-negative-length", *about, {"length": min(b for b in (low, high) if b is not None)})
        if low is not None and high is not None and low > high:
            yield Fault("form-no-value-fits", *about, {"least": low, "most": high})
    default = _number(component.get("defaultValue")) if component["type"] == "number" else None
    low, high = _number(rules.get("min")), _number(rules.get("max"))
    if default is not None and ((low is not None and default < low) or (high is not None and default > high)):
        yield Fault("form-default-refused", *about, {"value": default}, "warning")


def _number(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool) or is_expression(value) or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _options(component: Component, about: tuple[str | None, str | None]) -> Iterator[Fault]:
    sources = [source for source in ("values", "valuesKey", "valuesExpression") if component.get(source)]
    if not sources and not (component.get("properties") or {}).get("list"):
        yield Fault("form-no-options", *about)
    given = component.get("values")
    values = [one.get("value") if isinstance(one, Mapping) else one for one in given or ()]
    twice = next((value for value in values if values.count(value) > 1), None)
    if twice is not None:
        yield Fault("form-option-twice", *about, {"value": str(twice)})
    if any(value in (None, "") for value in values):
        yield Fault("form-option-empty", *about)
    if sources == ["values"] and values:
        yield from _default_option(component, values, about)


def _default_option(
    component: Component, values: Sequence[Any], about: tuple[str | None, str | None]
) -> Iterator[Fault]:
    default = component.get("defaultValue")
    chosen = default if isinstance(default, list) else [default]
    strange = [one for one in chosen if one not in (None, "") and one not in values]
    if strange:
        yield Fault("form-default-refused", *about, {"value": strange[0]}, "warning")


def expressions(component: Component) -> Iterator[str]:
    """Every FEEL expression that a component itself holds, and texts that stand where one may stand."""
    rules = component.get("validate") or {}
    candidates = [
        (component.get("conditional") or {}).get("hide"),
        *(component.get(name) for name in ("readonly", "valuesExpression", "expression")),
        *(rules.get(name) for name in ("min", "max", "minLength", "maxLength")),
        *(one.get("when") for one in component.get("values") or () if isinstance(one, Mapping)),
    ]
    yield from (one for one in candidates if isinstance(one, str))
