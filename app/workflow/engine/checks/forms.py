"""Forms among each other and with the diagrams: keys that clash, what expressions read, what may be written."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from app import feel
from app.feel.parser import parse_expression
from app.forms import components
from app.forms.faults import expressions, identity
from app.workflow.engine.types import Finding, Severity

from ..reasons import slip_of, suggested
from .checker import Checker
from .dataflow import Dataflow
from .expressions import ERRORS
from .inference import Inference
from .shapes import ANY, Shape, context
from .sources import Known, of_form, options

SPECIAL = ("this", "parent", "i", "_this_", "_parent_", "_i_")


def check_forms(checker: Checker, data: Dataflow) -> None:
    keys: dict[str, tuple[str, frozenset[str]]] = {}
    every = {name for form in checker.bundle.forms.values() for name in of_form(form, checker.registry)}
    for id_, form in checker.bundle.forms.items():
        one = _Form(checker, data, id_, form, every)
        one.check()
        _clashes(one, keys)


class _Form:
    def __init__(self, checker: Checker, data: Dataflow, id_: str, form: Mapping[str, Any], every: set[str]) -> None:
        self.checker, self.id, self.form = checker, id_, form
        self.registry, self.rules = checker.registry, checker.registry.trade.forms
        self.own: Known = of_form(form, self.registry)
        self.file = checker.bundle.homes.get(("form", id_), "")
        tasks = [
            node
            for flow in data.flows.values()
            for node in flow.nodes.values()
            if node.zeebe.get("formDefinition", "formId") == id_
        ]
        places = [data.inside(node) for node in tasks]
        self.known = {*every, *self.rules.context, *SPECIAL}
        self.known |= {name for place in places for name in place.names()}
        self.open = not places or any(place.open or place.flow.open for place in places) or not self.rules.context

    def tell(self, component: components.Component, severity: Severity, code: str, /, **params: object) -> None:
        element, name = identity(component)
        self.checker.findings.append(Finding(severity, self.file, element, code, params, name))

    def check(self) -> None:
        for component in components.every(self.form.get("components")):
            if component.get("type") in components.VALUED:
                self._written(component)
                self._listed(component)
            for text in expressions(component):
                if text.startswith("="):
                    self._expression(component, text)

    # ---------------------------------------------------------------- what is written
    def _written(self, component: components.Component) -> None:
        path = components.own_path(component)
        key = str(path[0]) if path else ""
        fixed = component.get("readonly") is True or component.get("disabled")
        allowed = self.rules.writable.get(self.id, frozenset())
        if key in self.rules.fixed and key not in allowed and not fixed:
            self.tell(component, "error", "form-key-fixed", key=key)
        values = self.rules.values.get(key)
        if values is None or fixed:
            return
        held = options(component, self.registry) if component.get("type") in components.SINGLE else None
        strange = sorted(str(value) for value in (held.values or ()) if value not in values) if held else []
        if strange:
            self.tell(component, "error", "form-option-unknown", key=key, value=strange[0],
                      known=suggested(strange[0], sorted(values)))  # fmt: skip

    def _listed(self, component: components.Component) -> None:
        properties = component.get("properties") or {}
        name = properties.get("list")
        if name is not None and self.rules.lists and name not in self.rules.lists:
            known = suggested(str(name), sorted(self.rules.lists))
            self.tell(component, "error", "form-list-unknown", list=name, known=known)
        source = properties.get("from")
        if source is not None and not self.open and source not in self.known:
            known = suggested(str(source), sorted(self.known))
            self.tell(component, "warning", "form-variable", name=source, expression=f"from: {source}", known=known)

    # ---------------------------------------------------------------- what is read
    def _expression(self, component: components.Component, text: str) -> None:
        try:
            tree = parse_expression(text[1:], self.registry.functions)
        except feel.FeelSyntaxError:
            return  # told already
        Inference(self.registry, self._look, partial(self._report, component, text)).of(tree)

    def _look(self, name: str) -> Shape | None:
        if name in self.own:
            return self.own[name]
        if name in ("this", "_this_"):
            return context(self.own) if name == "_this_" else ANY
        if name in self.known:
            return ANY
        if self.open and slip_of(name, sorted(self.own)) is None:
            return ANY
        return None

    def _report(self, component: components.Component, text: str, code: str, /, **params: object) -> None:
        if code == "unknown-variable":
            params["known"] = suggested(str(params["name"]), sorted(self.own))
            code = "form-variable"
        severity: Severity = "error" if code in ERRORS else "warning"
        self.tell(component, severity, code, **{"expression": text, **params})


def _clashes(one: _Form, seen: dict[str, tuple[str, frozenset[str]]]) -> None:
    """The same key holding a text in one form and a number in another: the later overwrites the earlier."""
    for component in _fields(one.form):
        path = components.own_path(component)
        kinds = one.own[str(path[0])].kinds if path and str(path[0]) in one.own else None
        if not kinds or len(path) > 1:
            continue
        other, there = seen.setdefault(str(path[0]), (one.id, kinds))
        if other != one.id and not kinds & there:
            params = {"key": path[0], "form": other, "kind": "/".join(sorted(kinds)), "other": "/".join(sorted(there))}
            one.tell(component, "warning", "form-keys-clash", **params)


def _fields(form: Mapping[str, Any]) -> Iterator[components.Component]:
    return (each for each in components.every(form.get("components")) if each.get("type") in components.VALUED)
