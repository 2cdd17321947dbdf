"""Every stage's, order's and task's time is recorded, told, and summed by department (D13, D14)."""

from datetime import date, timedelta

import pytest

from app.cases import queries
from app.lifecycle import withdraw_case
from app.lifecycle.task_times import task_times
from app.reports import roll_up
from app.reports.figures import Measure, Span, figures, mean_minutes
from app.supervision.tracking import track_of

pytestmark = pytest.mark.feature("D13", "D14")


def played(desk):
    """10 minutes to be judged, 5 dispatched, 30 signed, 60 handled, 20 reported, 15 verified."""
    made = desk.given_report()
    for minutes, who, element, values in (
        (10, "supervisor", "judge", {"judgement": "FILE"}),
        (5, "supervisor", "dispatch", {"method": "FILE_CASE", "lead_department": "sanitation"}),
        (30, "sanitation", "sign:sanitation", {"decision": "SIGN"}),
        (60, "sanitation", "handle:sanitation", {}),
        (20, "sanitation", "report_back:sanitation", {"result_text": "已清运", "responsible_person": "梁玉珍"}),
        (15, "supervisor", "verify", {"verification": "PASSED"}),
    ):
        desk.wait(minutes=minutes)
        desk.do(who, made.case_id, element, **values)
    return made


def minutes(span: timedelta) -> int:
    return round(span.total_seconds() / 60)


def test_each_stage_and_task_took_as_long_as_it_took(desk) -> None:
    made = played(desk)
    with desk.session() as session:
        case = desk.case(made.case_id)
        stays = {stay.stage: minutes((stay.left_at or desk.clock.now()) - stay.entered_at)
                 for stay in queries.stage_times(session, made.case_id)}  # fmt: skip
        found = task_times(desk.runtime, session, case, desk.person("supervisor"))
        tasks = {task.names["en"]: (minutes(task.ended - task.opened), task.by) for task in found if task.ended}
        track = track_of(desk.runtime, session, case, desk.person("supervisor"), desk.clock.now())
        foreign = task_times(desk.runtime, session, case, desk.person("water"))
    assert (stays["ACCEPTANCE"], stays["ASSIGNMENT"], stays["HANDLING"], stays["FEEDBACK"]) == (10, 5, 110, 15)
    assert {name: took for name, (took, _) in tasks.items() if took} == {
        "Judge": 10, "Dispatch": 5, "Sign": 30, "Handle": 60, "Report back": 20, "Verify": 15,
    }  # fmt: skip
    assert tasks["Handle"][1] == "梁玉珍"
    shown = [(bar.kind, bar.names.get("zh-CN") or bar.name) for bar in track.bars]
    assert shown.index(("stage", "ACCEPTANCE")) < shown.index(("task", "研判")) < shown.index(("stage", "ASSIGNMENT"))
    assert [name for kind, name in shown[shown.index(("order", "sanitation")) :] if kind == "task"] == [
        "签收", "办理", "反馈",
    ]  # fmt: skip
    assert {task.order_no for task in foreign} == {None}, "another department's orders stay its own"


def test_a_task_that_fell_away_was_done_by_nobody(desk) -> None:
    made = desk.given_dispatched()
    desk.wait(minutes=12)
    withdraw_case(desk.runtime, made.case_id, reason="已解决", actor=desk.person("agent"))
    desk.settle()
    with desk.session() as session:
        (sign,) = [task for task in task_times(desk.runtime, session, desk.case(made.case_id), desk.person("agent"))
                   if task.names["en"] == "Sign"]  # fmt: skip
    assert (minutes(sign.ended - sign.opened), sign.by) == (12, "")


def test_departments_are_compared_by_how_long_signing_and_handling_take(desk) -> None:
    played(desk)
    desk.wait(days=3)
    roll_up(desk.runtime, patience=60)
    with desk.session() as session:
        span = Span(date(2026, 11, 16), date(2026, 11, 20))
        found = figures(session, desk.person("leader"), span, desk.clock.now()).by_department["sanitation"]
    assert mean_minutes(found, Measure.SIGN_MINUTES, Measure.SIGNED) == 30
    assert mean_minutes(found, Measure.HANDLE_MINUTES, Measure.HANDLED) == 80
    assert mean_minutes({}, Measure.SIGN_MINUTES, Measure.SIGNED) is None
