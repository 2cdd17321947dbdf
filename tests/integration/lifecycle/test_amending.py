"""Correcting a saved report, and several callers about one matter."""

import pytest
from sqlalchemy import select

from app import audit
from app.cases.models import CaseFile, Merge, Registration
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.ids import new_id
from app.lifecycle.amending import Overtaken, amend_case, amendable_values
from app.lifecycle.merging import join_case, take_out


def shown(desk, case_id, username="agent"):
    with desk.runtime.sessions.begin() as session:
        return amendable_values(desk.runtime, session, session.get_one(CaseFile, case_id), desk.person(username))


def row(desk, model, key):
    with desk.runtime.sessions() as session:
        return session.get_one(model, key)


def told(desk, case_id):
    with desk.runtime.sessions() as session:
        return audit.read(session, row(desk, CaseFile, case_id).instance_id)[-1]


@pytest.mark.feature("W13")
def test_a_correction_stands_in_the_history_with_old_and_new(desk) -> None:
    made = desk.given_report()
    before = shown(desk, made.case_id)
    after = {**before, "address": "书院路 90 号", "caller_name": "欧阳修远"}
    amend_case(desk.runtime, made.case_id, after, before, actor=desk.person("agent"))
    assert row(desk, CaseFile, made.case_id).address == "书院路 90 号"
    entry = told(desk, made.case_id)
    assert entry.kind == "amend"
    assert "欧阳修远" not in str(entry.changes), "personal values stand beside the chain"
    assert entry.personal["address"] == {"old": before["address"], "new": "书院路 90 号"}
    assert entry.personal["caller_name"]["new"] == "欧阳修远"


def test_two_people_correct_one_case_and_nothing_is_lost(desk) -> None:
    made = desk.given_report()
    before = shown(desk, made.case_id)
    amend_case(desk.runtime, made.case_id, {**before, "address": "甲路 1 号"}, before, actor=desk.person("agent"))
    mine = {**before, "incident_summary": "井盖缺失", "address": before["address"]}
    amend_case(desk.runtime, made.case_id, mine, before, actor=desk.person("supervisor"))
    case = row(desk, CaseFile, made.case_id)
    assert (case.address, case.incident_summary) == ("甲路 1 号", "井盖缺失"), "each keeps what only one touched"
    with pytest.raises(Overtaken) as refused:
        amend_case(desk.runtime, made.case_id, {**before, "address": "乙路 2 号"}, before, actor=desk.person("agent2"))
    assert refused.value.fields["address"][1] == {"now": "甲路 1 号"}
    now = shown(desk, made.case_id)
    amend_case(desk.runtime, made.case_id, {**now, "address": "乙路 2 号"}, now, actor=desk.person("agent2"))
    assert row(desk, CaseFile, made.case_id).address == "乙路 2 号"


def test_a_time_written_another_way_is_no_change(desk) -> None:
    made = desk.given_report()
    before = shown(desk, made.case_id)
    written = before["reported_at"].replace("+00:00", "Z")
    amend_case(desk.runtime, made.case_id, {**before, "reported_at": written}, before, actor=desk.person("agent"))
    assert "reported_at" not in told(desk, made.case_id).changes.get("fields", {})


def test_what_was_judged_stays_once_the_case_is_filed(desk) -> None:
    made = desk.given_dispatched()
    before = shown(desk, made.case_id)
    with pytest.raises(Invalid) as refused:
        amend_case(desk.runtime, made.case_id, {**before, "urgency": "URGENT"}, before, actor=desk.person("agent"))
    assert refused.value.fields.keys() == {"urgency"}
    amend_case(desk.runtime, made.case_id, {**before, "address": "丙路"}, before, actor=desk.person("agent"))
    assert row(desk, CaseFile, made.case_id).address == "丙路"
    with pytest.raises(Forbidden):
        amend_case(desk.runtime, made.case_id, before, before, actor=desk.person("sanitation"))


@pytest.mark.feature("Q04")
def test_another_caller_joins_with_a_number_of_their_own_and_can_be_taken_out(desk) -> None:
    made = desk.given_report()
    other = {**desk.report, "caller_name": "刘洋", "caller_phone": "13900001111"}
    joined = join_case(desk.runtime, made.case_id, other, actor=desk.person("agent2"))
    assert joined.case_id == made.case_id
    assert joined.acceptance_no not in (None, made.acceptance_no)
    with desk.runtime.sessions() as session:
        merge = session.scalars(select(Merge).where(Merge.registration_id == joined.registration_id)).one()
    assert "刘洋" not in str(told(desk, made.case_id).changes)

    own = take_out(desk.runtime, merge.id, actor=desk.person("supervisor"))
    assert own.acceptance_no == joined.acceptance_no, "the caller keeps the number"
    assert own.case_id != made.case_id
    assert row(desk, Registration, joined.registration_id).case_id == own.case_id
    assert "judge" in desk.tasks(own.case_id)
    assert take_out(desk.runtime, merge.id, actor=desk.person("supervisor")) == own, "a repeat changes nothing"
    with desk.runtime.sessions() as session:
        assert audit.verify(session) == []


@pytest.mark.feature("Q04")
def test_who_joined_is_answered_with_the_case(desk) -> None:
    made = desk.given_dispatched()
    other = {**desk.report, "caller_name": "刘洋", "reply_wish": "SMS"}
    joined = join_case(desk.runtime, made.case_id, other, actor=desk.person("agent2"))
    desk.finish(made.case_id)
    report = row(desk, Registration, joined.registration_id)
    assert (report.reply_way, report.reply_text) == ("SMS", row(desk, Registration, made.registration_id).reply_text)
    assert report.replied_at is not None


def test_nobody_joins_a_case_that_is_over(desk) -> None:
    made = desk.given_dispatched()
    desk.finish(made.case_id)
    with pytest.raises(Conflict):
        join_case(desk.runtime, made.case_id, desk.report, actor=desk.person("agent"))


def test_joining_twice_by_one_command_is_joining_once(desk) -> None:
    made, command = desk.given_report(), new_id()
    first = join_case(desk.runtime, made.case_id, desk.report, actor=desk.person("agent"), command_id=command)
    again = join_case(desk.runtime, made.case_id, desk.report, actor=desk.person("agent"), command_id=command)
    assert first == again
