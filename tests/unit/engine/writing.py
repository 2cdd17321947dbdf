"""Writes small BPMN diagrams in the Camunda 8 dialect, and drives their instances: a test reads like a story."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import quoteattr

from app.workflow.engine import (
    Call,
    CompleteJob,
    CompleteTask,
    Context,
    DeliverMessage,
    EngineCommand,
    FireTimers,
    Moved,
    Operation,
    Registry,
    Status,
    Step,
    Surface,
    ThrowError,
    compile_bundle,
)

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)
FORMAL = 'xsi:type="bpmn:tFormalExpression"'


# ------------------------------------------------------------------ diagrams
def diagram(*parts: str) -> str:
    return HEAD + "".join(parts) + "</bpmn:definitions>"


def process(id: str, *nodes: str, flows: str, **attributes: str) -> str:
    executable = {"isExecutable": "true"} | attributes
    return f"<bpmn:process {_attributes(id=id, **executable)}>{''.join(nodes)}{sequence(flows, id)}</bpmn:process>"


def one(*nodes: str, flows: str, top: str = "") -> str:
    """A whole file with the one process `p`."""
    return diagram(top, process("p", *nodes, flows=flows))


def element(tag: str, id: str, inner: str = "", zeebe: str = "", **attributes: str) -> str:
    extension = f"<bpmn:extensionElements>{zeebe}</bpmn:extensionElements>" if zeebe else ""
    return f"<bpmn:{tag} {_attributes(id=id, name=id, **attributes)}>{extension}{inner}</bpmn:{tag}>"


def zeebe(tag: str, **attributes: str) -> str:
    return f"<zeebe:{tag} {_attributes(**attributes)}/>"


def mapping(inputs: Mapping[str, str] | None = None, outputs: Mapping[str, str] | None = None) -> str:
    rows = [zeebe("input", source=source, target=target) for target, source in (inputs or {}).items()]
    rows += [zeebe("output", source=source, target=target) for target, source in (outputs or {}).items()]
    return f"<zeebe:ioMapping>{''.join(rows)}</zeebe:ioMapping>"


def properties(**values: str) -> str:
    return (
        f"<zeebe:properties>{''.join(zeebe('property', name=k, value=v) for k, v in values.items())}</zeebe:properties>"
    )


def headers(**values: str) -> str:
    return (
        f"<zeebe:taskHeaders>{''.join(zeebe('header', key=k, value=v) for k, v in values.items())}</zeebe:taskHeaders>"
    )


def start(id: str = "s", inner: str = "", **attributes: str) -> str:
    return element("startEvent", id, inner, **attributes)


def end(id: str = "e", inner: str = "", zeebe: str = "") -> str:
    return element("endEvent", id, inner, zeebe)


def user(id: str, zeebe: str = "", inner: str = "") -> str:
    return element("userTask", id, inner, "<zeebe:userTask/>" + zeebe)


def service(id: str, operation: str = "work", more: str = "", tag: str = "serviceTask", inner: str = "") -> str:
    return element(tag, id, inner, zeebe("taskDefinition", type=operation) + more)


def script(id: str, expression: str, result: str) -> str:
    return element("scriptTask", id, "", zeebe("script", expression=expression, resultVariable=result))


def decision(id: str, name: str, result: str) -> str:
    return element("businessRuleTask", id, "", zeebe("calledDecision", decisionId=name, resultVariable=result))


def call(id: str, process_id: str, more: str = "", **attributes: str) -> str:
    return element("callActivity", id, "", zeebe("calledElement", processId=process_id, **attributes) + more)


def gateway(id: str, kind: str = "exclusive", **attributes: str) -> str:
    return element(f"{kind}Gateway", id, **attributes)


def catch(id: str, event: str, more: str = "") -> str:
    return element("intermediateCatchEvent", id, event, more)


def receive(id: str, message_id: str, more: str = "") -> str:
    return element("receiveTask", id, "", more, messageRef=message_id)


def boundary(id: str, host: str, event: str, interrupting: bool = True, more: str = "") -> str:
    cancel = str(interrupting).lower()
    return element("boundaryEvent", id, event, more, attachedToRef=host, cancelActivity=cancel)


def sub(id: str, *nodes: str, flows: str, more: str = "", **attributes: str) -> str:
    return element("subProcess", id, "".join(nodes) + sequence(flows, id), more, **attributes)


def event_sub(id: str, event: str, *nodes: str, flows: str, interrupting: bool = True, more: str = "") -> str:
    """Its start event is called `<id>_start`."""
    first = element("startEvent", f"{id}_start", event, more, isInterrupting=str(interrupting).lower())
    return sub(id, first, *nodes, flows=flows, triggeredByEvent="true")


def message(id: str, key: str | None = None) -> str:
    inner = (
        f"<bpmn:extensionElements>{zeebe('subscription', correlationKey=key)}</bpmn:extensionElements>" if key else ""
    )
    return f"<bpmn:message {_attributes(id=id, name=id)}>{inner}</bpmn:message>"


def error(id: str, code: str) -> str:
    return f"<bpmn:error {_attributes(id=id, name=id, errorCode=code)}/>"


def on_message(id: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="{id}"/>'


def on_error(id: str | None = None) -> str:
    return f'<bpmn:errorEventDefinition errorRef="{id}"/>' if id else "<bpmn:errorEventDefinition/>"


def on_timer(text: str, kind: str = "timeDuration") -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{kind} {FORMAL}>{_text(text)}</bpmn:{kind}></bpmn:timerEventDefinition>"


TERMINATE = "<bpmn:terminateEventDefinition/>"


def sequence(flows: str, prefix: str = "") -> str:
    """`a > b > c; g > x [=condition]; g > y [default]` with flow ids `<prefix>_a_b`."""
    out = ""
    for line in filter(None, (part.strip() for part in flows.split(";"))):
        path, _, condition = line.partition("[")
        ids = [part.strip() for part in path.split(">")]
        for source, target in pairwise(ids):
            text = condition.strip().removesuffix("]")
            inner = f"<bpmn:conditionExpression {FORMAL}>{_text(text)}</bpmn:conditionExpression>" if text else ""
            out += f'<bpmn:sequenceFlow id="{flow(source, target, prefix)}" sourceRef="{source}" targetRef="{target}">'
            out += f"{inner}</bpmn:sequenceFlow>"
    return out


def flow(source: str, target: str, prefix: str = "p") -> str:
    return f"{prefix}_{source}_{target}"


def _attributes(**values: str) -> str:
    return " ".join(f"{name}={quoteattr(value)}" for name, value in values.items())


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


# ------------------------------------------------------------------ instances
T0 = datetime(2026, 1, 5, 9, tzinfo=UTC)

REGISTRY = Registry(
    operations={
        "work": Operation("work", "local", ("*",)),
        "outside": Operation("outside", "external", ("*",)),
        "send_message": Operation("send_message", "local", ("*",), ("name", "key"), ("variables",)),
    },
)


class Story:
    """One instance and its clock. Every command goes through bytes."""

    def __init__(
        self, *files: str, registry: Registry = REGISTRY, more: Mapping[str, bytes] | None = None, **operations: Any
    ) -> None:
        named = {f"{n}.bpmn": text.encode() for n, text in enumerate(files)}
        self.compiled = compile_bundle(named | dict(more or {}), registry)
        self.now = T0
        self.operations = operations
        self.calls: list[Call] = []
        self.functions: dict[str, Any] = {}
        self.steps: list[Step] = []
        self.moved: Moved

    def context(self) -> Context:
        return Context(self.now, self._perform, self.functions)

    def _perform(self, call: Call) -> Mapping[str, Any]:
        self.calls.append(call)
        handler = self.operations.get(call.operation)
        return handler(call) if handler else {}

    # -------------------------------------------------------------- commands
    def start(
        self,
        variables: Mapping[str, Any] | None = None,
        process_id: str = "p",
        first_task: Mapping[str, Any] | None = None,
        at: str | None = None,
    ) -> "Story":
        return self._take(self.compiled.start(process_id, variables or {}, self.context(), first_task, at=at))

    def move(self, command: EngineCommand) -> "Story":
        assert self.moved.state is not None
        return self._take(self.compiled.move(self.moved.state, command, self.context()))

    def _take(self, moved: Moved) -> "Story":
        self.moved = moved
        self.steps += moved.steps
        return self

    def done(self, element: str, nth: int = 0, **variables: Any) -> "Story":
        return self.move(CompleteTask(self.task(element, nth), variables))

    def job_done(self, element: str, **variables: Any) -> "Story":
        return self.move(CompleteJob(self.job(element), variables))

    def job_failed(self, element: str, code: str, **variables: Any) -> "Story":
        return self.move(ThrowError(self.job(element), code, variables))

    def deliver(self, name: str, key: str | None = "k", **variables: Any) -> "Story":
        return self.move(DeliverMessage(name, key, variables))

    def after(self, **duration: float) -> "Story":
        """Time passes, due timers fire."""
        self.now += timedelta(**duration)
        return self.move(FireTimers())

    # -------------------------------------------------------------- looking
    @property
    def surface(self) -> Surface:
        return self.moved.after

    @property
    def open(self) -> list[str]:
        """Elements of open tasks and jobs."""
        return sorted(x.element for x in (*self.surface.tasks.values(), *self.surface.jobs.values()))

    @property
    def waits(self) -> list[tuple[str, str | None]]:
        return sorted((wait.name, wait.key) for wait in self.surface.waits.values())

    @property
    def timers(self) -> dict[str, datetime]:
        return {timer.element: timer.due for timer in self.surface.timers.values()}

    @property
    def over(self) -> bool:
        return self.moved.status is Status.COMPLETED

    @property
    def variables(self) -> dict[str, Any]:
        """The instance's; once it is over, what its changes add up to is gone with the state."""
        assert self.moved.state is not None
        return self.compiled.variables(self.moved.state)

    def seen_from(self, element: str, nth: int = 0) -> dict[str, Any]:
        assert self.moved.state is not None
        return self.compiled.variables(self.moved.state, self.task(element, nth))

    @property
    def written(self) -> dict[str, Any]:
        """The last command's changes of the instance's own variables."""
        return {change.name: change.new for change in self.moved.changes if change.scope is None}

    def task(self, element: str, nth: int = 0) -> str:
        return [task.task_id for task in self.surface.tasks.values() if task.element == element][nth]

    def job(self, element: str) -> str:
        return next(job.task_id for job in self.surface.jobs.values() if job.element == element)

    def trace(self, *states: str) -> list[str]:
        """`state element` of the last command's steps."""
        return [f"{s.state} {s.element}" for s in self.moved.steps if not states or s.state in states]
