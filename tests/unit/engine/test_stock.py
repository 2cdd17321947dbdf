"""SpiffWorkflow 3.2.0 itself: left as it is, and why it is subclassed. When an upgrade makes one of these fail, look
whether our own way is still needed."""

import inspect
import pkgutil
import sys
from importlib import import_module
from types import FunctionType

import SpiffWorkflow
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.util.task import TaskState

import app.workflow.engine  # noqa: F401 loaded before the library is looked at
from tests.unit.engine.writing import (
    boundary,
    element,
    end,
    error,
    event_sub,
    gateway,
    message,
    on_error,
    on_message,
    one,
    start,
    sub,
)


def test_the_library_is_not_patched() -> None:
    """Every function found in a class or module of the library was written there."""
    foreign = []
    for info in pkgutil.walk_packages(SpiffWorkflow.__path__, "SpiffWorkflow."):
        if info.name in sys.modules:
            module = import_module(info.name)
            classes = [c for _, c in inspect.getmembers(module, inspect.isclass) if c.__module__ == info.name]
            for holder in [module, *classes]:
                for name, value in vars(holder).items():
                    function = getattr(value, "fget", None) or getattr(value, "__func__", value)
                    if isinstance(function, FunctionType) and function.__module__.startswith(("app", "tests")):
                        foreign.append(f"{holder.__name__}.{name}")
    assert foreign == []


class Stock:
    """The same situations in the library's own engine."""

    def __init__(self, text: str) -> None:
        parser = BpmnParser()
        parser.add_bpmn_str(text.encode())
        self.workflow = BpmnWorkflow(parser.find_all_specs()["p"], parser.get_subprocess_specs("p"))
        self.workflow.do_engine_steps()

    @property
    def open(self) -> list[str]:
        return sorted(t.task_spec.bpmn_id for t in self.workflow.get_tasks(state=TaskState.READY, manual=True))

    def done(self, name: str, **data: object) -> "Stock":
        tasks = self.workflow.get_tasks(state=TaskState.READY, manual=True)
        task = next(task for task in tasks if task.task_spec.bpmn_id == name)
        task.data.update(data)
        task.run()
        self.workflow.do_engine_steps()
        return self

    def send(self, name: str) -> "Stock":
        self.workflow.send_event(BpmnEvent(MessageEventDefinition(name), payload={}))
        self.workflow.do_engine_steps()
        return self


def task(name: str) -> str:
    return element("userTask", name)


def test_stock_fires_a_join_in_a_loop_early() -> None:
    text = one(
        start(),
        task("i"),
        gateway("g", "parallel"),
        task("a"),
        task("b"),
        gateway("h", "parallel"),
        gateway("x"),
        end(),
        flows="s > i > g; g > a > h; g > b > h; h > x; x > e [ok]; x > i [not ok]",
    )
    stock = Stock(text).done("i", ok=False).done("a").done("b").done("i").done("b")
    assert stock.open != ["a"]


def test_stock_tells_every_handler_of_an_error() -> None:
    def failing(n: str) -> str:
        return sub(n, start(f"{n}s"), task(f"{n}u"), end(f"{n}e", on_error("E")), flows=f"{n}s > {n}u > {n}e")

    text = one(
        start(),
        gateway("g", "parallel"),
        failing("A"),
        failing("B"),
        boundary("bA", "A", on_error("E")),
        boundary("bB", "B", on_error("E")),
        task("hA"),
        task("hB"),
        end(),
        end("e2"),
        flows="s > g; g > A > e; g > B > e; bA > hA > e2; bB > hB > e2",
        top=error("E", "x"),
    )
    assert Stock(text).done("Au").open == ["hA", "hB"]


def test_stock_ignores_that_an_event_sub_process_interrupts() -> None:
    handler = event_sub("R", on_message("m"), task("r"), end("re"), flows="R_start > r > re")
    assert Stock(one(start(), task("a"), end(), handler, flows="s > a > e", top=message("m"))).send("m").open == [
        "a",
        "r",
    ]


def test_stock_gives_one_message_to_every_catch() -> None:
    text = one(
        start(),
        gateway("g", "parallel"),
        element("receiveTask", "r1", messageRef="m"),
        element("receiveTask", "r2", messageRef="m"),
        task("u1"),
        task("u2"),
        end(),
        flows="s > g; g > r1 > u1 > e; g > r2 > u2 > e",
        top=message("m"),
    )
    assert Stock(text).send("m").open == ["u1", "u2"]
