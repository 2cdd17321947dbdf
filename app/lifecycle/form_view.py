"""A deployed form as a viewer gets it: in one language, with the values it may show and nothing else."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import forms
from app.workflow import Runtime

_NAME = re.compile(r"[^\W\d]\w*")


def shown_form(form: Mapping[str, Any] | None, language: str) -> dict[str, Any] | None:
    """The schema in the reader's language; None for a task without a form."""
    return None if form is None else forms.localise(form, language)


def shown_values(form: Mapping[str, Any] | None, known: Mapping[str, Any]) -> dict[str, Any]:
    """Of all that is known of a case only what the form's fields hold and its expressions read, as JSON."""
    if form is None:
        return {}
    wanted = forms.parse(form).keys | frozenset(_read_by_expressions(form))
    begun = forms.prefilled(form, known)
    return {name: _plain(value) for name, value in begun.items() if name in wanted and value is not None}


def fields_of_bundle(runtime: Runtime, session: Session, bundle_id: UUID) -> dict[str, Mapping[str, Any]]:
    """Every field of a bundle's forms by its key: what analysts call the things that forms record."""
    compiled = runtime.bundles.get(session, bundle_id, runtime.registry)
    return {part["key"]: part for schema in compiled.forms.values() for part in _parts(schema) if part.get("key")}


def _parts(component: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for child in component.get("components") or ():
        yield child
        yield from _parts(child)


def _read_by_expressions(value: Any) -> Iterator[str]:
    """Every word of every expression in the schema: more than the names in it, never fewer."""
    if isinstance(value, str) and value.startswith("="):
        yield from _NAME.findall(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _read_by_expressions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _read_by_expressions(inner)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if isinstance(value, (str, int, float, bool)) else str(value)
