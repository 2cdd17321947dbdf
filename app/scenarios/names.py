"""Do the people, tasks, departments and form keys that a scenario names exist? Asked before anything runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.scenarios.language import nearest
from app.scenarios.play import components
from app.scenarios.reading import Block, Problem
from app.scenarios.schemas import Deed, Scenario
from app.scenarios.view import Diagrams


@dataclass(frozen=True, slots=True)
class Known:
    """What this city and the bundle have."""

    people: frozenset[str]
    departments: frozenset[str]
    diagrams: Diagrams
    forms: Mapping[str, dict[str, Any]]


def unknown_names(scenario: Scenario, known: Known) -> list[Problem]:
    found = [*_given(scenario, known)]
    for step in scenario.steps:
        if step.deed is not None:
            found += _deed(scenario, step.deed, known)
        for check in step.checks:
            if check.name in ("task", "tasks", "no task", "at"):
                for name in _names(check.wanted):
                    task = name.rpartition(" of ")[0] or name
                    if not (known.diagrams.named(name) or known.diagrams.named(task)):
                        suggestion = nearest(task, known.diagrams.names("userTask"))
                        found.append(Problem(scenario.file, check.line, "unknown_task", {"task": name, **suggestion}))
    return found


def _given(scenario: Scenario, known: Known) -> Iterator[Problem]:
    lines = scenario.diagrams
    for department, process in scenario.diagrams.items():
        line = lines.line_of(department) if isinstance(lines, Block) else scenario.steps[0].line
        if department not in known.departments:
            suggestion = nearest(department, known.departments)
            yield Problem(scenario.file, line, "unknown_department", {"department": department, **suggestion})
        if process not in known.diagrams.processes:
            suggestion = nearest(process, known.diagrams.processes)
            yield Problem(scenario.file, line, "unknown_process", {"process": process, **suggestion})


def _deed(scenario: Scenario, deed: Deed, known: Known) -> Iterator[Problem]:
    if deed.person is not None and deed.person not in known.people:
        yield Problem(
            scenario.file, deed.line, "unknown_person", {"person": deed.person, **nearest(deed.person, known.people)}
        )
    if deed.of not in (None, "case") and deed.of not in known.departments:
        suggestion = nearest(str(deed.of), known.departments)
        yield Problem(scenario.file, deed.line, "unknown_department", {"department": deed.of, **suggestion})
    if deed.kind == "start" and deed.what not in known.diagrams.processes:
        suggestion = nearest(deed.what, known.diagrams.processes)
        yield Problem(scenario.file, deed.line, "unknown_process", {"process": deed.what, **suggestion})
    if deed.kind == "complete":
        yield from _task(scenario, deed, known)
    if deed.kind in ("register", "join", "contact"):
        yield from _keys(scenario, deed, known, {"registration"})


def _task(scenario: Scenario, deed: Deed, known: Known) -> Iterator[Problem]:
    tasks = [element for element in known.diagrams.named(deed.what) if element.type == "userTask"]
    if not tasks:
        suggestion = nearest(deed.what, known.diagrams.names("userTask"))
        yield Problem(scenario.file, deed.line, "unknown_task", {"task": deed.what, **suggestion})
        return
    yield from _keys(scenario, deed, known, {task.form_id or "" for task in tasks})


def _keys(scenario: Scenario, deed: Deed, known: Known, forms: set[str]) -> Iterator[Problem]:
    keys = {c["key"] for form in forms for c in components(known.forms.get(form) or {}) if c.get("key")}
    keys |= {"contact_id", "automatic"} if deed.kind == "contact" else set()
    for key in deed.values:
        if key not in keys and keys:
            line = deed.values.line_of(key) if isinstance(deed.values, Block) else deed.line
            yield Problem(scenario.file, line, "unknown_field", {"field": key, **nearest(key, keys)})


def _names(wanted: Any) -> Iterator[str]:
    for one in wanted if isinstance(wanted, list) else [wanted]:
        name = one.get("name") if isinstance(one, Mapping) else one
        if name is not None:
            yield str(name)
