"""Words for what forms added to a case (`custom`): labels and options as the case's own bundle's forms call them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app import forms, workflow
from app.cases.models import CaseFile
from app.core.http import language
from app.lifecycle.form_view import fields_of_bundle
from app.lifecycle.routes import runtime
from app.web.names import names

_STEERING = frozenset(
    {
        "judgement", "method", "verification", "decision", "instruction", "lead_department", "assist_departments",
        "visit_result", "resolved",
    }
)  # fmt: skip
"""Answers that lead the process: they stand in the history, at the moment they were given."""


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str


def custom_facts(session: Session, case: CaseFile) -> list[Fact]:
    """What forms of this case recorded beyond the case's own attributes, in words."""
    given = {key: value for key, value in case.custom.items() if key not in _STEERING and value not in (None, "", [])}
    if not given:
        return []
    instance = workflow.instance(session, case.instance_id)
    components = fields_of_bundle(runtime(), session, instance.bundle_id) if instance else {}
    return [_fact(components.get(key), key, value) for key, value in given.items()]


def _fact(component: Mapping[str, Any] | None, key: str, value: Any) -> Fact:
    if component is None:
        return Fact(key, _shown(None, value))
    return Fact(forms.label(component, language()), _shown(component, value))


def _shown(component: Mapping[str, Any] | None, value: Any) -> str:
    if isinstance(value, list):
        return names().all_of([_shown(component, one) for one in value])
    known = forms.option_label(component, value, language()) if component else None
    return known or names().of(str(value))
