"""Lists and look-ups: what is found is what one may read, page by page, in one statement."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.cases import CaseFilter, list_cases, numbers, queries
from app.cases.models import CaseFile, Registration, TimeLimit
from app.core.db import Sessions
from app.core.errors import Forbidden, NotFound
from app.core.ids import new_id
from app.identity import Actor, Grant, Role, can

NOW = datetime(2026, 11, 18, 4, tzinfo=UTC)
SUPERVISOR = Actor(new_id(), "值班长", (Grant(Role.SHIFT_SUPERVISOR),))
PEOPLE = (
    SUPERVISOR,
    Actor(new_id(), "agent", (Grant(Role.AGENT),)),
    Actor(new_id(), "district agent", (Grant(Role.AGENT, "jz/east"),)),
    Actor(new_id(), "gas", (Grant(Role.DEPARTMENT_HANDLER, department="gas"),)),
    Actor(new_id(), "gas, east", (Grant(Role.DEPARTMENT_HEAD, "jz/east", "gas"),)),
    Actor(new_id(), "two hats", (Grant(Role.AGENT, "jz/west"), Grant(Role.DEPARTMENT_HANDLER, department="water"))),
    Actor(new_id(), "analyst", (Grant(Role.ANALYST), Grant(Role.ADMINISTRATOR))),
    Actor(new_id(), "auditor", (Grant(Role.AUDITOR),)),
    Actor(new_id(), "nobody"),
)


@pytest.fixture
def cases(sessions: Sessions) -> list[UUID]:
    """Every mixture of district, department and confidentiality, a minute apart; some open, some overdue."""
    mixtures = product(("jz/east", "jz/east/old", "jz/eastern", "jz/west"), ((), ("gas",), ("gas", "water")), (0, 1))
    with sessions.begin() as session:
        return [_case(session, n, *mixture) for n, mixture in enumerate(mixtures)]


def _case(session: Session, n: int, district: str, departments: tuple[str, ...], confidential: int) -> UUID:
    case_id, at, ended = new_id(), NOW - timedelta(days=1, minutes=n), n % 4 == 0
    session.add(
        CaseFile(
            id=case_id, case_no=numbers.next_case_numbers(session, at, UTC)[0], instance_id=case_id, stage="HANDLING",
            status="COMPLETED" if ended else "IN_PROCESSING", origin="PUBLIC_HOTLINE", kind="EVENT",
            category="GAS_SUPPLY" if n % 2 else "OTHERS", service_type="COMPLAINT", district=district,
            urgency="NORMAL", confidential=bool(confidential), departments=list(departments), registered_at=at,
            ended_at=at if ended else None,
        )
    )  # fmt: skip
    session.flush()
    session.add(
        Registration(
            id=new_id(), case_id=case_id, acceptance_no=numbers.next_acceptance_no(session, at, UTC),
            command_id=new_id(), command_hash=b"", reported_at=at, channel="PHONE", incident_source="PUBLIC",
            reply_wish="PHONE", duty_staff=case_id, duty_staff_name="x", created_at=at,
        )
    )  # fmt: skip
    due = NOW + timedelta(hours=-1 if n % 3 == 0 else 5)
    session.add(
        TimeLimit(
            id=new_id(), case_id=case_id, kind="HANDLE", element="start", started_at=at, warn_at=at, due_at=due,
            escalate_at=due, ended_at=at if ended else None, state="MET" if ended else None,
        )
    )  # fmt: skip
    session.flush()
    return case_id


@pytest.mark.feature("U05")
@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
def test_a_list_holds_exactly_what_one_may_read(sessions: Sessions, cases: list[UUID], person: Actor) -> None:
    with sessions() as session:
        found = {line.id for line in list_cases(session, person, CaseFilter(), now=NOW)}
        may = {
            case.id
            for case in (session.get_one(CaseFile, case_id) for case_id in cases)
            if can(person, "case.read", queries.scope_of(case))
        }
    assert found == may


def test_pages_join_without_gap_or_overlap_and_each_is_one_statement(sessions: Sessions, cases: list[UUID]) -> None:
    asked: list[str] = []
    event.listen(sessions.kw["bind"], "before_cursor_execute", lambda *args: asked.append(args[2]))
    seen, after = [], None
    with sessions() as session:
        while page := list_cases(session, SUPERVISOR, CaseFilter(), now=NOW, after=after, limit=5):
            seen += [line.id for line in page]
            after = page[-1].key()
    assert seen == cases
    assert len(asked) == len(cases) // 5 + 2
    assert "OFFSET" not in asked[0]


@pytest.mark.feature("D16")
@pytest.mark.feature("F07")
def test_filters(sessions: Sessions, cases: list[UUID]) -> None:
    def count(**wanted: object) -> int:
        with sessions() as session:
            return len(list_cases(session, SUPERVISOR, CaseFilter(**wanted), now=NOW))  # type: ignore[arg-type]

    assert count() == len(cases) == 24
    assert count(open_only=True) == 18
    assert count(status=("COMPLETED",)) == 6
    assert count(category=("GAS_SUPPLY",)) == 12
    assert count(district="jz/east") == 12, "what lies in it, and no neighbour whose name begins alike"
    assert count(department="water") == 8
    assert count(overdue=True) == 6, "every third is late, but a closed one is late no more"
    assert count(registered_until=NOW - timedelta(days=1, minutes=20)) == 3


@pytest.mark.feature("W15")
def test_every_number_finds_the_case(sessions: Sessions, cases: list[UUID]) -> None:
    today = NOW.date()
    with sessions() as session:
        line = list_cases(session, SUPERVISOR, CaseFilter(), now=NOW)[0]
        for number in (line.case_no, line.acceptance_no, numbers.short(line.acceptance_no), f" {line.case_no} "):
            assert queries.case_by_number(session, number, SUPERVISOR, today).id == line.id
        mistyped = line.acceptance_no[:-1] + str((int(line.acceptance_no[-1]) + 1) % 10)
        with pytest.raises(NotFound) as refused:
            queries.case_by_number(session, mistyped, SUPERVISOR, today)
        assert refused.value.key == "cases.number_mistyped"
        with pytest.raises(Forbidden):
            queries.case_by_number(session, line.case_no, PEOPLE[-1], today)
