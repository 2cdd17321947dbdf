"""What the order itself knows of its case and its limits, so that boards need not ask them: kept by the database in
the same transaction, whichever command changes what it follows from."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app import lifecycle
from app.core.clock import NEVER
from app.lifecycle import PauseKind
from app.lifecycle.order_board import Column

pytestmark = [pytest.mark.feature("D12"), pytest.mark.feature("Q01")]

ALL = """
select o.id, o.place, o.confidential, o.due_at, o.warn_at, o.state, o.ended_at, c.rework_count, c.stage,
       c.ended_at as case_ended, c.confidential as of_case,
       (select array_agg(row(l.due_at, l.warn_at)::text order by l.id) from time_limit l
         where l.order_id = o.id and l.ended_at is null) as running,
       (select min(l.due_at) from time_limit l where l.order_id = o.id and l.ended_at is null) as due,
       (select min(l.warn_at) from time_limit l where l.order_id = o.id and l.ended_at is null) as warn
  from work_order o join case_file c on c.id = o.case_id
"""


def expected_place(row) -> str | None:
    if row.ended_at is not None:
        waits = row.state == "REPORTED_BACK" and row.case_ended is None and row.stage != "RETURN_VISIT_EVALUATION"
        return Column.REPORTED if waits else None
    if row.state in ("EXTENSION_PENDING", "RETURN_PENDING", "SHELVED", "SUSPENDED"):
        return Column.PENDING
    if row.rework_count:
        return Column.REWORK
    return Column.SIGN if row.state == "DISPATCHED" else Column.HANDLING


def places(desk) -> list[str | None]:
    """Of every order there is; each column is what it follows from."""
    with desk.session() as session:
        rows = session.execute(text(ALL)).all()
    for row in rows:
        assert row.place == expected_place(row)
        assert row.confidential == row.of_case
        assert row.due_at == (row.due or NEVER)
        assert row.warn_at == (row.warn or NEVER)
    return [row.place for row in rows]


def test_an_order_knows_its_column_and_its_due_time(desk) -> None:
    case_id = desk.given_dispatched().case_id
    assert places(desk) == [Column.SIGN]
    desk.do("sanitation", case_id, "sign:sanitation", decision="SIGN")
    assert places(desk) == [Column.HANDLING]
    (order,) = desk.orders(case_id)
    before = order.due_at
    lifecycle.ask_pause(
        desk.runtime, order.id, PauseKind.SUSPEND, reason="等待", until=desk.clock.now() + timedelta(days=9),
        actor=desk.person("supervisor"),
    )  # fmt: skip
    desk.settle()
    assert places(desk) == [Column.PENDING]
    (order,) = desk.orders(case_id)
    assert before < NEVER
    assert order.due_at == NEVER, "it stands still, so nobody is late"


def test_a_rework_and_the_end_of_the_case_move_its_orders(desk) -> None:
    case_id = desk.given_dispatched().case_id
    desk.handle("sanitation", case_id)
    assert places(desk) == [Column.REPORTED]
    desk.do("supervisor", case_id, "verify", verification="REWORK", verification_note="照片与地址不符")
    assert Column.REWORK in places(desk)
    desk.finish(case_id)
    assert set(places(desk)) == {None}
