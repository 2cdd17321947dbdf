"""A case that ended is opened again as a new round; the round before stays as it was."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest

from app import audit, lifecycle, workflow
from app.cases import queries
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.ids import new_id
from app.core.settings import REOPEN_DAYS
from app.lifecycle.reopening import MESSAGE
from app.lifecycle.replay import film_of

pytestmark = pytest.mark.feature("Q02")


def closed(desk, *, late: bool = False) -> UUID:
    made = desk.given_dispatched()
    if late:
        desk.wait(days=2)
    desk.finish(made.case_id)
    return made.case_id


def reopen(
    desk, case_id: UUID, username: str = "supervisor", command: UUID | None = None, reason: str = "又满溢"
) -> None:
    actor = desk.person(username)
    lifecycle.reopen(desk.runtime, case_id, reason=reason, days=REOPEN_DAYS, actor=actor, command_id=command)
    desk.settle()


def test_both_rounds_stand_in_one_history_and_each_has_its_own_visit_and_score(desk) -> None:
    case_id = closed(desk, late=True)
    desk.wait(days=2)
    reopen(desk, case_id)
    assert (desk.case(case_id).reopen_count, desk.case(case_id).ended_at) == (1, None)
    desk.dispatch(case_id, "sanitation")
    desk.finish(case_id)
    case = desk.case(case_id)
    with desk.session() as session:
        told = lifecycle.history_of(desk.runtime, session, case, desk.person("supervisor"), "en")
        film = film_of(desk.runtime, session, case, desk.person("supervisor"), "en")
        faults = [fault for stream in film.streams for fault in audit.verify(session, stream.instance_id)]
        visits, scores = queries.visits_of(session, case_id), queries.evaluations_of(session, case_id)
    assert faults == []
    assert [score.on_time for score in scores] == [False, True], (
        "the first round's delay is not held against the second"
    )
    assert [order.round for order in desk.orders(case_id)] == [1, 2]
    assert ([visit.round for visit in visits], [score.round for score in scores]) == ([1, 2], [1, 2])
    assert [sentence.at for sentence in told] == sorted(sentence.at for sentence in told)
    (asked,) = (i for i, sentence in enumerate(told) if "asked for the case to be opened again" in sentence.text)
    assert "Why it should be reopened: 又满溢" in told[asked].details
    assert "The case is open again" in told[asked].details
    assert "registered the report" in told[0].text
    assert "Return visit" in told[asked - 1].text
    assert len(film.frames) == sum(len(audit_rows) for audit_rows in rows_of(desk, film))
    stages = [stay.stage for stay in stays(desk, case_id)]
    assert stages.count("RETURN_VISIT_EVALUATION") == 2
    assert stages.count("ACCEPTANCE") == 1


def rows_of(desk, film):
    with desk.session() as session:
        return [audit.read(session, stream.instance_id) for stream in film.streams]


def stays(desk, case_id: UUID):
    with desk.session() as session:
        return queries.stage_times(session, case_id)


def test_who_asks_twice_opens_it_once_and_of_two_at_once_one_is_refused(desk) -> None:
    case_id, command = closed(desk), new_id()
    reopen(desk, case_id, command=command)
    reopen(desk, case_id, command=command)
    assert len(desk.case(case_id).earlier_instances) == 1

    other, together = closed(desk), Barrier(2)

    def go(username: str) -> str:
        together.wait()
        try:
            reopen(desk, other, username)
        except Conflict as refused:
            return refused.key
        return "taken"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(go, ("supervisor", "agent")))
    assert answers in (["lifecycle.case_open", "taken"], ["lifecycle.reopening_pending", "taken"])
    with desk.session() as session:
        assert len(workflow.instances_of(session, other)) == 2


def test_what_cannot_be_opened_again(desk) -> None:
    case_id = closed(desk)
    with pytest.raises(Forbidden):
        reopen(desk, case_id, "sanitation")
    with pytest.raises(Invalid):
        reopen(desk, case_id, reason="  ")
    with pytest.raises(Conflict) as refused:
        reopen(desk, desk.given_report().case_id)
    assert refused.value.key == "lifecycle.case_open"
    desk.wait(days=REOPEN_DAYS + 1)
    with pytest.raises(Conflict) as refused:
        reopen(desk, case_id)
    assert refused.value.key == "lifecycle.reopen_too_late"
    assert desk.case(case_id).earlier_instances == []


def test_a_message_from_elsewhere_begins_no_round_without_a_case(desk) -> None:
    delivered = workflow.deliver(desk.runtime, MESSAGE, None, {"filed": True}, dedupe="from-elsewhere")
    desk.settle()
    assert delivered.instance_id is None
    with desk.session() as session:
        (incident,) = workflow.incidents(session)
    assert incident.kind == "message_start"
