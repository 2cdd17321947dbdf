"""A token: one visit of one element. Spiff's Task without its tree: a token that is done is forgotten at once, so an
instance never grows with its rounds, nothing has to be pruned, and no depth limit applies."""

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState
from uuid_utils import uuid7

from .types import Step

if TYPE_CHECKING:
    from datetime import datetime

    from .instance import Run
    from .journal import Journal, State
    from .spec import ElementSpec

FUTURE: int = TaskState.FUTURE
WAITING: int = TaskState.WAITING
READY: int = TaskState.READY
STARTED: int = TaskState.STARTED
COMPLETED: int = TaskState.COMPLETED
CANCELLED: int = TaskState.CANCELLED


class Token(Task):
    """`internal_data` holds: scope (local variables), payload (what arrived), and by kind of element flow, host, due,
    left, key, race, task, called, of a multi-instance activity items, results, total, done, of its instances index."""

    id: str
    state: int
    _state: int
    workflow: "Run"
    task_spec: "ElementSpec"
    internal_data: dict[str, Any]

    def __init__(
        self,
        workflow: "Run",
        task_spec: "ElementSpec",
        state: int = FUTURE,
        id: str | None = None,
    ) -> None:
        super().__init__(workflow, task_spec, None, state, id or uuid7().hex)

    @property
    def element(self) -> str:
        return self.task_spec.node.id

    @property
    def process(self) -> str:
        """Id of the process its element is drawn in."""
        return self.task_spec.node.process

    @property
    def journal(self) -> "Journal":
        return self.workflow.top_workflow.journal

    @property
    def live(self) -> bool:
        return self._state < COMPLETED

    def _set_state(self, value: int) -> None:
        """Without Spiff's log record for every change. What was cancelled stays so."""
        if self._state != CANCELLED:
            self._state = value

    def note(self, state: "State", cause: str | None = None, due: "datetime | None" = None) -> None:
        """One more step of this token in the command's journal."""
        run, node = self.workflow, self.task_spec.node
        run.top_workflow.journal.steps.append(Step(node.id, self.id, run.owner_id, state, node.process, cause, due))

    def await_outside(self, cause: str | None = None, due: "datetime | None" = None) -> None:
        """Stand still until a person, clock, message or worker comes."""
        self._state = WAITING
        self.note("waiting", cause, due)

    def drop(self) -> None:
        """Forget it: history has what it did."""
        self.workflow.tasks.pop(self.id, None)

    def cancel(self, cause: str | None = None) -> None:
        """End it and all inside it. `cause` is the element that did."""
        if not self.live:
            return
        self._state = CANCELLED
        self.drop()
        self.task_spec.cancelled(self, cause)
        self.note("cancelled", cause)
