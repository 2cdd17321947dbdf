"""A return visit by telephone: what the citizen typed is the visit's result, once, and only of a call made for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app import audit, lifecycle
from app.cases import queries
from app.contacts import CallKind, Fact, take_facts
from app.contacts.visits import answer_by_key
from app.core.ids import new_id
from app.web.app import create_app
from tests.demo_city import settings_of
from tests.integration.lifecycle.conftest import REPORT, Desk
from tests.integration.web.conftest import House

PHONE = REPORT["caller_phone"]


def call_about(
    desk: Desk, case: UUID, *answers: dict[str, Any], phone: str = PHONE, at: datetime | None = None
) -> list[Fact]:
    """The facts of a call that an agent made about a case, and of what the citizen typed."""
    call, at = new_id(), at or desk.clock.now()
    arrived = {"direction": "OUT", "caller": "7001", "called": phone, "channel": "c", "case": str(case)}
    told: list[tuple[CallKind, dict[str, Any]]] = [
        (CallKind.ARRIVED, arrived), (CallKind.ANSWERED, {"leg": "l"}), (CallKind.ASKED, {"process": "voice_survey"}),
        *((CallKind.RATED, answer) for answer in answers), (CallKind.ENDED, {"outcome": "ANSWERED", "cause": "menu"}),
    ]  # fmt: skip
    return [Fact(call, no, kind, at + timedelta(seconds=no), body) for no, (kind, body) in enumerate(told, 1)]


def take(desk: Desk, facts: list[Fact]) -> None:
    with desk.runtime.sessions.begin() as session:
        take_facts(session, facts, desk.clock.now(), lambda *_: None, Path("/nowhere"))
    desk.settle()


def given_visit(desk: Desk) -> UUID:
    """A case whose return visit is due."""
    made = desk.given_dispatched()
    desk.handle("sanitation", made.case_id)
    desk.reply_and_wait(made.case_id)
    assert "return_visit" in desk.tasks(made.case_id)
    return made.case_id


def visits(desk: Desk, case: UUID) -> list[tuple[str, str | None, str]]:
    with desk.session() as session:
        return [(each.result, each.resolved, each.actor_name) for each in queries.visits_of(session, case)]


def given_key(desk: Desk, case: UUID) -> Mapping[str, str]:
    """What the open form begins with."""
    with desk.session() as session:
        keyed = answer_by_key(session, desk.case(case), desk.tasks(case)["return_visit"])
        return keyed.values if keyed else {}


@pytest.mark.feature("O02", "O03", "O05", "D07", "Q16")
def test_both_answers_complete_the_visit_once(desk: Desk) -> None:
    case = given_visit(desk)
    facts = call_about(desk, case, {"satisfaction": "SATISFIED"}, {"resolved": "SOLVED"})
    take(desk, facts)
    take(desk, facts)
    assert visits(desk, case) == [("SATISFIED", "SOLVED", "telephone")]
    assert desk.case(case).outcome == "RESOLVED"
    with desk.session() as session:
        told = [row for row in audit.read(session, desk.case(case).instance_id) if row.kind == "complete_task"]
    assert [row.actor_name for row in told].count("telephone") == 1


def test_who_is_not_content_starts_the_rework(desk: Desk) -> None:
    case = given_visit(desk)
    take(desk, call_about(desk, case, {"satisfaction": "UNSATISFIED"}, {"resolved": "NOT_SOLVED"}))
    assert visits(desk, case) == [("UNSATISFIED", "NOT_SOLVED", "telephone")]
    assert desk.case(case).rework_count == 1


def test_half_an_answer_begins_the_form_and_a_person_does_the_rest(desk: Desk) -> None:
    case = given_visit(desk)
    assert given_key(desk, case) == {}
    take(desk, call_about(desk, case, {"satisfaction": "UNSATISFIED"}))
    assert visits(desk, case) == []
    assert given_key(desk, case) == {"visit_result": "UNSATISFIED"}


@pytest.mark.feature("O02", "Q16")
def test_the_form_says_that_its_answer_came_by_key(desk: Desk, redis_url: str) -> None:
    """On the task's page and on the case's, with what was typed; nothing where nobody typed."""
    case = given_visit(desk)
    agent = House(create_app(desk.runtime, settings_of("postgresql://none", redis_url))).browser("agent")
    pages = (f"/tasks/{desk.tasks(case)['return_visit'].task_id}", f"/cases/{desk.case(case).case_no}")
    for page in pages:
        assert "按键评价" not in agent.get(page).text
    take(desk, call_about(desk, case, {"satisfaction": "UNSATISFIED"}))
    for page in pages:
        shown = agent.get(page).text
        assert "按键评价：不满意。表单已据此预填" in shown
        assert '"visit_result": "UNSATISFIED"' in shown


def test_a_call_that_was_made_for_no_visit_answers_none(desk: Desk) -> None:
    """To another number, before the visit was due, or after a person had done it."""
    case = given_visit(desk)
    both: tuple[dict[str, Any], ...] = ({"satisfaction": "SATISFIED"}, {"resolved": "SOLVED"})
    take(desk, call_about(desk, case, *both, phone="13900000000"))
    take(desk, call_about(desk, case, *both, at=desk.clock.now() - timedelta(days=4)))
    assert visits(desk, case) == []
    assert given_key(desk, case) == {}
    late = call_about(desk, case, *both)
    desk.do("agent", case, "return_visit", visit_result="UNREACHED")
    take(desk, late)
    assert visits(desk, case) == [("UNREACHED", None, desk.person("agent").name)]


def test_each_caller_answers_for_themself(desk: Desk) -> None:
    """The second caller's telephone answers no visit of the first, whose turn it is."""
    made = desk.given_dispatched()
    other = "13800138002"
    lifecycle.join_case(
        desk.runtime, made.case_id, {**REPORT, "caller_phone": other}, actor=desk.person("agent2")
    )  # fmt: skip
    desk.handle("sanitation", made.case_id)
    desk.reply_and_wait(made.case_id)
    both: tuple[dict[str, Any], ...] = ({"satisfaction": "SATISFIED"}, {"resolved": "SOLVED"})
    take(desk, call_about(desk, made.case_id, *both, phone=other))
    assert visits(desk, made.case_id) == []
    take(desk, call_about(desk, made.case_id, *both))
    desk.wait(seconds=5)
    take(desk, call_about(desk, made.case_id, *both, phone=other))
    assert len(visits(desk, made.case_id)) == 2
    assert desk.case(made.case_id).outcome == "RESOLVED"
