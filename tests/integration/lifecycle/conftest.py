"""A city at work in simulated time: the shipped diagrams and forms, the demo city, and people who do their tasks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy.orm import Session

from app import lifecycle, workflow
from app.cases import queries
from app.cases.models import CaseFile, WorkOrder
from app.city import load_demo_city
from app.core.clock import SimulatedClock
from app.core.db import Sessions, make_engine, make_sessions
from app.core.i18n import load_texts
from app.core.ids import new_id
from app.identity import OPERATOR, SEED, Actor, actor_of_user
from app.wiring import register
from app.workflow import Runtime, TaskView

ROOT = Path(__file__).parents[3]
ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=ZONE)
REPORT: Mapping[str, Any] = {
    "incident_summary": "垃圾桶满溢",
    "detailed_content": "东门外三个垃圾桶两天未清运，污水流到路面。",
    "district": "jz/dongcheng",
    "address": "书院路 88 号",
    "kind": "EVENT",
    "category": "CITY_APPEARANCE_AND_SANITATION",
    "sub_category": "OVERFLOWING_BIN",
    "service_type": "COMPLAINT",
    "caller_name": "王丽华",
    "caller_phone": "13800136721",
    "channel": "PHONE",
    "incident_source": "PUBLIC",
    "reply_wish": "PHONE",
    "urgency": "NORMAL",
    "origin": "PUBLIC_HOTLINE",
}


def shipped_files() -> dict[str, bytes]:
    files = [*ROOT.glob("processes/**/*.bpmn"), *ROOT.glob("processes/**/*.dmn"), *ROOT.glob("forms/*.form")]
    return {str(file.relative_to(ROOT)): file.read_bytes() for file in files}


@dataclass
class Desk:
    """The whole office: `as_(username)` acts, `at` moves the clock, and everything due happens on the way."""

    runtime: Runtime
    clock: SimulatedClock
    report: Mapping[str, Any] = field(default_factory=lambda: dict(REPORT))

    def person(self, username: str) -> Actor:
        with self.session() as session:
            return actor_of_user(session, username)

    def session(self) -> Session:
        return self.runtime.sessions()

    def settle(self) -> None:
        workflow.settle(self.runtime)

    def until(self, instant: datetime) -> None:
        workflow.settle(self.runtime, instant)

    def wait(self, **span: float) -> None:
        self.until(self.clock.now() + timedelta(**span))

    def given_report(self, username: str = "agent", **values: Any) -> lifecycle.Registered:
        made = lifecycle.register(self.runtime, {**REPORT, **values}, actor=self.person(username))
        self.settle()
        return made

    def tasks(self, case_id: UUID) -> dict[str, TaskView]:
        """Open tasks of the case and its orders by element; of several departments as `element:department`."""
        with self.session() as session:
            orders = {o.order.id: o.order.department for o in queries.orders_of(session, case_id)}
            found = {task.element: task for task in workflow.tasks_of(session, case_id)}
            for order_id, department in orders.items():
                for task in workflow.tasks_of(session, order_id):
                    found[f"{task.element}:{department}"] = task
        return found

    def do(self, username: str, case_id: UUID, element: str, **values: Any) -> None:
        task = self.tasks(case_id)[element]
        lifecycle.complete_task(self.runtime, task.task_id, values, actor=self.person(username))
        self.settle()

    def handle(self, username: str, case_id: UUID, **report: Any) -> None:
        """A department signs, handles and reports back at this moment."""
        self.do(username, case_id, f"sign:{username}", decision="SIGN")
        for element in ("on_site", "inspect", "handle"):
            values = {
                "on_site": {"danger": "CONTAINED"},
                "inspect": {"finding": "CONFIRMED", "inspection_note": "属实"},
            }
            if f"{element}:{username}" in self.tasks(case_id):
                self.do(username, case_id, f"{element}:{username}", **values.get(element, {}))
        self.do(
            username,
            case_id,
            f"report_back:{username}",
            result_text="已处理完毕",
            responsible_person="梁玉珍",
            **report,
        )

    def given_dispatched(self, assist: Sequence[str] = ()) -> lifecycle.Registered:
        """An overflowing bin, filed and dispatched to sanitation, perhaps with assistants."""
        made = self.given_report()
        self.do("supervisor", made.case_id, "judge", judgement="FILE")
        self.dispatch(made.case_id, "sanitation", assist)
        return made

    def dispatch(self, case_id: UUID, lead: str, assist: Sequence[str] = (), method: str = "FILE_CASE") -> None:
        values = {"method": method, "lead_department": lead, "assist_departments": list(assist)}
        self.do("supervisor", case_id, "dispatch", **values)

    def reply_and_wait(self, case_id: UUID) -> None:
        """Verified, answered, and the return visit has become due."""
        self.do("supervisor", case_id, "verify", verification="PASSED")
        self.do("agent", case_id, "reply", reply_way="PHONE", reply_text="已处理")
        self.wait(days=5)

    def finish(self, case_id: UUID) -> None:
        self.handle("sanitation", case_id)
        self.reply_and_wait(case_id)
        self.do("agent", case_id, "return_visit", visit_result="VERY_SATISFIED", resolved="SOLVED")

    def case(self, case_id: UUID) -> CaseFile:
        with self.session() as session:
            case = session.get(CaseFile, case_id)
            assert case is not None
            return case

    def orders(self, case_id: UUID) -> list[WorkOrder]:
        with self.session() as session:
            return [view.order for view in queries.orders_of(session, case_id)]


@pytest.fixture
def shipped() -> dict[str, bytes]:
    return shipped_files()


@pytest.fixture(scope="session")
def city_template(postgres_url: str) -> str:
    """A database with the demo city and the shipped bundle, made once; each test works on a copy of it."""
    name = "citydesk_city"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template citydesk_template")
    engine = make_engine(postgres_url.replace("/postgres?", f"/{name}?"))
    runtime = runtime_of(make_sessions(engine), SimulatedClock(MONDAY - timedelta(days=30)))
    with runtime.sessions.begin() as session:
        load_demo_city(session, SEED, runtime.clock.now())
        workflow.deploy(session, shipped_files(), actor=OPERATOR, now=runtime.clock.now(), registry=runtime.registry)
    engine.dispose()
    return name


@pytest.fixture
def desk(postgres_url: str, city_template: str) -> Iterator[Desk]:
    name = f"t_{new_id().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {city_template}")
        engine = make_engine(postgres_url.replace("/postgres?", f"/{name}?").replace("postgres@", "citydesk_app@"))
        clock = SimulatedClock(MONDAY)
        yield Desk(runtime_of(make_sessions(engine), clock), clock)
        engine.dispose()
        connection.execute(f"drop database {name} with (force)")


def runtime_of(sessions: Sessions, clock: SimulatedClock) -> Runtime:
    load_texts(ROOT / "app")
    runtime = Runtime(sessions, clock, zone=ZONE)
    register(runtime)
    return runtime
