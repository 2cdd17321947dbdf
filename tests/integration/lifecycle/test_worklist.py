"""What people have to do, in the order of the limits of the cases and orders."""

from datetime import datetime, timedelta
from uuid import UUID

from app.cases.models import TimeLimit
from app.core.db import transaction
from app.lifecycle.worklist import worklist
from tests.integration.lifecycle.conftest import Desk


def test_the_list_follows_the_limits(desk: Desk) -> None:
    """Whose limit comes to be due earlier overtakes; while its limit is paused a task goes by its own due time."""
    first = desk.given_dispatched()
    desk.wait(minutes=10)
    second = desk.given_dispatched()
    assert order(desk) == [first.case_no, second.case_no]
    soon = desk.clock.now() + timedelta(minutes=1)
    change(desk, second.case_id, due_at=soon, warn_at=soon)
    assert order(desk) == [second.case_no, first.case_no]
    change(desk, second.case_id, pauses=[{"from": soon.isoformat(), "until": None}])
    assert order(desk) == [first.case_no, second.case_no]
    change(desk, second.case_id, pauses=[{"from": soon.isoformat(), "until": soon.isoformat()}])
    assert order(desk) == [second.case_no, first.case_no]


def order(desk: Desk) -> list[str | None]:
    with desk.session() as session:
        items, _ = worklist(desk.runtime, session, desk.person("sanitation"))
    act_by = [item.task.act_by for item in items]
    assert act_by == sorted(due for due in act_by if due)
    return [item.case.case_no for item in items if item.case]


def change(desk: Desk, case_id: UUID, **values: datetime | list[dict[str, str | None]]) -> None:
    """Of the order's limit, as an extension or a pause will."""
    with transaction(desk.runtime.sessions) as session:
        for limit in session.query(TimeLimit).where(TimeLimit.case_id == case_id, TimeLimit.ended_at.is_(None)):
            if limit.order_id is not None:
                for name, value in values.items():
                    setattr(limit, name, value)
