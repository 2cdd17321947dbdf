"""A form-js schema as a thing that checks values: the same verdict as the viewer's, on the server."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import marshmallow as ma

from app.forms import expressions
from app.forms.components import CONTAINERS, MULTIPLE, VALUED, Component, Path, at, dotted, own_path, put
from app.forms.values import Problem, Value

LONGEST_LIST = 200


@dataclass(frozen=True, slots=True)
class Leaf:
    """One field that is on the screen, in one row if it is repeated."""

    path: Path
    component: Component
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the data the walk stands: a repeated row sees `this`, its `parent` and `i`."""

    path: Path
    this: Any
    parent: Any = None
    i: tuple[int, ...] = ()

    def context(self, data: Mapping[str, Any]) -> dict[str, Any]:
        special = {"this": self.this, "parent": self.parent, "i": list(self.i)}
        return {**special, **data, **{f"_{name}_": value for name, value in special.items()}}


@dataclass(frozen=True, slots=True)
class Form:
    """Made by `parse`."""

    schema: Mapping[str, Any]
    fields: Mapping[str, Component] = field(default_factory=dict)
    """Every field that has a value, by its dotted path (repeated rows without index)."""

    @property
    def keys(self) -> frozenset[str]:
        """The top-level keys this form may write."""
        return frozenset(path.split(".")[0] for path in self.fields)

    def check(
        self, values: Mapping[str, Any], context: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Problem]]:
        """Clean values and problems by dotted path.

        `context` is what expressions and option lists may read besides the values themselves (the viewer's initial
        data). A visible field that is unset is None in the clean values ([] for lists, false for a checkbox); a
        hidden, disabled or read-only one is not there, whatever was sent. Times stay ISO text.
        """
        shown = self._visible(values, context or {})
        raw = {dotted(leaf.path): at(values, leaf.path) for leaf in shown}
        raw.update({dotted(leaf.path): _default(leaf, values) for leaf in shown if _is_unset(raw[dotted(leaf.path)])})
        schema = ma.Schema.from_dict({dotted(leaf.path): Value(leaf.component, leaf.context) for leaf in shown})
        errors = self._refused(values)
        try:
            loaded = schema().load({name: value for name, value in raw.items() if not _is_unset(value)})
        except ma.ValidationError as fault:
            loaded = fault.valid_data if isinstance(fault.valid_data, dict) else {}
            errors.update({str(name): problems[0] for name, problems in fault.messages_dict.items()})
        clean: dict[str, Any] = {}
        for leaf in shown:
            put(clean, leaf.path, loaded.get(dotted(leaf.path), _empty(leaf.component)))
        for path, value in self._computed(values, context or {}):
            put(clean, path, value)
        return clean, errors

    def _visible(self, values: Mapping[str, Any], context: Mapping[str, Any]) -> list[Leaf]:
        """The viewer looks twice: what the raw data hide has only its initial value for the conditions of the second
        look."""
        raw = {**context, **values}
        for name in self.keys:
            raw.setdefault(name, None)
        for leaf in self._walk(self.schema, Place((), raw), raw):
            if _is_unset(at(raw, leaf.path)) and "defaultValue" in leaf.component and len(leaf.path) == 1:
                raw[dotted(leaf.path)] = leaf.component["defaultValue"]
        first = {leaf.path[0] for leaf in self._walk(self.schema, Place((), raw), raw)}
        hidden = self.keys - {str(step) for step in first}
        seen = {name: context.get(name) if name in hidden else value for name, value in raw.items()}
        found = self._walk(self.schema, Place((), seen), seen)
        return [leaf for leaf in found if leaf.component["type"] != "expression" and not _is_fixed(leaf)]

    def _computed(self, values: Mapping[str, Any], context: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
        """Expression fields: the server computes them itself."""
        data = {**context, **values}
        for leaf in self._walk(self.schema, Place((), data), data):
            if leaf.component["type"] == "expression":
                yield leaf.path, expressions.evaluate(leaf.component.get("expression"), leaf.context)

    def _walk(self, component: Component, place: Place, data: Mapping[str, Any]) -> Iterator[Leaf]:
        here = place.context(data)
        if expressions.holds((component.get("conditional") or {}).get("hide"), here):
            return
        path = place.path + own_path(component)
        if component["type"] == "dynamiclist":
            rows = at(data, path)
            for index, row in enumerate(rows[:LONGEST_LIST] if isinstance(rows, list) else ()):
                inside = Place((*path, index), row, place.this, (*place.i, index + 1))
                for child in component.get("components") or ():
                    yield from self._walk(child, inside, data)
        elif component["type"] in CONTAINERS:
            for child in component.get("components") or ():
                yield from self._walk(child, Place(path, place.this, place.parent, place.i), data)
        elif component["type"] in VALUED and component.get("key"):
            yield Leaf(path, component, here)

    def _refused(self, values: Mapping[str, Any]) -> dict[str, Problem]:
        """What no field answers for: names the form has not, and lists longer than anybody fills in."""
        unknown: dict[str, Problem] = {
            str(name): ("forms.unknown_field", {}) for name in values if name not in self.keys
        }
        for name, value in values.items():
            if isinstance(value, list) and len(value) > LONGEST_LIST:
                unknown[str(name)] = ("forms.too_many", {"n": LONGEST_LIST})
        return unknown


def parse(schema: Mapping[str, Any]) -> Form:
    """Read a form-js schema that `faults` finds sound."""
    return Form(schema, dict(_fields(schema, ())))


def _fields(component: Component, path: Path) -> Iterator[tuple[str, Component]]:
    path = path + own_path(component)
    for child in component.get("components") or ():
        yield from _fields(child, path)
    if component.get("type") in VALUED and component.get("key"):
        yield dotted(path), component


def _is_unset(value: Any) -> bool:
    return value is None or value == "" or value == []


def _is_fixed(leaf: Leaf) -> bool:
    readonly = leaf.component.get("readonly")
    return bool(leaf.component.get("disabled")) or readonly is True or expressions.holds(readonly, leaf.context)


def _default(leaf: Leaf, values: Mapping[str, Any]) -> Any:
    """A field the caller left out has its default; one sent empty was emptied by the person."""
    left_out = isinstance(leaf.path[0], str) and leaf.path[0] not in values
    return leaf.component.get("defaultValue") if left_out else None


def _empty(component: Component) -> Any:
    if component["type"] in MULTIPLE:
        return []
    return False if component["type"] == "checkbox" else None
