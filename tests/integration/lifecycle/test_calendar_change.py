"""A changed calendar moves the open limits it counts for: rows, timers, tasks and history together, and once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app import audit, lifecycle
from app.audit.models import History
from app.cases.models import TimeLimit
from app.city import CalendarRules
from app.core.db import transaction
from app.lifecycle import PauseKind, calendar_change
from app.lifecycle.calendar_change import OUTBOX_KIND, change_calendar, recount_limits, recounted, recounting
from app.workflow import OutboxRow, deliver_outbox
from app.workflow.models import Instance, Outbox, Timer

from .conftest import ZONE

pytestmark = pytest.mark.feature("Q01")

MONDAY = date(2026, 11, 16)


def free(day: date) -> Callable[[CalendarRules], CalendarRules]:
    return lambda rules: replace(rules, off={**rules.off, day: "市运会"})


def working(day: date) -> Callable[[CalendarRules], CalendarRules]:
    return lambda rules: replace(rules, off={known: why for known, why in rules.off.items() if known != day})


def publish(desk, kind: str, owner: str, change: Callable[[CalendarRules], CalendarRules]) -> int:
    with transaction(desk.runtime.sessions) as session:
        _, count = change_calendar(
            session, kind, owner, change, reason="市运会放假", actor=desk.person("admin"), now=desk.clock.now()
        )
    return count


def limit(desk, case_id: UUID) -> TimeLimit:
    (order,) = desk.orders(case_id)
    with desk.session() as session:
        return session.scalars(
            select(TimeLimit).where(TimeLimit.order_id == order.id, TimeLimit.ended_at.is_(None))
        ).one()


def timers(desk, case_id: UUID) -> dict[str, datetime]:
    (order,) = desk.orders(case_id)
    with desk.session() as session:
        rows = session.scalars(select(Timer).where(Timer.instance_id == order.instance_id))
        return {row.element: row.due for row in rows}


def signed(desk, department: str = "municipal") -> UUID:
    case_id = desk.given_report().case_id
    desk.do("supervisor", case_id, "judge", judgement="FILE")
    desk.dispatch(case_id, department)
    desk.do(department, case_id, f"sign:{department}", decision="SIGN")
    return case_id


def test_everything_that_reads_the_limit_moves_and_the_history_says_why(desk) -> None:
    case_id = signed(desk)
    before = limit(desk, case_id)
    assert before.due_at.astimezone(ZONE).date() == MONDAY
    assert publish(desk, "city", "jz", free(MONDAY)) >= 1
    desk.settle()
    after = limit(desk, case_id)
    assert after.due_at.astimezone(ZONE) == datetime(2026, 11, 17, 15, 30, tzinfo=ZONE), "five hours of Tuesday"
    assert after.calendar_version == (before.calendar_version or 0) + 1
    moved = timers(desk, case_id)
    assert (moved["handle_warn"], moved["handle_due"], moved["handle_escalate"]) == (
        after.warn_at, after.due_at, after.escalate_at,
    )  # fmt: skip
    (task,) = [task for key, task in desk.tasks(case_id).items() if key.startswith("handle:")]
    assert task.due == after.due_at
    with desk.session() as session:
        told = lifecycle.history_of(desk.runtime, session, desk.case(case_id), desk.person("supervisor"), "en")
        assert recounted(session, after.calendar_id) == {after.calendar_version: 1}
        assert audit.verify(session) == []
    assert any("working calendar changed: 市运会放假" in str(row) and "instead of" in str(row) for row in told)
    publish(desk, "city", "jz", working(MONDAY))
    desk.settle()
    assert (limit(desk, case_id).due_at, limit(desk, case_id).warn_at) == (before.due_at, before.warn_at)


def test_a_department_that_gets_a_calendar_of_its_own_takes_its_open_limits_along(desk) -> None:
    case_id = signed(desk)
    before = limit(desk, case_id)
    assert publish(desk, "department", "water", free(MONDAY)) == 0
    assert publish(desk, "department", "municipal", free(MONDAY)) == 1
    desk.settle()
    after = limit(desk, case_id)
    assert after.calendar_id != before.calendar_id
    assert after.due_at > before.due_at
    assert publish(desk, "city", "jz", free(date(2026, 11, 17))) == 0
    assert limit(desk, case_id).due_at == after.due_at, "the city's calendar does not count for it any more"


def test_one_that_stands_still_goes_on_by_the_new_calendar(desk) -> None:
    case_id = signed(desk)
    (order,) = desk.orders(case_id)
    supervisor, until = desk.person("supervisor"), desk.clock.now() + timedelta(days=30)
    lifecycle.ask_pause(desk.runtime, order.id, PauseKind.SUSPEND, until=until, reason="等待", actor=supervisor)
    publish(desk, "city", "jz", free(date(2026, 11, 18)))
    desk.settle()
    desk.clock.move_to(datetime(2026, 11, 18, 10, 0, tzinfo=ZONE))
    lifecycle.resume_order(desk.runtime, order.id, reason="恢复", actor=supervisor)
    assert limit(desk, case_id).due_at.astimezone(ZONE).date() == date(2026, 11, 19), "Wednesday is free now"


def test_due_times_that_a_diagram_reckons_by_itself_follow_from_when_their_task_opened(desk) -> None:
    """`=deadline(4, "WORKING_HOUR")` on the supervisor's decision: no limit row tells how it came about."""
    case_id = signed(desk)
    (order,) = desk.orders(case_id)
    lifecycle.ask_extension(
        desk.runtime, order.id, value=Decimal(1), reason="人手不足", actor=desk.person("municipal")
    )  # fmt: skip
    task = desk.tasks(case_id)["decide_extension:municipal"]
    desk.wait(hours=1)
    publish(desk, "city", "jz", free(MONDAY))
    desk.settle()
    moved = desk.tasks(case_id)["decide_extension:municipal"]
    assert moved.task_id == task.task_id
    assert task.due.astimezone(ZONE) == datetime(2026, 11, 16, 14, 30, tzinfo=ZONE)
    assert moved.due.astimezone(ZONE) == datetime(2026, 11, 17, 14, 30, tzinfo=ZONE), "four hours of Tuesday"
    with desk.session() as session:
        told = lifecycle.history_of(desk.runtime, session, desk.case(case_id), desk.person("supervisor"), "zh-CN")
        assert audit.verify(session) == []
    assert any("任务“审批延期”：到期时间由2026-11-16 14:30改为2026-11-17 14:30" in str(row) for row in told)
    publish(desk, "city", "jz", free(date(2026, 12, 24)))
    desk.settle()
    with desk.session() as session:
        told = [
            row for row in audit.read(session, order.instance_id) if "task_due.decide_extension" in str(row.changes)
        ]
    assert len(told) == 1, "what stays due as it was hears nothing"


def test_a_job_that_begins_again_moves_nothing_twice(desk) -> None:
    case_id = signed(desk)
    publish(desk, "city", "jz", free(MONDAY))
    desk.settle()
    (order,) = desk.orders(case_id)
    with desk.session() as session:
        row = session.scalars(select(Outbox).where(Outbox.kind == OUTBOX_KIND)).one()
        again = OutboxRow(row.id, row.kind, row.body, row.dedupe, 2, None, None, row.created_at)
        rows = select(func.count()).where(History.stream == order.instance_id)
        known = session.scalar(rows)
    due = limit(desk, case_id).due_at
    recount_limits(desk.runtime, again)
    with desk.session() as session:
        assert session.scalar(rows) == known
        assert recounted(session, limit(desk, case_id).calendar_id) == {limit(desk, case_id).calendar_version: 1}
    assert limit(desk, case_id).due_at == due


def amendments(desk, case_id: UUID) -> int:
    (order,) = desk.orders(case_id)
    with desk.session() as session:
        return sum(row.kind == "amend" for row in audit.read(session, order.instance_id))


def test_limits_that_stay_due_as_they_were_are_reckoned_without_a_word_whoever_dies(
    desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [signed(desk) for _ in range(3)]
    before = limit(desk, cases[0])
    with transaction(desk.runtime.sessions) as session:
        row_id, total = change_calendar(
            session, "city", "jz", free(date(2026, 12, 24)), reason="市运会放假", actor=desk.person("admin"),
            now=desk.clock.now(),
        )  # fmt: skip

    def dies(*given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(calendar_change, "_note", dies)
        with pytest.raises(KeyboardInterrupt):
            deliver_outbox(desk.runtime, row_id)
    with transaction(desk.runtime.sessions) as session:
        session.execute(update(Outbox).where(Outbox.id == row_id).values(state="PENDING"))
    deliver_outbox(desk.runtime, row_id)
    after = [limit(desk, case_id) for case_id in cases]
    assert {each.calendar_version for each in after} == {(before.calendar_version or 0) + 1}
    assert after[0].due_at == before.due_at
    assert [amendments(desk, case_id) for case_id in cases] == [0, 0, 0]
    with desk.session() as session:
        assert recounted(session, before.calendar_id) == {(before.calendar_version or 0) + 1: total}


def test_a_limit_whose_order_somebody_is_working_on_is_reckoned_afterwards(desk) -> None:
    """Else what they do to the limit meanwhile would be reckoned by the old version and called the new one's."""
    case_id = signed(desk)
    before = limit(desk, case_id)
    publish(desk, "city", "jz", free(date(2026, 12, 24)))
    (order,) = desk.orders(case_id)
    with desk.session() as working:
        working.execute(select(Instance.id).where(Instance.id == order.instance_id).with_for_update())
        desk.settle()
        assert limit(desk, case_id).calendar_version == before.calendar_version
    desk.wait(minutes=1)
    assert limit(desk, case_id).calendar_version == (before.calendar_version or 0) + 1


def test_many_limits_take_turns_and_a_worker_that_dies_between_them_loses_and_doubles_nothing(
    desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [signed(desk) for _ in range(5)]
    before = limit(desk, cases[0])
    monkeypatch.setattr(calendar_change, "A_TURN", 2)
    monkeypatch.setattr(calendar_change, "_A_BEAT", 1)
    with transaction(desk.runtime.sessions) as session:
        row_id, total = change_calendar(
            session, "city", "jz", free(MONDAY), reason="市运会放假", actor=desk.person("admin"), now=desk.clock.now()
        )  # fmt: skip
    turns, reckon = 0, calendar_change.reckon_by

    def dies_at_the_third(*given: Any) -> None:
        nonlocal turns
        turns += 1
        if turns == 3:
            raise KeyboardInterrupt
        reckon(*given)

    def another_worker() -> None:
        with transaction(desk.runtime.sessions) as session:
            session.execute(update(Outbox).where(Outbox.id == row_id).values(state="PENDING"))
        deliver_outbox(desk.runtime, row_id)

    monkeypatch.setattr(calendar_change, "reckon_by", dies_at_the_third)
    another_worker()
    with pytest.raises(KeyboardInterrupt):
        another_worker()
    with desk.session() as session:
        done, of = recounting(session, before.calendar_id)[before.calendar_version + 1]
    assert (done, of) == (2, total)
    assert total >= 5
    for _ in range(total):
        another_worker()
    with desk.session() as session:
        assert recounting(session, before.calendar_id) == {}
        assert recounted(session, before.calendar_id) == {before.calendar_version + 1: total}
        assert audit.verify(session) == []
        for case_id in cases:
            assert amendments(desk, case_id) == 1, "reckoned once, whoever began again"
    assert {limit(desk, case_id).calendar_version for case_id in cases} == {before.calendar_version + 1}
