"""Inclusive gateways. A diverging one takes every flow whose condition is true. A converging one waits as long as a
token elsewhere in its scope can still come (BPMN 2.0.2, table 13.3): one that reaches an incoming flow on which none
has come yet, without passing the gateway, and reaches none on which one has."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from SpiffWorkflow.bpmn.specs import defaults as spiff

from .gateways import ChoosingSpec
from .model import Node, Scope
from .spec import Exit
from .token import WAITING, Token

if TYPE_CHECKING:
    from .instance import Run

Reach = Mapping[str, frozenset[str]]
"""Element id → incoming flows of the gateway that a token there can reach."""


class InclusiveSpec(ChoosingSpec, spiff.InclusiveGateway):
    """`by_flow`: along sequence flows. `by_event`: by way of boundary events too, which may or may not come."""

    by_flow: Reach
    by_event: Reach

    @property
    def joins(self) -> bool:
        return len(self.node.incoming) > 1

    def choose(self, token: Token) -> Sequence[Exit]:
        return [leaving for leaving in self.exits if self.holds(token, leaving)] or self.fallback(token)

    def arrived_by(self, token: Token, cause: str | None) -> None:
        if self.joins:
            token.internal_data["flow"] = cause

    def arrive(self, token: Token) -> bool:
        if not self.joins:
            return True
        token.await_outside()
        return False

    def join(self, run: "Run") -> bool:
        """When nothing else moves: go on with one token of every flow that has one, unless more can come."""
        here: dict[str | None, Token] = {}
        others: set[str] = set()
        for token in run.tasks.values():
            if token.task_spec is not self:
                others.add(token.element)
            elif token.state == WAITING:
                here.setdefault(token.internal_data.get("flow"), token)
        if not here or any(self._may_come(element, here.keys()) for element in others):
            return False
        *rest, last = here.values()
        for token in rest:
            token.drop()
            token.note("completed")
        last._ready()
        return True

    def _may_come(self, element: str, here: Iterable[str | None]) -> bool:
        missing = self.by_event.get(element, frozenset()) - set(here)
        return bool(missing) and not (self.by_flow.get(element, frozenset()) & set(here))


def reach(scope: Scope, gateway: Node, *, events: bool) -> Reach:
    """From where each of the gateway's incoming flows can be reached without passing the gateway."""
    found: dict[str, set[str]] = {}
    for flow in gateway.incoming:
        todo = [flow.source]
        while todo:
            id_ = todo.pop()
            if id_ == gateway.id or flow.id in found.setdefault(id_, set()):
                continue
            found[id_].add(flow.id)
            node = scope.nodes[id_]
            todo += [before.source for before in node.incoming]
            if events and node.type == "boundaryEvent":
                todo.append(node.attributes["attachedToRef"])
    return {id_: frozenset(flows) for id_, flows in found.items()}


def in_loop(scope: Scope, gateway: Node) -> bool:
    """A token that has passed the gateway can come back to it."""
    seen: set[str] = set()
    todo = [flow.target for flow in gateway.outgoing]
    while todo:
        id_ = todo.pop()
        if id_ == gateway.id:
            return True
        if id_ in seen:
            continue
        seen.add(id_)
        todo += [flow.target for flow in scope.nodes[id_].outgoing]
        todo += [boundary.id for boundary in scope.boundaries(id_)]
    return False
