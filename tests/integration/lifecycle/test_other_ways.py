"""The other ways a case goes: leaders, answers, voids, withdrawals, discontent, machines."""

import json

import pytest
from sqlalchemy import text

from app import audit, lifecycle, workflow
from app.cases import queries
from app.cases.enums import CaseStage, CaseStatus
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.ids import new_id
from app.identity import OPERATOR
from app.messaging import notices


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


def test_a_department_the_city_has_not_is_refused_at_the_form(desk, shipped) -> None:
    """Even where an analyst's form lets people write anything: no incident, the task stays open."""
    form = json.loads(shipped["forms/processing.form"])
    form["components"] = [
        {"id": part["id"], "type": "textfield", "key": part["key"], "label": part["label"]}
        for part in form["components"]
        if part.get("key") in ("lead_department", "processing_content")
    ]
    with desk.session() as session, session.begin():
        files = {"forms/processing.form": json.dumps(form).encode()}
        workflow.deploy(session, files, actor=OPERATOR, now=desk.clock.now(), registry=desk.runtime.registry)
    made = desk.given_report()
    desk.do("supervisor", made.case_id, "judge", judgement="FILE")
    with pytest.raises(Invalid) as refused:
        desk.do("supervisor", made.case_id, "dispatch", lead_department="moon")
    assert refused.value.fields == {"lead_department": ("city.no_department", {"code": "moon"})}
    assert "dispatch" in desk.tasks(made.case_id)
    with desk.session() as session:
        assert workflow.incidents(session) == []


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
