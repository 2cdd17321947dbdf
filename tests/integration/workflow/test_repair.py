"""What people do to a running instance besides completing tasks; and work outside."""

from datetime import timedelta
from typing import Any

import pytest

from app import workflow
from app.core.db import Sessions
from app.core.errors import Conflict
from app.core.ids import new_id
from app.workflow import Gone, Stuck
from tests.integration.workflow.office import ANA, FANG, LEI, MONDAY, Office
from tests.unit.engine.writing import end, one, service, start


@pytest.fixture
def office(sessions: Sessions) -> Office:
    return Office(sessions)


def test_claim_and_release(office: Office) -> None:
    instance = office.start().instance_id
    task = str(office.task(instance).task_id)
    office.do(instance, "claim", task_id=task)
    assert office.task(instance).assignee == str(FANG.id)
    with pytest.raises(Conflict, match="claimed"):
        office.do(instance, "claim", LEI, task_id=task)
    office.do(instance, "release", task_id=task)
    office.do(instance, "claim", LEI, task_id=task)
    assert office.task(instance).assignee == str(LEI.id)
    assert office.history(instance)[-1].changes["assignee"] == {"element": "note", "old": None, "new": str(LEI.id)}


def test_suspended_means_that_nothing_moves_until_resumed(office: Office) -> None:
    instance = office.start(first={}).instance_id
    task = str(office.task(instance, "check").task_id)
    office.do(instance, "suspend", LEI, reason="waiting for the court")
    with pytest.raises(Conflict, match="suspended"):
        office.do(instance, "complete_task", task_id=task, values={})
    office.later(hours=3)
    assert office.open(instance) == ["check"]
    office.do(instance, "resume", LEI)
    office.later(seconds=0)
    assert office.open(instance) == ["hurry"]
    assert office.kinds(instance) == ["start", "suspend", "resume", "fire_timers"]
    assert office.history(instance)[1].changes["reason"] == "waiting for the court"


def test_a_message_for_a_suspended_case_waits_for_it(office: Office) -> None:
    instance = office.start(first={}).instance_id
    office.complete(instance, "check")
    office.do(instance, "suspend", LEI, reason="r")
    assert office.deliver("letter", "k1").instance_id is None
    office.do(instance, "resume", LEI)
    assert office.status(instance) == "COMPLETED"


def test_reschedule_by_element_moves_the_timer(office: Office) -> None:
    instance = office.start(first={}).instance_id
    office.do(instance, "reschedule", LEI, due={"late": (MONDAY + timedelta(hours=5)).isoformat()}, reason="extension")
    office.later(hours=4)
    assert office.open(instance) == ["check"]
    office.later(hours=2)
    assert office.open(instance) == ["hurry"]
    row = office.history(instance)[1]
    assert (row.kind, row.changes["reason"]) == ("reschedule", "extension")
    with pytest.raises(Gone, match="timer_gone"):
        office.do(instance, "reschedule", LEI, due={"late": MONDAY.isoformat()}, reason="again")


@pytest.mark.feature("Q11")
def test_modify_and_cancel_repair_by_hand(office: Office) -> None:
    instance = office.start(first={}).instance_id
    with office.runtime.sessions() as session:
        tokens = workflow.tokens(office.runtime, session, instance)
    assert tokens is not None
    standing = next(token.id for token in tokens.open if token.element == "check")
    office.do(instance, "modify", ANA, cancel_tokens=[standing], start_before=["note"], reason="wrong way")
    assert office.open(instance) == ["note"]
    assert office.rows("select 1 from timer") == []
    office.do(instance, "cancel", LEI, reason="by mistake")
    assert office.status(instance) == "CANCELLED"
    assert office.rows("select 1 from user_task") == []
    with pytest.raises(Gone, match="ended"):
        office.do(instance, "cancel", LEI, reason="again")
    assert office.sound()


def test_external_work_waits_for_its_job(sessions: Sessions) -> None:
    office = Office(sessions, one(start(), service("call", "outside"), end(), flows="s > call > e"))
    jobs: list[dict[str, Any]] = []
    office.runtime.outbox("job.outside", lambda _, row: jobs.append(dict(row.body)), outside=True)
    instance = office.start("p", {"x": 1}).instance_id
    workflow.settle(office.runtime)
    workflow.settle(office.runtime)
    assert [(job["element"], job["instance_id"]) for job in jobs] == [("call", str(instance))]
    office.do(instance, "complete_job", task_id=jobs[0]["task_id"], variables={"ok": True})
    assert office.status(instance) == "COMPLETED"


def test_a_cancelled_job_is_not_sent_out(sessions: Sessions) -> None:
    office = Office(sessions, one(start(), service("call", "outside"), end(), flows="s > call > e"))
    office.runtime.outbox("job.outside", lambda _, row: office.delivered.append(row), outside=True)
    instance = office.start("p", {"x": 1}).instance_id
    office.do(instance, "cancel", reason="r")
    workflow.settle(office.runtime)
    assert office.delivered == []


def test_a_failed_job_is_done_again_on_retry(sessions: Sessions) -> None:
    office = Office(sessions, one(start(), service("call", "outside"), end(), flows="s > call > e"))
    jobs: list[dict[str, Any]] = []
    office.runtime.outbox("job.outside", lambda _, row: jobs.append(dict(row.body)), outside=True)
    instance = office.start("p", {"x": 1}).instance_id
    workflow.settle(office.runtime)
    with pytest.raises(Stuck):
        office.do(instance, "fail_job", task_id=jobs[0]["task_id"], message="line busy")
    (incident,) = office.incidents()
    workflow.retry_incident(office.runtime, incident.no, actor=ANA, command_id=new_id())
    workflow.settle(office.runtime)
    assert len(jobs) == 2
    office.do(instance, "complete_job", task_id=jobs[1]["task_id"], variables={})
    assert office.status(instance) == "COMPLETED"
