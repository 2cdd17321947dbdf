"""The deadline board: who may see what is late, in which bucket an order stands, and many reminders at once."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select, update

from app.cases.models import TimeLimit, WorkOrder
from app.core.db import transaction
from app.lifecycle.deadline_board import day_ends
from app.messaging.models import Notice
from app.workflow import Runtime
from app.workflow.models import Outbox
from app.workflow.outbox import deliver_outbox

from .conftest import House, csrf_of
from .test_orders_page import dispatched


@pytest.fixture
def orders(house: House, runtime: Runtime) -> dict[str, UUID]:
    """Sanitation's order is an hour late; water's falls due before midnight."""
    dispatched(house)
    with transaction(runtime.sessions) as session:
        found = {order.department: order.id for order in session.scalars(select(WorkOrder))}
        set_due(runtime, session, found["sanitation"], timedelta(hours=-1))
        last_second = day_ends(runtime.clock.now(), runtime.zone) - timedelta(seconds=1) - runtime.clock.now()
        set_due(runtime, session, found["water"], last_second)
    return found


def set_due(runtime: Runtime, session: Any, order_id: UUID, span: timedelta, *, warned: bool = True) -> None:
    now = runtime.clock.now()
    due = now + span
    begun, warn = min(now, due) - timedelta(hours=9), min(now, due) - timedelta(hours=2) if warned else due
    values = {"started_at": begun, "warn_at": warn, "due_at": due, "escalate_at": due + timedelta(hours=9)}
    session.execute(update(TimeLimit).where(TimeLimit.order_id == order_id).values(values))


def counts(house: House, username: str, query: str = "") -> Any:
    return house.browser(username).get(f"/deadlines/pulse{query}").json["counts"]


@pytest.mark.feature("V01", "D12")
def test_late_today_and_soon_by_department(house: House, orders: dict[str, UUID], runtime: Runtime) -> None:
    found = counts(house, "supervisor")
    assert (found["OVERDUE"], found["TODAY"], found["SOON"]) == (1, 1, 0)
    assert (found["sanitation.OVERDUE"], found["water.TODAY"]) == (1, 1)
    with transaction(runtime.sessions) as session:
        set_due(runtime, session, orders["water"], timedelta(days=3))
    assert counts(house, "supervisor")["SOON"] == 1
    with transaction(runtime.sessions) as session:
        set_due(runtime, session, orders["water"], timedelta(days=3), warned=False)
        session.execute(
            update(TimeLimit).where(TimeLimit.order_id == orders["sanitation"]).values(pauses=[{"since": "x"}])
        )
    assert set(counts(house, "supervisor").values()) <= {0}, "neither warned of, nor counted while it is paused"


def test_the_page_lists_a_bucket_and_says_what_must_not_be_overlooked(house: House, orders: dict[str, UUID]) -> None:
    supervisor = house.browser("supervisor")
    whole = supervisor.get("/deadlines").text
    assert "callout--red" in whole
    assert set(re.findall(r'tr data-order="([^"]+)"', whole)) == {str(each) for each in orders.values()}
    late = supervisor.get("/deadlines?bucket=OVERDUE&department=sanitation").text
    assert re.findall(r'tr data-order="([^"]+)"', late) == [str(orders["sanitation"])]
    assert not re.findall(r"tr data-order", supervisor.get("/deadlines?bucket=TODAY&department=sanitation").text)
    elsewhere = house.browser("supervisor_dongcheng").get("/deadlines?district=jz/beishan").text
    assert "tr data-order" not in elsewhere
    assert house.browser("gas_head").get("/deadlines/pulse").json["ids"] == [], "a head sees the own department"
    assert house.browser("sanitation").get("/deadlines").status_code == 403
    assert supervisor.get("/deadlines?bucket=NONSENSE").status_code == 422


@pytest.mark.feature("V02", "V03")
def test_many_are_reminded_once_and_refusals_say_why(house: House, orders: dict[str, UUID], runtime: Runtime) -> None:
    supervisor, auditor = house.browser("supervisor"), house.browser("auditor")
    form = {
        "csrf_token": csrf_of(supervisor, "/deadlines"), "command_id": str(uuid4()), "text": "请今日办结",
        "order": [str(orders["sanitation"]), str(orders["water"])],
    }  # fmt: skip
    with runtime.sessions() as session:
        number = session.get_one(WorkOrder, orders["water"]).order_no
    house.person("supervisor").post(f"/orders/{number}/withdrawal", {"reason": "x"})
    for _ in range(2):  # the answer got lost, the page asks again
        answer = supervisor.post("/deadlines/reminders", data=form, follow_redirects=True).text
        assert "已催办 1 张工单" in answer
        assert f"工单 {number}" in answer, "the refused one is named"
    with runtime.sessions() as session:
        rows = session.scalars(select(Outbox.id).where(Outbox.kind == "notice", Outbox.state == "PENDING")).all()
    for row in rows:
        deliver_outbox(runtime, row)
    with runtime.sessions() as session:
        told = session.scalars(select(Notice).where(Notice.kind == "BY_HAND")).all()
    assert len({one.recipient for one in told}) == len(told) == 2, "the handler and the head, once"
    assert "1 次" in supervisor.get("/deadlines").text
    assert "尚未催办" in supervisor.post("/deadlines/reminders", data=form | {"text": " "}, follow_redirects=True).text
    refused = auditor.post("/deadlines/reminders", data=form | {"csrf_token": csrf_of(auditor, "/deadlines")})
    assert refused.status_code == 403


def test_the_board_asks_the_database_a_fixed_number_of_times(
    house: House, orders: dict[str, UUID], runtime: Runtime
) -> None:
    supervisor, asked = house.browser("supervisor"), []
    supervisor.get("/deadlines")
    event.listen(runtime.sessions.kw["bind"], "before_cursor_execute", lambda *args: asked.append(args[2]))
    supervisor.get("/deadlines/pulse")
    pulse, asked[:] = len(asked), []
    supervisor.get("/deadlines")
    page, asked[:] = len(asked), []
    dispatched(house)
    asked.clear()
    supervisor.get("/deadlines")
    assert pulse <= 8
    assert len(asked) <= page + 2, "more orders, not more questions"


@pytest.mark.feature("V02")
def test_programs_remind_too(house: House, orders: dict[str, UUID], runtime: Runtime) -> None:
    with runtime.sessions() as session:
        number = session.get_one(WorkOrder, orders["water"]).order_no
    assert house.person("supervisor").post(f"/orders/{number}/reminders", {"reason": "x"}).status_code == 204
    assert house.person("water").post(f"/orders/{number}/reminders", {"reason": "x"}).status_code == 403
