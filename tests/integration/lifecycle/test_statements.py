"""How often each thing people do goes to the database: fixed upper bounds, so that no query slips in unseen."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from app import lifecycle
from app.workflow import driver

Counted = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def counted(desk, monkeypatch: pytest.MonkeyPatch) -> Counted:
    """`with counted() as statements:` gathers what the driver sends, whoever asks it to, BEGIN and COMMIT left out."""
    sent: list[str] = []
    in_one_trip = driver.in_one_trip

    def counting(raw: Any, messages: Sequence[driver.Message]) -> Any:
        sent.extend(message.text for message in messages if message.text.startswith("advance"))
        return in_one_trip(raw, messages)

    monkeypatch.setattr(driver, "in_one_trip", counting)

    class Counting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **named: Any) -> Any:
            sent.append(str(query))
            return super().execute(query, *args, **named)

        def executemany(self, query: Any, *args: Any, **named: Any) -> Any:
            sent.append(str(query))
            return super().executemany(query, *args, **named)

    engine = desk.runtime.sessions.kw["bind"]
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "cursor_factory", Counting))
    engine.dispose()

    @contextmanager
    def gather() -> Iterator[list[str]]:
        sent.clear()
        yield sent

    return gather


MOST: Mapping[str, int] = {
    "register": 11, "claim": 3, "judge": 10, "dispatch to two": 23, "sign": 9, "handle": 4, "report_back": 7,
    "verify": 6, "reply": 12, "return_visit": 14,
}  # fmt: skip
"""Lock, write and what follows the commit included; `register` looks for photos that came while it was written. The
first of a kind may read a calendar or form once a process."""


def test_work_on_a_case(desk, counted) -> None:
    desk.finish(desk.given_dispatched().case_id)  # whatever a process reads once is read
    found: dict[str, list[str]] = {}

    def do(name: str, username: str, element: str, **values: Any) -> None:
        task, actor = desk.tasks(made.case_id)[element], desk.person(username)
        with counted() as statements:
            lifecycle.complete_task(desk.runtime, task.task_id, values, actor=actor)
        found[name] = list(statements)
        desk.settle()

    agent, supervisor = desk.person("agent"), desk.person("supervisor")
    with counted() as statements:
        made = lifecycle.register(desk.runtime, desk.report, actor=agent)
    found["register"] = list(statements)
    do("judge", "supervisor", "judge", judgement="FILE")
    task = desk.tasks(made.case_id)["dispatch"]
    with counted() as statements:
        lifecycle.claim(desk.runtime, task.task_id, actor=supervisor)
    found["claim"] = list(statements)
    do("dispatch to two", "supervisor", "dispatch", method="FILE_CASE", lead_department="sanitation",
       assist_departments=["enforcement"])  # fmt: skip
    for department in ("sanitation", "enforcement"):
        do("sign", department, f"sign:{department}", decision="SIGN")
        do("handle", department, f"handle:{department}")
        do("report_back", department, f"report_back:{department}", result_text="已清运", responsible_person="梁玉珍")
    do("verify", "supervisor", "verify", verification="PASSED")
    do("reply", "agent", "reply", reply_way="PHONE", reply_text="已清运")
    desk.wait(days=5)
    do("return_visit", "agent2", "return_visit", visit_result="SATISFIED", resolved="SOLVED")

    print({name: len(sent) for name, sent in found.items()})
    over = {name: sent for name, sent in found.items() if len(sent) > MOST[name]}
    assert over == {}
    assert found.keys() == MOST.keys()
