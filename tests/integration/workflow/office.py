"""A runtime with a simulated clock over a real database, and verbs to drive it, so that a test reads like a story."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app import audit, workflow
from app.core.clock import SimulatedClock
from app.core.db import Sessions
from app.core.ids import new_id
from app.identity.actors import SEED, Actor, Grant, Role
from app.workflow import Call, Command, FirstTask, OnInstance, Operation, OutboxRow, Result, Runtime, Started, TaskView
from tests.unit.engine.writing import (
    boundary,
    diagram,
    end,
    message,
    on_timer,
    process,
    receive,
    service,
    start,
    user,
    zeebe,
)

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
FANG = Actor(UUID(int=101), "王芳", (Grant(Role.AGENT),))
LEI = Actor(UUID(int=102), "李雷", (Grant(Role.SHIFT_SUPERVISOR),))
ANA = Actor(UUID(int=103), "Ana", (Grant(Role.ANALYST),))

AGENTS = zeebe("assignmentDefinition", candidateGroups="agent")
LETTER = message("letter", "=key")

DESK = diagram(
    LETTER,
    process(
        "desk",
        start(),
        user("note", AGENTS),
        service("stamp", "stamp"),
        user("check", AGENTS),
        boundary("late", "check", on_timer("PT1H")),
        user("hurry", AGENTS),
        receive("answer", "letter"),
        end(),
        flows="s > note > stamp > check > answer > e; late > hurry > answer",
    ),
)
"""note → stamp (local operation) → check, at most an hour, else hurry → wait for the letter → end."""


class Office:
    """One database, one runtime."""

    def __init__(self, sessions: Sessions, *diagrams: str, clock: datetime = MONDAY) -> None:
        self.clock = SimulatedClock(clock)
        self.runtime = Runtime(sessions, self.clock)
        self.calls: list[tuple[str, str]] = []
        self.delivered: list[OutboxRow] = []
        self.fail: str | None = None
        """While set, the operation `stamp` fails with this sentence."""
        self.runtime.operation(Operation("stamp", "local", ("*",)), self._stamp)
        self.runtime.operation(Operation("ring", "local", ("*",)), self._ring)
        self.runtime.operation(Operation("outside", "external", ("*",)))
        self.runtime.operation(Operation("send_message", "local", ("*",), ("name", "key"), ("variables",)), self._send)
        self.runtime.outbox("bell", lambda _, row: self.delivered.append(row))
        self.runtime.outbox("message", workflow.deliver_sent)
        self.runtime.outbox("signal", workflow.deliver_signal)
        self.deploy(*(diagrams or (DESK,)))

    # ------------------------------------------------------------------ operations
    def _stamp(self, session: Any, call: Call, on: OnInstance) -> dict[str, Any]:
        self.calls.append((call.operation, call.element))
        if self.fail:
            raise ValueError(self.fail)
        return {"stamped": True}

    def _ring(self, session: Any, call: Call, on: OnInstance) -> dict[str, Any]:
        on.emit("bell", {"element": call.element}, f"{on.instance_id}:{call.element}")
        return {}

    def _send(self, session: Any, call: Call, on: OnInstance) -> dict[str, Any]:
        inputs = call.inputs
        workflow.send(on, inputs["name"], inputs["key"], inputs.get("variables"))
        return {}

    # ------------------------------------------------------------------ verbs
    def deploy(self, *diagrams: str, replace_all: bool = False) -> workflow.Bundle:
        files = {f"processes/{n}-{len(text)}.bpmn": text.encode() for n, text in enumerate(diagrams)}
        with self.runtime.sessions.begin() as session:
            return workflow.deploy(
                session, files, actor=ANA, now=self.clock.now(), registry=self.runtime.registry, replace_all=replace_all
            )  # fmt: skip

    def start(
        self, process_id: str = "desk", variables: Mapping[str, Any] | None = None, *, first: Any = None, **more: Any
    ) -> Started:
        given = {"actor": SEED, "now": self.clock.now(), "command_id": new_id(), **more}
        with self.runtime.sessions.begin() as session:
            begun = workflow.start(
                self.runtime, session, process_id, variables or {"key": "k1"},
                first_task=None if first is None else FirstTask(first), **given,
            )  # fmt: skip
        workflow.after_commit(self.runtime, session)
        return begun

    def task(self, instance_id: UUID, element: str | None = None) -> TaskView:
        with self.runtime.sessions() as session:
            query = text("select task_id, element from user_task where instance_id = :i order by created_at, task_id")
            rows = session.execute(query, {"i": instance_id}).all()
            found = [row.task_id for row in rows if element in (None, row.element)]
            assert found, f"{element} is not open, but {[row.element for row in rows]}"
            view = workflow.task(session, found[0])
        assert view is not None
        return view

    def open(self, instance_id: UUID) -> list[str]:
        query = "select element from user_task where instance_id = :i order by created_at, task_id"
        return [row.element for row in self.rows(query, i=instance_id)]

    def do(
        self, instance_id: UUID, kind: Any, actor: Actor = FANG, *, id: UUID | None = None, **content: Any
    ) -> Result:
        return workflow.execute(self.runtime, instance_id, Command(id or new_id(), kind, actor, content))

    def complete(self, instance_id: UUID, element: str | None = None, actor: Actor = FANG, **values: Any) -> Result:
        task = self.task(instance_id, element)
        return self.do(instance_id, "complete_task", actor, task_id=str(task.task_id), values=values)

    def deliver(self, name: str, key: str, dedupe: str | None = None, **payload: Any) -> workflow.Delivered:
        return workflow.deliver(self.runtime, name, key, payload, dedupe=dedupe or str(new_id()))

    def later(self, **duration: float) -> None:
        workflow.settle(self.runtime, self.clock.now() + timedelta(**duration))

    # ------------------------------------------------------------------ looking
    def rows(self, query: str, **params: Any) -> Sequence[Any]:
        with self.runtime.sessions() as session:
            return session.execute(text(query), params).all()

    def status(self, instance_id: UUID) -> str:
        return str(self.rows("select status from instance where id = :i", i=instance_id)[0].status)

    def history(self, instance_id: UUID) -> list[audit.HistoryRow]:
        with self.runtime.sessions() as session:
            return audit.read(session, instance_id)

    def kinds(self, instance_id: UUID) -> list[str]:
        return [row.kind for row in self.history(instance_id)]

    def incidents(self) -> list[workflow.IncidentView]:
        with self.runtime.sessions() as session:
            return workflow.incidents(session)

    def sound(self) -> bool:
        with self.runtime.sessions() as session:
            return audit.verify(session) == []


def together(count: int, action: Callable[[int], Any]) -> list[Any]:
    """Run `action(n)` in `count` threads at once; results, or the exceptions they raised."""
    import threading

    out: list[Any] = [None] * count
    gate = threading.Barrier(count)

    def work(n: int) -> None:
        gate.wait()
        try:
            out[n] = action(n)
        except Exception as error:
            out[n] = error

    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return out
