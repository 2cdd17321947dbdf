"""A case through all seven stages, as the people of the office live it, in simulated time."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from app import audit, lifecycle, workflow
from app.cases import is_sound, queries
from app.cases.enums import CaseStage, CaseStatus
from app.cases.limits import limits_of
from app.lifecycle.sorting import suggestion_of
from app.messaging import notices


@pytest.mark.feature("D01")
@pytest.mark.feature("D14")
@pytest.mark.feature("W11")
def test_from_the_call_to_the_closed_file(desk) -> None:
    """Agent, supervisor, sanitation, again supervisor and agent, and the clock between them."""
    made = desk.given_report()
    assert is_sound(made.acceptance_no)
    assert made.acceptance_no.startswith("2026111600001")
    assert desk.case(made.case_id).status == CaseStatus.NOT_PROCESSED

    desk.wait(minutes=10)
    desk.do("supervisor", made.case_id, "judge", judgement="FILE")
    case = desk.case(made.case_id)
    assert (case.status, case.stage) == (CaseStatus.IN_PROCESSING, CaseStage.ASSIGNMENT)

    desk.wait(minutes=5)
    desk.do("supervisor", made.case_id, "dispatch", method="FILE_CASE", lead_department="sanitation",
            assist_departments=[], processing_content="请当日清运")  # fmt: skip
    desk.wait(minutes=30)
    desk.handle("sanitation", made.case_id, cost=120)
    assert desk.case(made.case_id).status == CaseStatus.UNDER_VERIFICATION

    desk.do("supervisor", made.case_id, "verify", verification="PASSED")
    desk.do("agent", made.case_id, "reply", reply_way="PHONE", reply_text="已清运，并增加一次晚间清运。")
    assert "return_visit" not in desk.tasks(made.case_id), "the visit waits for two working days"
    desk.wait(days=3)
    desk.do("agent2", made.case_id, "return_visit", visit_result="SATISFIED", resolved="SOLVED",
            processing_result="SATISFACTORY", opinion="很快，谢谢")  # fmt: skip

    case = desk.case(made.case_id)
    assert (case.status, case.outcome, case.lead_department) == (CaseStatus.COMPLETED, "RESOLVED", "sanitation")
    with desk.session() as session:
        stays = queries.stage_times(session, made.case_id)
        (view,) = queries.orders_of(session, made.case_id)
        (visit,) = queries.visits_of(session, made.case_id)
        (evaluation,) = queries.evaluations_of(session, made.case_id)
    assert [stay.stage for stay in stays] == list(CaseStage)
    assert all(stay.left_at is not None for stay in stays)
    assert stays[4].left_at - stays[4].entered_at == timedelta(minutes=30)
    assert view.processing_no == "LA-2026-000001"
    assert (view.order.state, view.order.result_text, str(view.order.cost)) == ("CLOSED", "已处理完毕", "120.00")
    assert [limit.ended_as for limit in view.limits] == ["MET", "MET"]
    assert (visit.result, visit.processing_result, visit.opinion) == ("SATISFIED", "SATISFACTORY", "很快，谢谢")
    assert evaluation.on_time
    assert sum(part["points"] for part in evaluation.parts) == float(evaluation.score)
    with desk.session() as session:
        assert audit.verify(session) == []


@pytest.mark.feature("D15")
@pytest.mark.feature("D16")
@pytest.mark.feature("V06")
def test_a_limit_that_runs_out_is_heard_once_by_each(desk) -> None:
    """Sanitation signs at 09:00 and has five working hours of its own calendar (see its shifts in the demo city)."""
    made = desk.given_dispatched()
    desk.do("sanitation", made.case_id, "sign:sanitation", decision="SIGN")
    with desk.session() as session:
        handle = limits_of(session, made.case_id)[-1]
    local = [at.astimezone(desk.runtime.zone) for at in (handle.warn_at, handle.due_at, handle.escalate_at)]
    assert [f"{at:%d %H:%M}" for at in local] == ["16 15:30", "16 16:30", "17 08:30"]
    assert (handle.value, handle.unit, handle.provisional) == ("5", "WORKING_HOUR", False)

    heard = []
    for moment in (handle.warn_at, handle.due_at, handle.escalate_at):
        desk.until(moment)
        desk.until(moment)  # looking again tells nobody again
        with desk.session() as session:
            heard.append(Counter(dict(session.execute(text("select kind, count(*) from notice group by 1")).all())))
    warned, due, escalated = heard
    assert warned == {"HANDLE": 1}, "the handler alone"
    assert due == {"HANDLE": 1 + 4, "ALARM": 3}, "handler, head and two supervisors; alarm to these and the leader"
    assert escalated == due + Counter({"HANDLE": 2, "SUPERVISED": 2}), "the leader and the head; whoever works on it"
    assert desk.case(made.case_id).supervision_level == "SUPERVISION"

    with desk.session() as session:
        rows = session.execute(text("select recipient, dedupe, count(*) from notice group by 1, 2")).all()
        assert all(count == 1 for *_, count in rows)
        told = [n.sentence("zh-CN") for n in notices(session, desk.person("sanitation").id)]
    assert any("即将到办理时限" in sentence for sentence in told)

    desk.do("sanitation", made.case_id, "handle:sanitation")
    desk.do("sanitation", made.case_id, "report_back:sanitation", result_text="已清运", responsible_person="梁玉珍")
    with desk.session() as session:
        assert limits_of(session, made.case_id)[-1].ended_as == "BREACHED"


def test_done_before_due_is_met_though_the_timer_fires_late(desk) -> None:
    """Breach compares completion with due, not with the firing: here the dispatcher slept over the limit."""
    made = desk.given_report()
    desk.do("supervisor", made.case_id, "judge", judgement="FILE")
    desk.dispatch(made.case_id, "sanitation")
    desk.handle("sanitation", made.case_id)
    desk.wait(days=2)
    with desk.session() as session:
        assert {limit.ended_as for limit in limits_of(session, made.case_id)} == {"MET"}


@pytest.mark.feature("Q02")
def test_rework_begins_another_round(desk) -> None:
    made = desk.given_dispatched()
    desk.handle("sanitation", made.case_id)
    desk.do("supervisor", made.case_id, "verify", verification="REWORK", verification_note="照片与地址不符")
    case = desk.case(made.case_id)
    assert (case.rework_count, case.round, case.status) == (1, 2, CaseStatus.IN_PROCESSING)
    first, second = desk.orders(made.case_id)
    assert (first.state, first.round, second.state, second.round) == ("REWORK", 1, "DISPATCHED", 2)
    assert second.order_no == first.order_no.replace("-1", "-2")
    desk.handle("sanitation", made.case_id)
    desk.do("supervisor", made.case_id, "verify", verification="PASSED")
    with desk.session() as session:
        stays = [stay.stage for stay in queries.stage_times(session, made.case_id)]
        (fact,) = [fact for fact in queries.facts_of(session, made.case_id) if fact.kind == "REWORK"]
    assert stays.count("HANDLING") == 2
    assert (fact.reason, fact.text) == ("VERIFICATION", "照片与地址不符")


@pytest.mark.feature("D03")
def test_a_returned_order_goes_back_to_sorting(desk) -> None:
    made = desk.given_dispatched()
    desk.do("sanitation", made.case_id, "sign:sanitation", decision="RETURN", objection_rule="派单目录第 4 条",
            objection_text="该点位属物业管理范围")  # fmt: skip
    (order,) = desk.orders(made.case_id)
    assert (order.state, order.objection_rule) == ("RETURN_PENDING", "派单目录第 4 条")
    desk.do("supervisor", made.case_id, "review_objection:sanitation", review="GRANTED")
    assert desk.case(made.case_id).stage == CaseStage.SORTING
    desk.do("supervisor", made.case_id, "confirm_unit", lead_department="property", assist_departments=[])
    desk.dispatch(made.case_id, "property", method="TRANSFER")
    orders = desk.orders(made.case_id)
    assert [(order.department, order.outcome) for order in orders] == [("sanitation", "RETURNED"), ("property", None)]
    assert desk.case(made.case_id).lead_department == "property"
    desk.handle("property", made.case_id)
    assert desk.case(made.case_id).stage == CaseStage.FEEDBACK


@pytest.mark.feature("D08")
@pytest.mark.parametrize(
    ("sub_category", "category", "department", "rule"),
    [
        ("OVERFLOWING_BIN", "CITY_APPEARANCE_AND_SANITATION", "sanitation", "CITY_APPEARANCE_AND_SANITATION"),
        ("GAS_LEAK", "GAS_SUPPLY", "gas", "GAS_LEAK"),
    ],
)
def test_the_table_says_who_and_why(desk, sub_category, category, department, rule) -> None:
    made = desk.given_report(category=category, sub_category=sub_category)
    with desk.session() as session:
        assert suggestion_of(session, desk.case(made.case_id)) is None
    desk.do("supervisor", made.case_id, "judge", judgement="FILE")
    with desk.session() as session:
        suggestion = suggestion_of(session, desk.case(made.case_id))
    assert (suggestion.lead, suggestion.rule, suggestion.method) == (department, rule, "FILE_CASE")
    assert suggestion.confidence >= 0.9


@pytest.mark.feature("T32")
def test_an_emergency_goes_at_once_and_is_alarmed(desk) -> None:
    """A gas leak needs nobody to dispatch it, and the gas group has a quarter of an hour, day and night."""
    desk.until(desk.clock.now() + timedelta(hours=14))
    made = desk.given_report(category="GAS_SUPPLY", sub_category="GAS_LEAK")
    desk.do("supervisor", made.case_id, "judge", judgement="FILE")
    assert list(desk.tasks(made.case_id)) == ["sign:gas"]
    with desk.session() as session:
        (sign,) = limits_of(session, made.case_id)
        (notice,) = notices(session, desk.person("leader").id)
    assert sign.due_at - sign.started_at == timedelta(minutes=15)
    assert (notice.kind, desk.case(made.case_id).urgency) == ("ALARM", "EMERGENCY")
    desk.handle("gas", made.case_id)
    assert desk.case(made.case_id).stage == CaseStage.FEEDBACK


@pytest.mark.feature("Q03")
def test_two_departments_end_at_once_and_the_case_goes_on_once(desk) -> None:
    """Both report back before any message is carried: each `order_ended` finds the count read under the lock."""
    made = desk.given_dispatched(assist=["enforcement"])
    assert {order.role for order in desk.orders(made.case_id)} == {"LEAD", "ASSIST"}
    for department in ("sanitation", "enforcement"):
        desk.do(department, made.case_id, f"sign:{department}", decision="SIGN")
        desk.do(department, made.case_id, f"handle:{department}")
    tasks = desk.tasks(made.case_id)
    for department in ("sanitation", "enforcement"):
        task = tasks[f"report_back:{department}"]
        values = {"result_text": "完成", "responsible_person": "某某"}
        lifecycle.complete_task(desk.runtime, task.task_id, values, actor=desk.person(department))
    assert desk.case(made.case_id).stage == CaseStage.HANDLING, "no message was carried yet"
    desk.settle()
    assert list(desk.tasks(made.case_id)) == ["verify"]
    with desk.session() as session:
        assert workflow.incidents(session) == []
