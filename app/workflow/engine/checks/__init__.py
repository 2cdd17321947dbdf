"""Everything a deploy checks beyond reading the files. Findings name element, reason and remedy (`texts.json`).

`check_build` is what the builder relies on; a bundle that was deployed once must go on running by it. `check` tells
everything else besides, and grows stricter from version to version: only a new deploy is held to it."""

from ..bundle import Bundle
from ..model import ProcessModel
from ..types import Finding, Registry
from ..versions import is_pinned
from . import elements, flow
from .checker import Checker
from .constants import check_constants, check_groups
from .content import check_content
from .dataflow import Dataflow
from .expressions import check_expressions
from .forms import check_forms
from .lanes import check_lanes
from .messages import check_messages, check_throws
from .relations import check_decisions, check_relations
from .slips import check_slips
from .structure import check_structure
from .tokens import check_tokens

__all__ = ["Checker", "check", "check_build"]


def check_build(bundle: Bundle, registry: Registry) -> list[Finding]:
    """What keeps a bundle from being built, those of reading the files first."""
    return _build(bundle, registry).findings


def check(bundle: Bundle, registry: Registry) -> list[Finding]:
    """All findings, by file; within a file as they were found, none twice."""
    checker = _build(bundle, registry)
    checker.findings += bundle.remarks
    check_content(checker)
    for process in bundle.processes.values():
        for scope in process.scope.scopes():
            check_tokens(checker, scope)
    data = Dataflow(bundle, registry)
    check_structure(checker, data)
    check_constants(checker, data)
    check_groups(checker, data)
    check_lanes(checker)
    check_forms(checker, data)
    check_expressions(checker, data)
    check_slips(checker, data)
    check_relations(checker, data)
    check_decisions(checker)
    check_messages(checker, data)
    check_throws(checker, data)
    once = {(f.file, f.element, f.code, str(f.params)): f for f in checker.findings}
    return sorted(once.values(), key=lambda finding: finding.file)


def _build(bundle: Bundle, registry: Registry) -> Checker:
    checker = Checker(bundle, registry, list(bundle.findings))
    for process in bundle.processes.values():
        flow.check_process(checker, process)
        for node in process.scope.walk():
            elements.check_node(checker, node)
    _message_starts(checker, bundle)
    _signals(checker, bundle)
    return checker


def _signals(checker: Checker, bundle: Bundle) -> None:
    """A signal that nobody throws is waited for in vain."""
    nodes = [node for process in bundle.processes.values() for node in process.scope.walk() if node.event.name]
    signals = [node for node in nodes if node.event.kind == "signal"]
    thrown = {node.event.name for node in signals if node.type in ("endEvent", "intermediateThrowEvent")}
    for node in signals:
        if node.event.name not in thrown and (node.type != "startEvent" or node.parent is not None):
            checker.warn(node, "signal-without-thrower", signal=node.event.name)


def _message_starts(checker: Checker, bundle: Bundle) -> None:
    """An arriving message must mean one process."""
    taken: dict[str, ProcessModel] = {}
    for process in bundle.processes.values():
        for start in () if is_pinned(process.id) else process.scope.starts():
            name = start.event.name
            if start.event.kind != "message" or not name:
                continue
            if name in taken:
                checker.error(start, "duplicate-message-start", message=name, other=taken[name].id)
            taken[name] = process
