"""Everything a deploy checks beyond reading the files. Findings name element, reason and remedy (`texts.json`)."""

from ..bundle import Bundle
from ..model import ProcessModel
from ..types import Finding, Registry
from . import elements, flow
from .checker import Checker

__all__ = ["Checker", "check"]


def check(bundle: Bundle, registry: Registry) -> list[Finding]:
    """All findings, those of reading the files first."""
    checker = Checker(bundle, registry, list(bundle.findings))
    for process in bundle.processes.values():
        flow.check_process(checker, process)
        for node in process.scope.walk():
            elements.check_node(checker, node)
    _message_starts(checker, bundle)
    _signals(checker, bundle)
    return checker.findings


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
        for start in process.scope.starts():
            name = start.event.name
            if start.event.kind != "message" or not name:
                continue
            if name in taken:
                checker.error(start, "duplicate-message-start", message=name, other=taken[name].id)
            taken[name] = process
