"""Exclusive, parallel and event-based gateways. `inclusive` has the fourth kind."""

from collections.abc import Sequence

from SpiffWorkflow.bpmn.specs import defaults as spiff

from . import scopes
from .spec import ElementSpec, Exit
from .token import WAITING, Token
from .types import Fault


class ChoosingSpec(ElementSpec):
    """What exclusive and inclusive gateways share: conditions, where null counts as false, and a default flow."""

    def fallback(self, token: Token) -> Sequence[Exit]:
        """The default flow. Raises Fault without one."""
        default = next((leaving for leaving in self.exits if leaving.is_default), None)
        if default is None:
            if not self.exits:
                return ()
            raise Fault(self.node.id, "no condition is true and there is no default flow", self._seen(token))
        return (default,)

    def holds(self, token: Token, leaving: Exit) -> bool:
        """A flow without condition is always taken; the default only when no other is."""
        if leaving.is_default or leaving.condition is None:
            return not leaving.is_default
        return scopes.holds(token, leaving.condition, element=leaving.flow)

    def _seen(self, token: Token) -> dict[str, object]:
        variables = scopes.visible(scopes.chain(token))
        read = {name for leaving in self.exits if leaving.condition for name in leaving.condition.names}
        return {name: variables.get(name) for name in sorted(read)}


class ExclusiveSpec(ChoosingSpec, spiff.ExclusiveGateway):
    """Takes the first flow whose condition is true, in the file's order, else the default."""

    def choose(self, token: Token) -> Sequence[Exit]:
        for leaving in self.exits:
            if self.holds(token, leaving):
                return (leaving,)
        return self.fallback(token)


class ParallelSpec(ElementSpec, spiff.ParallelGateway):
    """Waits for one token on every incoming flow and takes exactly those; more of them wait for the next round."""

    def arrived_by(self, token: Token, cause: str | None) -> None:
        if len(self.node.incoming) > 1:
            token.internal_data["flow"] = cause

    def arrive(self, token: Token) -> bool:
        if len(self.node.incoming) < 2:
            return True
        here = {token.internal_data["flow"]: token}
        for other in token.workflow.tasks.values():
            if other.task_spec is self and other.state == WAITING:
                here.setdefault(other.internal_data["flow"], other)
        if len(here) < len(self.node.incoming):
            token.await_outside()
            return False
        for other in here.values():
            if other is not token:
                other.drop()
                other.note("completed")
        return True


class EventGatewaySpec(ElementSpec):
    """Opens every event behind it. Their tokens know each other by `race`: the first that fires ends the others."""

    def choose(self, token: Token) -> Sequence[Exit]:
        return ()

    def after(self, token: Token) -> None:
        for leaving in self.exits:
            waiting = token.workflow.enter(leaving.target, leaving.flow)
            waiting.internal_data["race"] = token.id
