"""What goes into the engine and what comes out. Values only; no I/O, no database, no cases."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from app.dmn import TableTrace

from .elements import Element as Element
from .elements import Process as Process
from .elements import SequenceFlow as SequenceFlow
from .signals import SIGNAL as SIGNAL
from .signals import DeliverSignal as DeliverSignal
from .signals import ThrownSignal as ThrownSignal

Place = tuple[str, str]
"""Ids of a process and of an element drawn in it: elements of several processes may have the same id."""

Variables = Mapping[str, Any]
"""JSON values, plus FEEL's date, time and duration types."""


Severity = Literal["error", "warning"]
Values = frozenset[str] | str | None
"""The only values there can be, or the FEEL kind of all of them; None: anything."""


# ------------------------------------------------------------------ what wiring tells the engine
@dataclass(frozen=True, slots=True)
class Operation:
    """A service task's `zeebe:taskDefinition type`. Local ones run inside `advance`, external ones wait."""

    name: str
    kind: Literal["local", "external"]
    processes: tuple[str, ...]
    """Process ids that may call it; a trailing `*` matches the rest. A new pairing needs an administrator."""
    inputs: tuple[str, ...] = ()
    """Names it must find in its input mapping: checked at deploy."""
    optional: tuple[str, ...] = ()
    results: Mapping[str, Values] | None = None
    """Names of the variables it returns; None: unknown."""
    tests: Mapping[str, str] = field(default_factory=dict)
    """For inputs: what a constant must satisfy, as a cell of a decision table says it."""
    errors: tuple[str, ...] | None = None
    """BPMN error codes it may throw; None: unknown."""
    message: str | None = None
    """Of an operation that sends a message: the input that names it. `key` and `variables` are its other inputs."""


@dataclass(frozen=True, slots=True)
class MessageKind:
    """A message that the product sends to diagrams, or that only some may send."""

    sent: bool = False
    """By the product or people, not by a diagram."""
    received: bool = False
    """By the product: no diagram needs to wait for it."""
    senders: tuple[str, ...] | None = None
    """Process ids that may send it (a trailing `*` matches the rest); None: every one."""
    variables: Mapping[str, Values] | None = None
    """What it brings; None: unknown."""


@dataclass(frozen=True, slots=True)
class FormRules:
    """What the trade expects of forms."""

    fixed: frozenset[str] = frozenset()
    """Keys that no form writes."""
    writable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Form id → fixed keys that it may write all the same."""
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Key → the only values that can be stored under it."""
    lists: Mapping[str, Values] = field(default_factory=dict)
    """Names of lists that the product fills in (property `list`); empty: do not check."""
    alone: bool = False
    """Values come by forms alone, so a user task without one brings nothing; and what people write freely reaches a
    diagram only by an output mapping."""
    context: frozenset[str] = frozenset()
    """Names that expressions may read besides the form's own keys and the diagram's variables."""


@dataclass(frozen=True, slots=True)
class Trade:
    """What the features above know of the diagrams' surroundings. All of it may be left out: then nothing is said."""

    arguments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Domain function → parameter → what a constant must satisfy, as a cell of a decision table says it."""
    results: Mapping[str, str] = field(default_factory=dict)
    """Domain function → the FEEL kind it gives."""
    starts: Mapping[str, Mapping[str, Values]] = field(default_factory=dict)
    """Process id (a trailing `*` matches the rest) → the variables its instances are given."""
    messages: Mapping[str, MessageKind] = field(default_factory=dict)
    forms: FormRules = field(default_factory=FormRules)
    absent: Mapping[str, str] = field(default_factory=dict)
    """Domain functions that cannot answer now → a finding's code: there is no working calendar."""
    dated: tuple[str, ...] = ()
    """Processes (patterns) whose user tasks need a due date or a timer."""
    lanes: frozenset[str] = frozenset()
    """Names of roles and departments as people write them on lanes, besides the groups themselves."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything a diagram may name. Deploying checks diagrams against it."""

    operations: Mapping[str, Operation] = field(default_factory=dict)
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Domain functions of FEEL and their parameter names; their bodies come with each command's `Context`."""
    groups: frozenset[str] = frozenset()
    """Known candidate groups (roles and departments); empty means "do not check"."""
    grants: frozenset[tuple[str, str]] = frozenset()
    """(process id, operation) pairs an administrator has allowed beyond `Operation.processes`."""
    people: frozenset[str] = frozenset()
    """Ids of those who may be assignees; empty means "do not check"."""
    trade: Trade = field(default_factory=Trade)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a file, in words an analyst understands."""

    severity: Severity
    file: str
    element: str | None
    """BPMN / DMN element id, or a form field's key."""
    code: str
    """Stable, e.g. `unsupported-element`; the sentences are texts `finding.<code>` and `finding.<code>.remedy`."""
    params: Mapping[str, object] = field(default_factory=dict)
    name: str | None = None
    """What people call the element: its name in the diagram, the decision's name, the field's label."""


class Refused(Exception):
    """The files cannot be deployed; `findings` holds at least one error."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"{f.file}:{f.element}: {f.code} {dict(f.params)}" for f in findings))
        self.findings = tuple(findings)


# ------------------------------------------------------------------ one command's surroundings
@dataclass(frozen=True, slots=True)
class Call:
    """A local operation asked for by a service, send, or message-throwing element."""

    operation: str
    element: str
    token: str
    inputs: Variables
    """The element's input mapping, evaluated."""
    headers: Mapping[str, str]


class BpmnError(Exception):
    """An operation's expected failure: caught by an error boundary event with this code, else an incident."""

    def __init__(self, code: str, variables: Variables | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.variables = dict(variables or {})


@dataclass(frozen=True, slots=True)
class Context:
    """`now` is the command's. `perform` runs a local operation and returns its result variables.
    `functions` are the FEEL functions of `Registry.functions`, bound to this command."""

    now: datetime
    perform: Callable[[Call], Variables]
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    passing: tuple[type[Exception], ...] = ()
    """What `perform` may raise that is the moment's fault and not the diagram's (a lock, a lost connection): it passes
    through the engine as it is, so that the command can be tried again. Anything else becomes a Fault."""


# ------------------------------------------------------------------ commands the engine applies
@dataclass(frozen=True, slots=True)
class CompleteTask:
    task_id: str
    variables: Variables


@dataclass(frozen=True, slots=True)
class DeliverMessage:
    name: str
    key: str | None
    variables: Variables


@dataclass(frozen=True, slots=True)
class FireTimers:
    """Fire every timer due at `Context.now`, in order of due time; of these only `only`, where it is given (ids of
    timers: a timer whose firing failed is held back until its incident is retried)."""

    only: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class CompleteJob:
    task_id: str
    variables: Variables


@dataclass(frozen=True, slots=True)
class ThrowError:
    """An external job failed with a code that the diagram may catch."""

    task_id: str
    code: str
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reschedule:
    """New due times for waiting timers, by timer id."""

    due: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Recompute:
    """An operation has moved a limit: the instance's variables hold its new times, and date timers and due dates that
    read one of these variables follow."""

    variables: Variables


@dataclass(frozen=True, slots=True)
class Redate:
    """The calendar has changed: an open task's due and follow-up times are evaluated once more. The context's `now` and
    functions are those of the moment when the task opened."""

    task_id: str


@dataclass(frozen=True, slots=True)
class SetVariables:
    """Written to the instance's scope by an authorised person or an action (an extension's new limit)."""

    variables: Variables


@dataclass(frozen=True, slots=True)
class Modify:
    """Repair by an authorised person: cancel tokens, start new ones before elements."""

    cancel_tokens: tuple[str, ...] = ()
    start_before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArmNew:
    """After a migration: boundary events and starts of event sub-processes that the new diagram adds begin to wait
    where their activity is open or their scope runs. One that the old diagram had is left as it is."""

    elements: frozenset[Place]


@dataclass(frozen=True, slots=True)
class Cancel:
    pass


EngineCommand = (
    CompleteTask
    | DeliverMessage
    | DeliverSignal
    | FireTimers
    | CompleteJob
    | ThrowError
    | Reschedule
    | Recompute
    | Redate
    | SetVariables
    | Modify
    | ArmNew
    | Cancel
)


class NotOpen(Exception):
    """The task, job, timer or message subscription that the command names is not (or no longer) open."""


class Fault(Exception):
    """An expression or operation failed. Nothing of the command happened; the caller records an incident."""

    def __init__(self, element: str | None, message: str, data: Variables | None = None) -> None:
        super().__init__(f"{element}: {message}")
        self.element = element
        self.message = message
        self.data = dict(data or {})


# ------------------------------------------------------------------ what came out
class Status(StrEnum):
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one token, in the order it happened: enough to draw the diagram at any second.

    A token stands at its element from its first step (entered; for boundary events and the starts of event
    sub-processes waiting) to completed or cancelled; `fired` comes before completed."""

    element: str
    token: str
    scope: str | None
    """The token of the enclosing sub-process or call activity; None at the top."""
    state: Literal["entered", "waiting", "completed", "cancelled", "fired"]
    process: str
    """Id of the process the element is drawn in."""
    cause: str | None = None
    """What made it, an element's id. entered: the sequence flow, or the start event of an event sub-process, or the
    message that started the instance; of each instance of a multi-instance activity, whose tokens stand inside the
    activity's own, that activity. fired: the message, or what threw the error, escalation or signal. cancelled: the
    event that interrupted or came first, or the multi-instance activity that had enough.
    Or `reschedule` (waiting, with the new due time), `modify`, `cancel`: a command."""
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenTask:
    task_id: str
    element: str
    process: str
    form_id: str | None
    groups: tuple[str, ...]
    users: tuple[str, ...]
    assignee: str | None
    due: datetime | None
    follow_up: datetime | None
    priority: int
    """0 to 100, 50 unless the diagram says otherwise."""


@dataclass(frozen=True, slots=True)
class OpenTimer:
    timer_id: str
    element: str
    process: str
    due: datetime


@dataclass(frozen=True, slots=True)
class OpenWait:
    """A subscription: the instance waits for this message."""

    wait_id: str
    element: str
    process: str
    name: str
    key: str | None


@dataclass(frozen=True, slots=True)
class OpenJob:
    """An external operation that waits for its worker."""

    task_id: str
    element: str
    process: str
    operation: str
    inputs: Variables
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Surface:
    """What others can act on, by id."""

    tasks: Mapping[str, OpenTask] = field(default_factory=dict)
    timers: Mapping[str, OpenTimer] = field(default_factory=dict)
    waits: Mapping[str, OpenWait] = field(default_factory=dict)
    jobs: Mapping[str, OpenJob] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VariableChange:
    scope: str | None
    """None: the instance's own; else the token that holds the local scope."""
    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that a business rule task asked for."""

    element: str
    token: str
    decision: str
    tables: tuple[TableTrace, ...]
    """Every table that took part, required decisions' first, with the rules that matched."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The instance after a command, run until nothing can go on without people, clocks or workers."""

    status: Status
    state: bytes | None
    """Compact and versioned; None once the instance is over."""
    steps: tuple[Step, ...]
    before: Surface
    after: Surface
    changes: tuple[VariableChange, ...]
    result: Variables = field(default_factory=dict)
    """E.g. the completed task's element, or which subscription took a message."""
    decided: tuple[Decided, ...] = ()
    signals: tuple[ThrownSignal, ...] = ()
