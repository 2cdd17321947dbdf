"""The deployed form of a task: filled with the city's lists and what is known of the case, and checked here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import forms, workflow
from app.cases.actions import first_registration
from app.cases.form_fields import FORM_WRITABLE, for_diagram, shown
from app.cases.models import CaseFile, Registration, WorkOrder
from app.cases.queries import scope_of
from app.core.errors import Invalid, NotFound
from app.identity import Actor, can
from app.lifecycle.city_lists import lists_for
from app.lifecycle.return_visit import caller_to_ask
from app.lifecycle.subject import CASE, ORDER
from app.workflow import Runtime, TaskView
from app.workflow.engine.types import Element
from app.workflow.peek import elements, form_of, variables_at

REGISTRATION, PROCESSING, RETURN_VISIT = "registration", "processing", "return_visit"


def registration_form(runtime: Runtime, session: Session) -> dict[str, Any]:
    """The form of the current bundle by which a report is registered. Raises NotFound before the first deploy."""
    return deployed_form(runtime, session, current_bundle_id(session), REGISTRATION)


def current_bundle_id(session: Session) -> UUID:
    """What is deployed now. Raises NotFound before the first deploy."""
    bundle = workflow.current_bundle(session)
    if bundle is None:
        raise NotFound("lifecycle.nothing_deployed")
    return bundle.id


def task_form(runtime: Runtime, session: Session, task: TaskView) -> dict[str, Any] | None:
    """The form of the task's own bundle with the city's lists in it; None for a task without a form."""
    return deployed_form(runtime, session, task.bundle_id, task.form_id) if task.form_id else None


def deployed_form(runtime: Runtime, session: Session, bundle_id: UUID, form_id: str) -> dict[str, Any]:
    """A form of a bundle with the city's lists in it."""
    form = form_of(runtime, session, bundle_id, form_id)
    return forms.fill(form, lists_for(session, form))


def task_values(runtime: Runtime, session: Session, task: TaskView, actor: Actor) -> dict[str, Any]:
    """What the form begins with: the case's attributes, what forms added, and the diagram's variables.

    The citizen's own data are left out for people who may not read them."""
    case, order = subject_rows(session, task)
    values: dict[str, Any] = dict(variables_at(runtime, session, task))
    if case is not None:
        report = caller_to_ask(session, case)[0] if task.form_id == RETURN_VISIT else None
        values |= case.custom | _attributes(session, case, order, actor, report)
    if order is not None:
        values |= order.custom
    return values


def check(form: Mapping[str, Any], values: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """The clean values of the enabled fields. Raises Invalid with a sentence for each field."""
    clean, problems = forms.parse(form).check(values, context)
    if problems:
        raise Invalid("lifecycle.form_incomplete", problems)
    return clean


def for_engine(
    runtime: Runtime, session: Session, task: TaskView, form: Mapping[str, Any], clean: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What the engine gets of a completed form. Where the task has output mappings the analyst has chosen by name;
    else all of it would become variables, and so only what is not personal is handed on."""
    process = elements(runtime, session, task.bundle_id).get(task.process_id, {})
    return _given(form, clean, [element for element in process.values() if element.id == task.element])


def for_first_task(
    runtime: Runtime, session: Session, bundle_id: UUID, process_id: str, form: Mapping[str, Any],
    clean: Mapping[str, Any],
) -> Mapping[str, Any]:  # fmt: skip
    """The same for the task that registering completes at once."""
    process = elements(runtime, session, bundle_id).get(process_id, {})
    return _given(form, clean, [element for element in process.values() if element.form_id == REGISTRATION])


def _given(form: Mapping[str, Any], clean: Mapping[str, Any], tasks: Sequence[Element]) -> Mapping[str, Any]:
    chosen = bool(tasks) and all(task.has_outputs for task in tasks)
    return clean if chosen else for_diagram(clean, forms.parse(form).fields)


def context_of(runtime: Runtime, session: Session, task: TaskView, form: Mapping[str, Any], actor: Actor) -> Any:
    """What a form's expressions may read besides its own fields; nothing is loaded when they read nothing else."""
    read = set(_words(form)) - forms.parse(form).keys
    return task_values(runtime, session, task, actor) if read else {}


def _words(value: Any) -> Iterator[str]:
    """Every word of every expression in a schema: more than the names in it, never fewer."""
    if isinstance(value, str) and value.startswith("="):
        yield from (word for word in _WORD.findall(_TEXT.sub("", value)) if word not in _FEEL)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


_WORD, _TEXT = re.compile(r"[^\W\d]\w*"), re.compile(r'"(?:[^"\\]|\\.)*"')
_FEEL = frozenset({"null", "not", "or", "and", "if", "then", "else", "true", "false", "in"})


def subject_rows(session: Session, task: TaskView) -> tuple[CaseFile | None, WorkOrder | None]:
    """The case and, for an order's task, the order that a task belongs to."""
    order = session.get(WorkOrder, task.subject_id) if task.subject_kind == ORDER else None
    case_id = order.case_id if order else task.subject_id if task.subject_kind == CASE else None
    case = session.get(CaseFile, case_id) if case_id else None
    return case, order


def case_values(session: Session, case: CaseFile, actor: Actor) -> dict[str, Any]:
    """What is known of a case by the keys of forms, the citizen's own data only for people who may read them."""
    return case.custom | _attributes(session, case, None, actor)


def _attributes(
    session: Session, case: CaseFile, order: WorkOrder | None, actor: Actor, report: Registration | None = None
) -> dict[str, Any]:
    """`report`: the caller it is about, where that is not the first one."""
    registration = report or first_registration(session, case.id)
    may_read = can(actor, "citizen.read", scope_of(case))
    rows = {"case": case, "registration": registration, "order": order}
    values: dict[str, Any] = {
        "case_no": case.case_no, "district": case.district, "origin": case.origin, "confidential": case.confidential,
    }  # fmt: skip
    for key, attribute in FORM_WRITABLE.items():
        row = rows[attribute.home]
        hidden = attribute.home == "registration" and attribute.personal and not may_read
        if row is not None and not hidden:
            values[key] = shown(getattr(row, attribute.column or key))
    return {key: value for key, value in values.items() if value is not None}
