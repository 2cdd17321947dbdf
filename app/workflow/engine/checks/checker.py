"""What every check works with: it collects findings, and compiles expressions as the builder will."""

from dataclasses import dataclass, field

from app import feel

from ..bundle import Bundle
from ..expressions import Expr
from ..model import Node
from ..types import Finding, Registry

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
