"""One language of a form for the viewer.

The English texts are form-js's own; a component's `properties` carry the Chinese beside them, named after what they
translate: `label:zh-CN`, `description:zh-CN`, `text:zh-CN`, `patternErrorMessage:zh-CN` … Options: see options.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.forms.components import Component, every
from app.forms.options import as_expression

TEXTS = ("label", "description", "text", "dateLabel", "timeLabel", "title", "alt")


def localise(form: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The schema as the viewer shall draw it in `language`: a new one, the given one is not changed."""
    return _component(form, language)


def fill(form: Mapping[str, Any], lists: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """The schema with the options of each field that names a list (property `list`) replaced by that list.

    `lists` maps e.g. `districts` to options ({value, label, "label:zh-CN"}). A list that is not given leaves the
    options as the file has them.
    """
    filled = dict(form)
    name = (form.get("properties") or {}).get("list")
    if isinstance(name, str) and name in lists:
        filled["values"] = [dict(option) for option in lists[name]]
    if isinstance(form.get("components"), list):
        filled["components"] = [fill(child, lists) for child in form["components"]]
    return filled


def prefilled(form: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """`known`, with each field that names another key by its property `from` begun with that key's value, unless its
    own is known: the processing form's content begins with the registration's (P05)."""
    begun = dict(known)
    for component in every(form.get("components")):
        key, source = component.get("key"), (component.get("properties") or {}).get("from")
        if isinstance(key, str) and isinstance(source, str) and source in known and known.get(key) in (None, ""):
            begun[key] = known[source]
    return begun


def label(component: Component, language: str) -> str:
    """A field's label in a language; its key if it has none."""
    properties = component.get("properties") or {}
    own = properties.get(f"label:{language}") or properties.get(f"dateLabel:{language}")
    return str(own or component.get("label") or component.get("dateLabel") or component.get("key") or "")


def option_label(component: Component, value: Any, language: str) -> str | None:
    """What an option is called, None if the field has no such static option."""
    for option in component.get("values") or ():
        if isinstance(option, Mapping) and option.get("value") == value:
            return str(option.get(f"label:{language}") or option.get("label") or value)
    return None


def _component(component: Component, language: str) -> dict[str, Any]:
    shown = dict(component)
    properties = component.get("properties") or {}
    for name in TEXTS:
        if f"{name}:{language}" in properties:
            shown[name] = properties[f"{name}:{language}"]
    if "validate" in component:
        shown["validate"] = _translated(component["validate"], properties, language)
    if "appearance" in component:
        shown["appearance"] = _translated(component["appearance"], properties, language)
    if isinstance(component.get("values"), list):
        _put_options(shown, component["values"], language)
    if isinstance(component.get("components"), list):
        shown["components"] = [_component(child, language) for child in component["components"]]
    return shown


def _translated(texts: Mapping[str, Any], properties: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {name: properties.get(f"{name}:{language}", value) for name, value in texts.items()}


def _put_options(shown: dict[str, Any], options: Sequence[Any], language: str) -> None:
    own = [_option(one, language) for one in options]
    if any("when" in one for one in own):
        del shown["values"]
        shown["valuesExpression"] = as_expression(own)
    else:
        shown["values"] = own


def _option(option: Any, language: str) -> dict[str, Any]:
    if not isinstance(option, Mapping):
        return {"label": str(option), "value": option}
    text = option.get(f"label:{language}") or option.get("label") or option.get("value")
    return {"label": str(text), **{name: option[name] for name in ("value", "when") if name in option}}
