"""What wiring puts together once a process: sessions, clock, registry, handlers, and the compiled bundles."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.db import Sessions
from app.identity.actors import Actor
from app.workflow.bundles import Bundles
from app.workflow.engine.types import Call, Decided, Element, Fault, Operation, Registry, Step, Variables
from app.workflow.schemas import Command, InstanceView, OutboxRow, View


class OnInstance:
    """The instance a handler works on, and what it wants written with this command's history row."""

    def __init__(self, runtime: "Runtime", instance: InstanceView, command: Command, no: int, now: datetime) -> None:
        self.runtime = runtime
        self.instance = instance
        self.command = command
        self.no = no
        """Number of the history row being written."""
        self.now = now
        self.emitted: list[tuple[str, Variables, str]] = []
        self.changes: dict[str, dict[str, Any]] = {}
        self.personal: dict[str, dict[str, Any]] = {}
        self.scope: dict[str, Any] = {}
        self.decided: list[Decided] = []
        self.redated: dict[str, datetime] = {}
        """Open tasks whose due times are to be reckoned anew → when each opened: as if it opened then, today."""
        self.moved_limits: dict[str, Variables] = {}
        """Limits that this command moved, by id: the instance's variables that hold one take over the new times, and
        timers and due dates that read them follow."""

    @property
    def instance_id(self) -> UUID:
        return self.instance.id

    @property
    def subject_kind(self) -> str | None:
        return self.instance.subject_kind

    @property
    def subject_id(self) -> UUID | None:
        return self.instance.subject_id

    @property
    def bundle_id(self) -> UUID:
        return self.instance.bundle_id

    @property
    def actor(self) -> Actor:
        return self.command.actor

    def emit(self, kind: str, body: Variables, dedupe: str | None = None) -> None:
        """Carry this out after the commit (an outbox row). The same `kind` and `dedupe` is carried out once, ever."""
        self.emitted.append((kind, body, dedupe or f"{self.instance_id}:{self.no}:{len(self.emitted)}"))

    def decide(self, session: Session, decision: str, inputs: Variables, *, element: str = "") -> Any:
        """What a decision of the instance's own bundle says of `inputs`; the rules that matched stand in this history
        row. None where the bundle has no such decision, or no row fits. Raises Fault when the table fails."""
        model = self.runtime.bundles.get(session, self.bundle_id, self.runtime.registry).decisions.get(decision)
        if model is None:
            return None
        found = model.explain(decision, inputs, now=self.now.astimezone(self.runtime.zone))
        wrong = [reason for reason in found.reasons if reason.key != "dmn.no_hit"]
        if found.value is None and wrong:
            raise Fault(element, f"decision {decision}: {wrong[0]}", inputs)
        self.decided.append(Decided(element, "", decision, found.tables))
        return found.value

    def change(self, field: str, old: object, new: object, *, personal: bool = False) -> None:
        """Put a changed field of the subject into this history row; personal values beside the chain, erasable."""
        fields = self.personal if personal else self.changes
        fields[field] = {"old": fields[field]["old"] if field in fields else old, "new": new}

    def set_scope(
        self,
        *,
        district: str | None = None,
        departments: Sequence[str] | None = None,
        confidential: bool | None = None,
    ) -> None:
        """Change where the instance and its open tasks belong; what is None stays."""
        given = {"district": district, "departments": departments, "confidential": confidential}
        self.scope |= {name: value for name, value in given.items() if value is not None}
        known = {**self.scope, "departments": tuple(self.scope.get("departments", self.instance.departments))}
        self.instance = replace(self.instance, **known)


class Preparer(Protocol):
    """Runs under the instance's lock, before the engine; returns the variables that the engine gets."""

    def __call__(self, session: Session, view: View, on: OnInstance) -> Variables: ...


OperationHandler = Callable[[Session, Call, OnInstance], Variables]
FunctionProvider = Callable[[Session, InstanceView, datetime], Mapping[str, Callable[..., Any]]]
StepListener = Callable[[Session, OnInstance, Sequence[Step], Mapping[str, Element]], None]
OutboxHandler = Callable[["Runtime", OutboxRow], None]
MessageStart = Callable[[Session, Variables, Actor, datetime], Mapping[str, Any]]
"""Payload → keyword arguments of `start` (variables, subject_kind, subject_id, district …)."""


@dataclass(frozen=True, slots=True)
class Recurring:
    """Work that the leading dispatcher does again and again, in between: short, and harmless when done once more."""

    interval: timedelta
    name: str
    job: Callable[["Runtime"], object]


class Queue(Protocol):
    def enqueue(self, rows: Sequence[UUID]) -> None:
        """Ask a worker to deliver these outbox rows soon. Must not raise: a sweeper finds what gets lost."""
        ...

    def was_emptied(self) -> bool:
        """Whether it may have lost what it held, since it was asked last. Must not raise."""
        ...


@dataclass(slots=True)
class Runtime:
    """Everything the workflow needs besides a session; passed explicitly. Wiring registers, then nobody changes it."""

    sessions: Sessions
    clock: Clock
    registry: Registry = field(default_factory=Registry)
    zone: tzinfo = UTC
    """The city's: `today()` in a diagram is the day there."""
    queue: Queue | None = None
    """None: outbox rows wait for a sweeper or `settle` (tests, seeding)."""
    worker: int | None = None
    """This process's number as a worker; None: it is none, and what it claims is found by its age only."""
    handlers: dict[str, OperationHandler] = field(default_factory=dict)
    providers: list[FunctionProvider] = field(default_factory=list)
    listeners: list[StepListener] = field(default_factory=list)
    outbox_handlers: dict[str, tuple[OutboxHandler, bool]] = field(default_factory=dict)
    preparers: dict[str, Preparer] = field(default_factory=dict)
    message_starts: dict[str, MessageStart] = field(default_factory=dict)
    recurring: list[Recurring] = field(default_factory=list)
    committed: list[Callable[[UUID, int], None]] = field(default_factory=list)
    """Called with (instance id, row number) after each commit: live events. Must not raise."""
    observe: Callable[[str, float, Mapping[str, str]], None] = lambda _name, _value, _labels: None
    """Metrics: (name, value, labels). Names: command_seconds, incidents, timer_lateness_seconds, outbox."""
    bundles: Bundles = field(default_factory=Bundles)

    def operation(self, operation: Operation, handler: OperationHandler | None = None) -> None:
        """Make an operation known to diagrams; a local one needs its handler."""
        if operation.kind == "local":
            if handler is None:
                raise ValueError(f"local operation {operation.name} needs a handler")
            self.handlers[operation.name] = handler
        self.registry = replace(self.registry, operations={**self.registry.operations, operation.name: operation})

    def functions(self, provider: FunctionProvider, signatures: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """FEEL functions bound to each command; `signatures` {name: parameter names} is what deploying checks."""
        self.providers.append(provider)
        self.registry = replace(self.registry, functions={**self.registry.functions, **(signatures or {})})

    def on_steps(self, listener: StepListener) -> None:
        """Called after the engine moved and before the write, in the same transaction."""
        self.listeners.append(listener)

    def outbox(self, kind: str, handler: OutboxHandler, *, outside: bool = False) -> None:
        """Handler of an outbox kind. It must be idempotent by `row.dedupe`; one with effects `outside` our database
        runs at most once, and what a crash interrupts becomes UNKNOWN instead of being done twice."""
        self.outbox_handlers[kind] = (handler, outside)

    def every(self, interval: timedelta, name: str, job: Callable[["Runtime"], object]) -> None:
        """Let the leading dispatcher do this. A new leader starts counting anew, so jobs must be idempotent."""
        self.recurring.append(Recurring(interval, name, job))

    def prepare(self, kind: str, preparer: Preparer) -> None:
        """Used by `execute` when its caller gives none: what a retried incident's command needs."""
        self.preparers[kind] = preparer

    def message_start(self, name: str, start: MessageStart) -> None:
        """How a message of this name becomes the arguments of a new instance."""
        self.message_starts[name] = start
