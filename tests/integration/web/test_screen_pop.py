"""The page that opens when a call rings: how often it asks the database, and that each question has an index."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from app.contacts.demo import load_demo_telephone
from app.contacts.models import Call, CallLeg
from app.core.ids import new_id
from app.identity import SEED, actor_of_user
from app.workflow import Runtime
from tests.integration.web.conftest import House

MOST = 19
"""Statements from the request to the page, with whatever stands around it."""
GROWING = ("call", "call_leg", "registration", "imported_registration", "citizen", "citizen_phone", "draft", "notice",
           "user_session")  # fmt: skip
"""Tables that a city fills; the others stay small."""
CALLER = "13700000001"

Sent = list[tuple[str, Any]]


@pytest.fixture
def sent(runtime: Runtime) -> Iterator[Sent]:
    """Statements and their parameters."""
    statements: Sent = []
    engine = runtime.sessions.kw["bind"]

    def hear(*told: Any) -> None:
        statements.append((told[2], told[3]))

    event.listen(engine, "before_cursor_execute", hear)
    yield statements
    event.remove(engine, "before_cursor_execute", hear)


@pytest.mark.feature("T09", "S07")
def test_a_pop_up_asks_little_and_by_index(house: House, runtime: Runtime, sent: Sent) -> None:
    call = given_ringing(runtime)
    page = house.browser("agent")
    page.get(f"/registrations/new?call={call}")  # what a process reads once is read
    sent.clear()
    assert CALLER in page.get(f"/registrations/new?call={call}").text
    asked = list(sent)
    assert len(asked) <= MOST, "\n".join(statement for statement, _ in asked)
    with runtime.sessions() as session:
        connection = session.connection()
        connection.exec_driver_sql("set local enable_seqscan = off")  # what is scanned now has no index
        for statement, parameters in asked:
            if statement.startswith("SELECT"):
                plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"explain {statement}", parameters))
                scanned = set(re.findall(r"Seq Scan on (\w+)", plan))
                assert not scanned & set(GROWING), plan


def test_pages_of_who_answers_calls_have_the_form_at_hand(house: House, runtime: Runtime) -> None:
    """Scripts and style of the form, which a call may open at any moment; and nothing is asked for twice."""
    given_ringing(runtime)
    at_hand = re.findall(r'rel="prefetch" as="\w+" href="([^"]+)"', house.browser("agent").get("/tasks").text)
    assert any("/form-" in file and file.endswith(".js") for file in at_hand)
    assert 'rel="prefetch"' not in house.browser("leader").get("/dashboard").text
    client = house.browser()
    for file in [*at_hand, *re.findall(r'(/static/theme\.js\?v=\w+)"', client.get("/sign-in").text)]:
        assert "immutable" in client.get(file).headers["Cache-Control"]


def given_ringing(runtime: Runtime) -> UUID:
    """A call that rings at the agent's seat."""
    now = datetime.now(UTC)
    with runtime.sessions.begin() as session:
        load_demo_telephone(session, SEED, now)
        agent = actor_of_user(session, "agent").id
        call = Call(
            id=new_id(), direction="IN", caller=CALLER, called="12319", trunk="city", began_at=now, queued_at=now
        )
        session.add(call)
        session.flush()
        session.add(CallLeg(id="leg-1", call_id=call.id, kind="SEAT", number="8001", agent=agent, rung_at=now))
        return call.id
