"""What every element has in common, and the scope that holds elements: subclasses of Spiff's specs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin

from . import scopes
from .expressions import Expr
from .model import Node
from .token import Token

if TYPE_CHECKING:
    from .events import BoundarySpec, ListenerSpec, StartSpec
    from .inclusive import InclusiveSpec
    from .instance import Run
    from .multi import MultiSpec

Mappings = tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True)
class Exit:
    """An outgoing sequence flow."""

    flow: str
    target: "ElementSpec"
    condition: Expr | None
    is_default: bool


class ElementSpec(BpmnSpecMixin):
    """A flow node. A token is made when it is reached (Spiff's predictions are not used), opens the element's local
    scope, arms its boundary events, runs, hands its results out and goes on."""

    node: Node
    inputs_map: Mappings = ()
    outputs_map: Mappings = ()
    exits: tuple[Exit, ...] = ()
    boundaries: "tuple[BoundarySpec, ...]" = ()
    multi: "MultiSpec | None" = None
    """The multi-instance activity of which its tokens are the instances."""
    event_cause: str | None = None
    """Id of the message that the element's event waits for."""

    def __init__(self, wf_spec: "ScopeSpec", node: Node, **kwargs: Any) -> None:
        super().__init__(wf_spec, node.id, bpmn_name=node.name, **kwargs)
        self.node = node

    # ---------------------------------------------------------------- Spiff's hooks
    def test(self) -> None:
        """Deploying has checked the diagram."""

    def _predict(self, *args: Any, **kwargs: Any) -> None:
        """No token stands where it is not yet."""

    def _update(self, my_task: Token) -> None:
        if self._update_hook(my_task):
            my_task._ready()

    def _update_hook(self, my_task: Token) -> bool:
        self.prepare(my_task)
        return self.arrive(my_task)

    def _on_ready(self, my_task: Token) -> None:
        if not self.manual:
            my_task.workflow.top_workflow.agenda.append(my_task)

    def _run_hook(self, my_task: Token) -> bool | None:
        return True

    def _on_complete(self, my_task: Token) -> None:
        run, multi = my_task.workflow, self.multi
        payload = my_task.internal_data.pop("payload", None) or {}
        scopes.hand_out(my_task, payload, self.outputs_map, one_of_many=multi is not None)
        if multi is not None:
            multi.collect(my_task)
        exits = self.choose(my_task)
        my_task.drop()
        my_task.note("completed")
        self.disarm(my_task, None)
        for leaving in exits:
            run.enter(leaving.target, leaving.flow)
        self.after(my_task)
        if multi is not None:
            multi.instance_done(run)
        run._task_completed_notify(my_task)

    # ---------------------------------------------------------------- what kinds of element add
    def arrived_by(self, token: Token, cause: str | None) -> None:
        """Called with the sequence flow, before anything else."""

    def prepare(self, token: Token) -> None:
        """Open the local scope, arm the boundary events."""
        scopes.open_local(token, self.inputs_map)
        for boundary in self.boundaries:
            boundary.arm(token)

    def arrive(self, token: Token) -> bool:
        """True: may run. False: it waits."""
        return True

    def choose(self, token: Token) -> Sequence[Exit]:
        """The flows to take: every one, except where a gateway decides."""
        return self.exits

    def after(self, token: Token) -> None:
        """Called when the tokens behind the element stand."""

    def idle(self, token: Token) -> bool:
        """The token does not keep its scope open."""
        return False

    def cancelled(self, token: Token, cause: str | None) -> None:
        """The token was cancelled: take along what hangs on it."""
        self.disarm(token, cause)

    def content_finished(self, token: Token, content: "Run") -> None:
        raise AssertionError(f"{self.node.id} has no content")

    def disarm(self, host: Token, cause: str | None) -> None:
        """Close the boundary events that still wait on an activity."""
        if self.boundaries:
            for token in list(host.workflow.tasks.values()):
                if token.internal_data.get("host") == host.id and token.task_spec.armed(token):
                    token.cancel(cause)

    def armed(self, token: Token) -> bool:
        """A boundary event that waits."""
        return False


class ScopeSpec(BpmnProcessSpec):
    """A process, or what a sub-process contains. Spiff's own start and end tasks are left out: tokens start at the
    diagram's events, and a scope ends when no token is left in it."""

    task_specs: dict[str, ElementSpec]

    def __init__(self, name: str, file: str) -> None:
        super().__init__(name=name, filename=file)
        self.task_specs.clear()
        self.listeners: tuple[ListenerSpec, ...] = ()
        self.starts: tuple[StartSpec, ...] = ()
        self.joins: tuple[InclusiveSpec, ...] = ()
        """Converging inclusive gateways."""
        self.watch: Callable[[Run], bool] | None = None
        """Where an event waits for a condition: lets one that has come true fire."""

    def wake(self, run: "Run") -> bool:
        """At rest: let a condition that has come true, or a join to which nothing more can come, go on."""
        if self.watch is not None and self.watch(run):
            return True
        return any(join.join(run) for join in self.joins)

    def start_event(self, at: str | None) -> "StartSpec":
        """The start event with this id; without one the none start, else the first. Raises KeyError."""
        if at is not None:
            return {start.node.id: start for start in self.starts}[at]
        plain = [start for start in self.starts if start.node.event.kind == "none"]
        return (plain or list(self.starts))[0]
