"""Who may do what to a case, and what a form may write."""

import pytest

from app import audit, lifecycle
from app.cases import queries
from app.cases.enums import CaseStatus
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.ids import new_id
from app.identity import Actor, Grant, Role

STRANGER = Actor(new_id(), "路人")


def test_a_stranger_may_do_nothing(desk) -> None:
    made = desk.given_report()
    task = desk.tasks(made.case_id)["judge"]
    with pytest.raises(Forbidden):
        lifecycle.register(desk.runtime, {"district": "jz/dongcheng"}, actor=STRANGER)
    for act in (lifecycle.claim, lifecycle.release):
        with pytest.raises(Forbidden):
            act(desk.runtime, task.task_id, actor=STRANGER)
    with pytest.raises(Forbidden):
        lifecycle.complete_task(desk.runtime, task.task_id, {"judgement": "FILE"}, actor=STRANGER)
    with desk.session() as session:
        with pytest.raises(Forbidden):
            queries.case_by_number(session, made.acceptance_no, STRANGER, desk.clock.now().date())
        with pytest.raises(Forbidden):
            lifecycle.history_of(desk.runtime, session, desk.case(made.case_id), STRANGER, "en")


@pytest.mark.feature("D09")
def test_each_sees_and_does_only_what_is_theirs(desk) -> None:
    made = desk.given_dispatched()
    sign = desk.tasks(made.case_id)["sign:sanitation"]
    for username in ("gas", "agent", "supervisor", "auditor"):
        with pytest.raises(Forbidden):
            lifecycle.complete_task(desk.runtime, sign.task_id, {"decision": "SIGN"}, actor=desk.person(username))
    today = desk.clock.now().date()
    with desk.session() as session:
        with pytest.raises(Forbidden):
            queries.case_by_number(session, made.case_no, desk.person("gas"), today)
        assert queries.case_by_number(session, made.case_no, desk.person("sanitation"), today).id == made.case_id
        told = lifecycle.history_of(desk.runtime, session, desk.case(made.case_id), desk.person("auditor"), "en")
    assert [sentence.no for sentence in told if sentence.stream == made.case_id] == [1, 2, 3]
    assert "registered the report" in told[0].text
    assert any("Dispatched" in detail for sentence in told for detail in sentence.details)


def test_the_form_is_checked_and_only_its_enabled_keys_are_written(desk) -> None:
    made = desk.given_report()
    task, supervisor = desk.tasks(made.case_id)["judge"], desk.person("supervisor")
    with pytest.raises(Invalid) as refused:
        lifecycle.complete_task(desk.runtime, task.task_id, {"judgement": "ANSWER"}, actor=supervisor)
    assert refused.value.fields["answer_text"][0] == "forms.required"
    smuggled = {"judgement": "FILE", "status": "COMPLETED", "case_no": "1", "category": "GAS_SUPPLY"}
    with pytest.raises(Invalid):
        lifecycle.complete_task(desk.runtime, task.task_id, smuggled, actor=supervisor)
    assert desk.case(made.case_id).status == CaseStatus.NOT_PROCESSED


def test_a_repeated_command_gives_the_first_result(desk) -> None:
    made = desk.given_report()
    task, key = desk.tasks(made.case_id)["judge"], new_id()
    supervisor = desk.person("supervisor")
    first = lifecycle.complete_task(desk.runtime, task.task_id, {"judgement": "FILE"}, actor=supervisor, command_id=key)
    again = lifecycle.complete_task(desk.runtime, task.task_id, {"judgement": "FILE"}, actor=supervisor, command_id=key)
    assert (again.no, again.repeated) == (first.no, True)
    with pytest.raises(Conflict):
        lifecycle.complete_task(desk.runtime, task.task_id, {"judgement": "VOID"}, actor=supervisor, command_id=key)
    with pytest.raises(Conflict):
        lifecycle.complete_task(desk.runtime, task.task_id, {"judgement": "FILE"}, actor=supervisor)
    with pytest.raises(Forbidden):
        lifecycle.complete_task(desk.runtime, task.task_id, {"judgement": "FILE"}, actor=STRANGER, command_id=key)


def test_a_district_supervisor_reaches_only_the_district(desk) -> None:
    here, there = desk.given_report(), desk.given_report(district="jz/xicheng")
    desk.do("supervisor_dongcheng", here.case_id, "judge", judgement="FILE")
    with pytest.raises(Forbidden):
        desk.do("supervisor_dongcheng", there.case_id, "judge", judgement="FILE")


@pytest.mark.feature("Q05")
def test_citizens_data_are_masked_and_every_look_is_logged(desk) -> None:
    made = desk.given_report(confidential=True)
    case, agent = desk.case(made.case_id), Actor(new_id(), "客", (Grant(Role.AGENT),))
    with desk.session() as session:
        (masked,) = queries.registrations_of(session, case, agent)
        (plain,) = queries.registrations_of(session, case, desk.person("supervisor"))
        told = lifecycle.history_of(desk.runtime, session, case, desk.person("supervisor"), "zh-CN")
    assert (masked.caller_name, masked.caller_phone, masked.masked) == ("王••", "138••••6721", True)
    assert plain.caller_phone == "13800136721"
    details = " ".join(told[0].details)
    assert "13800136721" not in details, "the history is read by many, and its reading is no look"
    assert "138••••6721" in details
    with desk.runtime.sessions.begin() as session:
        queries.reveal_citizen(session, case, masked.id, desk.person("auditor"), desk.clock.now())
        (look,) = audit.accesses(session, masked.id)
    assert look.what == "citizen"
