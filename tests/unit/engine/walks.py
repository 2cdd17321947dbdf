"""Random walks: the engine in memory, the engine through bytes at every step, and the oracle must agree all the way."""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.workflow.engine import (
    Call,
    Compiled,
    CompleteJob,
    CompleteTask,
    Context,
    DeliverMessage,
    DeliverSignal,
    EngineCommand,
    FireTimers,
    Step,
    Surface,
    ThrowError,
    compile_bundle,
    scopes,
)
from app.workflow.engine.commands import apply
from app.workflow.engine.instance import Instance
from app.workflow.engine.journal import Journal
from app.workflow.engine.surface import surface
from app.workflow.engine.types import SIGNAL
from tests.unit.engine.oracle_base import Option
from tests.unit.engine.oracle_scopes import whole
from tests.unit.engine.random_diagrams import Maker
from tests.unit.engine.writing import REGISTRY, T0

SECOND = timedelta(seconds=1)
VARIABLES = {"key": "k", "v0": 1, "v1": 2, "v2": 0}


@dataclass(frozen=True)
class View:
    """What can be seen at rest, without ids."""

    options: tuple[Option, ...]
    timers: tuple[tuple[str, str], ...]
    calls: tuple[str, ...]
    over: bool
    variables: tuple[tuple[str, Any], ...]


class InMemory:
    """The engine's own objects, never saved."""

    def __init__(self, compiled: Compiled) -> None:
        self.calls: list[str] = []
        self.now = T0
        self.compiled = compiled
        self.steps: list[Step] = []
        self.instance = Instance(compiled._specs["p"], dict(VARIABLES), self.journal())
        self.instance.begin()
        self.rest()

    def journal(self) -> Journal:
        return Journal.of(Context(self.now, self.perform))

    def perform(self, call: Call) -> dict[str, Any]:
        self.calls.append(call.element)
        return {}

    def rest(self) -> None:
        self.instance.run_to_rest()
        self.steps += self.instance.journal.steps

    def move(self, command: EngineCommand) -> None:
        self.instance.journal = self.journal()
        apply(command, self.instance)
        self.rest()

    def surface(self) -> Surface:
        return surface(self.instance)

    def view(self) -> View:
        return engine_view(self, self.calls, self.instance.completed, self.instance.variables or {})

    def keys(self) -> dict[str, str]:
        return keys_in(self.instance)

    def check_replay(self) -> None:
        """The steps so far, replayed, give exactly the tokens that live."""
        live: dict[str, str] = {}
        for step in self.steps:
            if step.state in ("completed", "cancelled"):
                del live[step.token]
            else:
                live[step.token] = step.element
        tokens = {t.id: t.element for run in self.instance.runs() for t in run.tasks.values()}
        assert live == tokens


class Stored:
    """The same through `Compiled`: loaded and dumped for every command."""

    def __init__(self, compiled: Compiled) -> None:
        self.calls: list[str] = []
        self.now = T0
        self.compiled = compiled
        self.moved = compiled.start("p", VARIABLES, self.context())
        self.variables: dict[str, Any] = {}
        self.note()

    def context(self) -> Context:
        return Context(self.now, self.perform)

    def perform(self, call: Call) -> dict[str, Any]:
        self.calls.append(call.element)
        return {}

    def note(self) -> None:
        self.variables |= {c.name: c.new for c in self.moved.changes if c.scope is None}

    def move(self, command: EngineCommand) -> None:
        assert self.moved.state is not None
        before = self.moved.after
        self.moved = self.compiled.move(self.moved.state, command, self.context())
        assert self.moved.before == before
        self.note()

    def surface(self) -> Surface:
        return self.moved.after

    def view(self) -> View:
        return engine_view(self, self.calls, self.moved.state is None, self.variables)

    def keys(self) -> dict[str, str]:
        return {} if self.moved.state is None else keys_in(self.compiled._read(self.moved.state))


def keys_in(instance: Instance) -> dict[str, str]:
    """The `key` that each token sees."""
    return {
        token.id: scopes.visible(scopes.chain(token))["key"] for run in instance.runs() for token in run.tasks.values()
    }


def engine_view(engine: InMemory | Stored, calls: list[str], over: bool, variables: dict[str, Any]) -> View:
    now, keys = engine.surface(), engine.keys()
    options = [("task", task.element, keys[task.task_id]) for task in now.tasks.values()]
    options += [("job", job.element, keys[job.task_id]) for job in now.jobs.values()]
    for wait in now.waits.values():
        signal = wait.name.startswith(SIGNAL)
        options.append(
            ("signal", wait.element, keys[wait.wait_id]) if signal else ("message", wait.name, wait.key or "")
        )
    timers = [(timer.due.isoformat(), timer.element) for timer in now.timers.values()]
    return make_view(options, timers, calls, over, variables)


def make_view(options: Any, timers: Any, calls: list[str], over: bool, variables: dict[str, Any]) -> View:
    return View(
        tuple(sorted(options)),
        tuple(sorted(timers)),
        tuple(sorted(calls)),
        over,
        tuple(sorted((name, _plain(value)) for name, value in variables.items() if name != "key")),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_plain(each) for each in value)
    return None if value is None else int(value)


class Expected:
    """The oracle's instance."""

    def __init__(self, maker: Maker) -> None:
        self.variables: dict[str, Any] = dict(VARIABLES)
        self.top = whole(maker.block, T0, self.variables)
        self.world = self.top.place.world

    def options(self) -> list[Option]:
        return sorted(option for option, _ in self.top.options())

    def act(self, option: Option, payload: dict[str, Any]) -> None:
        run = next(run for offered, run in self.top.options() if offered == option)
        run.act(option, payload)
        self.top.settle()

    def pass_time(self, by: timedelta) -> None:
        self.world.now += by
        while due := [timer for timer in self.top.timers() if timer[0] <= self.world.now]:
            _, name, run = min(due, key=lambda timer: timer[0])
            run.act(("timer", name, ""), {})
            self.top.settle()

    def view(self) -> View:
        shown = [option for option in self.options() if option[0] != "fail"]
        timers = [(due.isoformat(), name) for due, name, _ in self.top.timers()]
        return make_view(shown, timers, self.world.calls, self.top.over, self.variables)


def command_for(option: Option, engine: InMemory | Stored, payload: dict[str, Any]) -> EngineCommand:
    kind, name, key = option
    now, keys = engine.surface(), engine.keys()
    if kind == "task":
        found = (t.task_id for t in now.tasks.values() if t.element == name and keys[t.task_id] == key)
        return CompleteTask(next(found), payload)
    if kind == "message":
        return DeliverMessage(name, key, payload)
    if kind == "signal":
        waits = (w for w in now.waits.values() if w.element == name and keys[w.wait_id] == key)
        return DeliverSignal(next(w.wait_id for w in waits if w.name.startswith(SIGNAL)), payload)
    job = next(j.task_id for j in now.jobs.values() if j.element == name and keys[j.task_id] == key)
    return ThrowError(job, "x", {}) if kind == "fail" else CompleteJob(job, payload)


def walk(seed: int, length: int = 60) -> Counter[str]:
    """One random diagram, one random schedule. Raises AssertionError where the three part; counts what was done."""
    maker = Maker(seed)
    compiled = compile_bundle({"p.bpmn": maker.text().encode()}, REGISTRY)
    chance = random.Random(seed)  # noqa: S311 repeatable
    memory, stored, expected = InMemory(compiled), Stored(compiled), Expected(maker)
    done: Counter[str] = Counter(walks=1)
    for n in range(length):
        compare(seed, n, memory, stored, expected)
        options: list[Option] = expected.options()
        timers = list(expected.top.timers())
        if expected.top.over or not (options or timers):
            done["ended"] += expected.top.over
            break
        if timers and (not options or chance.random() < 0.15):
            by = timedelta(seconds=chance.randint(500, 60_000))
            expected.pass_time(by)
            for engine in (memory, stored):
                engine.now += by
                engine.move(FireTimers())
            done["clock"] += 1
            continue
        expected.world.now += SECOND  # what is opened by different commands is due at different times
        for engine in (memory, stored):
            engine.now += SECOND
        option = chance.choice(options)
        payload = {} if option[0] == "fail" else {f"v{n % 3}": chance.randint(0, 20)}
        expected.act(option, payload)
        for engine in (memory, stored):
            engine.move(command_for(option, engine, payload))
        done[option[0]] += 1
    return done


def compare(seed: int, n: int, memory: InMemory, stored: Stored, expected: Expected) -> None:
    views = {"oracle": expected.view(), "memory": memory.view(), "stored": stored.view()}
    if len(set(views.values())) > 1:
        raise AssertionError(f"seed {seed}, step {n}: " + "\n".join(f"{who}: {view}" for who, view in views.items()))
    memory.check_replay()
