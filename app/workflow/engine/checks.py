"""Everything a deploy checks beyond reading the files. Findings name element, reason and remedy (`texts.json`)."""

from dataclasses import dataclass, field

from app import feel

from .bundle import Bundle
from .expressions import Expr
from .model import Node, ProcessModel
from .types import Finding, Registry

UNSUPPORTED_EVENTS = frozenset({"compensate", "cancel", "multiple"})
"""Kinds with a remedy of their own."""


@dataclass(slots=True)
class Checker:
    """Collects findings; compiles expressions as the builder will."""

    bundle: Bundle
    registry: Registry
    findings: list[Finding] = field(default_factory=list)

    def error(self, node: Node, code: str, /, **params: object) -> None:
        self.findings.append(Finding("error", node.file, node.id, code, params))

    def warn(self, node: Node, code: str, /, **params: object) -> None:
        self.findings.append(Finding("warning", node.file, node.id, code, params))

    def unsupported_event(self, node: Node) -> None:
        kind = node.event.kind
        self.error(node, f"unsupported-{kind}-event" if kind in UNSUPPORTED_EVENTS else "unsupported-event", event=kind)

    def expression(self, node: Node, text: str | None, *, feel_only: bool = False) -> Expr | None:
        """The compiled expression, or None with a finding."""
        if text is None:
            return None
        if feel_only and not text.strip().startswith("="):
            self.error(node, "not-feel", expression=text)
            return None
        try:
            return Expr(text, self.registry)
        except feel.FeelSyntaxError as error:
            self.error(node, "bad-expression", expression=text, detail=error.reason)
            return None


def check(bundle: Bundle, registry: Registry) -> list[Finding]:
    """All findings, those of reading the files first."""
    from . import check_elements, check_flow  # they import Checker

    checker = Checker(bundle, registry, list(bundle.findings))
    for process in bundle.processes.values():
        check_flow.check_process(checker, process)
        for node in process.scope.walk():
            check_elements.check_node(checker, node)
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
