"""A process instance and the scopes running inside it, as Spiff workflows that keep live tokens only."""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow

from .journal import Journal
from .token import READY, Token
from .types import Fault

if TYPE_CHECKING:
    from .spec import ElementSpec, ScopeSpec

MAX_STEPS = 50_000
"""Tokens one command may move before we call it a loop without end."""

MAX_DEPTH = 40
"""Sub-processes and called processes inside each other."""


class NoScripts:
    """Spiff wants a script engine: no Python ever runs from a diagram."""

    environment = None


class Run:
    """What instance and inner scope have in common. Mixed in before Spiff's workflow class."""

    spec: "ScopeSpec"
    tasks: dict[str, Token]
    completed: bool
    depth: int
    top_workflow: "Instance"
    variables: dict[str, Any] | None
    """The process instance's variables; None in an embedded sub-process, which has none of its own."""
    owner: Token | None
    """Token of the sub-process or call activity this runs in; None at the top."""
    owner_id: str | None
    interrupted: bool
    """An interrupting event sub-process has taken over: its sibling listeners are closed."""

    def enter(self, spec: "ElementSpec", cause: str | None = None) -> Token:
        """A new token arrives at an element, by a sequence flow or an event (`cause`)."""
        token = Token(self, spec)
        token.note("entered", cause)
        spec.arrived_by(token, cause)
        spec._update(token)
        return token

    def begin(self, at: str | None = None) -> None:
        """Arm the event sub-processes, then start at the start event `at` (default: the none start)."""
        for listener in self.spec.listeners:
            listener.arm(self)
        start = self.spec.start_event(at)
        self.enter(start, start.event_cause)

    def settle(self) -> None:
        """A scope is over when no token is left but idle listeners."""
        if self.completed:
            return
        tokens = list(self.tasks.values())
        if all(token.task_spec.idle(token) for token in tokens):
            self.completed = True
            for token in tokens:
                token.cancel()
            self.finished()

    def stop(self, cause: str | None) -> None:
        """Cancel everything inside; the owner hears nothing."""
        self.completed = True
        for token in list(self.tasks.values()):
            token.cancel(cause)

    def finished(self) -> None:
        if self.owner is not None:
            self.owner.task_spec.content_finished(self.owner, self)

    def _task_completed_notify(self, task: Token) -> None:
        self.settle()


class Instance(Run, BpmnWorkflow):
    """A whole process instance between two commands, and while one runs."""

    subprocesses: dict[str, "Content"]
    journal: Journal

    def __init__(self, spec: "ScopeSpec", variables: dict[str, Any], journal: Journal) -> None:
        super().__init__(spec, script_engine=NoScripts(), deserializing=True)
        self.variables, self.interrupted = variables, False
        self.owner, self.owner_id = None, None
        self.journal = journal
        self.agenda: deque[Token] = deque()

    def runs(self) -> Iterator[Run]:
        """This and every inner scope, outer before inner."""
        yield self
        yield from self.subprocesses.values()

    def find(self, token_id: str) -> Token | None:
        """The live token with this id, wherever it is."""
        for run in self.runs():
            if token_id in run.tasks:
                return run.tasks[token_id]
        return None

    def get_task_from_id(self, task_id: str) -> Token | None:
        return self.find(task_id)

    def open_content(self, owner: Token, spec: "ScopeSpec", variables: dict[str, Any] | None) -> "Content":
        """The scope inside a sub-process (variables None) or called process."""
        content = Content(spec, owner, self, variables)
        if content.depth > MAX_DEPTH:
            raise Fault(owner.element, f"more than {MAX_DEPTH} processes inside each other")
        self.subprocesses[owner.id] = content
        return content

    def run_to_rest(self) -> None:
        """Move every token that can go on by itself. A token cancelled in the meantime is left alone. When nothing else
        moves, conditions are asked, and joins that wait for whatever can still come."""
        moved = self._run_agenda(0)
        while any(run.spec.wake(run) for run in list(self.runs())):
            moved = self._run_agenda(moved)

    def _run_agenda(self, moved: int) -> int:
        while self.agenda:
            token = self.agenda.popleft()
            if token.state != READY:
                continue
            token.run()
            moved += 1
            if moved > MAX_STEPS:
                raise Fault(token.element, f"more than {MAX_STEPS} steps without a wait: a loop without end")
        return moved


class Content(Run, BpmnSubWorkflow):
    """What runs inside a sub-process or call activity."""

    def __init__(self, spec: "ScopeSpec", owner: Token, top: Instance, variables: dict[str, Any] | None) -> None:
        self.owner, self.owner_id = owner, owner.id
        super().__init__(spec, owner.id, top, deserializing=True)
        self.variables, self.interrupted = variables, False

    def _calculate_depth(self) -> int:
        assert self.owner is not None
        return self.owner.workflow.depth + 1
