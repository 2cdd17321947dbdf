"""What every check works with: it collects findings, and compiles expressions as the builder will."""

from dataclasses import dataclass, field

from app import feel

from ..bundle import Bundle
from ..expressions import Expr
from ..model import Flow, Node
from ..reasons import reason_code
from ..types import Finding, Registry, Severity

UNSUPPORTED_EVENTS = frozenset({"compensate", "cancel", "multiple"})
"""Kinds with a remedy of their own."""


@dataclass(slots=True)
class Checker:
    """Collects findings; compiles expressions as the builder will."""

    bundle: Bundle
    registry: Registry
    findings: list[Finding] = field(default_factory=list)

    def error(self, node: Node, code: str, /, **params: object) -> None:
        self.findings.append(Finding("error", node.file, node.id, code, params, node.name or None))

    def warn(self, node: Node, code: str, /, **params: object) -> None:
        self.findings.append(Finding("warning", node.file, node.id, code, params, node.name or None))

    def flow(self, severity: Severity, node: Node, flow: Flow, code: str, /, **params: object) -> None:
        """Of a sequence flow that leaves `node`."""
        params = {"gateway": node.name or node.id, "flow": flow.id, **params}
        self.findings.append(Finding(severity, node.file, flow.id, code, params, flow.name or None))

    def unsupported_event(self, node: Node) -> None:
        kind = node.event.kind
        self.error(node, f"unsupported-{kind}-event" if kind in UNSUPPORTED_EVENTS else "unsupported-event", event=kind)

    def expression(
        self, node: Node, text: str | None, *, feel_only: bool = False, flow: Flow | None = None
    ) -> Expr | None:
        """The compiled expression, or None with a finding: at the flow where it is one's condition."""
        if text is None:
            return None
        if feel_only and not text.strip().startswith("="):
            self._expression_error(node, flow, "not-feel", expression=text)
            return None
        try:
            return Expr(text, self.registry)
        except feel.FeelSyntaxError as error:
            code, params = reason_code(error.reason, self.registry)
            self._expression_error(node, flow, code, expression=text, **params)
            return None

    def _expression_error(self, node: Node, flow: Flow | None, code: str, /, **params: object) -> None:
        if flow is None:
            self.error(node, code, **params)
        else:
            self.flow("error", node, flow, code, **params)
