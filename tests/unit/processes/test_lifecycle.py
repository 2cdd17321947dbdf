"""Every way through the seven stages."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.workflow.engine import Compiled
from app.workflow.engine.types import NotOpen
from tests.unit.processes.trial import MONDAY, ZONE, Trial, case

ALL_SEVEN = ["REPORTING", "ACCEPTANCE", "SORTING", "ASSIGNMENT", "HANDLING", "FEEDBACK", "RETURN_VISIT_EVALUATION"]
DISPATCH = {"lead_department": "sanitation", "assist_departments": [], "method": "FILE_CASE"}
SATISFIED = {"visit_result": "SATISFIED", "resolved": "SOLVED"}
UNSATISFIED = {"visit_result": "UNSATISFIED", "resolved": "NOT_SOLVED"}
UNREACHED = {"visit_result": "UNREACHED", "resolved": None}


def dispatched(bundle: Compiled, **changes: Any) -> Trial:
    return case(bundle, **changes).task("judge", judgement="FILE").task("dispatch", **DISPATCH)


def replied(trial: Trial) -> Trial:
    return trial.order_ends("sanitation").task("verify", verification="PASSED").task("reply", reply_way="PHONE")


def visited(trial: Trial, **result: Any) -> Trial:
    return trial.message("bring_visit_forward").task("return_visit", **result)


@pytest.mark.feature("D01", "D02", "D03", "D04", "D05", "D06", "D07")
def test_a_case_travels_all_seven_stages(bundle: Compiled) -> None:
    trial = case(bundle)
    assert trial.open == {"judge"}
    trial.task("judge", judgement="FILE")
    assert trial.open == {"dispatch"}, "the table is certain of a dirty road"
    trial.task("dispatch", **DISPATCH)
    assert trial.open == set()
    trial.order_ends("sanitation")
    assert trial.open == {"verify"}
    trial.task("verify", verification="PASSED").task("reply", reply_way="PHONE")
    visited(trial, **SATISFIED)
    assert trial.over
    assert trial.stages == ALL_SEVEN
    assert [name for name, _ in trial.calls] == [
        "file_case", "dispatch_orders", "count_orders", "count_orders", "reply_sent", "record_visit",
        "evaluate_case", "close_case",
    ]  # fmt: skip
    assert trial.asked("close_case") == [{"outcome": "RESOLVED"}]


def test_no_text_or_name_stays_in_the_diagram(bundle: Compiled) -> None:
    trial = case(bundle).task("judge", judgement="FILE", judgement_reason="because", answer_text="so")
    trial.task("dispatch", **DISPATCH, processing_content="a long text")
    variables = trial.bundle.variables(trial.state)
    assert not {"judgement_reason", "answer_text", "processing_content"} & variables.keys()


@pytest.mark.feature("D01")
def test_a_leaders_instruction_is_filed_at_once(bundle: Compiled) -> None:
    trial = case(bundle, origin="LEADERS_INSTRUCTION")
    assert trial.open == {"dispatch"}
    assert "judge" not in trial.entered
    assert len(trial.asked("file_case")) == 1


@pytest.mark.feature("W22")
def test_a_consultation_is_answered_at_once(bundle: Compiled) -> None:
    trial = case(bundle, service_type="CONSULTATION").task("judge", judgement="ANSWER")
    assert trial.open == {"reply"}
    trial.task("reply", reply_way="SMS")
    assert trial.over
    assert trial.stages == ["REPORTING", "ACCEPTANCE", "FEEDBACK", "RETURN_VISIT_EVALUATION"]
    assert trial.asked("close_case") == [{"outcome": "ANSWERED"}]
    assert trial.asked("reply_sent") == [{"way": "SMS"}]


def test_a_void_report_ends(bundle: Compiled) -> None:
    trial = case(bundle).task("judge", judgement="VOID", void_reason="DUPLICATE")
    assert trial.over
    assert trial.asked("void_case") == [{"reason": "DUPLICATE"}]
    assert not trial.asked("close_case")


def test_the_caller_is_asked_back_and_the_report_judged_again(bundle: Compiled) -> None:
    trial = case(bundle).task("judge", judgement="ASK_BACK")
    assert trial.open == {"complete_registration"}
    trial.task("complete_registration", category="GAS_SUPPLY", sub_category="GAS_LEAK", urgency="NORMAL")
    assert trial.open == {"judge"}
    trial.task("judge", judgement="FILE")
    assert trial.stages[:5] == ["REPORTING", "ACCEPTANCE", "REPORTING", "ACCEPTANCE", "SORTING"]
    assert trial.asked("dispatch_orders")[0]["lead_department"] == "gas", "the corrected category counts"


@pytest.mark.feature("P03", "W09")
def test_the_leader_instructs_and_the_judgement_goes_on(bundle: Compiled) -> None:
    trial = case(bundle).task("judge", judgement="REPORT_LEADER")
    assert trial.open == {"instruct"}
    trial.task("instruct", instruction="APPROVAL", instruction_text="Do it.")
    assert trial.open == {"judge"}
    assert trial.asked("record_instruction") == [{"instruction": "APPROVAL"}]
    assert trial.task("judge", judgement="FILE").open == {"dispatch"}


def test_what_a_machine_registered_is_completed_by_an_agent(bundle: Compiled) -> None:
    trial = case(bundle, at="contact_arrived")
    assert trial.open == {"complete_registration"}
    assert trial.task("complete_registration", category="LANDSCAPING", sub_category=None).open == {"judge"}


@pytest.mark.feature("T33")
def test_an_automatic_acceptance_passes_untouched(bundle: Compiled) -> None:
    assert case(bundle, at="contact_arrived", automatic=True).open == {"judge"}


@pytest.mark.feature("D08")
def test_a_person_confirms_what_the_table_is_not_certain_of(bundle: Compiled) -> None:
    trial = case(bundle, category="OTHERS", sub_category=None).task("judge", judgement="FILE")
    assert trial.open == {"confirm_unit"}
    trial.task("confirm_unit", lead_department="enforcement", assist_departments=["parks"])
    assert trial.variable("lead_department") == "enforcement"
    assert trial.variable("assist_departments") == ["parks"]


@pytest.mark.feature("P10", "T32")
def test_an_emergency_is_alarmed_and_dispatched_without_waiting_for_anyone(bundle: Compiled) -> None:
    trial = case(bundle, category="GAS_SUPPLY", sub_category="GAS_LEAK").task("judge", judgement="FILE")
    assert trial.open == set()
    assert trial.asked("alarm") == [{"kind": "EMERGENCY"}]
    dispatch = trial.asked("dispatch_orders")[0]
    assert (dispatch["lead_department"], dispatch["urgency"]) == ("gas", "EMERGENCY")


@pytest.mark.feature("Q03")
def test_handling_waits_for_every_department(bundle: Compiled) -> None:
    trial = case(bundle, category="URBAN_PLANNING", sub_category="ILLEGAL_BUILDING").task("judge", judgement="FILE")
    trial.task("dispatch", lead_department="planning", assist_departments=["enforcement"], method="FILE_CASE")
    assert trial.order_ends("planning").open == set()
    assert trial.order_ends("enforcement").open == {"verify"}


@pytest.mark.feature("Q02")
def test_a_returned_order_is_sorted_again_by_a_person(bundle: Compiled) -> None:
    trial = dispatched(bundle).order_ends("sanitation", returned=True)
    assert trial.open == {"confirm_unit"}
    trial.task("confirm_unit", lead_department="municipal", assist_departments=[])
    trial.task("dispatch", **DISPATCH | {"lead_department": "municipal"})
    trial.order_ends("municipal")
    assert trial.open == {"verify"}


@pytest.mark.feature("P03", "P06", "P07")
def test_the_processing_method_report_to_the_leader_asks_the_leader_first(bundle: Compiled) -> None:
    trial = case(bundle).task("judge", judgement="FILE").task("dispatch", **DISPATCH | {"method": "REPORT_LEADER"})
    assert trial.open == {"instruct_dispatch"}
    trial.task("instruct_dispatch", instruction="VERIFICATION")
    assert trial.open == {"dispatch"}
    trial.task("dispatch", **DISPATCH | {"method": "REPORT_LEADER"})
    assert [call["method"] for call in trial.asked("dispatch_orders")] == ["REPORT_LEADER"]


def test_rework_goes_to_the_departments_again_without_a_person(bundle: Compiled) -> None:
    trial = dispatched(bundle).order_ends("sanitation").task("verify", verification="REWORK")
    assert trial.open == set()
    assert [call["lead_department"] for call in trial.asked("dispatch_orders")] == ["sanitation", "sanitation"]
    assert visited(replied(trial), **SATISFIED).over


@pytest.mark.feature("Q07")
def test_the_third_rework_is_the_leaders_and_supervised(bundle: Compiled) -> None:
    trial = dispatched(bundle)
    for _ in range(3):
        trial.order_ends("sanitation").task("verify", verification="REWORK")
    assert trial.open == {"instruct_dispatch"}
    assert trial.asked("raise_supervision") == [{"level": "SUPERVISION", "reason": "THIRD_REWORK"}]
    assert trial.asked("report_to_leader") == [{"reason": "THIRD_REWORK"}]
    trial.task("instruct_dispatch", instruction="OTHERS").task("dispatch", **DISPATCH)
    trial.order_ends("sanitation").task("verify", verification="REWORK")
    assert trial.open == set(), "the fourth is an ordinary one"


@pytest.mark.feature("O05")
def test_the_return_visit_waits_two_working_days(bundle: Compiled) -> None:
    trial = replied(dispatched(bundle))
    assert trial.until(MONDAY + timedelta(days=2, minutes=-1)).open == set()
    assert trial.until(MONDAY + timedelta(days=2)).open == {"return_visit"}


def test_the_return_visit_can_be_brought_forward(bundle: Compiled) -> None:
    trial = replied(dispatched(bundle)).message("bring_visit_forward")
    assert trial.open == {"return_visit"}
    assert not trial.surface.timers


def test_a_case_unreached_three_times_is_closed_as_unreached(bundle: Compiled) -> None:
    trial = visited(replied(dispatched(bundle)), **UNREACHED)
    assert trial.open == set()
    trial.until(datetime(2026, 11, 23, 13, 59, tzinfo=ZONE))
    assert trial.open == set(), "the next attempt is three working hours later"
    trial.after(minutes=1).task("return_visit", **UNREACHED)
    trial.after(hours=3).task("return_visit", **UNREACHED)
    assert trial.over
    assert trial.asked("close_case") == [{"outcome": "UNREACHED"}]


def test_a_refused_visit_closes_the_case(bundle: Compiled) -> None:
    trial = visited(replied(dispatched(bundle)), visit_result="REFUSED", resolved=None)
    assert trial.asked("close_case") == [{"outcome": "RESOLVED"}]


@pytest.mark.feature("O02", "O06")
@pytest.mark.parametrize("result", [UNSATISFIED, {"visit_result": "SATISFIED", "resolved": "NOT_SOLVED"}])
def test_an_unsatisfied_citizen_gets_one_rework_and_then_supervision(bundle: Compiled, result: dict[str, Any]) -> None:
    trial = visited(replied(dispatched(bundle)), **result)
    assert trial.stages[-2:] == ["ASSIGNMENT", "HANDLING"]
    visited(replied(trial), **result)
    assert trial.over
    assert trial.asked("start_rework") == [{"reason": "RETURN_VISIT"}]
    assert trial.asked("raise_supervision") == [{"level": "SUPERVISION", "reason": "UNSATISFIED"}]


@pytest.mark.parametrize("stage", ["judge", "handling", "reply", "visit"])
def test_the_citizen_may_withdraw_anywhere(bundle: Compiled, stage: str) -> None:
    trial = case(bundle)
    if stage != "judge":
        trial.task("judge", judgement="FILE").task("dispatch", **DISPATCH)
    if stage in ("reply", "visit"):
        trial.order_ends("sanitation").task("verify", verification="PASSED")
    if stage == "visit":
        trial.task("reply", reply_way="NONE")
    trial.message("case_withdrawn")
    assert trial.over
    assert trial.calls[-1] == ("close_case", {"outcome": "WITHDRAWN"})


def test_a_message_for_another_case_changes_nothing(bundle: Compiled) -> None:
    with pytest.raises(NotOpen):
        dispatched(bundle).message("order_ended", key="c2")
