"""A bundle made ready to run: parsed once, shared by all instances and threads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.dmn import Model

from . import codec, scopes
from .build import build
from .bundle import Bundle
from .commands import apply, finish
from .events import waiting
from .expressions import Functions, first_error
from .instance import Instance
from .journal import Journal
from .model import ProcessModel
from .spec import ScopeSpec
from .surface import surface
from .token import Token
from .types import (
    Cancel,
    Context,
    Decided,
    Element,
    EngineCommand,
    Fault,
    Moved,
    NotOpen,
    Process,
    Registry,
    SequenceFlow,
    Status,
    Surface,
    Variables,
)
from .versions import is_pinned
from .waits import ConditionWait

EMPTY = Surface()


class Compiled:
    """Pure: no command changes it. Made by `compile_bundle`."""

    def __init__(self, bundle: Bundle, registry: Registry) -> None:
        self.processes: Mapping[str, Process] = {p.id: _process(p) for p in bundle.processes.values()}
        self.forms: Mapping[str, dict[str, Any]] = bundle.forms
        self._decisions = bundle.decisions
        self._specs: dict[str, ScopeSpec] = build(bundle.processes, registry, self._decide)

    # ---------------------------------------------------------------- running
    def start(
        self,
        process_id: str,
        variables: Variables,
        context: Context,
        first_task: Variables | None = None,
        *,
        at: str | None = None,
    ) -> Moved:
        """A new instance, run to rest. `at` names the start event (default: the none start). With `first_task`, the
        first user task is completed at once with these values. Raises KeyError for an unknown process or start event,
        Fault, and NotOpen when there is no user task to complete."""
        journal = Journal.of(context)
        instance = Instance(self._specs[process_id], scopes.admit(None, variables), journal)
        for name in variables:
            journal.wrote(None, name, None)
        instance.begin(at)
        instance.run_to_rest()
        result: Variables = {}
        if first_task is not None:
            first = next(iter(surface(instance).tasks), None)
            token = None if first is None else instance.find(first)
            if token is None:
                raise NotOpen(f"{process_id} has no user task to begin with")
            result = finish(token, first_task)
        return _moved(instance, EMPTY, result)

    def move(self, state: bytes, command: EngineCommand, context: Context) -> Moved:
        """Apply one command and run to rest. Raises NotOpen, Fault; then nothing has happened."""
        instance = codec.load(state, self._specs, Journal.of(context))
        before = surface(instance)
        result = apply(command, instance)
        return _moved(instance, before, result, cancelled=isinstance(command, Cancel))

    # ---------------------------------------------------------------- reading
    def surface(self, state: bytes) -> Surface:
        """What is open in a stored instance. Raises Fault when it does not fit the bundle."""
        try:
            return surface(self._read(state))
        except KeyError as error:
            raise Fault(None, f"the state does not fit the bundle: {error} is missing") from error

    def variables(self, state: bytes, token: str | None = None) -> dict[str, Any]:
        """As seen from a token; without one the instance's own. Raises NotOpen."""
        instance = self._read(state)
        if token is None:
            return dict(instance.variables or {})
        at = instance.find(token)
        if at is None:
            raise NotOpen(token)
        return dict(scopes.visible(scopes.chain(at)))

    def form_of(self, process_id: str, element: str) -> dict[str, Any] | None:
        """The form-js schema of a user task."""
        form_id = self.processes[process_id].elements[element].form_id
        return None if form_id is None else self.forms.get(form_id)

    def message_starts(self) -> dict[str, tuple[str, str]]:
        """Message name → (process id, start event) of every process that a message starts."""
        return {
            name: (process.id, element)
            for process in self.processes.values()
            for name, element in process.message_starts.items()
        }

    def signal_starts(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """Signal name → (process id, start event) of every process that can be started by it (`start(at=…)`)."""
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        for id_, spec in self._specs.items():
            for start in () if is_pinned(id_) else spec.starts:
                if start.node.event.kind == "signal" and start.node.event.name:
                    name = start.node.event.name
                    found[name] = (*found.get(name, ()), (id_, start.node.id))
        return found

    def timer_starts(self) -> dict[str, tuple[str, ...]]:
        """Process id → its timer start events."""
        found = {
            id_: tuple(start.node.id for start in spec.starts if start.node.event.kind == "timer")
            for id_, spec in self._specs.items()
            if not is_pinned(id_)
        }
        return {id_: starts for id_, starts in found.items() if starts}

    def next_start(
        self,
        process_id: str,
        element: str,
        now: datetime,
        functions: Functions,
        last: datetime | None = None,
        count: int = 0,
    ) -> datetime | None:
        """When a timer start event starts the next instance. `last` and `count`: when it did so last, and how often it
        did; None when it never does again. Raises Fault."""
        journal = Journal.of(Context(now, _no_operation, functions))
        instance = Instance(self._specs[process_id], {}, journal)
        start = instance.spec.start_event(element)
        return start.next_start(Token(instance, start), last, count)

    @property
    def decisions(self) -> Mapping[str, Model]:
        """The model that holds a decision, by decision id."""
        return self._decisions

    def _read(self, state: bytes) -> Instance:
        return codec.load(state, self._specs, READING)

    def _decide(self, token: Token, name: str, variables: Mapping[str, Any]) -> Any:
        model = self._decisions.get(name)
        if model is None:
            raise Fault(token.element, f"the decision {name!r} is not in this bundle")
        journal = token.journal
        found = model.explain(name, variables, journal.functions, now=journal.now)
        error = None if found.value is not None else first_error(found.reasons)
        if error is not None:
            raise Fault(token.element, f"decision {name}: {error}", variables)
        journal.decided.append(Decided(token.element, token.id, name, found.tables))
        return found.value


def _no_operation(call: object) -> Variables:
    raise AssertionError("reading calls no operation")


READING = Journal(datetime.max, _no_operation, {})


def _moved(instance: Instance, before: Surface, result: Variables, cancelled: bool = False) -> Moved:
    if instance.completed:
        status, state, after = Status.CANCELLED if cancelled else Status.COMPLETED, None, EMPTY
    else:
        status, state, after = Status.RUNNING, codec.dump(instance), surface(instance)
        reachable = after.tasks or after.timers or after.waits or after.jobs
        if not reachable and not any(True for _ in waiting(instance, ConditionWait)):
            raise Fault(None, f"nothing can ever go on: tokens stand at {_standing(instance)}")
    journal = instance.journal
    changes = journal.changes(_scopes(instance))
    return Moved(
        status,
        state,
        tuple(journal.steps),
        before,
        after,
        changes,
        result,
        tuple(journal.decided),
        tuple(journal.signals),
    )


def _standing(instance: Instance) -> str:
    return ", ".join(sorted({token.element for run in instance.runs() for token in run.tasks.values()}))


def _scopes(instance: Instance) -> dict[str | None, Mapping[str, Any]]:
    """Every living scope by the token that holds it."""
    found: dict[str | None, Mapping[str, Any]] = {}
    for run in instance.runs():
        if run.variables is not None:
            found[run.owner_id] = run.variables
        found |= {t.id: t.internal_data["scope"] for t in run.tasks.values() if "scope" in t.internal_data}
    return found


def _process(process: ProcessModel) -> Process:
    elements = {
        node.id: Element(
            node.id,
            node.type,
            node.names,
            process.id,
            node.parent,
            node.zeebe.properties,
            node.zeebe.get("formDefinition", "formId"),
            bool(node.zeebe.outputs),
            tuple(filter(None, (node.zeebe.get("taskSchedule", name) for name in ("dueDate", "followUpDate")))),
            node.zeebe.get("taskDefinition", "type"),
            {mapping.target: mapping.source for mapping in node.zeebe.inputs},
        )
        for node in process.scope.walk()
    }
    starts = {
        start.event.name: start.id
        for start in process.scope.starts()
        if start.event.kind == "message" and start.event.name and not is_pinned(process.id)
    }
    flows = tuple(
        SequenceFlow(flow.id, flow.source, flow.target)
        for scope in process.scope.scopes()
        for flow in scope.flows
        if not flow.linked
    )
    return Process(process.id, process.names, process.file, elements, starts, flows)
