"""Two cases about one matter: one rests in the other, nobody is lost, and it can be taken out as it was."""

from threading import Barrier, Thread

import pytest

from app import audit, workflow
from app.cases import queries
from app.cases.models import CaseFile, Registration
from app.contacts.queries import state_by_number
from app.core.errors import CitydeskError, Conflict, Forbidden
from app.lifecycle import combining
from app.lifecycle.history import history_of
from app.lifecycle.merging import take_out

pytestmark = pytest.mark.feature("Q04")


def two_cases(desk):
    """An older one that goes on, and a younger one about the same."""
    other = desk.given_report(caller_name="刘洋", caller_phone="13900001111", reply_wish="SMS")
    return desk.given_dispatched(), other


def merge(desk, case, into, username="supervisor"):
    return combining.merge_case(desk.runtime, case.case_id, into.case_id, actor=desk.person(username))


def callers(desk, case_id) -> list[str]:
    with desk.session() as session:
        found = queries.registrations_of(session, session.get_one(CaseFile, case_id), desk.person("supervisor"))
    return [one.acceptance_no for one in found]


def sentences(desk, case_id) -> list[str]:
    with desk.session() as session:
        case = session.get_one(CaseFile, case_id)
        return [one.text for one in history_of(desk.runtime, session, case, desk.person("supervisor"), "en")]


def number(desk, made) -> str:
    return desk.case(made.case_id).case_no


def instance(desk, case_id):
    with desk.session() as session:
        return workflow.instance(session, session.get_one(CaseFile, case_id).instance_id)


def test_a_merged_case_rests_and_its_caller_is_answered_with_the_other(desk) -> None:
    main, other = two_cases(desk)
    merge(desk, other, main)
    assert callers(desk, main.case_id) == [main.acceptance_no, other.acceptance_no], "its own caller stays the first"
    rested = desk.case(other.case_id)
    assert (rested.status, rested.outcome) == ("COMPLETED", "MERGED")
    assert instance(desk, other.case_id).suspended
    assert any(rested.case_no in told and "merged" in told for told in sentences(desk, main.case_id))
    assert number(desk, main) in sentences(desk, other.case_id)[-1]
    with desk.session() as session:
        today = desk.clock.now().date()
        assert queries.find_case_id(session, other.acceptance_no, today) == main.case_id, (
            "the number leads to the answer"
        )
        heard = state_by_number(session, other.acceptance_no, "13900001111", today)
    assert heard["own"]
    assert heard["stage"] == desk.case(main.case_id).stage
    desk.finish(main.case_id)
    with desk.session() as session:
        report = session.get_one(Registration, other.registration_id)
        assert (report.reply_way, report.reply_text) == ("SMS", "已处理")
        assert audit.verify(session) == []


def test_taken_out_it_goes_on_where_it_stood(desk) -> None:
    main, other = two_cases(desk)
    before = desk.case(other.case_id)
    merge_id = merge(desk, other, main)
    with pytest.raises(Conflict):
        desk.do("supervisor", other.case_id, "judge", judgement="FILE")
    own = take_out(desk.runtime, merge_id, actor=desk.person("supervisor"))
    assert (own.case_id, own.acceptance_no) == (other.case_id, other.acceptance_no)
    after = desk.case(other.case_id)
    told = ("status", "stage", "outcome", "ended_at", "case_no", "custom")
    assert [getattr(after, name) for name in told] == [getattr(before, name) for name in told]
    assert callers(desk, main.case_id) == [main.acceptance_no]
    desk.settle()  # what the outbox still holds changes nothing
    desk.do("supervisor", other.case_id, "judge", judgement="FILE")
    assert take_out(desk.runtime, merge_id, actor=desk.person("supervisor")) == own, "a repeat changes nothing"
    merge(desk, other, main)
    assert desk.case(other.case_id).outcome == "MERGED", "and it may be merged again"


def test_the_second_step_is_done_when_the_process_dies_before_it(desk, monkeypatch) -> None:
    main, other = two_cases(desk)

    def dies(*_: object) -> bool:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(combining, "carry_on", dies)
        with pytest.raises(SystemExit):
            merge(desk, other, main)
    assert desk.case(other.case_id).outcome is None
    assert callers(desk, main.case_id)[1:] == [other.acceptance_no], "no caller is without a case"
    desk.settle()
    assert desk.case(other.case_id).outcome == "MERGED"


def test_what_went_on_meanwhile_is_not_merged_and_its_callers_come_back(desk, monkeypatch) -> None:
    main, other = two_cases(desk)
    desk.do("supervisor", other.case_id, "judge", judgement="FILE")
    carry_on = combining.carry_on

    def late(*arguments) -> bool:
        desk.dispatch(other.case_id, "sanitation")
        return carry_on(*arguments)

    monkeypatch.setattr(combining, "carry_on", late)
    with pytest.raises(Conflict) as refused:
        merge(desk, other, main)
    assert refused.value.key == "lifecycle.merge.went_on"
    assert callers(desk, main.case_id) == [main.acceptance_no]
    assert desk.case(other.case_id).ended_at is None


def test_two_merges_of_two_cases_into_each_other_leave_one_standing(desk) -> None:
    one, two = desk.given_report(), desk.given_report(caller_name="刘洋")
    barrier, said = Barrier(2), []

    def go(case, into) -> None:
        barrier.wait()
        try:
            merge(desk, case, into)
            said.append("merged")
        except CitydeskError:
            said.append("refused")

    threads = [Thread(target=go, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["merged", "refused"]
    assert sorted(desk.case(each.case_id).outcome or "" for each in (one, two)) == ["", "MERGED"]


def test_who_may_not_and_what_cannot_be_merged(desk) -> None:
    main, other = two_cases(desk)
    with pytest.raises(Forbidden):
        merge(desk, other, main, "agent")
    for case, into, key in (
        (main, main, "itself"),
        (main, other, "orders_open"),
    ):
        with pytest.raises(Conflict) as refused:
            merge(desk, case, into)
        assert refused.value.key == f"lifecycle.merge.{key}"
    merge(desk, other, main)
    for case, into in ((other, main), (desk.given_report(), other)):
        with pytest.raises(Conflict):
            merge(desk, case, into)
