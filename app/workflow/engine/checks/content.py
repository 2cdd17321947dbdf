"""What is wrong inside single decision models and forms, without the rest."""

from app import dmn, forms

from ..markup import XmlElement
from ..types import Finding
from .checker import Checker


def check_content(checker: Checker) -> None:
    bundle = checker.bundle
    for file, (model, root) in bundle.models.items():
        for found in dmn.check(model):
            _add(checker, Finding(found.severity, file, found.element, found.code, found.params, found.name))
        _other_languages(checker, file, root)
        _ids_twice(checker, file, root)
    for file, form in bundle.form_files.items():
        for fault in forms.faults(form):
            _add(checker, Finding(fault.severity, file, fault.element, fault.code, fault.params, fault.name))
    bundle.forms = {id_: forms.sound(form) for id_, form in bundle.forms.items()}  # for the checks that follow


def _add(checker: Checker, finding: Finding) -> None:
    checker.findings.append(finding)


def _other_languages(checker: Checker, file: str, root: XmlElement) -> None:
    """Expressions that say they are no FEEL."""
    for element in root.iter():
        language = element.get("expressionLanguage") or ""
        if language and "feel" not in language.lower() and "/dmn/" not in language.lower():
            params = {"language": language}
            _add(checker, Finding("error", file, element.get("id"), "not-feel-language", params))


def _ids_twice(checker: Checker, file: str, root: XmlElement) -> None:
    """In a decision model; a diagram's are told by its reader."""
    seen: set[str] = set()
    for element in root.iter():
        id_ = element.get("id") if isinstance(element.tag, str) and "DMNDI" not in element.tag else None
        if id_ and id_ in seen:
            _add(checker, Finding("error", file, id_, "duplicate-id", {"element": id_}))
        seen.add(id_ or "")
