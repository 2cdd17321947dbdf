"""A case through all seven stages, as the people of the office live it, in simulated time."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from app import audit, lifecycle, workflow
from app.cases import is_sound, queries
from app.cases.enums import CaseStage, CaseStatus
from app.cases.limits import limits_of
from app.core.errors import Conflict, Forbidden
from app.core.ids import new_id
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
    assert due == {"HANDLE": 1 + 3, "ALARM": 3}, "handler and two supervisors; alarm to these and the leader"
    assert escalated == due + Counter({"HANDLE": 1, "SUPERVISED": 1}), "the leader, and whoever works on it"
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


@pytest.mark.feature("P03")
@pytest.mark.feature("W09")
def test_reported_to_the_leader_who_instructs(desk) -> None:
    made = desk.given_report()
    desk.do("supervisor", made.case_id, "judge", judgement="REPORT_LEADER", judgement_reason="涉及多个单位")
    with desk.session() as session:
        (notice,) = notices(session, desk.person("leader").id)
    assert desk.case(made.case_id).case_no in notice.sentence("en")
    desk.do("leader", made.case_id, "instruct", instruction="APPROVAL", instruction_text="三日内办结")
    desk.do("supervisor", made.case_id, "judge", judgement="FILE")
    with desk.session() as session:
        (instruction,) = queries.instructions_of(session, made.case_id)
        (report,) = queries.registrations_of(session, desk.case(made.case_id), desk.person("leader"))
    assert (instruction.instruction, instruction.text) == ("APPROVAL", "三日内办结")
    assert (report.leader_instruction, report.leader_text) == ("APPROVAL", "三日内办结")


@pytest.mark.feature("D01")
def test_a_leaders_instruction_is_filed_at_once_and_counts_double(desk) -> None:
    made = desk.given_report(origin="LEADERS_INSTRUCTION", leader_instruction="VERIFICATION", leader_text="请核实")
    case = desk.case(made.case_id)
    assert (case.status, case.stage) == (CaseStatus.IN_PROCESSING, CaseStage.ASSIGNMENT)
    desk.dispatch(made.case_id, "sanitation")
    desk.finish(made.case_id)
    with desk.session() as session:
        (evaluation,) = queries.evaluations_of(session, made.case_id)
    assert evaluation.weight == 2


def test_answered_at_once_is_closed_without_an_order(desk) -> None:
    made = desk.given_report(service_type="CONSULTATION", consultation_topic="HANDLING")
    desk.do("supervisor", made.case_id, "judge", judgement="ANSWER", answer_text="可在区政务大厅办理")
    desk.do("agent", made.case_id, "reply", reply_way="PHONE", reply_text="可在区政务大厅办理")
    case = desk.case(made.case_id)
    assert (case.status, case.outcome) == (CaseStatus.COMPLETED, "ANSWERED")
    assert case.custom["consultation_topic"] == "HANDLING", "a key without a column is kept and searchable"
    assert desk.orders(made.case_id) == []


def test_void_with_its_reason(desk) -> None:
    made = desk.given_report()
    desk.do("supervisor", made.case_id, "judge", judgement="VOID", void_reason="DUPLICATE", judgement_reason="重复")
    case = desk.case(made.case_id)
    assert (case.status, case.ended_at) == (CaseStatus.VOIDED, desk.clock.now())
    assert desk.tasks(made.case_id) == {}


def test_withdrawn_by_the_citizen_while_a_department_works(desk) -> None:
    made = desk.given_dispatched()
    with pytest.raises(Forbidden):
        lifecycle.withdraw_case(desk.runtime, made.case_id, reason="x", actor=desk.person("sanitation"))
    lifecycle.withdraw_case(desk.runtime, made.case_id, reason="问题已解决", actor=desk.person("agent"))
    desk.settle()
    case, (order,) = desk.case(made.case_id), desk.orders(made.case_id)
    assert (case.status, case.outcome, order.state) == (CaseStatus.COMPLETED, "WITHDRAWN", "WITHDRAWN")
    assert desk.tasks(made.case_id) == {}
    with desk.session() as session:
        assert queries.facts_of(session, made.case_id)[-1].text == "问题已解决"
    with pytest.raises(Conflict):
        lifecycle.withdraw_case(desk.runtime, made.case_id, reason="again", actor=desk.person("agent"))


def test_an_order_withdrawn_by_the_supervisor(desk) -> None:
    made = desk.given_dispatched(assist=["enforcement"])
    _, assist = desk.orders(made.case_id)
    with pytest.raises(Forbidden):
        lifecycle.withdraw_order(desk.runtime, assist.id, reason="x", actor=desk.person("agent"))
    lifecycle.withdraw_order(desk.runtime, assist.id, reason="无需协办", actor=desk.person("supervisor"))
    desk.settle()
    assert [order.state for order in desk.orders(made.case_id)] == ["DISPATCHED", "WITHDRAWN"]
    desk.handle("sanitation", made.case_id)
    assert "verify" in desk.tasks(made.case_id)
    with desk.session() as session:
        rows = audit.read(session, assist.instance_id)
    assert rows[-1].actor_name == desk.person("supervisor").name, "the person stands in the history, not the system"


@pytest.mark.feature("O05")
def test_unsatisfied_means_rework_and_unreached_thrice_ends(desk) -> None:
    made = desk.given_dispatched()
    desk.handle("sanitation", made.case_id)
    desk.reply_and_wait(made.case_id)
    desk.do(
        "agent", made.case_id, "return_visit", visit_result="UNSATISFIED", resolved="NOT_SOLVED", opinion="没清干净"
    )
    assert desk.case(made.case_id).rework_count == 1
    desk.handle("sanitation", made.case_id)
    desk.reply_and_wait(made.case_id)
    for _ in range(3):
        desk.do("agent", made.case_id, "return_visit", visit_result="UNREACHED")
        desk.wait(days=1)
    case = desk.case(made.case_id)
    assert (case.status, case.outcome) == (CaseStatus.COMPLETED, "UNREACHED")
    with desk.session() as session:
        visits = queries.visits_of(session, made.case_id)
    assert [(visit.round, visit.attempt) for visit in visits] == [(1, 1), (2, 1), (2, 2), (2, 3)]


def test_the_visit_is_brought_forward_once(desk) -> None:
    made = desk.given_dispatched()
    with pytest.raises(Conflict):
        lifecycle.bring_visit_forward(desk.runtime, made.case_id, actor=desk.person("agent"))
    desk.handle("sanitation", made.case_id)
    desk.do("supervisor", made.case_id, "verify", verification="PASSED")
    desk.do("agent", made.case_id, "reply", reply_way="NONE")
    key = new_id()
    for _ in range(2):
        lifecycle.bring_visit_forward(desk.runtime, made.case_id, actor=desk.person("agent"), command_id=key)
    assert "return_visit" in desk.tasks(made.case_id)


def test_a_machine_registers_and_an_agent_completes(desk) -> None:
    payload = {"contact_id": "vm-17", "channel": "VOICEMAIL", "caller_phone": "13900000001", "category": "OTHERS"}
    for _ in range(2):
        workflow.deliver(desk.runtime, "contact_arrived", None, payload, dedupe="contact:vm-17")
    desk.settle()
    with desk.session() as session:
        (case_id,) = session.execute(text("select id from case_file where machine_made")).scalars().all()
    assert desk.case(case_id).district == "jz"
    desk.do("agent", case_id, "complete_registration", **{**desk.report, "channel": "VOICEMAIL"})
    case = desk.case(case_id)
    assert (case.district, case.category) == ("jz/dongcheng", "CITY_APPEARANCE_AND_SANITATION")
    assert "judge" in desk.tasks(case_id)
